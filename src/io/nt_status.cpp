#include "io/nt_status.h"

#include <array>

namespace pipes {
namespace {

struct Pair {
  uint32_t nt;
  Status status;
};

constexpr uint32_t kUnsuccessful = 0xC0000001;

// ERR-1, for what operations end with. Of several statuses with one number, the one that a read, a write or a connect
// ends with comes first.
constexpr std::array kPairs{
    Pair{0x00000000, PIPES_OK},
    Pair{0x00000103, PIPES_ERROR_IO_PENDING},
    Pair{0x80000005, PIPES_ERROR_MORE_DATA},
    Pair{0xC0000120, PIPES_ERROR_OPERATION_ABORTED},
    Pair{0xC000014B, PIPES_ERROR_BROKEN_PIPE},
    Pair{0xC00000B0, PIPES_ERROR_PIPE_NOT_CONNECTED},
    Pair{0xC00000B1, PIPES_ERROR_NO_DATA},
    Pair{0xC00000D9, PIPES_ERROR_NO_DATA},
    Pair{0xC00000AD, PIPES_ERROR_BAD_PIPE},
    Pair{0xC00000B4, PIPES_ERROR_BAD_PIPE},
    Pair{0xC00000AE, PIPES_ERROR_PIPE_BUSY},
    Pair{0xC00000AB, PIPES_ERROR_PIPE_BUSY},
    Pair{0xC00000AC, PIPES_ERROR_PIPE_BUSY},
    Pair{0xC00000AF, PIPES_ERROR_INVALID_FUNCTION},
    Pair{0xC00000B2, PIPES_ERROR_PIPE_CONNECTED},
    Pair{0xC00000B3, PIPES_ERROR_PIPE_LISTENING},
    Pair{0xC00000B5, PIPES_ERROR_SEM_TIMEOUT},
    Pair{0xC0000022, PIPES_ERROR_ACCESS_DENIED},
    Pair{0xC0000008, PIPES_ERROR_INVALID_HANDLE},
    Pair{0xC000000D, PIPES_ERROR_INVALID_PARAMETER},
    Pair{0xC0000017, PIPES_ERROR_NOT_ENOUGH_MEMORY},
    Pair{0xC000009A, PIPES_ERROR_NO_SYSTEM_RESOURCES},
};

}  // namespace

uint64_t nt_status_of(Status status) noexcept {
  for (const Pair& pair : kPairs) {
    if (pair.status == status) return pair.nt;
  }
  return kUnsuccessful;
}

// What a caller has written there himself may be anything.
Status status_of_nt(uint64_t nt_status) noexcept {
  for (const Pair& pair : kPairs) {
    if (pair.nt == static_cast<uint32_t>(nt_status)) return pair.status;
  }
  return PIPES_ERROR_INVALID_PARAMETER;
}

}  // namespace pipes
