// Two threads a conversation. The one that reads the client is stopped once the command has ended, and only then is the
// client's end given back.
#include "cli/conversation.h"

#include <thread>
#include <utility>

#include "cli/child.h"
#include "cli/waiting_calls.h"

namespace pipes::cli {
namespace {

// Any failure is the end: the client is gone, or the command does not want more.
void client_to_command(WaitingCalls& calls, const End& client, const End& input, Framing framing) {
  std::vector<std::byte> bytes;
  while (read_from_pipe(calls, client, framing, bytes) == PIPES_OK) {
    if (!bytes.empty() && !calls.write(input, bytes)) break;
  }
}

void command_to_client(const End& output, const End& client, Framing framing) {
  WaitingCalls calls;
  ToPipe to_client(calls, client, framing);
  std::vector<std::byte> bytes;
  while (read_from_pipe(calls, output, Framing::kBytes, bytes) == PIPES_OK) {
    if (to_client.write(bytes) != PIPES_OK) return;
  }
  to_client.finish();
}

// Returns when the command has ended and its output has been written.
std::uint32_t relay(const ServerEnd& client, Child& child, Framing framing) {
  command_to_client(child.output, client, framing);
  // If the client is gone this is how a command that still writes learns of it.
  child.output.close();
  return child.wait();
}

}  // namespace

std::optional<std::uint32_t> hold_conversation(ServerEnd client, const std::vector<std::string>& command,
                                               Framing framing, const ServeEvents& events, InstancePool& pool) {
  const Expected<std::uint32_t> asked = client.try_client_process_id();
  const std::uint32_t client_id = asked ? *asked : 0;
  std::optional<Child> child = Child::start(command);
  if (!child) {
    pool.end_conversation(client);
    pool.finish(std::move(client));
    return std::nullopt;
  }
  events.connected(client_id, child->process_id());
  WaitingCalls reading;
  std::thread reader([&reading, &client, input = std::move(child->input), framing]() mutable {
    client_to_command(reading, client, input, framing);
    input.close();  // The end of the command's input.
  });
  const std::uint32_t exit_code = relay(client, *child, framing);
  reading.stop();
  reader.join();
  pool.end_conversation(client);
  events.ended(client_id, child->process_id(), exit_code);
  pool.finish(std::move(client));
  return exit_code;
}

}  // namespace pipes::cli
