// FormatMessage: the system's messages, and texts with inserts.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "win32/format.h"
#include "win32/last_error.h"
#include "win32/text.h"

namespace pipes::win32 {
namespace {

// -------------------------------------------------------------------------------------------------- the system's texts

struct Message {
  DWORD number;
  const char* text;
};

// What the C ABI has no number for, or says of pipes alone. In the order of the numbers.
constexpr std::array kMessages = {
    Message{ERROR_INVALID_FUNCTION, "The function does not apply here."},
    Message{ERROR_FILE_NOT_FOUND, "There is no file or pipe of that name."},
    Message{ERROR_PATH_NOT_FOUND, "There is no such path."},
    Message{ERROR_TOO_MANY_OPEN_FILES, "Too many files are open."},
    Message{ERROR_NO_MORE_FILES, "There are no more files."},
    Message{ERROR_WRITE_PROTECT, "The file system is read-only."},
    Message{ERROR_GEN_FAILURE, "The device does not work."},
    Message{ERROR_HANDLE_EOF, "The end of the file is reached."},
    Message{ERROR_FILE_EXISTS, "The file exists already."},
    Message{ERROR_BUFFER_OVERFLOW, "The name is too long for the buffer."},
    Message{ERROR_DISK_FULL, "The disk is full."},
    Message{ERROR_MOD_NOT_FOUND, "There is no library of that name."},
    Message{ERROR_PROC_NOT_FOUND, "There is no function of that name."},
    Message{ERROR_NEGATIVE_SEEK, "The position would lie before the beginning of the file."},
    Message{ERROR_ALREADY_EXISTS, "The object or file existed already."},
    Message{ERROR_BAD_EXE_FORMAT, "The file is no program that can be run here."},
    Message{ERROR_ENVVAR_NOT_FOUND, "There is no environment variable of that name."},
    Message{ERROR_NOT_OWNER, "The thread does not own the mutex."},
    Message{ERROR_TOO_MANY_POSTS, "The count of the semaphore would be above its maximum."},
    Message{ERROR_MR_MID_NOT_FOUND, "There is no message of that number."},
    Message{ERROR_NOACCESS, "The memory cannot be accessed."},
    Message{ERROR_NO_TOKEN, "The thread acts for nobody."},
    Message{ERROR_NO_UNICODE_TRANSLATION, "The text is not well-formed."},
    Message{ERROR_REVISION_MISMATCH, "The revisions do not go together."},
    Message{ERROR_NO_IMPERSONATION_TOKEN,
            "The token is a process's, and should be that of a thread that acts for somebody."},
    Message{ERROR_ALLOTTED_SPACE_EXCEEDED, "The list has no room for another entry."},
    Message{ERROR_BAD_DESCRIPTOR_FORMAT, "The security descriptor should be absolute, or self-relative."},
};

// Null for a number that means nothing here.
const char* system_text(DWORD number) {
  const auto* const own = std::find_if(kMessages.begin(), kMessages.end(),
                                       [&](const Message& message) { return message.number == number; });
  if (own != kMessages.end()) return own->text;
  const char* const text = pipes_status_message(number);
  constexpr Status kNoStatus = 0xFFFFFFFF;  // to which the C ABI has a sentence for all that it does not know
  return text == pipes_status_message(kNoStatus) ? nullptr : text;
}

// ------------------------------------------------------------------------------------------------------------- inserts

// Inserts are the arguments of a message, which it names by number. Behind a va_list they can only be taken in order,
// so all up to the one that is wanted are.
class Inserts {
 public:
  static constexpr std::size_t kMost = 99;

  Inserts(va_list* arguments, bool is_array) {
    if (arguments == nullptr) return;
    if (is_array) {
      array_ = reinterpret_cast<const DWORD_PTR*>(arguments);
    } else {
      list_ = arguments;
    }
  }

  // The arguments from the first one on, numbered from 1, of which `count` may be used. Null if there are none.
  const DWORD_PTR* from(std::size_t first, std::size_t count) {
    if (array_ != nullptr) return array_ + first - 1;
    if (list_ == nullptr) return nullptr;
    for (; taken_ < std::min(first + count - 1, kMost); ++taken_) {
      values_[taken_] = va_arg(*list_, DWORD_PTR);  // NOLINT(clang-analyzer-valist.Uninitialized): the caller began it
    }
    return &values_[first - 1];
  }

 private:
  const DWORD_PTR* array_ = nullptr;
  va_list* list_ = nullptr;
  std::size_t taken_ = 0;
  std::array<DWORD_PTR, kMost + 3> values_{};
};

// Expansion replaces the inserts and escapes of a message.
template <class Char>
class Expansion {
 public:
  Expansion(std::basic_string_view<Char> message, Inserts& inserts) : rest_(message), inserts_(inserts) {}

  // False if an insert is wanted that was not given.
  bool run() {
    while (!rest_.empty()) {
      const Char next = take();
      if (next != '%' || rest_.empty()) {
        result_ += next;
        continue;
      }
      if (rest_.front() >= '1' && rest_.front() <= '9') {
        if (!insert()) return false;
      } else if (take_escape()) {
        break;
      }
    }
    return true;
  }

  std::basic_string<Char> result() && { return std::move(result_); }

 private:
  Char take() {
    const Char unit = rest_.front();
    rest_.remove_prefix(1);
    return unit;
  }

  // True if that ends the message.
  bool take_escape() {
    const Char letter = take();
    switch (letter) {
      case '0':
        return true;
      case 'n':
        result_ += Char{'\r'};
        result_ += Char{'\n'};
        break;
      case 'r':
        result_ += Char{'\r'};
        break;
      case 't':
        result_ += Char{'\t'};
        break;
      case 'b':
        result_ += Char{' '};
        break;
      default:
        result_ += letter;
    }
    return false;
  }

  bool insert() {
    auto number = static_cast<std::size_t>(take() - '0');
    if (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
      number = number * 10 + static_cast<std::size_t>(take() - '0');
    }
    const std::basic_string<Char> format = insert_format();
    const auto stars = static_cast<std::size_t>(std::count(format.begin(), format.end(), Char{'*'}));
    const DWORD_PTR* const values = inserts_.from(number, 1 + stars);
    if (values == nullptr) return false;
    ArrayArguments arguments(values);
    if constexpr (sizeof(Char) == 1) {
      result_ += format_text(format.c_str(), arguments);
    } else {
      result_ += format_text(reinterpret_cast<const WCHAR*>(format.c_str()), arguments);
    }
    return true;
  }

  // What stands between exclamation marks, as a format; without them a string is inserted.
  std::basic_string<Char> insert_format() {
    std::basic_string<Char> format(1, Char{'%'});
    const std::size_t end =
        rest_.size() > 1 && rest_.front() == '!' ? rest_.find(Char{'!'}, 1) : std::basic_string_view<Char>::npos;
    if (end == std::basic_string_view<Char>::npos) return format + Char{'s'};
    format += rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return format;
  }

  std::basic_string_view<Char> rest_;
  Inserts& inserts_;
  std::basic_string<Char> result_;
};

// -------------------------------------------------------------------------------------------------------- the function

// The text before its inserts are replaced. False if there is none.
template <class Char>
bool find_text(DWORD flags, LPCVOID source, DWORD number, std::basic_string<Char>& text) {
  if ((flags & FORMAT_MESSAGE_FROM_STRING) != 0) {
    if (source == nullptr) return false;
    text = static_cast<const Char*>(source);
    return true;
  }
  const char* const known = (flags & FORMAT_MESSAGE_FROM_SYSTEM) != 0 ? system_text(number) : nullptr;
  if (known == nullptr) return false;
  text = text_of<Char>(std::string_view(known)) + text_of<Char>(std::string_view("\r\n"));
  return true;
}

// With no width at all line ends are those of the text; with the greatest there are none but those that were escaped.
template <class Char>
void join_lines(std::basic_string<Char>& text) {
  std::basic_string<Char> joined;
  for (const Char unit : text) {
    if (unit == '\r') continue;
    joined += unit == '\n' ? Char{' '} : unit;
  }
  text = std::move(joined);
}

template <class Char>
DWORD deliver(const std::basic_string<Char>& text, DWORD flags, Char* buffer, DWORD size) {
  const auto length = static_cast<DWORD>(text.size());
  if ((flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) == 0) {
    return copy_out(std::basic_string_view<Char>(text), buffer, size) ? length
                                                                      : fail(ERROR_INSUFFICIENT_BUFFER, DWORD{0});
  }
  const std::size_t units = std::max<std::size_t>(text.size() + 1, size);
  auto* const block = static_cast<Char*>(LocalAlloc(LMEM_FIXED, units * sizeof(Char)));
  if (block == nullptr) return 0;
  (void)copy_out(std::basic_string_view<Char>(text), block, units);
  *reinterpret_cast<Char**>(buffer) = block;
  return length;
}

template <class Char>
DWORD format_message(DWORD flags, LPCVOID source, DWORD number, Char* buffer, DWORD size, va_list* arguments) {
  if (buffer == nullptr) return fail(ERROR_INVALID_PARAMETER, DWORD{0});
  return guarded(DWORD{0}, [&] {
    std::basic_string<Char> text;
    if (!find_text(flags, source, number, text)) {
      const bool no_source = (flags & (FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_FROM_SYSTEM)) == 0;
      return fail(no_source ? ERROR_INVALID_PARAMETER : ERROR_MR_MID_NOT_FOUND, DWORD{0});
    }
    if ((flags & FORMAT_MESSAGE_MAX_WIDTH_MASK) == FORMAT_MESSAGE_MAX_WIDTH_MASK) join_lines(text);
    if ((flags & FORMAT_MESSAGE_IGNORE_INSERTS) == 0) {
      Inserts inserts(arguments, (flags & FORMAT_MESSAGE_ARGUMENT_ARRAY) != 0);
      Expansion<Char> expansion(text, inserts);
      if (!expansion.run()) return fail(ERROR_INVALID_PARAMETER, DWORD{0});
      text = std::move(expansion).result();
    }
    return deliver(text, flags, buffer, size);
  });
}

}  // namespace
}  // namespace pipes::win32

DWORD FormatMessageA(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId, DWORD, LPSTR lpBuffer, DWORD nSize,
                     va_list* Arguments) {
  return pipes::win32::format_message(dwFlags, lpSource, dwMessageId, lpBuffer, nSize, Arguments);
}

DWORD FormatMessageW(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId, DWORD, LPWSTR lpBuffer, DWORD nSize,
                     va_list* Arguments) {
  return pipes::win32::format_message(dwFlags, lpSource, dwMessageId, lpBuffer, nSize, Arguments);
}
