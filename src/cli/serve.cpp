// `pipes serve NAME -- COMMAND...`: a command for each client of a pipe, several at once.
#include <CLI/CLI.hpp>
#include <memory>
#include <thread>

#include "cli/conversation.h"
#include "cli/descriptor.h"
#include "cli/exit_code.h"
#include "cli/instance_pool.h"
#include "cli/pipe_name.h"
#include "cli/process.h"
#include "cli/report.h"
#include "cli/runtime_directory.h"
#include "cli/serve_events.h"
#include "cli/subcommands.h"
#include "cli/waiting_calls.h"

namespace pipes::cli {
namespace {

struct Options {
  std::string name;
  std::vector<std::string> command;
  bool message = false;
  bool once = false;
  bool json = false;
  std::string sddl;  // empty: the default descriptor
  Bytes descriptor;  // what it says
  std::uint32_t max_instances = PIPES_UNLIMITED_INSTANCES;

  [[nodiscard]] Framing framing() const { return message ? Framing::kLines : Framing::kBytes; }
};

Expected<ServerEnd> create(const std::string& path, const Options& options, bool first) {
  ServerOptions server;
  server.type = options.message ? Type::kMessage : Type::kByte;
  server.max_instances = options.once ? 1 : options.max_instances;
  // A name that somebody serves already is refused: clients would reach either of two different commands.
  server.first_instance = first;
  server.open_flags = kSharedEndFlags;
  pipes_security_attributes attributes{};
  attributes.size = sizeof attributes;
  attributes.security_descriptor = options.descriptor.data();
  attributes.descriptor_size = static_cast<std::uint32_t>(options.descriptor.size());
  if (!options.descriptor.empty()) server.attributes = &attributes;
  return ServerEnd::try_create(path, server);
}

// Waits for a client. One that came and went already is served like any other: what it wrote is still there (CONN-4).
Expected<void> accept(const ServerEnd& end) {
  WaitingCalls calls;
  const Expected<void> connected = calls.connect(end);
  return connected.status() == PIPES_ERROR_NO_DATA ? Expected<void>() : connected;
}

int serve_once(ServerEnd end, const Options& options, const ServeEvents& events) {
  InstancePool pool;
  pool.begin(false);
  const std::optional<std::uint32_t> exit_code =
      hold_conversation(std::move(end), options.command, options.framing(), events, pool);
  if (!exit_code) return kFailed;
  return *exit_code == 0 ? kSucceeded : kCommandFailed;
}

// Returns only when something failed.
pipes_status serve_all(ServerEnd end, const std::string& path, const Options& options, const ServeEvents& events) {
  InstancePool pool;
  const InstancePool::Create create_next = [&] { return create(path, options, false); };
  pipes_status failure = PIPES_OK;
  while (failure == PIPES_OK) {
    // The next instance comes before the conversation: it keeps the name alive, and another client need not wait.
    Expected<ServerEnd> next = create_next();
    const bool none_left = !next && next.status() == PIPES_ERROR_PIPE_BUSY;
    pool.begin(none_left);
    std::thread([&, client = std::move(end)]() mutable {
      hold_conversation(std::move(client), options.command, options.framing(), events, pool);
    }).detach();
    if (none_left) next = pool.wait_for_instance(create_next);
    if (!next) {
      failure = next.status();
      break;
    }
    end = *std::move(next);
    failure = accept(end).status();
  }
  pool.wait_for_all();
  return failure;
}

int serve(Options options) {
  if (!has_runtime_directory(DirectoryUse::kCreate)) return kFailed;
  if (!options.sddl.empty()) {
    Expected<Bytes> descriptor = descriptor_bytes(options.sddl);
    if (!descriptor) return report_failure("cannot use --sddl " + printable(options.sddl), descriptor.status());
    options.descriptor = *std::move(descriptor);
  }
  if (const std::optional<SystemError> error = why_not(options.command.front())) {
    return report_system_failure("cannot run " + printable(options.command.front()), *error);
  }
  const std::string path = full_name(options.name);
  const std::string cannot = "cannot serve " + printable(path);
  Expected<ServerEnd> end = create(path, options, true);
  if (!end) {
    const bool is_taken = end.status() == PIPES_ERROR_ACCESS_DENIED || end.status() == PIPES_ERROR_PIPE_BUSY;
    return report_failure(with_advice(cannot, is_taken ? "is there a pipe of that name already?" : ""), end.status());
  }
  const ServeEvents events(path, options.json);
  events.listening();
  const Expected<void> connected = accept(*end);
  if (!connected) return report_failure(cannot, connected.status());
  if (options.once) return serve_once(*std::move(end), options, events);
  const pipes_status failure = serve_all(*std::move(end), path, options, events);
  const char* advice = failure == PIPES_ERROR_ACCESS_DENIED
                           ? "the descriptor does not let this user create further instances; see --sddl"
                           : "";
  return report_failure(with_advice(cannot, advice), failure);
}

}  // namespace

void add_serve(CLI::App& app, Action& action, std::size_t words_after_dashes) {
  CLI::App* command = app.add_subcommand(
      "serve", "Serve a pipe: each client gets a COMMAND of its own, whose standard input and output are the pipe.");
  const auto options = std::make_shared<Options>();
  command->add_option("NAME", options->name, R"(The pipe, as name or \\.\pipe\name; it must not exist yet)")
      ->required();
  command->add_option("COMMAND", options->command, "The command and its arguments, after --");
  command->add_flag("-m,--message", options->message,
                    "A pipe of message type: a line of COMMAND is a message, both ways");
  command->add_flag("--once", options->once, "Serve one client and end");
  command->add_option("--max-instances", options->max_instances, "Clients at once, 1 to 254; 255: unlimited")
      ->check(CLI::Range(1, 255))
      ->capture_default_str();
  command->add_option("--sddl", options->sddl,
                      "Who may connect: a security descriptor (see pipes sddl explain) that lets this user do all");
  command->add_flag("--json", options->json, "Print events as JSON lines on standard output");
  command->footer(kExitCodeHelp);
  command->callback([options, &action, words_after_dashes] {
    const auto refuse = [](const char* why) {
      throw CLI::ParseError(std::string(why) + ": pipes serve NAME -- COMMAND...", CLI::ExitCodes::RequiredError);
    };
    if (words_after_dashes > options->command.size()) refuse("NAME is missing before --");
    // Without `--` an option of COMMAND would be taken for one of ours, and nobody would notice.
    if (words_after_dashes < options->command.size()) refuse("-- is missing before the command");
    if (options->command.empty()) refuse("-- and the command are missing");
    action = [options] { return serve(*options); };
  });
}

}  // namespace pipes::cli
