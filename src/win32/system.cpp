// Clocks, names, the environment.
#include <pwd.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <vector>

#include "support/deadline.h"
#include "win32/last_error.h"
#include "win32/text.h"

using namespace pipes::win32;

namespace {

constexpr ULONGLONG kTicksPerSecond = 1'000'000'000;                 // of QueryPerformanceCounter: nanoseconds
constexpr ULONGLONG kFileTimeOfUnixEpoch = 116'444'736'000'000'000;  // in units of 100 ns since 1601

timespec wall_clock() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return now;
}

SYSTEMTIME system_time(tm* (*break_down)(const time_t*, tm*)) {
  const timespec now = wall_clock();
  tm parts{};
  break_down(&now.tv_sec, &parts);
  const auto word = [](long number) { return static_cast<WORD>(number); };
  return {word(parts.tm_year + 1900), word(parts.tm_mon + 1), word(parts.tm_wday), word(parts.tm_mday),
          word(parts.tm_hour),        word(parts.tm_min),     word(parts.tm_sec),  word(now.tv_nsec / 1'000'000)};
}

std::string computer_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  std::string text = name.data();
  // The first label, as the short name of Windows is.
  text.resize(std::min({text.size(), text.find('.'), std::size_t{MAX_COMPUTERNAME_LENGTH}}));
  for (char& c : text) c = static_cast<char>(toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string user_name() {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer(4096);
  const bool has_name = getpwuid_r(geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr;
  return has_name ? std::string(entry.pw_name) : std::to_string(geteuid());
}

// What the two functions that tell names have in common: the size goes in, what is needed comes out. One counts the
// terminator in what it tells, the other does not, and their errors differ.
template <class Char>
BOOL tell_name(const std::string& name, Char* buffer, LPDWORD size, DWORD terminator_told, DWORD error) {
  if (size == nullptr) return answer(ERROR_INVALID_PARAMETER);
  const auto text = text_of<Char>(std::string_view(name));
  const bool fits = copy_out(std::basic_string_view<Char>(text), buffer, *size);
  *size = static_cast<DWORD>(text.size()) + (fits ? terminator_told : 1);
  return answer(fits ? pipes::Status{ERROR_SUCCESS} : error);
}

// Without the terminator if it fits, with it else.
template <class Char>
DWORD tell_variable(LPCSTR name, Char* buffer, DWORD size) {
  const char* const value = name == nullptr ? nullptr : std::getenv(name);
  if (value == nullptr) return fail(ERROR_ENVVAR_NOT_FOUND, DWORD{0});
  const auto text = text_of<Char>(std::string_view(value));
  const auto length = static_cast<DWORD>(text.size());
  SetLastError(ERROR_SUCCESS);
  return copy_out(std::basic_string_view<Char>(text), buffer, size) ? length : length + 1;
}

}  // namespace

ULONGLONG GetTickCount64(void) { return pipes::monotonic_ns() / 1'000'000; }

DWORD GetTickCount(void) { return static_cast<DWORD>(GetTickCount64()); }

BOOL QueryPerformanceCounter(PLARGE_INTEGER lpPerformanceCount) {
  lpPerformanceCount->QuadPart = static_cast<LONGLONG>(pipes::monotonic_ns());
  return TRUE;
}

BOOL QueryPerformanceFrequency(PLARGE_INTEGER lpFrequency) {
  lpFrequency->QuadPart = kTicksPerSecond;
  return TRUE;
}

VOID GetSystemTimeAsFileTime(LPFILETIME lpSystemTimeAsFileTime) {
  const timespec now = wall_clock();
  const ULONGLONG time = kFileTimeOfUnixEpoch + static_cast<ULONGLONG>(now.tv_sec) * 10'000'000 +
                         static_cast<ULONGLONG>(now.tv_nsec) / 100;
  lpSystemTimeAsFileTime->dwLowDateTime = static_cast<DWORD>(time);
  lpSystemTimeAsFileTime->dwHighDateTime = static_cast<DWORD>(time >> 32);
}

VOID GetSystemTime(LPSYSTEMTIME lpSystemTime) { *lpSystemTime = system_time(gmtime_r); }

VOID GetLocalTime(LPSYSTEMTIME lpSystemTime) { *lpSystemTime = system_time(localtime_r); }

BOOL GetComputerNameA(LPSTR lpBuffer, LPDWORD nSize) {
  return guarded(FALSE, [&] { return tell_name(computer_name(), lpBuffer, nSize, 0, ERROR_BUFFER_OVERFLOW); });
}

BOOL GetComputerNameW(LPWSTR lpBuffer, LPDWORD nSize) {
  return guarded(FALSE, [&] { return tell_name(computer_name(), lpBuffer, nSize, 0, ERROR_BUFFER_OVERFLOW); });
}

BOOL GetUserNameA(LPSTR lpBuffer, LPDWORD pcbBuffer) {
  return guarded(FALSE, [&] { return tell_name(user_name(), lpBuffer, pcbBuffer, 1, ERROR_INSUFFICIENT_BUFFER); });
}

BOOL GetUserNameW(LPWSTR lpBuffer, LPDWORD pcbBuffer) {
  return guarded(FALSE, [&] { return tell_name(user_name(), lpBuffer, pcbBuffer, 1, ERROR_INSUFFICIENT_BUFFER); });
}

DWORD GetEnvironmentVariableA(LPCSTR lpName, LPSTR lpBuffer, DWORD nSize) {
  return guarded(DWORD{0}, [&] { return tell_variable(lpName, lpBuffer, nSize); });
}

DWORD GetEnvironmentVariableW(LPCWSTR lpName, LPWSTR lpBuffer, DWORD nSize) {
  return guarded(DWORD{0}, [&] { return tell_variable(Utf8(lpName), lpBuffer, nSize); });
}

BOOL SetEnvironmentVariableA(LPCSTR lpName, LPCSTR lpValue) {
  if (lpName == nullptr) return answer(ERROR_INVALID_PARAMETER);
  const int result = lpValue == nullptr ? unsetenv(lpName) : setenv(lpName, lpValue, 1);
  return answer(result == 0 ? ERROR_SUCCESS : ERROR_INVALID_PARAMETER);
}

BOOL SetEnvironmentVariableW(LPCWSTR lpName, LPCWSTR lpValue) {
  return guarded(FALSE, [&] { return SetEnvironmentVariableA(Utf8(lpName), Utf8(lpValue)); });
}
