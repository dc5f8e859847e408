// message_rpc: a small calculator as a service, with pipes.hpp.
//
//   message_rpc                 runs server and client in one process, prints what the client asked and got, and ends
//   message_rpc serve [name]    serves the pipe of that name or path, \\.\pipe\calculator unless told
//   message_rpc call NAME TEXT  asks a server, as in: message_rpc call calculator "add 1 2 3.5"
//
// A request is one message of text, so is its reply: a pipe of message type keeps them apart, and nothing has to be
// framed. Failures that matter are caught as pipes::Error; the end of a conversation is expected, so it is asked for as
// a value.
#include <cstdio>
#include <cstdlib>
#include <pipes/pipes.hpp>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr std::size_t kRequestMax = 64 * 1024;  // A client that sends more is not one of ours.

std::string path_of(const std::string& name) { return name.starts_with(R"(\\)") ? name : R"(\\.\pipe\)" + name; }

// "add 1 2 3.5" gives "6.5"; "multiply 2 3" gives "6"; anything else says what is wrong.
std::string answer(const std::string& request) {
  std::istringstream words(request);
  std::string operation;
  words >> operation;
  if (operation != "add" && operation != "multiply") return "error: unknown operation '" + operation + "'";
  double result = operation == "add" ? 0 : 1;
  for (double number = 0; words >> number;) {
    result = operation == "add" ? result + number : result * number;
  }
  if (!words.eof()) return "error: not a number";
  std::ostringstream text;
  text << result;
  return text.str();
}

// Answers one client until it goes. An end closes itself, so every way out is tidy.
void serve_client(pipes::ServerEnd client) {
  for (;;) {
    const auto request = client.try_read_message(kRequestMax);
    if (!request) {
      if (!pipes::conversation_ended(request.status())) {
        std::fprintf(stderr, "message_rpc: dropping a client: %s\n", pipes_status_message(request.status()));
      }
      return;
    }
    const std::string reply = answer(std::string(pipes::text(*request)));
    if (!client.try_write(pipes::bytes(reply))) return;
  }
}

pipes::ServerEnd listen(const std::string& path, bool first) {
  return pipes::ServerEnd(path, {.type = pipes::Type::kMessage, .first_instance = first});
}

// A new instance listens before the client of the last one is served, so that there is always one to open.
[[noreturn]] void serve(const std::string& path) {
  pipes::ServerEnd next = listen(path, true);
  std::printf("listening on %s\n", path.c_str());
  std::fflush(stdout);
  for (;;) {
    // A client that came and went in between is no reason to stop: its instance is served and found empty.
    const auto connected = next.try_connect();
    if (!connected && !pipes::conversation_ended(connected.status())) connected.value("wait for a client");
    pipes::ServerEnd client = std::move(next);
    next = listen(path, false);
    std::thread(serve_client, std::move(client)).detach();
  }
}

std::string call(const std::string& path, const std::string& request) {
  const pipes::ClientEnd server(path, {.read_mode = pipes::ReadMode::kMessage, .busy_wait = std::chrono::seconds(5)});
  return std::string(pipes::text(server.transact(pipes::bytes(request))));
}

// Both sides in one process: the client may open the pipe as soon as the instance exists.
void demonstrate() {
  const std::string path = path_of("message_rpc-" + std::to_string(std::random_device{}()));
  pipes::ServerEnd end = listen(path, true);
  std::thread server([&end] {
    end.connect();
    serve_client(std::move(end));
  });
  try {
    const pipes::ClientEnd client(path, {.read_mode = pipes::ReadMode::kMessage});
    for (const std::string request : {"add 1 2 3.5", "multiply 6 7", "divide 1 0"}) {
      const std::vector<std::byte> reply = client.transact(pipes::bytes(request));
      std::printf("%-14s -> %s\n", request.c_str(), std::string(pipes::text(reply)).c_str());
    }
  } catch (...) {
    server.detach();  // It may wait for a client that never comes.
    throw;
  }
  server.join();
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    if (arguments.empty()) {
      demonstrate();
      return EXIT_SUCCESS;
    }
    if (arguments[0] == "serve" && arguments.size() <= 2) {
      serve(path_of(arguments.size() == 2 ? arguments[1] : "calculator"));
    }
    if (arguments[0] == "call" && arguments.size() == 3) {
      std::printf("%s\n", call(path_of(arguments[1]), arguments[2]).c_str());
      return EXIT_SUCCESS;
    }
  } catch (const pipes::Error& error) {
    std::fprintf(stderr, "message_rpc: %s\n", error.what());
    return EXIT_FAILURE;
  }
  std::fprintf(stderr, "usage: message_rpc [serve [name] | call NAME TEXT]\n");
  return 2;
}
