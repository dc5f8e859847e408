// The heaps. They are all the C library's one heap, which knows how long a block is, but not how long it was asked to
// be: that stands before the block.
#include <cstdlib>
#include <cstring>

#include "win32/last_error.h"

using pipes::win32::fail;

namespace {

struct alignas(max_align_t) BlockHeader {
  SIZE_T size;
};

BlockHeader* header_of(LPCVOID block) { return static_cast<BlockHeader*>(const_cast<LPVOID>(block)) - 1; }

SIZE_T size_of(LPCVOID block) { return header_of(block)->size; }

LPVOID allocate(SIZE_T size, bool zeroed) {
  if (size > SIZE_MAX - sizeof(BlockHeader)) return fail(ERROR_NOT_ENOUGH_MEMORY, LPVOID{nullptr});
  const SIZE_T whole = size + sizeof(BlockHeader);
  auto* const header = static_cast<BlockHeader*>(zeroed ? std::calloc(1, whole) : std::malloc(whole));
  if (header == nullptr) return fail(ERROR_NOT_ENOUGH_MEMORY, LPVOID{nullptr});
  header->size = size;
  return header + 1;
}

LPVOID reallocate(LPVOID block, SIZE_T size, bool zeroed) {
  if (block == nullptr) return fail(ERROR_INVALID_HANDLE, LPVOID{nullptr});
  if (size > SIZE_MAX - sizeof(BlockHeader)) return fail(ERROR_NOT_ENOUGH_MEMORY, LPVOID{nullptr});
  const SIZE_T before = size_of(block);
  auto* const header = static_cast<BlockHeader*>(std::realloc(header_of(block), size + sizeof(BlockHeader)));
  if (header == nullptr) return fail(ERROR_NOT_ENOUGH_MEMORY, LPVOID{nullptr});
  header->size = size;
  if (zeroed && size > before) std::memset(reinterpret_cast<char*>(header + 1) + before, 0, size - before);
  return header + 1;
}

void release(LPVOID block) {
  if (block != nullptr) std::free(header_of(block));
}

// What stands for the one heap: an address that is no block's.
constinit char the_heap = 0;

}  // namespace

HANDLE GetProcessHeap(void) { return &the_heap; }

HANDLE HeapCreate(DWORD, SIZE_T, SIZE_T) { return &the_heap; }

BOOL HeapDestroy(HANDLE) { return TRUE; }

LPVOID HeapAlloc(HANDLE, DWORD dwFlags, SIZE_T dwBytes) { return allocate(dwBytes, (dwFlags & HEAP_ZERO_MEMORY) != 0); }

LPVOID HeapReAlloc(HANDLE, DWORD dwFlags, LPVOID lpMem, SIZE_T dwBytes) {
  return reallocate(lpMem, dwBytes, (dwFlags & HEAP_ZERO_MEMORY) != 0);
}

BOOL HeapFree(HANDLE, DWORD, LPVOID lpMem) {
  release(lpMem);
  return TRUE;
}

SIZE_T HeapSize(HANDLE, DWORD, LPCVOID lpMem) { return lpMem == nullptr ? SIZE_MAX : size_of(lpMem); }

HLOCAL LocalAlloc(UINT uFlags, SIZE_T uBytes) { return allocate(uBytes, (uFlags & LMEM_ZEROINIT) != 0); }

HLOCAL LocalReAlloc(HLOCAL hMem, SIZE_T uBytes, UINT uFlags) {
  return reallocate(hMem, uBytes, (uFlags & LMEM_ZEROINIT) != 0);
}

HLOCAL LocalFree(HLOCAL hMem) {
  release(hMem);
  return nullptr;
}

SIZE_T LocalSize(HLOCAL hMem) { return hMem == nullptr ? 0 : size_of(hMem); }

LPVOID LocalLock(HLOCAL hMem) { return hMem; }

BOOL LocalUnlock(HLOCAL) { return TRUE; }

HGLOBAL GlobalAlloc(UINT uFlags, SIZE_T dwBytes) { return LocalAlloc(uFlags, dwBytes); }

HGLOBAL GlobalReAlloc(HGLOBAL hMem, SIZE_T dwBytes, UINT uFlags) { return LocalReAlloc(hMem, dwBytes, uFlags); }

HGLOBAL GlobalFree(HGLOBAL hMem) { return LocalFree(hMem); }

SIZE_T GlobalSize(HGLOBAL hMem) { return LocalSize(hMem); }

LPVOID GlobalLock(HGLOBAL hMem) { return LocalLock(hMem); }

BOOL GlobalUnlock(HGLOBAL hMem) { return LocalUnlock(hMem); }
