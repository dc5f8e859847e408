// QueueModel: what one direction of a connection holds, written from the chapters MODE, BUF, READ and PEEK of the
// specification and from nothing else. It knows neither states nor rights: those are its user's business.
//
// Where the specification leaves the answer open, `read` says so, and the models leave such a call out.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "pipes/pipes.h"

namespace pipes::test {

class QueueModel {
 public:
  QueueModel(bool message_type, uint32_t quota) : message_type_(message_type), quota_(quota) {}

  [[nodiscard]] bool message_type() const { return message_type_; }
  [[nodiscard]] uint32_t quota() const { return quota_; }
  // Nothing is queued, not even an empty message (FINE-10).
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] uint64_t unread() const {
    uint64_t bytes = 0;
    for (const Entry& entry : entries_) bytes += entry.bytes.size();
    return bytes;
  }
  [[nodiscard]] uint64_t quota_left() const { return quota_ - std::min<uint64_t>(quota_, unread()); }
  // BUF-3, BUF-12: whether a write of so many bytes would not have to wait.
  [[nodiscard]] bool fits(size_t size) const { return size == 0 || unread() + size <= quota_; }

  // WRITE-3 … WRITE-6. `waiting_id` names a write that waits for quota; 0 is one that has completed.
  void write(const std::string& bytes, uint32_t waiting_id = 0) {
    if (bytes.empty() && !message_type_) return;
    entries_.push_back({bytes, waiting_id, ++written_});
  }

  struct Answer {
    pipes_status status = PIPES_OK;
    std::string bytes;
    bool open = false;  // the specification settles nothing
  };
  // A read of what is there. Nothing: the queue is empty.
  std::optional<Answer> read(uint32_t size, bool message_mode) {
    if (entries_.empty()) return std::nullopt;
    if (entries_.front().bytes.empty()) {  // READ-10, READ-20
      if (size == 0 && !message_mode) return Answer{PIPES_OK, {}, true};
      pop();
      return Answer{};
    }
    if (message_mode) return read_message(size);
    return read_bytes(size);
  }

  struct Peek {
    std::string bytes;
    uint64_t available = 0;
    uint64_t left_this_message = 0;
  };
  // PEEK-4 … PEEK-14. At most one message of a message-type pipe, whatever the read mode (PEEK-8).
  [[nodiscard]] Peek peek(uint32_t size) const {
    Peek peeked;
    peeked.available = unread();
    for (const Entry& entry : entries_) {
      peeked.bytes += entry.bytes.substr(0, size - peeked.bytes.size());
      if (!message_type_) continue;
      peeked.left_this_message = entry.bytes.size() - peeked.bytes.size();
      break;
    }
    return peeked;
  }

  // BUF-3, BUF-8, FINE-9: the writes that wait no more, oldest first. A later one never overtakes.
  std::vector<uint32_t> take_completed() {
    std::vector<uint32_t> completed = std::move(read_whole_);
    read_whole_.clear();
    uint64_t unread_so_far = 0;
    for (Entry& entry : entries_) {
      unread_so_far += entry.bytes.size();
      if (entry.waiting_id == 0) continue;
      if (unread_so_far > quota_) break;
      completed.push_back(entry.waiting_id);
      entry.waiting_id = 0;
    }
    return completed;
  }

  // CANCEL-9: what nobody has read of a write that waits is withdrawn.
  void withdraw(uint32_t waiting_id) {
    std::erase_if(entries_, [&](const Entry& entry) { return entry.waiting_id == waiting_id; });
  }

  // What a flush that begins now waits for, and whether that has come (FLUSH-1, FLUSH-2, FLUSH-8, FINE-14).
  [[nodiscard]] uint64_t written() const { return written_; }
  [[nodiscard]] bool flushed(uint64_t written) const { return entries_.empty() || entries_.front().sequence > written; }

  void clear() {
    entries_.clear();
    read_whole_.clear();
  }

 private:
  struct Entry {
    std::string bytes;  // what is unread of it
    uint32_t waiting_id = 0;
    uint64_t sequence = 0;
  };

  // READ-6, READ-7, READ-20.
  Answer read_message(uint32_t size) {
    std::string& message = entries_.front().bytes;
    Answer answer{message.size() > size ? PIPES_ERROR_MORE_DATA : PIPES_OK, message.substr(0, size)};
    message.erase(0, size);
    if (answer.status == PIPES_OK) pop();
    return answer;
  }

  // READ-4, READ-5, READ-10, READ-19: across messages, up to an empty one.
  Answer read_bytes(uint32_t size) {
    Answer answer;
    while (answer.bytes.size() < size && !entries_.empty() && !entries_.front().bytes.empty()) {
      std::string& bytes = entries_.front().bytes;
      const std::string part = bytes.substr(0, size - answer.bytes.size());
      bytes.erase(0, part.size());
      answer.bytes += part;
      if (bytes.empty()) pop();
    }
    return answer;
  }

  void pop() {
    if (entries_.front().waiting_id != 0) read_whole_.push_back(entries_.front().waiting_id);
    entries_.pop_front();
  }

  bool message_type_;
  uint32_t quota_;
  std::deque<Entry> entries_;
  std::vector<uint32_t> read_whole_;  // waiting writes that were read to their end
  uint64_t written_ = 0;              // entries ever queued
};

}  // namespace pipes::test
