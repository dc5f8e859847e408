// The commands that cases.sh serves with, as roles of one program; it says there what each does. It reads and writes
// without buffers or translation, and takes its arguments from the command line as the run-time library of C does, but
// in all characters.
#include <windows.h>
// windows.h first
#include <fcntl.h>
#include <io.h>
#include <shellapi.h>

#include <array>
#include <string>
#include <vector>

namespace {

constexpr int kInput = 0;
constexpr int kOutput = 1;

std::string utf8(const wchar_t* text) {
  std::string bytes(std::size_t{4} * 32768, '\0');
  const int size =
      ::WideCharToMultiByte(CP_UTF8, 0, text, -1, bytes.data(), static_cast<int>(bytes.size()), nullptr, nullptr);
  bytes.resize(size > 0 ? static_cast<std::size_t>(size) - 1 : 0);
  return bytes;
}

bool write_all(int to, const char* data, int size) {
  while (size > 0) {
    const int written = _write(to, data, static_cast<unsigned>(size));
    if (written <= 0) return false;
    data += written;
    size -= written;
  }
  return true;
}

bool say(const std::string& text) { return write_all(kOutput, text.data(), static_cast<int>(text.size())); }

int copy(int from, int to, long long count) {
  std::array<char, 65536> buffer{};
  while (count > 0) {
    const long long room = count < 65536 ? count : 65536;
    const int size = _read(from, buffer.data(), static_cast<unsigned>(room));
    if (size <= 0) return size == 0 ? 0 : 1;
    if (!write_all(to, buffer.data(), size)) return 1;
    count -= size;
  }
  return 0;
}

// Calls `on_line(line)` for each line of the input, without its end, as long as that returns true.
template <class OnLine>
int for_each_line(OnLine on_line) {
  std::string line;
  char byte = 0;
  while (_read(kInput, &byte, 1) == 1) {
    if (byte != '\n') {
      line += byte;
      continue;
    }
    if (!on_line(line)) break;
    line.clear();
  }
  return 0;
}

int first_line() {
  return for_each_line([](const std::string& line) { return say(line + "\n") && false; });
}

// Starts this program as `linger`, which inherits the input and nothing else of what a server waits for.
int abandon(const std::string& program) {
  std::string line = '"' + program + "\" linger";
  STARTUPINFOA start{};
  start.cb = sizeof start;
  start.dwFlags = STARTF_USESTDHANDLES;
  start.hStdInput = ::GetStdHandle(STD_INPUT_HANDLE);
  const HANDLE output = ::GetStdHandle(STD_OUTPUT_HANDLE);
  PROCESS_INFORMATION made{};
  ::SetHandleInformation(output, HANDLE_FLAG_INHERIT, 0);
  return ::CreateProcessA(nullptr, line.data(), nullptr, nullptr, TRUE, 0, nullptr, nullptr, &start, &made) != FALSE
             ? 0
             : 1;
}

int linger() {
  char byte = 0;
  return _read(_open("gate", _O_RDONLY | _O_BINARY), &byte, 1) == 1 ? 0 : 1;
}

int run(const std::vector<std::string>& words) {
  constexpr long long kAll = 1LL << 62;
  const std::string role = words.size() > 1 ? words[1] : "";
  const std::string argument = words.size() > 2 ? words[2] : "";
  if (role == "copy") return copy(kInput, kOutput, argument.empty() ? kAll : std::stoll(argument));
  if (role == "store") {
    return copy(kInput, _open(argument.c_str(), _O_WRONLY | _O_CREAT | _O_TRUNC | _O_BINARY, 0600), kAll);
  }
  if (role == "offer") return copy(_open(argument.c_str(), _O_RDONLY | _O_BINARY), kOutput, kAll);
  if (role == "first_line") return first_line();
  if (role == "greet") return say("ready\n") ? first_line() : 1;
  if (role == "tag") return for_each_line([](const std::string& line) { return say("<" + line + ">\n"); });
  if (role == "say") {
    for (std::size_t i = 2; i < words.size(); ++i) say(words[i] + ".");
    return 0;
  }
  if (role == "abandon") return abandon(words[0]);
  if (role == "linger") return linger();
  return role == "exit" ? std::stoi(argument) : 2;
}

}  // namespace

int main() {
  _setmode(kInput, _O_BINARY);
  _setmode(kOutput, _O_BINARY);
  int count = 0;
  wchar_t** const given = ::CommandLineToArgvW(::GetCommandLineW(), &count);
  std::vector<std::string> words;
  for (int i = 0; given != nullptr && i < count; ++i) words.push_back(utf8(given[i]));
  return run(words);
}
