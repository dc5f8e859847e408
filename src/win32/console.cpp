// The terminal, streams of UTF-16, message boxes, and main functions that take UTF-16.
#include <errno.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include "win32/last_error.h"
#include "win32/text.h"

using namespace pipes::win32;

namespace {

// While one of these exists, what is typed comes at once and is not shown.
class RawTerminal {
 public:
  RawTerminal() : is_terminal_(tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!is_terminal_) return;
    termios raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  }
  ~RawTerminal() {
    if (is_terminal_) tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

 private:
  termios before_{};
  bool is_terminal_;
};

template <class Char>
int ask(const Char* text, const Char* caption, UINT type) {
  return guarded(0, [&] {
    const auto bytes_of = [](const Char* string) {
      return string == nullptr ? std::string() : text_of<char>(std::basic_string_view<Char>(string));
    };
    (void)std::fflush(stdout);
    (void)std::fprintf(stderr, "%s: %s\n", caption == nullptr ? "Error" : bytes_of(caption).c_str(),
                       bytes_of(text).c_str());
    constexpr UINT kButtons = 0xF;
    const UINT buttons = type & kButtons;
    return buttons == MB_YESNO || buttons == MB_YESNOCANCEL ? IDYES : IDOK;
  });
}

// Adds a line end if `line` says so. -1 if it cannot be written.
int put(const WCHAR* text, std::FILE* stream, const char* line_end) {
  return guarded(-1, [&] {
    const std::string bytes = utf8_of(text) + line_end;
    return std::fwrite(bytes.data(), 1, bytes.size(), stream) == bytes.size() ? 0 : -1;
  });
}

}  // namespace

// -------------------------------------------------------------------------------------------------------- characters

// From the terminal, or where there is none from whatever standard input is.
int _getch(void) {
  (void)std::fflush(stdout);
  const RawTerminal raw;
  unsigned char byte = 0;
  return read(STDIN_FILENO, &byte, 1) == 1 ? byte : EOF;
}

int _putch(int character) {
  const int result = std::fputc(character, stdout);
  (void)std::fflush(stdout);
  return result;
}

int _getche(void) {
  const int character = _getch();
  return character == EOF ? EOF : _putch(character);
}

int _kbhit(void) {
  const RawTerminal raw;
  pollfd input{STDIN_FILENO, POLLIN, 0};
  return poll(&input, 1, 0) == 1;
}

// ------------------------------------------------------------------------------------------------ streams of UTF-16

int pipes_win32_fputws(const WCHAR* text, FILE* stream) { return put(text, stream, ""); }

int pipes_win32__putws(const WCHAR* text) { return put(text, stdout, "\n"); }

int pipes_win32_putwchar(WCHAR unit) {
  const WCHAR text[] = {unit, 0};
  return put(text, stdout, "") < 0 ? -1 : unit;
}

WCHAR* pipes_win32_fgetws(WCHAR* buffer, int size, FILE* stream) {
  if (buffer == nullptr || size <= 0) return nullptr;
  return guarded(static_cast<WCHAR*>(nullptr), [&]() -> WCHAR* {
    // A unit takes up to three bytes; as many bytes as there is room for units are units enough for sure.
    std::vector<char> bytes(static_cast<std::size_t>(size));
    if (std::fgets(bytes.data(), size, stream) == nullptr) return nullptr;
    const std::u16string text = utf16_of(bytes.data());
    (void)copy_out(std::u16string_view(text), buffer, static_cast<std::size_t>(size));
    return buffer;
  });
}

FILE* pipes_win32__wfopen(const WCHAR* name, const WCHAR* mode) {
  return guarded(static_cast<FILE*>(nullptr), [&] { return std::fopen(Utf8(name), Utf8(mode)); });
}

int fopen_s(FILE** stream, const char* name, const char* mode) {
  if (stream == nullptr || name == nullptr || mode == nullptr) return EINVAL;
  *stream = std::fopen(name, mode);
  return *stream == nullptr ? errno : 0;
}

// ---------------------------------------------------------------------------------------------------- message boxes

int MessageBoxA(HWND, LPCSTR lpText, LPCSTR lpCaption, UINT uType) { return ask(lpText, lpCaption, uType); }

int MessageBoxW(HWND, LPCWSTR lpText, LPCWSTR lpCaption, UINT uType) { return ask(lpText, lpCaption, uType); }

VOID OutputDebugStringA(LPCSTR lpOutputString) {
  if (lpOutputString != nullptr) (void)std::fputs(lpOutputString, stderr);
}

VOID OutputDebugStringW(LPCWSTR lpOutputString) {
  if (lpOutputString != nullptr) (void)put(lpOutputString, stderr, "");
}

// ----------------------------------------------------------------------------------------------------- main functions

namespace {

// Strings of UTF-16 and pointers to them, for as long as the process lives.
std::vector<WCHAR*>* wide_strings(char* const* strings) {
  auto* const texts = new std::vector<std::u16string>();
  for (; *strings != nullptr; ++strings) texts->push_back(utf16_of(*strings));
  auto* const pointers = new std::vector<WCHAR*>();
  for (std::u16string& text : *texts) pointers->push_back(text.data());
  pointers->push_back(nullptr);
  return pointers;
}

}  // namespace

int pipes_win32_run_wide_main(int argc, char* argv[], pipes_win32_wide_main wide_main) {
  std::vector<WCHAR*>* arguments = nullptr;
  std::vector<WCHAR*>* environment = nullptr;
  try {
    arguments = wide_strings(argv);
    environment = wide_strings(environ);
  } catch (const std::exception&) {
    return -1;
  }
  return wide_main(argc, arguments->data(), environment->data());
}
