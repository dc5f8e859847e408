// Much traffic: many clients of several processes, each in conversation with its own instance, of which a thread of one
// server process takes care. Messages of 0 to 70,000 bytes go both ways at once; every byte and every boundary is
// checked where it arrives, and the checksums of the conversations are compared in the end.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "multiprocess/rounds.h"
#include "stress/crew.h"
#include "support/child.h"
#include "support/harness.h"

namespace pipes::test {
namespace {

constexpr uint32_t kClients = 32;
constexpr uint32_t kClientProcesses = 4;

// What the two sides of a conversation know of each other beforehand.
struct Plan {
  std::string name;
  bool message_type = false;
  uint32_t messages = 0;
};

// The messages of one direction of one conversation. Many short ones, some empty, some long.
class Script {
 public:
  Script(uint32_t client, bool to_server) : seed_(client * 2 + (to_server ? 1 : 0)), dice_(seed_) {}
  std::string_view next() {
    constexpr std::array<uint32_t, 8> kLimits = {1, 300, 300, 300, 8'000, 8'000, 8'000, kPatternMax + 1};
    const uint32_t size = dice_.below(kLimits[dice_.below(8)]);
    return pattern(seed_ << 40 | ++number_, size);
  }
  [[nodiscard]] uint64_t number() const { return number_; }

 private:
  uint64_t seed_;
  Dice dice_;
  uint64_t number_ = 0;
};

// One end, and the two things done with it. Sender and receiver may be different threads.
class Talker {
 public:
  Talker(pipes_handle end, const Plan& plan) : end_(end), plan_(plan) {}

  void send(std::string_view message) {
    const Sent sent = write(end_, message);
    if (!sent.status.ok() || sent.transferred != message.size()) {
      complain("a write of ", message.size(), " bytes gave ", sent.status, " and ", sent.transferred, " bytes");
    }
  }

  // Expects exactly `message`. Some are read in pieces.
  void receive(std::string_view message, uint64_t number) {
    const bool in_pieces = number % 7 == 3;
    const uint32_t piece = in_pieces ? 1 + dice_.below(20'000) : kPatternMax;
    if (!plan_.message_type && message.empty()) return;  // WRITE-6
    size_t done = 0;
    do {
      const auto room = static_cast<uint32_t>(
          plan_.message_type ? piece
                             : std::min<size_t>(piece, message.size() - done));  // a byte pipe has no boundaries
      uint32_t count = 0;
      const Code status = pipes_read(end_, buffer_.data(), room, &count, nullptr);
      if (count > message.size() - done) complain("message ", number, " is too long");
      if (message.substr(done, count) != std::string_view(buffer_.data(), count)) {
        complain("message ", number, " differs within bytes ", done, " to ", done + count, " of ", message.size());
      }
      done += count;
      const bool more = plan_.message_type && done < message.size();
      if (status != Code(more ? PIPES_ERROR_MORE_DATA : PIPES_OK) || (more && count != room)) {
        complain("message ", number, ": ", status, " and ", count, " bytes after ", done, " of ", message.size());
      }
    } while (done < message.size());
  }

 private:
  pipes_handle end_;
  const Plan& plan_;
  Dice dice_{7};
  std::vector<char> buffer_ = std::vector<char>(kPatternMax);
};

std::string text_of(uint64_t number) {
  std::string text = std::to_string(number);
  return std::string(20 - text.size(), '0') + text;
}

// The server's side: who is it, then a reply of its own script for each message, then the checksums, then the end.
void serve_one(pipes_handle server, const Plan& plan) {
  const Code connected = connect(server);
  if (!connected.ok() && connected != Code(PIPES_ERROR_PIPE_CONNECTED)) complain("connect: ", connected);
  std::array<char, 20> hello{};
  for (uint32_t done = 0; done < hello.size();) {
    uint32_t count = 0;
    const Code status =
        pipes_read(server, hello.data() + done, static_cast<uint32_t>(hello.size() - done), &count, nullptr);
    if (!status.ok()) complain("the greeting: ", status);
    done += count;
  }
  const auto client = static_cast<uint32_t>(std::stoul(std::string(hello.data(), hello.size())));
  Talker talker(server, plan);
  Script requests(client, true);
  Script replies(client, false);
  Checksum sum;
  for (uint32_t i = 0; i < plan.messages; ++i) {
    const std::string_view request = requests.next();
    talker.receive(request, requests.number());
    sum.add(request);
    talker.send(replies.next());
  }
  talker.send(text_of(sum.value()));
  const Received last = read(server);
  if (last.status != Code(PIPES_ERROR_BROKEN_PIPE)) complain("after the last message: ", last.status);
}

// The client's side writes and reads at once: it does not wait for a reply before the next message.
void converse(uint32_t client, const Plan& plan) {
  Opened opened = try_open(plan.name);
  while (opened.status == Code(PIPES_ERROR_PIPE_BUSY)) {
    (void)wait_available(plan.name);
    opened = try_open(plan.name);
  }
  if (!opened.status.ok()) complain("open: ", opened.status);
  if (plan.message_type && !set_mode(opened.handle, PIPES_READMODE_MESSAGE).ok()) complain("no message mode");
  Checksum sum;
  Crew writer;
  writer.start([&] {
    try {
      Talker talker(opened.handle, plan);
      talker.send(text_of(client));
      Script requests(client, true);
      for (uint32_t i = 0; i < plan.messages; ++i) {
        const std::string_view request = requests.next();
        sum.add(request);
        talker.send(request);
      }
    } catch (const Complaint&) {
      (void)opened.handle.close();  // ends the read of the other thread
      throw;
    }
  });
  std::string complaint;
  try {
    Talker talker(opened.handle, plan);
    Script replies(client, false);
    for (uint32_t i = 0; i < plan.messages; ++i) {
      const std::string_view reply = replies.next();
      talker.receive(reply, replies.number());
    }
    (void)replies;
    const std::string failure = writer.join();
    if (!failure.empty()) complain("client ", client, " writing: ", failure);
    talker.receive(text_of(sum.value()), 0);
  } catch (const Complaint& failure) {
    complaint = failure.what();
    (void)opened.handle.close();
  }
  const std::string failure = writer.join();
  if (!complaint.empty()) complain("client ", client, ": ", complaint, " / ", failure);
}

PIPES_CHILD_ROLE(traffic_clients) {
  const Plan plan{parent.argument(0), parent.number(1) != 0, parent.number(2)};
  const uint32_t first = parent.number(3);
  Crew clients;
  for (uint32_t i = 0; i < kClients / kClientProcesses; ++i) {
    clients.start([&plan, client = first + i] { converse(client, plan); });
  }
  const std::string complaint = clients.join();
  parent.say(complaint.empty() ? "done" : complaint);
  return 0;
}

void expect_clean_traffic(bool message_type, uint32_t messages) {
  const Plan plan{unique_name(), message_type, messages};
  constexpr std::array<uint32_t, 4> kQuotas = {4096, 65536, 500, 1 << 20};
  std::vector<Handle> servers;
  for (uint32_t i = 0; i < kClients; ++i) {
    // One in eight has no quota: each write waits for its reader.
    const uint32_t quota = i % 8 == 7 ? 0 : kQuotas[i % 4];
    servers.push_back(create_server(
        plan.name, {.pipe_mode = message_type ? PIPES_TYPE_MESSAGE | PIPES_READMODE_MESSAGE : PIPES_TYPE_BYTE,
                    .out_buffer = quota,
                    .in_buffer = quota}));
  }
  Crew crew;
  for (Handle& server : servers) {
    crew.start([&] {
      try {
        serve_one(server, plan);
      } catch (const Complaint&) {
        (void)server.close();  // the client need not wait for more
        throw;
      }
    });
  }
  std::vector<Child> children;
  for (uint32_t i = 0; i < kClientProcesses; ++i) {
    children.push_back(Child::spawn("traffic_clients", {plan.name, message_type ? "1" : "0", std::to_string(messages),
                                                        std::to_string(i * (kClients / kClientProcesses))}));
  }
  for (Child& child : children) EXPECT_TRUE(child.expect_line("done"));
  for (Child& child : children) child.kill();
  EXPECT_EQ("", crew.join());
}

uint32_t messages_per_client() { return static_cast<uint32_t>(rounds(4'000, 100'000, 100)); }

TEST(Traffic, MODE_2_ThirtyTwoClientsKeepEveryMessageWhole) { expect_clean_traffic(true, messages_per_client()); }

TEST(Traffic, MODE_1_ThirtyTwoClientsKeepEveryByteInOrder) { expect_clean_traffic(false, messages_per_client()); }

}  // namespace
}  // namespace pipes::test
