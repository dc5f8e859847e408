// PipeModel: one pipe, its instances and their ends, written from the chapters OPEN, INST, STATE, CLI, CONN, DISC,
// CLOSE and SETST of the specification and from nothing else. It answers what the library should answer to each call.
//
// Nothing means that the call would wait, or that the specification leaves the answer open: the call is not made then.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipes/pipes.h"
#include "queue_model.h"

namespace pipes::test {

struct PipeShape {
  bool message_type = true;
  uint32_t access = PIPES_ACCESS_DUPLEX;
  uint32_t max_instances = 4;
};

using Expected = std::optional<pipes_status>;

struct InstanceModel {
  InstanceModel(bool message_type, uint32_t out_quota, uint32_t in_quota)
      : inbound(message_type, in_quota), outbound(message_type, out_quota) {}
  uint32_t state = PIPES_STATE_LISTENING;
  uint64_t listens_since = 0;
  bool server_open = true;
  bool client_open = false;
  uint64_t connection = 0;  // a client of an earlier one is detached
  QueueModel inbound;
  QueueModel outbound;
};

// One end, and what belongs to it alone.
struct EndModel {
  std::shared_ptr<InstanceModel> instance;
  bool is_server = false;
  uint64_t connection = 0;
  uint32_t rights = 0;
  bool message_mode = false;
  bool no_wait = false;
};

// The columns of STATE's two tables.
enum class View : size_t {
  kServerDisconnected,
  kServerListening,
  kServerConnected,
  kServerClosing,
  kClientConnected,
  kClientClosing,
  kClientDetached,
};

class PipeModel {
 public:
  [[nodiscard]] static View view(const EndModel& end);
  [[nodiscard]] uint32_t instances() const { return static_cast<uint32_t>(instances_.size()); }
  [[nodiscard]] const PipeShape& shape() const { return shape_; }
  [[nodiscard]] bool served() const;

  struct Made {
    pipes_status status = PIPES_OK;
    std::shared_ptr<EndModel> end;
  };
  // What a call of pipes_create_named says; the quotas are the new instance's own (INST-7).
  struct Creation {
    uint32_t access = PIPES_ACCESS_DUPLEX;
    bool first = false;
    uint32_t pipe_mode = 0;
    uint32_t max_instances = 4;
    uint32_t out_quota = 64;
    uint32_t in_quota = 64;
  };
  Made create(const Creation& asked);
  // `wanted` has no generic bits left.
  Made open(uint32_t wanted);
  [[nodiscard]] pipes_status wait_available() const;

  Expected connect(EndModel& end);
  Expected disconnect(EndModel& end);
  void close(EndModel& end);
  Expected flush(const EndModel& end) const;
  Expected transact(const EndModel& end) const;
  Expected set_state(EndModel& end, uint32_t mode) const;
  Expected query(const EndModel& end) const;
  Expected client_process_id(const EndModel& end) const;
  Expected server_process_id(const EndModel& end) const;

  struct Transfer {
    pipes_status status = PIPES_OK;
    std::string bytes;
    uint32_t written = 0;
  };
  std::optional<Transfer> read(EndModel& end, uint32_t size);
  std::optional<Transfer> write(EndModel& end, const std::string& bytes);
  struct Peek {
    pipes_status status = PIPES_OK;
    QueueModel::Peek counts;
  };
  [[nodiscard]] Peek peek(const EndModel& end, uint32_t size) const;

  // The queue an end reads from, and the one it writes to.
  [[nodiscard]] static QueueModel& incoming(const EndModel& end);
  [[nodiscard]] static QueueModel& outgoing(const EndModel& end);

 private:
  void drop(const std::shared_ptr<InstanceModel>& instance);

  PipeShape shape_;
  std::vector<std::shared_ptr<InstanceModel>> instances_;
  uint64_t clock_ = 0;
};

}  // namespace pipes::test
