#include "win32/command_line.h"

#include <cstdio>
#include <cstring>

#include "support/mutex.h"
#include "win32/last_error.h"
#include "win32/text.h"

namespace pipes::win32 {
namespace {

constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }

// Takes characters from the front of a line.
class Splitter {
 public:
  explicit Splitter(std::string_view line) : rest_(line) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }

  void skip_blanks() {
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
  }

  // The program's name: up to the next quote if it begins with one, else up to a blank. Nothing in it is special.
  std::string program() {
    const bool quoted = !rest_.empty() && rest_.front() == '"';
    if (quoted) rest_.remove_prefix(1);
    std::size_t end = quoted ? rest_.find('"') : rest_.find_first_of(" \t");
    if (end == std::string_view::npos) end = rest_.size();
    std::string name(rest_.substr(0, end));
    rest_.remove_prefix(end);
    if (quoted && !rest_.empty()) rest_.remove_prefix(1);
    return name;
  }

  std::string argument() {
    std::string text;
    bool quoted = false;
    while (!rest_.empty() && (quoted || !is_blank(rest_.front()))) {
      if (rest_.front() == '\\') {
        take_backslashes(text);
      } else if (rest_.front() == '"') {
        take_quote(text, quoted);
      } else {
        text += rest_.front();
        rest_.remove_prefix(1);
      }
    }
    return text;
  }

 private:
  // Before a quote two of them are one, and one that is left makes the quote an ordinary character.
  void take_backslashes(std::string& text) {
    std::size_t count = rest_.find_first_not_of('\\');
    if (count == std::string_view::npos) count = rest_.size();
    rest_.remove_prefix(count);
    if (rest_.empty() || rest_.front() != '"') {
      text.append(count, '\\');
      return;
    }
    text.append(count / 2, '\\');
    if (count % 2 != 0) {
      text += '"';
      rest_.remove_prefix(1);
    }
  }

  // A quote opens or closes; two of them where one closes are one that stays, too.
  void take_quote(std::string& text, bool& quoted) {
    rest_.remove_prefix(1);
    if (quoted && !rest_.empty() && rest_.front() == '"') {
      text += '"';
      rest_.remove_prefix(1);
    }
    quoted = !quoted;
  }

  std::string_view rest_;
};

bool needs_quotes(const std::string& argument) {
  return argument.empty() || argument.find_first_of(" \t\"") != std::string::npos;
}

void append_quoted(const std::string& argument, std::string& line) {
  line += '"';
  std::size_t backslashes = 0;
  for (const char c : argument) {
    if (c == '"') line.append(backslashes + 1, '\\');
    backslashes = c == '\\' ? backslashes + 1 : 0;
    line += c;
  }
  line.append(backslashes, '\\');
  line += '"';
}

}  // namespace

std::vector<std::string> split_command_line(std::string_view line) {
  Splitter splitter(line);
  std::vector<std::string> arguments{splitter.program()};
  for (;;) {
    splitter.skip_blanks();
    if (splitter.at_end()) return arguments;
    arguments.push_back(splitter.argument());
  }
}

std::string join_command_line(const std::vector<std::string>& arguments) {
  std::string line;
  for (const std::string& argument : arguments) {
    if (!line.empty()) line += ' ';
    if (needs_quotes(argument)) {
      append_quoted(argument, line);
    } else {
      line += argument;
    }
  }
  return line;
}

std::vector<std::string> own_arguments() {
  std::vector<std::string> arguments;
  std::FILE* const file = std::fopen("/proc/self/cmdline", "re");
  if (file == nullptr) return arguments;
  std::string argument;
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) {
    if (c != 0) {
      argument += static_cast<char>(c);
      continue;
    }
    arguments.push_back(std::move(argument));
    argument.clear();
  }
  (void)std::fclose(file);
  return arguments;
}

namespace {

// The process's own command line in both forms, found when it is first asked for and kept for ever, since callers
// keep pointers to it.
class OwnCommandLine {
 public:
  LPSTR bytes() {
    MutexLock lock(mutex_);
    return found()->bytes.data();
  }
  LPWSTR units() {
    MutexLock lock(mutex_);
    return reinterpret_cast<LPWSTR>(found()->units.data());
  }

 private:
  struct Line {
    std::string bytes;
    std::u16string units;
  };

  Line* found() PIPES_REQUIRES(mutex_) {
    if (line_ == nullptr) {
      const std::string bytes = join_command_line(own_arguments());
      line_ = new Line{bytes, utf16_of(bytes)};
    }
    return line_;
  }

  Mutex mutex_;
  Line* line_ PIPES_GUARDED_BY(mutex_) = nullptr;
};

constinit OwnCommandLine own_command_line;

}  // namespace
}  // namespace pipes::win32

using namespace pipes::win32;

LPSTR GetCommandLineA(void) {
  return guarded(LPSTR{nullptr}, [] { return own_command_line.bytes(); });
}

LPWSTR GetCommandLineW(void) {
  return guarded(LPWSTR{nullptr}, [] { return own_command_line.units(); });
}

LPWSTR* CommandLineToArgvW(LPCWSTR lpCmdLine, int* pNumArgs) {
  if (lpCmdLine == nullptr || pNumArgs == nullptr) return fail(ERROR_INVALID_PARAMETER, static_cast<LPWSTR*>(nullptr));
  return guarded(static_cast<LPWSTR*>(nullptr), [&]() -> LPWSTR* {
    std::vector<std::u16string> arguments;
    // Of nothing the program's own name is made.
    const std::vector<std::string> split = *lpCmdLine == 0 ? own_arguments() : split_command_line(utf8_of(lpCmdLine));
    std::size_t size = 0;
    for (const std::string& argument : split) {
      arguments.push_back(utf16_of(argument));
      size += sizeof(LPWSTR) + (arguments.back().size() + 1) * sizeof(WCHAR);
      if (*lpCmdLine == 0) break;
    }
    auto* const pointers = static_cast<LPWSTR*>(LocalAlloc(LMEM_FIXED, size + sizeof(LPWSTR)));
    if (pointers == nullptr) return nullptr;
    auto* units = reinterpret_cast<LPWSTR>(pointers + arguments.size() + 1);
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      pointers[i] = units;
      units[arguments[i].copy(units, arguments[i].size())] = 0;
      units += arguments[i].size() + 1;
    }
    pointers[arguments.size()] = nullptr;
    *pNumArgs = static_cast<int>(arguments.size());
    return pointers;
  });
}
