// `pipes call NAME [TEXT]`: one message to a pipe, one message back. Not by pipes_call, which loses what of an answer
// does not fit a buffer of a size that had to be chosen before.
#include <CLI/CLI.hpp>
#include <memory>
#include <vector>

#include "cli/client_end.h"
#include "cli/exit_code.h"
#include "cli/framing.h"
#include "cli/pipe_name.h"
#include "cli/report.h"
#include "cli/runtime_directory.h"
#include "cli/standard_streams.h"
#include "cli/subcommands.h"

namespace pipes::cli {
namespace {

constexpr std::byte kLineEnd{'\n'};

struct Options {
  std::string name;
  std::string text = "-";
  bool raw = false;
  std::uint32_t timeout_ms = kBusyTimeoutMs;
};

// All of standard input; nothing if it cannot be read, which is reported then.
std::optional<std::vector<std::byte>> whole_input() {
  StandardInput input;
  std::vector<std::byte> bytes;
  std::vector<std::byte> chunk(kChunk);
  for (;;) {
    const std::optional<std::size_t> got = input.read(chunk);
    if (!got) {
      report_system_failure("cannot read standard input", last_system_error());
      return std::nullopt;
    }
    if (*got == 0) return bytes;
    bytes.insert(bytes.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(*got));
  }
}

std::optional<std::vector<std::byte>> message_of(const Options& options) {
  if (options.text != "-") {
    const std::span<const std::byte> text = bytes(options.text);
    return std::vector(text.begin(), text.end());
  }
  std::optional<std::vector<std::byte>> message = whole_input();
  if (message && !options.raw && !message->empty() && message->back() == kLineEnd) message->pop_back();
  return message;
}

std::string_view advice(pipes_status status) {
  if (status == PIPES_ERROR_PIPE_BUSY) return "it has sent a message without being asked; see pipes connect --message";
  // What a transaction calls a bad pipe was one of messages when it was opened, so it is connected no more.
  const bool is_over = conversation_ended(status) || status == PIPES_ERROR_BAD_PIPE;
  return is_over ? "the server has ended the conversation without one" : "";
}

int call(const Options& options) {
  if (!has_runtime_directory(DirectoryUse::kLook)) return kFailed;
  // The message comes first: no instance is held while somebody types.
  const std::optional<std::vector<std::byte>> message = message_of(options);
  if (!message) return kFailed;
  const std::string path = full_name(options.name);
  const std::optional<ClientEnd> pipe =
      open_client_end({.path = path, .read_mode = ReadMode::kMessage, .timeout_ms = options.timeout_ms},
                      "a call needs the right to read and to write; see pipes sddl explain --pipe");
  if (!pipe) return kFailed;
  Expected<std::vector<std::byte>> answer = pipe->try_transact(*message);
  if (!answer) {
    const std::string cannot = "cannot get an answer from " + printable(path);
    return report_failure(with_advice(cannot, advice(answer.status())), answer.status());
  }
  if (!options.raw) answer->push_back(kLineEnd);
  if (write_standard_output(*answer)) return kSucceeded;
  return report_system_failure("cannot write to standard output", last_system_error());
}

}  // namespace

void add_call(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("call", "Send one message to a pipe and print the one that comes back.");
  const auto options = std::make_shared<Options>();
  command->add_option("NAME", options->name, R"(The pipe, as name or \\.\pipe\name; of message type)")->required();
  command->add_option("TEXT", options->text,
                      "The message; - or nothing: all of standard input, but for a last line end");
  command->add_flag("--raw", options->raw,
                    "Bytes as they are: standard input with a last line end, the answer without one");
  command->add_option("--timeout", options->timeout_ms, kBusyTimeoutHelp)->capture_default_str();
  command->footer(kExitCodeHelp);
  command->callback([options, &action] { action = [options] { return call(*options); }; });
}

}  // namespace pipes::cli
