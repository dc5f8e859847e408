// A model of the data queue, a deque of messages, beside the ring: random pushes, takes, peeks and withdrawals must
// agree.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <deque>
#include <string>

#include "../unit/wire/ring_pair.h"

namespace pipes::wire {
namespace {

struct Newest {
  uint64_t position = 0;
  bool waits = false;
};

struct Model {
  std::deque<std::string> queue;
  size_t taken_of_front = 0;
  [[nodiscard]] uint64_t unread() const {
    uint64_t bytes = 0;
    for (const auto& message : queue) bytes += message.size();
    return bytes - taken_of_front;
  }
};

std::string payload(uint32_t size, int seed) {
  std::string text(size, '\0');
  for (uint32_t i = 0; i < size; ++i) text[i] = static_cast<char>(seed * 31 + static_cast<int>(i) * 7);
  return text;
}

void push(RingPair& ring, Model& model, Newest& newest, uint32_t size, int seed, bool waits) {
  const std::string text = payload(size, seed);
  const uint64_t bytes = frame_bytes(FrameKind::kWhole, size);
  const bool has_room = ring.writer.has_room(bytes + kFreeBehindFrame);
  RC_ASSERT(ring.writer.begin_message(bytes) == RingWriter::Fit::kFits);
  RC_ASSERT((ring.writer.fit(FrameKind::kWhole, size) == RingWriter::Fit::kFits) == has_room);
  if (ring.writer.fit(FrameKind::kWhole, size) != RingWriter::Fit::kFits) return;
  newest = {ring.writer.tail(), waits};
  ring.writer.announce(size);
  ring.writer.push(FrameKind::kWhole, waits, std::as_bytes(std::span(text)));
  model.queue.push_back(text);
}

void take(RingPair& ring, Model& model, uint32_t size) {
  const Look look = ring.reader.look();
  RC_ASSERT((look == Look::kFrame) == !model.queue.empty());
  if (look != Look::kFrame) return;
  std::string buffer(size, '\0');
  const auto taken = ring.reader.take(std::as_writable_bytes(std::span(buffer)));
  RC_ASSERT(taken.look == Look::kFrame);
  const std::string expected = model.queue.front().substr(model.taken_of_front, size);
  RC_ASSERT(buffer.substr(0, taken.bytes) == expected);
  model.taken_of_front += taken.bytes;
  const bool done = model.taken_of_front == model.queue.front().size();
  RC_ASSERT(taken.message_done == done);
  if (done) {
    model.queue.pop_front();
    model.taken_of_front = 0;
  }
  ring.reader.publish();
}

void peek(RingPair& ring, const Model& model, uint32_t size) {
  std::string buffer(size, '\0');
  const auto peeked = ring.reader.peek(std::as_writable_bytes(std::span(buffer)), true);
  const std::string front = model.queue.empty() ? "" : model.queue.front().substr(model.taken_of_front);
  RC_ASSERT(buffer.substr(0, peeked.copied) == front.substr(0, size));
  RC_ASSERT(peeked.message_left == front.size() - std::min<size_t>(front.size(), size));
  RC_ASSERT(ring.reader.available() == model.unread());
}

void withdraw(RingPair& ring, Model& model, Newest& newest) {
  const bool possible = newest.waits && !model.queue.empty() && !(model.queue.size() == 1 && model.taken_of_front > 0);
  if (!possible) return;
  const auto withdrawn = ring.writer.withdraw(newest.position, FrameKind::kWhole, model.queue.back().size());
  RC_ASSERT(!withdrawn.violation);
  RC_ASSERT(withdrawn.bytes == model.queue.back().size());
  ring.writer.unannounce(withdrawn.bytes);
  model.queue.pop_back();
  newest.waits = false;
}

RC_GTEST_PROP(RingModel, AgreesWithAQueueOfMessages, ()) {
  const auto sizes = rc::gen::weightedOneOf<uint32_t>(
      {{8, rc::gen::inRange<uint32_t>(0, 200)}, {1, rc::gen::inRange<uint32_t>(0, 900'000)}});
  const auto steps =
      *rc::gen::container<std::vector<std::pair<int, uint32_t>>>(rc::gen::pair(rc::gen::inRange(0, 10), sizes));
  RingPair ring;
  Model model;
  Newest newest;
  int seed = 0;
  for (const auto& [what, size] : steps) {
    ++seed;
    if (what <= 2) push(ring, model, newest, size, seed, false);
    if (what >= 3 && what <= 5) take(ring, model, size);
    if (what == 6) peek(ring, model, size);
    if (what == 7) push(ring, model, newest, size + 1, seed, true);
    if (what == 8) withdraw(ring, model, newest);
    if (what == 9 && ring.writer.can_rewind(64)) {
      ring.writer.rewind();
      newest.waits = false;
    }
  }
}

}  // namespace
}  // namespace pipes::wire
