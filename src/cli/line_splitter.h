// LineSplitter cuts a stream of bytes into lines, for the rule of --message that a line is a message. It knows no pipe.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace pipes::cli {

class LineSplitter {
 public:
  // add takes the next bytes and calls `on_line(line)` for each line that they complete, without its line end, as long
  // as that returns true. Returns what the last call returned, true if there was none.
  template <class OnLine>
  bool add(std::span<const std::byte> bytes, OnLine on_line) {
    while (!bytes.empty()) {
      const auto end = std::find(bytes.begin(), bytes.end(), std::byte{'\n'});
      line_.insert(line_.end(), bytes.begin(), end);
      if (end == bytes.end()) return true;
      bytes = bytes.subspan(static_cast<std::size_t>(end - bytes.begin()) + 1);
      const bool go_on = on_line(std::span<const std::byte>(line_));
      line_.clear();
      if (!go_on) return false;
    }
    return true;
  }

  // finish calls `on_line` for a last line without a line end, if there is one, and returns what that returns.
  template <class OnLine>
  bool finish(OnLine on_line) {
    const bool go_on = line_.empty() || on_line(std::span<const std::byte>(line_));
    line_.clear();
    return go_on;
  }

 private:
  std::vector<std::byte> line_;
};

}  // namespace pipes::cli
