// SpareMemory: pieces of memory of one size, kept by each thread to be used again. For what is made and dropped with
// every operation, many at a time: the C library keeps only a few of a size at hand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>

namespace pipes {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kKeepsSpareMemory = false;  // it would not see what is used after its end
#else
inline constexpr bool kKeepsSpareMemory = true;
#endif

// `Owner` only tells one size from another. A piece may be dropped by another thread than made it.
template <class Owner>
class SpareMemory {
 public:
  // Throws std::bad_alloc.
  static void* take(size_t size) {
    Kept& kept = kept_;
    if (kept.first == nullptr) return ::operator new(size);
    Piece* const piece = kept.first;
    kept.first = piece->next;
    --kept.count;
    return piece;
  }

  static void drop(void* memory, size_t size) noexcept {
    Kept& kept = kept_;
    // Nobody keeps anything at the end of a thread any more.
    const bool keeps = kKeepsSpareMemory && kept.count < kPiecesMax && !kept.has_ended && size >= sizeof(Piece);
    if (!keeps) return ::operator delete(memory);
    if (kept.count == 0) [[unlikely]] {
      release_.armed = true;  // made by being used
    }
    kept.first = new (memory) Piece{kept.first};
    ++kept.count;
  }

 private:
  static constexpr uint32_t kPiecesMax = 1024;
  struct Piece {
    Piece* next;
  };
  struct Kept {
    Piece* first = nullptr;
    uint32_t count = 0;
    bool has_ended = false;
  };
  struct Release {
    ~Release() {
      kept_.has_ended = true;
      while (Piece* const piece = kept_.first) {
        kept_.first = piece->next;
        ::operator delete(piece);
      }
      kept_.count = 0;
    }
    bool armed = false;
  };
  static constinit inline thread_local Kept kept_{};
  static inline thread_local Release release_;
};

}  // namespace pipes
