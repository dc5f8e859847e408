// The part of the stress tests that knows Linux, and the patterns.
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>

#include "stress/crew.h"

namespace pipes::test {
namespace {

constexpr uint32_t kPoolBytes = 1 << 20;

const std::string& pool() {
  static const std::string bytes = [] {
    std::string made(kPoolBytes + kPatternMax, '\0');
    Dice dice(1);
    for (char& byte : made) byte = static_cast<char>(dice.next());
    return made;
  }();
  return bytes;
}

}  // namespace

std::string_view pattern(uint64_t seed, uint32_t size) {
  Dice dice(seed);
  return std::string_view(pool()).substr(dice.below(kPoolBytes), size);
}

void Checksum::add(std::string_view message) {
  constexpr uint64_t kPrime = 0x100000001B3u;
  for (const char byte : message) value_ = (value_ ^ static_cast<unsigned char>(byte)) * kPrime;
  value_ = (value_ ^ (message.size() | uint64_t{1} << 32)) * kPrime;
}

void Crew::start(std::function<void()> work) {
  threads_.emplace_back([this, work = std::move(work)] {
    try {
      work();
    } catch (const std::exception& failure) {
      const std::lock_guard lock(mutex_);
      if (complaint_.empty()) complaint_ = failure.what();
    }
  });
}

std::string Crew::join() {
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  return complaint_;
}

bool pin_to_processor(uint32_t index) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return false;
  for (int processor = 0; processor < CPU_SETSIZE; ++processor) {
    if (!CPU_ISSET(processor, &allowed) || index-- > 0) continue;
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(processor, &only);
    return ::sched_setaffinity(0, sizeof only, &only) == 0;
  }
  return false;
}

bool descriptor_limit_allows(uint64_t needed) {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max >= needed;
}

bool raise_descriptor_limit(uint64_t needed) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max < needed) return false;
  limit.rlim_cur = std::max<rlim_t>(limit.rlim_cur, needed);
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

}  // namespace pipes::test
