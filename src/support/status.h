// The status numbers inside the library, and Result, which carries either a value or one of them.
//
// A status is the Win32 error number itself, so what the engine decides crosses the ABI unchanged. Three kinds of
// failure are never mixed: the caller's mistakes and the world's troubles are statuses; our own broken promises are
// GSL contracts, and stop the process.
#pragma once

#include <gsl/gsl>
#include <optional>
#include <utility>

#include "pipes/pipes.h"

namespace pipes {

using Status = pipes_status;

// Result is a T, or the status that says why there is none.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}                      // NOLINT: implicit by design
  Result(Status status) : status_(status) { Expects(status != 0); }  // NOLINT: implicit by design

  explicit operator bool() const { return value_.has_value(); }
  [[nodiscard]] Status status() const { return status_; }
  T& operator*() {
    Expects(value_.has_value());
    return *value_;
  }
  const T& operator*() const {
    Expects(value_.has_value());
    return *value_;
  }
  T* operator->() { return &**this; }
  const T* operator->() const { return &**this; }

 private:
  std::optional<T> value_;
  Status status_ = PIPES_OK;
};

}  // namespace pipes
