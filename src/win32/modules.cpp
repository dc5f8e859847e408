// Modules: this layer stands for all libraries of Windows; others are the system's own shared libraries.
#include <dlfcn.h>
#include <strings.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <string>

#include "win32/last_error.h"
#include "win32/text.h"

using namespace pipes::win32;

namespace {

constexpr std::array kLibrariesOfWindows = {"kernel32", "kernelbase", "advapi32", "user32",
                                            "shell32",  "ntdll",      "msvcrt",   "ucrtbase"};

// What stands for the layer and for the program: addresses that dlopen never gives.
constinit char the_layer = 0;

HMODULE layer() { return reinterpret_cast<HMODULE>(&the_layer); }

bool is_library_of_windows(std::string name) {
  constexpr std::string_view kEnding = ".dll";
  const std::size_t folder = name.find_last_of("\\/");
  if (folder != std::string::npos) name.erase(0, folder + 1);
  if (name.size() > kEnding.size() && strcasecmp(name.c_str() + name.size() - kEnding.size(), kEnding.data()) == 0) {
    name.resize(name.size() - kEnding.size());
  }
  return std::any_of(kLibrariesOfWindows.begin(), kLibrariesOfWindows.end(),
                     [&](const char* known) { return strcasecmp(known, name.c_str()) == 0; });
}

HMODULE find_module(LPCSTR name, int flags) {
  if (is_library_of_windows(name)) return layer();
  void* const library = dlopen(name, flags);
  return library != nullptr ? static_cast<HMODULE>(library) : fail(ERROR_MOD_NOT_FOUND, HMODULE{nullptr});
}

// The library that this code is in, by which its own exports are found however it was loaded.
void* own_library() {
  Dl_info where{};
  if (dladdr(&the_layer, &where) == 0) return RTLD_DEFAULT;
  void* const library = dlopen(where.dli_fname, RTLD_NOW | RTLD_NOLOAD);
  return library != nullptr ? library : RTLD_DEFAULT;
}

std::string own_path() {
  std::string path(PATH_MAX, '\0');
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size());
  path.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
  return path;
}

// What does not fit is cut, and its whole size returned.
template <class Char>
DWORD tell_path(HMODULE module, Char* buffer, DWORD size) {
  return guarded(DWORD{0}, [&] {
    if (module != nullptr) return fail(ERROR_MOD_NOT_FOUND, DWORD{0});
    const std::string bytes = own_path();
    const auto path = text_of<Char>(std::string_view(bytes));
    if (copy_out(std::basic_string_view<Char>(path), buffer, size)) {
      SetLastError(ERROR_SUCCESS);
      return static_cast<DWORD>(path.size());
    }
    if (size != 0) (void)copy_out(std::basic_string_view<Char>(path).substr(0, size - 1), buffer, size);
    return fail(ERROR_INSUFFICIENT_BUFFER, size);
  });
}

}  // namespace

HMODULE GetModuleHandleA(LPCSTR lpModuleName) {
  if (lpModuleName == nullptr) return layer();
  return guarded(HMODULE{nullptr}, [&] { return find_module(lpModuleName, RTLD_NOW | RTLD_NOLOAD); });
}

HMODULE GetModuleHandleW(LPCWSTR lpModuleName) {
  return guarded(HMODULE{nullptr}, [&] { return GetModuleHandleA(Utf8(lpModuleName)); });
}

HMODULE LoadLibraryA(LPCSTR lpLibFileName) {
  if (lpLibFileName == nullptr) return fail(ERROR_INVALID_PARAMETER, HMODULE{nullptr});
  return guarded(HMODULE{nullptr}, [&] { return find_module(lpLibFileName, RTLD_NOW); });
}

HMODULE LoadLibraryW(LPCWSTR lpLibFileName) {
  return guarded(HMODULE{nullptr}, [&] { return LoadLibraryA(Utf8(lpLibFileName)); });
}

BOOL FreeLibrary(HMODULE hLibModule) {
  if (hLibModule == layer()) return TRUE;
  return answer(hLibModule != nullptr && dlclose(hLibModule) == 0 ? ERROR_SUCCESS : ERROR_MOD_NOT_FOUND);
}

FARPROC GetProcAddress(HMODULE hModule, LPCSTR lpProcName) {
  // Functions have no numbers here.
  const bool is_number = reinterpret_cast<uintptr_t>(lpProcName) <= MAXWORD;
  if (is_number) return fail(ERROR_PROC_NOT_FOUND, FARPROC{nullptr});
  return guarded(FARPROC{nullptr}, [&] {
    void* const function = hModule == layer() ? dlsym(own_library(), (std::string("pipes_win32_") + lpProcName).c_str())
                                              : dlsym(hModule, lpProcName);
    return function != nullptr ? reinterpret_cast<FARPROC>(function) : fail(ERROR_PROC_NOT_FOUND, FARPROC{nullptr});
  });
}

DWORD GetModuleFileNameA(HMODULE hModule, LPSTR lpFilename, DWORD nSize) {
  return tell_path(hModule == layer() ? nullptr : hModule, lpFilename, nSize);
}

DWORD GetModuleFileNameW(HMODULE hModule, LPWSTR lpFilename, DWORD nSize) {
  return tell_path(hModule == layer() ? nullptr : hModule, lpFilename, nSize);
}
