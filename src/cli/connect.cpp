// `pipes connect NAME`: standard input and output to a pipe, both directions at once.
//
// One thread moves standard input to the pipe, the main one the pipe to standard output. The conversation is over when
// the server says so; the end of standard input alone does not end it, unless --eof-close asks for that.
#include <CLI/CLI.hpp>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "cli/client_end.h"
#include "cli/exit_code.h"
#include "cli/framing.h"
#include "cli/pipe_name.h"
#include "cli/report.h"
#include "cli/runtime_directory.h"
#include "cli/standard_streams.h"
#include "cli/subcommands.h"
#include "cli/waiting_calls.h"

namespace pipes::cli {
namespace {

struct Options {
  std::string name;
  bool message = false;
  bool eof_close = false;
  bool read_only = false;
  bool write_only = false;
  std::uint32_t timeout_ms = kBusyTimeoutMs;

  [[nodiscard]] Framing framing() const { return message ? Framing::kLines : Framing::kBytes; }

  [[nodiscard]] std::string_view advice_if_denied() const {
    if (read_only && message) return "--message also takes the right to write attributes; without it bytes are read";
    return read_only || write_only ? "who may open it tells pipes sddl explain --pipe"
                                   : "may it be opened for one direction alone? see --read-only, --write-only";
  }

  [[nodiscard]] OpenRequest to_open(const std::string& path) const {
    OpenRequest request{.path = path, .flags = kSharedEndFlags, .timeout_ms = timeout_ms};
    if (read_only) request.access = PIPES_GENERIC_READ;
    if (write_only) request.access = PIPES_GENERIC_WRITE;
    // A write-only end reads nothing, so it needs no read mode, and a pipe of byte type is good enough.
    if (message && !write_only) request.read_mode = ReadMode::kMessage;
    return request;
  }
};

// How sending ended.
struct SentInput {
  pipes_status written = PIPES_OK;  // of the write that failed
  bool was_read = true;             // to its end; if not, that is reported already
};

// Sends standard input until its end. What was read before a failure to read is sent, except for a line without an end.
SentInput send_input(StandardInput& input, WaitingCalls& calls, const End& pipe, Framing framing) {
  ToPipe to_pipe(calls, pipe, framing);
  std::vector<std::byte> buffer(kChunk);
  for (;;) {
    const std::optional<std::size_t> got = input.read(buffer);
    if (!got) {
      report_system_failure("cannot read standard input", last_system_error());
      return {PIPES_OK, false};
    }
    if (*got == 0) return {to_pipe.finish(), true};
    const pipes_status status = to_pipe.write(std::span(buffer).first(*got));
    if (status != PIPES_OK) return {status, true};
  }
}

// Whether `status` is how a conversation ends: the server has ended it, or we have, by WaitingCalls::stop().
bool is_over(pipes_status status) { return conversation_ended(status) || status == PIPES_ERROR_OPERATION_ABORTED; }

// Prints what the server sends until the conversation is over.
int receive_output(WaitingCalls& calls, const End& pipe, const std::string& path, Framing framing) {
  std::vector<std::byte> bytes;
  for (;;) {
    const pipes_status status = read_from_pipe(calls, pipe, framing, bytes);
    if (status != PIPES_OK) {
      return is_over(status) ? kSucceeded : report_failure("cannot read from " + printable(path), status);
    }
    if (!write_standard_output(bytes)) {
      return report_system_failure("cannot write to standard output", last_system_error());
    }
  }
}

int send_only(const End& pipe, const std::string& path, Framing framing) {
  StandardInput input;
  WaitingCalls calls;
  const SentInput sent = send_input(input, calls, pipe, framing);
  if (!sent.was_read) return kFailed;
  if (sent.written == PIPES_OK) return kSucceeded;
  const std::string cannot = "cannot write to " + printable(path);
  const bool is_gone = conversation_ended(sent.written);
  return report_failure(with_advice(cannot, is_gone ? "the server has ended the conversation" : ""), sent.written);
}

int receive_only(const End& pipe, const std::string& path, Framing framing) {
  WaitingCalls calls;
  return receive_output(calls, pipe, path, framing);
}

int converse(const ClientEnd& pipe, const std::string& path, const Options& options) {
  StandardInput input;
  WaitingCalls sending;
  WaitingCalls receiving;
  std::atomic<bool> input_failed = false;
  std::thread sender([&] {
    // A write that fails because the server is gone is not reported: the reader finds out too, after the last data.
    const SentInput sent = send_input(input, sending, pipe, options.framing());
    if (sent.written != PIPES_OK && !is_over(sent.written)) {
      report_failure("cannot write to " + printable(path), sent.written);
    }
    // Half of the input is no conversation: the answers to it are not waited for.
    input_failed = !sent.was_read;
    if (options.eof_close || input_failed) receiving.stop();
  });
  const int code = receive_output(receiving, pipe, path, options.framing());
  input.stop();
  // The sender may be waiting for room in the pipe while standard output has failed.
  sending.stop();
  sender.join();
  return input_failed ? kFailed : code;
}

int connect(const Options& options) {
  if (!has_runtime_directory(DirectoryUse::kLook)) return kFailed;
  const std::string path = full_name(options.name);
  const std::optional<ClientEnd> pipe = open_client_end(options.to_open(path), options.advice_if_denied());
  if (!pipe) return kFailed;
  if (options.write_only) return send_only(*pipe, path, options.framing());
  if (options.read_only) return receive_only(*pipe, path, options.framing());
  return converse(*pipe, path, options);
}

}  // namespace

void add_connect(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand(
      "connect", "Connect standard input and output to a pipe, until the server ends the conversation.");
  const auto options = std::make_shared<Options>();
  command->add_option("NAME", options->name, R"(The pipe, as name or \\.\pipe\name)")->required();
  command->add_flag("-m,--message", options->message, "A line is a message, both ways; needs a pipe of message type");
  CLI::Option* eof_close =
      command->add_flag("--eof-close", options->eof_close, "Close the pipe at once when standard input ends");
  CLI::Option* read_only = command->add_flag("--read-only", options->read_only, "Open for reading alone");
  CLI::Option* write_only =
      command->add_flag("--write-only", options->write_only, "Open for writing alone; ends with standard input");
  read_only->excludes(write_only)->excludes(eof_close);
  command->add_option("--timeout", options->timeout_ms, kBusyTimeoutHelp)->capture_default_str();
  command->footer(kExitCodeHelp);
  command->callback([options, &action] { action = [options] { return connect(*options); }; });
}

}  // namespace pipes::cli
