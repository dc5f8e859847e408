// The printf of Microsoft's C library, for bytes and for UTF-16: `l` is 32 bits, `%s` is a string of the function's own
// kind and `%S` one of the other, `h`, `l` and `w` before them say which, `I64` and `I32` are sizes, and `%p` has all
// digits. Nothing of the C library's wide functions is used. `%n` is not obeyed.
#pragma once

#include <cstdarg>
#include <cstdint>
#include <string>

#include "pipes/win32.h"

namespace pipes::win32 {

// Arguments gives the arguments in order, as what the format says they are.
class Arguments {
 public:
  Arguments() = default;
  virtual ~Arguments() = default;
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;

  virtual uint32_t next_32() = 0;
  virtual uint64_t next_64() = 0;
  virtual double next_double() = 0;
  virtual long double next_long_double() = 0;
};

// VariableArguments are those of a function with an ellipsis.
class VariableArguments : public Arguments {
 public:
  explicit VariableArguments(va_list list) { va_copy(list_, list); }
  ~VariableArguments() override { va_end(list_); }
  uint32_t next_32() override { return va_arg(list_, uint32_t); }
  uint64_t next_64() override { return va_arg(list_, uint64_t); }
  double next_double() override { return va_arg(list_, double); }
  long double next_long_double() override { return va_arg(list_, long double); }

 private:
  va_list list_{};
};

// ArrayArguments are numbers and pointers in an array, as FormatMessage takes them.
class ArrayArguments : public Arguments {
 public:
  explicit ArrayArguments(const DWORD_PTR* next) : next_(next) {}
  uint32_t next_32() override { return static_cast<uint32_t>(*next_++); }
  uint64_t next_64() override { return *next_++; }
  double next_double() override { return 0; }
  long double next_long_double() override { return 0; }

 private:
  const DWORD_PTR* next_;
};

[[nodiscard]] std::string format_text(const char* format, Arguments& arguments);
[[nodiscard]] std::u16string format_text(const WCHAR* format, Arguments& arguments);

}  // namespace pipes::win32
