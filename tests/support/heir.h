// Heir: a child that inherits a handle, or is sent one, and makes calls with it, one after the other as it is told, or
// on a thread of its own that may block.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "support/child.h"
#include "support/expect.h"

namespace pipes::test {

class Heir {
 public:
  // Starts it and tells it the value of the handle.
  explicit Heir(pipes_handle handle, const ChildOptions& options = {});
  // One that inherits nothing, but takes handles that are sent to it.
  static Heir consenting(const ChildOptions& options = {});

  Code accept(bool accept);
  // The handle that it makes calls with from now on.
  void use(pipes_handle handle);
  // Sends it a duplicate of `source`, for it to use.
  Code take(pipes_handle source, uint32_t access = 0, uint32_t inherit = 0,
            uint32_t options = PIPES_DUPLICATE_SAME_ACCESS);
  // Has it send its own handle to another process, and tell its value there.
  Code send(uint32_t process_id, pipes_handle* made);

  // The calls, as those of harness.h, and what came of them.
  [[nodiscard]] Received read(uint32_t size = 4096);
  [[nodiscard]] Sent write(std::string_view bytes);
  [[nodiscard]] Peeked peek(uint32_t size = 4096);
  [[nodiscard]] Received transact(std::string_view request, uint32_t reply_size = 4096);
  [[nodiscard]] Code set_mode(uint32_t mode);
  [[nodiscard]] State get_state();
  [[nodiscard]] uint32_t flags();  // UINT32_MAX if it is no handle there
  // Of a handle whose value it is told now.
  [[nodiscard]] uint32_t flags_of(pipes_handle handle);
  Code close();
  [[nodiscard]] Code flush();
  [[nodiscard]] Code connect();
  [[nodiscard]] Code disconnect();
  [[nodiscard]] uint32_t client_process();
  [[nodiscard]] uint32_t server_process();

  // Starts a call on a thread that is about to block in it when this returns; the answer to the next question comes
  // meanwhile. result() is what came of it: a status, and what was read.
  void start_read(uint32_t size = 4096);
  void start_write(std::string_view bytes);
  void start_connect();
  [[nodiscard]] Received result();
  // Cancels it.
  Code cancel();

  // Another heir of the same handle, started by this one.
  void have_an_heir();

  [[nodiscard]] Child& child() { return child_; }
  void kill() {
    child_.kill();
    (void)child_.wait();
  }

 private:
  std::string ask(const std::string& question);

  Child child_;
};

}  // namespace pipes::test
