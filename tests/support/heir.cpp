#include "support/heir.h"

#include <memory>
#include <optional>
#include <sstream>

namespace pipes::test {
namespace {

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex = "x";
  for (const char byte : bytes) {
    hex += kDigits[static_cast<unsigned char>(byte) >> 4];
    hex += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  return hex;
}

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (size_t at = 1; at + 1 < hex.size(); at += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(at, 2)), nullptr, 16));
  }
  return bytes;
}

std::string text_of(const Received& received) {
  return std::to_string(received.status.number) + " " + std::to_string(received.transferred) + " " +
         to_hex(received.bytes);
}

Received received_of(const std::string& text) {
  std::istringstream words(text);
  Received received;
  std::string hex;
  words >> received.status.number >> received.transferred >> hex;
  received.bytes = from_hex(hex);
  return received;
}

// What the child does.
class Inheritor {
 public:
  explicit Inheritor(pipes_handle handle) : handle_(handle) {}

  std::string answer(const std::string& question) {
    std::istringstream words(question);
    std::string verb;
    uint32_t number = 0;
    std::string hex;
    words >> verb >> number >> hex;
    const std::string bytes = from_hex(hex);
    if (verb == "read") return text_of(read(handle_, number));
    if (verb == "write") {
      const Sent sent = write(handle_, bytes);
      return std::to_string(sent.status.number) + " " + std::to_string(sent.transferred);
    }
    if (verb == "peek") {
      const Peeked found = peek(handle_, number);
      return std::to_string(found.status.number) + " " + std::to_string(found.transferred) + " " +
             std::to_string(found.available) + " " + std::to_string(found.left_this_message) + " " +
             to_hex(found.bytes);
    }
    if (verb == "transact") return text_of(transact(handle_, bytes, number));
    if (verb == "set_mode") return std::to_string(set_mode(handle_, number).number);
    if (verb == "get_state") {
      const State state = get_state(handle_);
      return std::to_string(state.status.number) + " " + std::to_string(state.mode) + " " +
             std::to_string(state.current_instances);
    }
    if (verb == "flags") {
      uint32_t flags = 0;
      return pipes_get_handle_flags(handle_, &flags) == PIPES_OK ? std::to_string(flags) : "4294967295";
    }
    if (verb == "flags_of") {
      uint32_t flags = 0;
      const auto told = reinterpret_cast<pipes_handle>(static_cast<uintptr_t>(std::stoull(question.substr(9))));
      return pipes_get_handle_flags(told, &flags) == PIPES_OK ? std::to_string(flags) : "4294967295";
    }
    if (verb == "accept") return std::to_string(pipes_accept_handles(number));
    if (verb == "use") {
      handle_ = reinterpret_cast<pipes_handle>(static_cast<uintptr_t>(std::stoull(question.substr(4))));
      return "uses it";
    }
    if (verb == "send") {
      pipes_handle made = nullptr;
      const Code status = pipes_duplicate_into(handle_, number, 0, 0, PIPES_DUPLICATE_SAME_ACCESS, &made);
      return std::to_string(status.number) + " " + std::to_string(reinterpret_cast<uintptr_t>(made));
    }
    if (verb == "close") return std::to_string(pipes_close(handle_));
    if (verb == "flush") return std::to_string(flush(handle_).number);
    if (verb == "connect") return std::to_string(connect(handle_).number);
    if (verb == "disconnect") return std::to_string(disconnect(handle_).number);
    if (verb == "client") return std::to_string(client_process_id(handle_).value);
    if (verb == "server") return std::to_string(server_process_id(handle_).value);
    if (verb == "start_read") return start([this, number] { return read(handle_, number); });
    if (verb == "start_write") {
      return start([this, bytes] {
        const Sent sent = write(handle_, bytes);
        return Received{.status = sent.status, .bytes = {}, .transferred = sent.transferred};
      });
    }
    if (verb == "start_connect") {
      return start([this] { return Received{.status = connect(handle_), .bytes = {}, .transferred = 0}; });
    }
    if (verb == "result") return text_of(started_->result());
    if (verb == "cancel") return std::to_string(started_->cancel().number);
    if (verb == "heir") {
      next_ = std::make_unique<Heir>(handle_);
      return next_->flags() == UINT32_MAX ? "has none" : "has one";
    }
    return "what?";
  }

 private:
  std::string start(std::function<Received()> call) {
    // A process's first call looks for what it has inherited, and may sleep over that: not what is waited for here.
    uint32_t flags = 0;
    (void)pipes_get_handle_flags(handle_, &flags);
    started_ = std::make_unique<Background<std::function<Received()>>>(std::move(call));
    return wait_until_blocked(*started_) ? "blocked" : "returned";
  }

  pipes_handle handle_;
  std::unique_ptr<Background<std::function<Received()>>> started_;
  std::unique_ptr<Heir> next_;
};

PIPES_CHILD_ROLE(heir) {
  Inheritor inheritor(reinterpret_cast<pipes_handle>(static_cast<uintptr_t>(std::stoull(parent.argument(0)))));
  while (const auto question = parent.next_line()) {
    if (!parent.say(inheritor.answer(*question))) break;
  }
  return 0;
}

uint32_t number_of(const std::string& text) {
  return text.empty() ? UINT32_MAX : static_cast<uint32_t>(std::stoul(text));
}

}  // namespace

Heir::Heir(pipes_handle handle, const ChildOptions& options)
    : child_(Child::spawn("heir", {std::to_string(reinterpret_cast<uintptr_t>(handle))}, options)) {}

std::string Heir::ask(const std::string& question) {
  EXPECT_TRUE(child_.say(question));
  const auto answer = child_.next_line();
  EXPECT_TRUE(answer) << "the heir ended at: " << question;
  return answer.value_or("");
}

Received Heir::read(uint32_t size) { return received_of(ask("read " + std::to_string(size))); }
Received Heir::transact(std::string_view request, uint32_t reply_size) {
  return received_of(ask("transact " + std::to_string(reply_size) + " " + to_hex(request)));
}
Received Heir::result() { return received_of(ask("result")); }

Sent Heir::write(std::string_view bytes) {
  std::istringstream words(ask("write 0 " + to_hex(bytes)));
  Sent sent;
  words >> sent.status.number >> sent.transferred;
  return sent;
}

Peeked Heir::peek(uint32_t size) {
  std::istringstream words(ask("peek " + std::to_string(size)));
  Peeked peeked;
  std::string hex;
  words >> peeked.status.number >> peeked.transferred >> peeked.available >> peeked.left_this_message >> hex;
  peeked.bytes = from_hex(hex);
  return peeked;
}

State Heir::get_state() {
  std::istringstream words(ask("get_state"));
  State state;
  words >> state.status.number >> state.mode >> state.current_instances;
  return state;
}

Code Heir::set_mode(uint32_t mode) { return number_of(ask("set_mode " + std::to_string(mode))); }
uint32_t Heir::flags() { return number_of(ask("flags")); }
uint32_t Heir::flags_of(pipes_handle handle) {
  return number_of(ask("flags_of " + std::to_string(reinterpret_cast<uintptr_t>(handle))));
}
Heir Heir::consenting(const ChildOptions& options) {
  Heir heir(nullptr, options);
  EXPECT_EQ(0, heir.accept(true).number);
  return heir;
}
Code Heir::accept(bool accept) { return number_of(ask(accept ? "accept 1" : "accept 0")); }
void Heir::use(pipes_handle handle) {
  EXPECT_EQ("uses it", ask("use " + std::to_string(reinterpret_cast<uintptr_t>(handle))));
}
Code Heir::take(pipes_handle source, uint32_t access, uint32_t inherit, uint32_t options) {
  pipes_handle made = nullptr;
  const Code status = pipes_duplicate_into(source, child_.process_id(), access, inherit, options, &made);
  if (status.ok()) use(made);
  return status;
}
Code Heir::send(uint32_t process_id, pipes_handle* made) {
  std::istringstream words(ask("send " + std::to_string(process_id)));
  Code status;
  uintptr_t value = 0;
  words >> status.number >> value;
  *made = reinterpret_cast<pipes_handle>(value);
  return status;
}
Code Heir::close() { return number_of(ask("close")); }
Code Heir::flush() { return number_of(ask("flush")); }
Code Heir::connect() { return number_of(ask("connect")); }
Code Heir::disconnect() { return number_of(ask("disconnect")); }
uint32_t Heir::client_process() { return number_of(ask("client")); }
uint32_t Heir::server_process() { return number_of(ask("server")); }
Code Heir::cancel() { return number_of(ask("cancel")); }

void Heir::start_read(uint32_t size) { EXPECT_EQ("blocked", ask("start_read " + std::to_string(size))); }
void Heir::start_write(std::string_view bytes) { EXPECT_EQ("blocked", ask("start_write 0 " + to_hex(bytes))); }
void Heir::start_connect() { EXPECT_EQ("blocked", ask("start_connect")); }
void Heir::have_an_heir() { EXPECT_EQ("has one", ask("heir")); }

}  // namespace pipes::test
