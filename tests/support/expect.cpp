// Comparing and printing outcomes.
#include "support/expect.h"

#include <algorithm>
#include <ostream>
#include <utility>

namespace pipes::test {
namespace {

constexpr size_t kPrintedBytesMax = 64;

// Long contents are told by their length, beginning and checksum: enough to see what differs.
struct Contents {
  const std::string& bytes;
};

std::ostream& operator<<(std::ostream& stream, const Contents& contents) {
  const std::string& bytes = contents.bytes;
  stream << bytes.size() << " bytes " << testing::PrintToString(bytes.substr(0, kPrintedBytesMax));
  if (bytes.size() <= kPrintedBytesMax) return stream;
  uint32_t sum = 0;
  for (const char byte : bytes) sum = sum * 31 + static_cast<unsigned char>(byte);
  return stream << "... (checksum " << sum << ")";
}

struct Count {
  uint32_t value;
};

std::ostream& operator<<(std::ostream& stream, Count count) {
  if (count.value == kUntouched) return stream << "untouched";
  return stream << count.value;
}

uint32_t count_of(size_t size) { return static_cast<uint32_t>(size); }

}  // namespace

Received received(Code status, std::string bytes) {
  const uint32_t count = count_of(bytes.size());
  return {status, std::move(bytes), count};
}

Received received_nothing(Code status) { return received(status, ""); }

bool operator==(const Received& left, const Received& right) {
  return left.status == right.status && left.transferred == right.transferred && left.bytes == right.bytes;
}

void PrintTo(const Received& value, std::ostream* stream) {
  *stream << value.status << ", count " << Count{value.transferred} << ", " << Contents{value.bytes};
}

Sent sent(size_t count) { return {PIPES_OK, count_of(count)}; }
Sent not_sent(Code status) { return {status, 0}; }

bool operator==(const Sent& left, const Sent& right) {
  return left.status == right.status && left.transferred == right.transferred;
}

void PrintTo(const Sent& value, std::ostream* stream) {
  *stream << value.status << ", count " << Count{value.transferred};
}

Peeked peeked(std::string bytes, size_t available, size_t left_this_message) {
  const uint32_t count = count_of(bytes.size());
  return {PIPES_OK, std::move(bytes), count, count_of(available), count_of(left_this_message)};
}

Peeked not_peeked(Code status) { return {.status = status, .bytes = {}}; }

bool operator==(const Peeked& left, const Peeked& right) {
  return left.status == right.status && left.transferred == right.transferred && left.available == right.available &&
         left.left_this_message == right.left_this_message && left.bytes == right.bytes;
}

void PrintTo(const Peeked& value, std::ostream* stream) {
  *stream << value.status << ", count " << Count{value.transferred} << ", available " << Count{value.available}
          << ", left of this message " << Count{value.left_this_message} << ", " << Contents{value.bytes};
}

testing::AssertionResult accept_client(pipes_handle server) {
  const Code status = connect(server);
  if (status.ok() || status == PIPES_ERROR_PIPE_CONNECTED) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "connecting gave " << status;
}

testing::AssertionResult ended_by_close(Code status) {
  if (status == PIPES_ERROR_BROKEN_PIPE || status == PIPES_ERROR_OPERATION_ABORTED) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "the call ended with " << status;
}

AnonymousPair anonymous_pair(uint32_t size, bool inheritable) {
  pipes_security_attributes attributes{};
  attributes.size = sizeof(attributes);
  attributes.inherit_handle = inheritable ? 1 : 0;
  pipes_handle read_end = PIPES_INVALID_HANDLE;
  pipes_handle write_end = PIPES_INVALID_HANDLE;
  EXPECT_STATUS(PIPES_OK, pipes_create_anonymous(&read_end, &write_end, &attributes, size));
  return {Handle(read_end), Handle(write_end)};
}

ServerOptions with_quota(ServerOptions options, uint32_t bytes) {
  options.in_buffer = bytes;
  options.out_buffer = bytes;
  return options;
}

std::string read_exactly(EndActor& end, size_t count, uint32_t piece) {
  std::string all;
  all.reserve(count);
  while (all.size() < count) {
    const auto want = static_cast<uint32_t>(std::min<size_t>(piece, count - all.size()));
    const Received part = end.read(want);
    if (!part.status.ok() && !(part.status == PIPES_ERROR_MORE_DATA)) return all;
    all += part.bytes;
  }
  return all;
}

}  // namespace pipes::test
