// What one measurement is, and the memory that the parent and the two measuring processes share.
//
// The parent fills in a Task, starts two fresh processes on it and reads their reports. They speak through one Control
// block in a memfd and never through the transport that is being measured. All three are the same program, so the
// layout needs no version.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

namespace pipes::bench {

enum class Workload : uint32_t {
  kRoundtrip,
  kStream,
  kConnect,
  kMany1000,
  kMany64,
  kMany10,
  kMany1,
  kIdle,  // gives two results: `idle`, the processor time, and `idle-roundtrip`, the latency
  kOneCore,
  kLoaded,
  kMemory,
};

constexpr uint32_t kWorkloads = 11;

std::string_view workload_name(Workload workload);

// The clients of many-N, whatever N, and the connections that `memory` divides by.
constexpr uint32_t kCrowd = 1000;

// How many clients of the crowd are active. 0 for a workload without a crowd.
uint32_t active_clients(Workload workload);

enum class Side : uint32_t { kServer = 0, kClient = 1 };

enum class Counting : uint32_t { kOff, kPerf, kPtrace };

struct Task {
  Workload workload = Workload::kRoundtrip;
  uint32_t size = 0;
  uint32_t duration_ms = 0;
  Counting counting = Counting::kOff;
  std::array<int32_t, 2> core = {-1, -1};  // by Side; -1 leaves the choice to the scheduler
  double ns_per_tick = 1.0;
  uint32_t quota = 0;  // of our own pipes, in bytes
  std::array<char, 32> implementation = {};
  std::array<char, 80> directory = {};  // private to this measurement, removed afterwards
  std::array<char, 48> tag = {};        // a name no other measurement has
};

enum class Ending : uint32_t {
  kNone,  // the process ended without a word
  kDone,
  kRefused,  // the transport cannot do this here, as a limit of the system; not a mistake
  kFailed,
};

struct SideReport {
  std::atomic<Ending> ending{Ending::kNone};
  std::array<char, 240> reason = {};
  std::array<char, 160> settings = {};
  uint64_t processor_ns = 0;  // during the measured part only
  uint64_t system_calls = 0;
};

struct Outcome {
  double median_ns = 0;
  double p99_ns = std::numeric_limits<double>::quiet_NaN();
  double mean_ns = 0;
  uint64_t messages = 0;
};

// Where the client tells the server what the messages do not. It writes before it sends the message concerned, so the
// server sees it once that message has arrived. Two writes a measurement, so reading costs the server nothing.
struct alignas(128) Signs {
  std::atomic<uint32_t> measuring{0};
  std::atomic<uint32_t> last{0};
  // For the warm-up and for the measured stream: the number of messages, once it is known.
  std::array<std::atomic<uint64_t>, 2> stream_end{std::numeric_limits<uint64_t>::max(),
                                                  std::numeric_limits<uint64_t>::max()};
};

// The steps of `memory`, in which the parent takes part.
enum class Step : uint32_t { kStart, kFewConnected, kGoOn, kAllConnected, kRelease };

struct Control {
  Task task;
  Outcome outcome;
  std::array<SideReport, 2> report;
  Signs signs;
  alignas(128) std::atomic<uint32_t> server_ready{0};
  alignas(128) std::atomic<Step> step{Step::kStart};
};

static_assert(std::atomic<uint64_t>::is_always_lock_free && std::atomic<Step>::is_always_lock_free);

// Behind the Control block lies memory for transports that are nothing but memory. Its pages cost nothing until
// touched.
constexpr size_t kArenaOffset = 8192;
constexpr size_t kArenaSize = size_t{8} << 20;
constexpr size_t kControlSize = kArenaOffset + kArenaSize;
static_assert(sizeof(Control) <= kArenaOffset);

inline std::byte* arena_of(Control& control) { return reinterpret_cast<std::byte*>(&control) + kArenaOffset; }

}  // namespace pipes::bench
