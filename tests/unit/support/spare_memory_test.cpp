// Spare memory: what is given again, and that pieces may come back from anywhere and at any time.
#include "support/spare_memory.h"

#include <gtest/gtest.h>

#include <cstring>
#include <thread>
#include <vector>

namespace pipes {
namespace {

struct Owner {};
constexpr size_t kSize = 64;
using Spare = SpareMemory<Owner>;

// Another thread's, so that each test begins with none.
template <class Body>
void on_a_thread(Body body) {
  std::thread(body).join();
}

TEST(SpareMemory, GivesWhatWasDroppedLast) {
  on_a_thread([] {
    void* const first = Spare::take(kSize);
    void* const second = Spare::take(kSize);
    EXPECT_NE(first, second);
    Spare::drop(first, kSize);
    Spare::drop(second, kSize);
    if (!kKeepsSpareMemory) return;
    EXPECT_EQ(second, Spare::take(kSize));
    EXPECT_EQ(first, Spare::take(kSize));
    Spare::drop(first, kSize);
    Spare::drop(second, kSize);
  });
}

TEST(SpareMemory, TakesAndDropsVeryMany) {
  on_a_thread([] {
    for (int round = 0; round < 3; ++round) {
      std::vector<void*> pieces(5000);
      for (void*& piece : pieces) {
        piece = Spare::take(kSize);
        std::memset(piece, round, kSize);
      }
      for (void* piece : pieces) Spare::drop(piece, kSize);
    }
  });
}

TEST(SpareMemory, MayBeDroppedByAnotherThread) {
  std::vector<void*> pieces(100);
  on_a_thread([&] {
    for (void*& piece : pieces) piece = Spare::take(kSize);
  });
  on_a_thread([&] {
    for (void* piece : pieces) Spare::drop(piece, kSize);
  });
}

TEST(SpareMemory, MayBeDroppedWhileTheThreadEnds) {
  struct Late {
    void* piece = nullptr;
    ~Late() { Spare::drop(piece, kSize); }
  };
  on_a_thread([] {
    static thread_local Late late;  // made first, so gone last
    late.piece = Spare::take(kSize);
    Spare::drop(Spare::take(kSize), kSize);
  });
}

}  // namespace
}  // namespace pipes
