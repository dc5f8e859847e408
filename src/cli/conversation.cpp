// Two threads a conversation. The one that reads the client is woken by closing or disconnecting what it uses: the
// library promises that for a blocked call, and on Linux a stale handle is harmless after it (CLOSE-8, CLOSE-11).
#include "cli/conversation.h"

#include <thread>
#include <utility>

#include "cli/child.h"
#include "cli/report.h"

namespace pipes::cli {
namespace {

// Borrowed lets a thread use an end that another one owns, and may close meanwhile.
class Borrowed {
 public:
  explicit Borrowed(pipes_handle handle) : end_(handle) {}
  ~Borrowed() { static_cast<void>(end_.release()); }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  [[nodiscard]] const End& get() const { return end_; }

 private:
  End end_;
};

bool write_all(const End& pipe, std::span<const std::byte> bytes) { return pipe.try_write(bytes).has_value(); }

// Any failure is the end: the client is gone, or the command does not want more.
void client_to_command(const End& client, const End& input, Framing framing) {
  std::vector<std::byte> bytes;
  while (read_from_pipe(client, framing, bytes) == PIPES_OK) {
    if (!bytes.empty() && !write_all(input, bytes)) break;
  }
}

void command_to_client(const End& output, const End& client, Framing framing) {
  ToPipe to_client(client, framing);
  std::vector<std::byte> bytes;
  while (read_from_pipe(output, Framing::kBytes, bytes) == PIPES_OK) {
    if (to_client.write(bytes) != PIPES_OK) return;
  }
  to_client.finish();
}

// Returns when the command has ended and its output has been written.
int relay(const ServerEnd& client, Child& child, Framing framing) {
  command_to_client(child.output, client, framing);
  // If the client is gone this is how a command that still writes learns of it.
  child.output.close();
  return child.wait();
}

}  // namespace

int hold_conversation(ServerEnd client, const std::vector<std::string>& command, Framing framing,
                      const ServeEvents& events, InstancePool& pool) {
  const Expected<std::uint32_t> asked = client.try_client_process_id();
  const std::uint32_t client_id = asked ? *asked : 0;
  std::optional<Child> child = Child::start(command);
  if (!child) {
    pool.end_conversation(client);
    pool.finish(std::move(client));
    return -1;
  }
  events.connected(client_id, child->process_id());
  std::thread reader([from = client.handle(), to = child->input.handle(), framing] {
    Borrowed source(from);
    Borrowed sink(to);
    client_to_command(source.get(), sink.get(), framing);
    pipes_close(to);  // The end of the command's input.
  });
  const int exit_code = relay(client, *child, framing);
  child->input.close();
  pool.end_conversation(client);
  reader.join();
  events.ended(client_id, child->process_id(), exit_code);
  pool.finish(std::move(client));
  return exit_code;
}

}  // namespace pipes::cli
