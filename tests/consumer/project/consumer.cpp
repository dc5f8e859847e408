// A user's C++20 program: the same conversation through pipes.hpp.
#include <cstddef>
#include <iostream>
#include <pipes/pipes.hpp>
#include <string_view>
#include <vector>

int main() try {
  const std::string_view name = R"(\\.\pipe\consumer)";
  pipes::ServerOptions server_options;
  server_options.type = pipes::Type::kMessage;
  pipes::ClientOptions client_options;
  client_options.read_mode = pipes::ReadMode::kMessage;

  const pipes::ServerEnd server(name, server_options);
  const pipes::ClientEnd client(name, client_options);
  server.connect();

  client.write(pipes::bytes("question"));
  const std::vector<std::byte> question = server.read_message();
  server.write(pipes::bytes("answer"));
  const std::vector<std::byte> answer = client.read_message();

  if (pipes::text(question) != "question" || pipes::text(answer) != "answer") {
    std::cerr << "something else arrived\n";
    return 1;
  }
  std::cout << "one message each way\n";
  return 0;
} catch (const pipes::Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
