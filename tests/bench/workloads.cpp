// See workloads.h. Each client writes its outcome into the Control block.
#include "workloads.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <thread>
#include <vector>

#include "memory_use.h"
#include "statistics.h"

namespace pipes::bench {
namespace {

using Bytes = std::vector<std::byte>;

// The share of the time that is spent before the measured part, to touch memory and wake sleeping caches.
constexpr double kWarmUpShare = 0.25;
constexpr uint64_t kIdlePeriodNs = 1'000'000;

uint64_t to_ticks(const Task& task, double ms) { return static_cast<uint64_t>(ms * 1e6 / task.ns_per_tick); }

uint64_t warm_up_ticks(const Task& task) { return to_ticks(task, kWarmUpShare * task.duration_ms); }

uint64_t measured_ticks(const Task& task) { return to_ticks(task, task.duration_ms); }

Bytes message_of(const Task& task) { return Bytes(task.size, std::byte{0x5a}); }

Outcome outcome_of(const Histogram& histogram, const Task& task) {
  const double scale = task.ns_per_tick;
  return {histogram.percentile(0.5) * scale, histogram.percentile(0.99) * scale, histogram.mean() * scale,
          histogram.count()};
}

void announce_measuring(Watch& watch) {
  watch.control().signs.measuring.store(1, std::memory_order_release);
  watch.begin();
}

void announce_last(Watch& watch) {
  watch.end();
  watch.control().signs.last.store(1, std::memory_order_release);
}

// Repeats `turn` until the warm-up is over, then until the measured time is over, and takes the time of each turn. One
// look at the clock per turn: the end of a turn is the beginning of the next. At last one more turn, unmeasured, as the
// last.
template <class Turn>
Histogram time_turns(Watch& watch, Turn turn) {
  const Task& task = watch.control().task;
  const uint64_t begin = ticks();
  do turn();
  while (ticks() - begin < warm_up_ticks(task));
  announce_measuring(watch);

  Histogram histogram;
  const uint64_t measured_begin = ticks();
  const uint64_t measured = measured_ticks(task);
  uint64_t before = measured_begin;
  do {
    turn();
    const uint64_t now = ticks();
    histogram.add(now - before);
    before = now;
  } while (before - measured_begin < measured);

  announce_last(watch);
  turn();
  return histogram;
}

// ------------------------------------------------------------------ roundtrip, and the workloads that look like it

void serve_echo(Server& server, Watch& watch) {
  const auto channel = server.accept();
  Bytes buffer = message_of(watch.control().task);
  bool last = false;
  while (!last) {
    channel->receive(buffer);
    last = watch.last_received();
    channel->send(buffer);
  }
}

void measure_roundtrip(const Implementation& implementation, Watch& watch) {
  Control& control = watch.control();
  const auto channel = implementation.open(control);
  Bytes buffer = message_of(control.task);
  const Histogram histogram = time_turns(watch, [&] {
    channel->send(buffer);
    channel->receive(buffer);
  });
  control.outcome = outcome_of(histogram, control.task);
}

void sleep_until_ns(uint64_t time_ns) {
  const timespec time = {static_cast<time_t>(time_ns / 1'000'000'000u), static_cast<long>(time_ns % 1'000'000'000u)};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr) == EINTR) {
  }
}

// One round trip a millisecond. The server side is serve_echo.
void measure_idle(const Implementation& implementation, Watch& watch) {
  Control& control = watch.control();
  const auto channel = implementation.open(control);
  Bytes buffer = message_of(control.task);
  Histogram histogram;
  const auto rounds = [&](double share) {
    const auto count = static_cast<uint64_t>(share * control.task.duration_ms) + 1;
    uint64_t next_ns = monotonic_ns();
    for (uint64_t round = 0; round < count; ++round) {
      next_ns += kIdlePeriodNs;
      sleep_until_ns(next_ns);
      const uint64_t before = ticks();
      channel->send(buffer);
      channel->receive(buffer);
      histogram.add(ticks() - before);
    }
  };
  rounds(kWarmUpShare);
  histogram = Histogram();
  announce_measuring(watch);
  rounds(1.0);
  announce_last(watch);
  channel->send(buffer);
  channel->receive(buffer);
  control.outcome = outcome_of(histogram, control.task);
}

// --------------------------------------------------------------------------------------------------------- stream

constexpr size_t kAcknowledgement = 1;

void serve_stream(Server& server, Watch& watch) {
  Signs& signs = watch.control().signs;
  const auto channel = server.accept();
  Bytes buffer = message_of(watch.control().task);
  const Bytes acknowledgement(kAcknowledgement);
  for (auto& end : signs.stream_end) {
    uint64_t received = 0;
    do {
      channel->receive(buffer);
      ++received;
    } while (received != end.load(std::memory_order_relaxed));
    // The measured stream begins when the warm-up has been acknowledged: exact enough for counts.
    if (&end == &signs.stream_end.front()) watch.begin();
    if (&end == &signs.stream_end.back()) watch.end();
    channel->send(acknowledgement);
  }
}

// Sends for about `duration` ticks, then waits for the acknowledgement. The number of messages sent.
uint64_t stream_for(Channel& channel, const Bytes& message, uint64_t duration, std::atomic<uint64_t>& stream_end) {
  // Small messages take less time than a look at the clock.
  const uint64_t looks_apart = message.size() <= 4096 ? 64 : 1;
  const uint64_t begin = ticks();
  uint64_t sent = 0;
  do {
    for (uint64_t i = 0; i < looks_apart; ++i) channel.send(message);
    sent += looks_apart;
  } while (ticks() - begin < duration);
  stream_end.store(sent + 1, std::memory_order_release);
  channel.send(message);
  Bytes acknowledgement(kAcknowledgement);
  channel.receive(acknowledgement);
  return sent + 1;
}

void measure_stream(const Implementation& implementation, Watch& watch) {
  Control& control = watch.control();
  const auto channel = implementation.open(control);
  const Bytes message = message_of(control.task);
  stream_for(*channel, message, warm_up_ticks(control.task), control.signs.stream_end[0]);
  announce_measuring(watch);
  const uint64_t begin = ticks();
  const uint64_t sent = stream_for(*channel, message, measured_ticks(control.task), control.signs.stream_end[1]);
  const double elapsed_ns = static_cast<double>(ticks() - begin) * control.task.ns_per_tick;
  announce_last(watch);
  control.outcome.median_ns = elapsed_ns / static_cast<double>(sent);
  control.outcome.mean_ns = control.outcome.median_ns;
  control.outcome.messages = sent;
}

// -------------------------------------------------------------------------------------------------------- connect

// Until this thread has served the last client. Only one thread at a time is past accept, since the client comes again
// only after it has been answered: so `watch` needs no lock.
void serve_clients(Server& server, Watch& watch) {
  Bytes buffer = message_of(watch.control().task);
  bool last = false;
  while (!last) {
    const auto channel = server.accept();
    channel->receive(buffer);
    last = watch.last_received();
    channel->send(buffer);
  }
}

void serve_connections(Server& server, Watch& watch) {
  // Outlives this function, as the threads do that wait for one more client until the process ends.
  static std::atomic<bool> done{false};
  const auto serve_here = [&server, &watch] {
    serve_clients(server, watch);
    done.store(true);
    done.notify_one();
  };
  for (uint32_t i = 1; i < server.threads_for_connections(); ++i) std::thread(serve_here).detach();
  if (server.threads_for_connections() == 1) return serve_clients(server, watch);
  std::thread(serve_here).detach();
  done.wait(false);
}

void measure_connect(const Implementation& implementation, Watch& watch) {
  Control& control = watch.control();
  Bytes buffer = message_of(control.task);
  const Histogram histogram = time_turns(watch, [&] {
    const auto channel = implementation.open(control);
    channel->send(buffer);
    channel->receive(buffer);
  });
  control.outcome = outcome_of(histogram, control.task);
}

// --------------------------------------------------------------------------------------------------------- many-N

std::vector<std::unique_ptr<Channel>> connect_many(const Implementation& implementation, Control& control,
                                                   uint32_t count, Bytes& buffer) {
  std::vector<std::unique_ptr<Channel>> channels;
  channels.reserve(count);
  for (uint32_t i = 0; i < count; ++i) {
    channels.push_back(implementation.open(control));
    // One exchange each, so that every connection is whole and has touched what it needs.
    channels.back()->send(buffer);
    channels.back()->receive(buffer);
  }
  return channels;
}

void serve_many(Server& server, Watch& watch) {
  Bytes buffer = message_of(watch.control().task);
  server.echo_all(watch, buffer);
}

void measure_many(const Implementation& implementation, Watch& watch) {
  Control& control = watch.control();
  Bytes buffer = message_of(control.task);
  const auto all = connect_many(implementation, control, kCrowd, buffer);
  const uint32_t count = active_clients(control.task.workload);
  std::vector<Channel*> active;
  for (uint32_t i = 0; i < count; ++i) active.push_back(all[size_t{i} * kCrowd / count].get());

  const auto round = [&] {
    for (Channel* channel : active) channel->send(buffer);
    for (Channel* channel : active) channel->receive(buffer);
  };
  // The server ends with the last message it sees announced, so the last round is one message of one client.
  const Histogram histogram = time_turns(watch, [&] {
    if (control.signs.last.load(std::memory_order_relaxed) != 0) active.resize(1);
    round();
  });
  control.outcome = outcome_of(histogram, control.task);
  control.outcome.median_ns /= count;
  control.outcome.p99_ns /= count;
  control.outcome.mean_ns /= count;
  control.outcome.messages *= count;
}

// --------------------------------------------------------------------------------------------------------- memory

void wait_for_step(const Control& control, Step step) {
  while (control.step.load(std::memory_order_acquire) != step) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void serve_held_connections(Server& server, Watch& watch) {
  Control& control = watch.control();
  Bytes buffer = message_of(control.task);
  std::vector<std::unique_ptr<Channel>> held;
  held.reserve(kMemoryFirst + kCrowd);
  for (uint32_t i = 0; i < kMemoryFirst + kCrowd; ++i) {
    held.push_back(server.accept());
    held.back()->receive(buffer);
    held.back()->send(buffer);
  }
  wait_for_step(control, Step::kRelease);
}

void hold_connections(const Implementation& implementation, Watch& watch) {
  Control& control = watch.control();
  Bytes buffer = message_of(control.task);
  const auto first = connect_many(implementation, control, kMemoryFirst, buffer);
  control.step.store(Step::kFewConnected, std::memory_order_release);
  wait_for_step(control, Step::kGoOn);
  const auto held = connect_many(implementation, control, kCrowd, buffer);
  control.step.store(Step::kAllConnected, std::memory_order_release);
  wait_for_step(control, Step::kRelease);
}

void serve(Server& server, Watch& watch) {
  switch (watch.control().task.workload) {
    case Workload::kStream:
      return serve_stream(server, watch);
    case Workload::kConnect:
      return serve_connections(server, watch);
    case Workload::kMany1000:
    case Workload::kMany64:
    case Workload::kMany10:
    case Workload::kMany1:
      return serve_many(server, watch);
    case Workload::kMemory:
      return serve_held_connections(server, watch);
    case Workload::kRoundtrip:
    case Workload::kIdle:
    case Workload::kOneCore:
    case Workload::kLoaded:
      return serve_echo(server, watch);
  }
}

}  // namespace

void run_server(const Implementation& implementation, Watch& watch) {
  Control& control = watch.control();
  // Never destroyed: threads of it may still be in use, and the process ends soon.
  Server* const server = implementation.listen(control).release();
  control.server_ready.store(1, std::memory_order_release);
  serve(*server, watch);
  // The last reply may still be on its way, in a thread of the library, and would be lost with this process.
  while (control.report[static_cast<size_t>(Side::kClient)].ending.load() == Ending::kNone) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void run_client(const Implementation& implementation, Watch& watch) {
  switch (watch.control().task.workload) {
    case Workload::kStream:
      return measure_stream(implementation, watch);
    case Workload::kConnect:
      return measure_connect(implementation, watch);
    case Workload::kMany1000:
    case Workload::kMany64:
    case Workload::kMany10:
    case Workload::kMany1:
      return measure_many(implementation, watch);
    case Workload::kMemory:
      return hold_connections(implementation, watch);
    case Workload::kIdle:
      return measure_idle(implementation, watch);
    case Workload::kRoundtrip:
    case Workload::kOneCore:
    case Workload::kLoaded:
      return measure_roundtrip(implementation, watch);
  }
}

}  // namespace pipes::bench
