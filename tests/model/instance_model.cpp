// The tables of the STATE chapter, cell by cell, and what the chapters beside it say of each call.
#include "instance_model.h"

#include <algorithm>

namespace pipes::test {
namespace {

constexpr pipes_status kGo = 0;  // as in the operation's own chapter
constexpr pipes_status kDrain = PIPES_ERROR_BROKEN_PIPE;

// Rows of STATE-10. Columns as View: the server end disconnected, listening, connected, closing; the client end
// connected, closing, detached.
using Row = std::array<pipes_status, 7>;
constexpr Row kDisconnectRow = {233, kGo, kGo, kGo, 1, 1, 233};
constexpr Row kReadRow = {233, 536, kGo, kDrain, kGo, kDrain, 233};
constexpr Row kWriteRow = {233, 536, kGo, 232, kGo, 232, 233};
constexpr Row kPeekRow = {230, 230, kGo, kDrain, kGo, kDrain, 233};
constexpr Row kTransactRow = {230, 230, kGo, 230, kGo, 230, 233};
constexpr Row kFlushRow = {kGo, kGo, kGo, kGo, kGo, kGo, 233};
constexpr Row kQueryRow = {kGo, kGo, kGo, kGo, kGo, kGo, 233};
constexpr Row kClientIdRow = {1168, 1168, kGo, kGo, kGo, kGo, 233};

pipes_status cell(const Row& row, const EndModel& end) { return row[static_cast<size_t>(PipeModel::view(end))]; }

bool has(const EndModel& end, uint32_t rights) { return (end.rights & rights) == rights; }

// OPEN-25.
uint32_t server_rights(uint32_t access) {
  uint32_t rights = PIPES_SYNCHRONIZE;
  if ((access & PIPES_ACCESS_INBOUND) != 0) rights |= PIPES_FILE_GENERIC_READ;
  if ((access & PIPES_ACCESS_OUTBOUND) != 0) rights |= PIPES_FILE_GENERIC_WRITE;
  return rights;
}

bool connected(View view) { return view == View::kServerConnected || view == View::kClientConnected; }

}  // namespace

View PipeModel::view(const EndModel& end) {
  const InstanceModel& instance = *end.instance;
  if (!end.is_server) {
    if (end.connection != instance.connection) return View::kClientDetached;
    return instance.state == PIPES_STATE_CLOSING ? View::kClientClosing : View::kClientConnected;
  }
  switch (instance.state) {
    case PIPES_STATE_DISCONNECTED:
      return View::kServerDisconnected;
    case PIPES_STATE_LISTENING:
      return View::kServerListening;
    case PIPES_STATE_CONNECTED:
      return View::kServerConnected;
    default:
      return View::kServerClosing;
  }
}

QueueModel& PipeModel::incoming(const EndModel& end) {
  return end.is_server ? end.instance->inbound : end.instance->outbound;
}
QueueModel& PipeModel::outgoing(const EndModel& end) {
  return end.is_server ? end.instance->outbound : end.instance->inbound;
}

bool PipeModel::served() const {
  return std::any_of(instances_.begin(), instances_.end(), [](const auto& instance) { return instance->server_open; });
}

// OPEN-27 in its order: the limit, the first-instance flag, the access mode.
PipeModel::Made PipeModel::create(const Creation& asked) {
  if (!instances_.empty()) {
    if (instances_.size() >= shape_.max_instances) return {PIPES_ERROR_PIPE_BUSY, nullptr};  // INST-4, INST-12
    if (asked.first) return {PIPES_ERROR_ACCESS_DENIED, nullptr};                            // OPEN-8
    if (asked.access != shape_.access) return {PIPES_ERROR_ACCESS_DENIED, nullptr};          // OPEN-7
  } else {
    // OPEN-24, NAME-16: these are the pipe's as long as it lives; created anew it has others. Later calls change
    // nothing of them (INST-5, INST-6).
    shape_.access = asked.access;
    shape_.message_type = (asked.pipe_mode & PIPES_TYPE_MESSAGE) != 0;
    shape_.max_instances = asked.max_instances;
  }
  auto instance = std::make_shared<InstanceModel>(shape_.message_type, asked.out_quota, asked.in_quota);
  instance->listens_since = ++clock_;
  instances_.push_back(instance);
  auto end = std::make_shared<EndModel>();
  end->instance = instance;
  end->is_server = true;
  end->rights = server_rights(asked.access);
  end->message_mode = (asked.pipe_mode & PIPES_READMODE_MESSAGE) != 0;
  end->no_wait = (asked.pipe_mode & PIPES_NOWAIT) != 0;
  return {PIPES_OK, end};
}

// CLI-2 in its order; INST-9 chooses the instance.
PipeModel::Made PipeModel::open(uint32_t wanted) {
  if (!served()) return {PIPES_ERROR_FILE_NOT_FOUND, nullptr};  // NAME-12, NAME-17
  const bool wrong_way = ((wanted & PIPES_FILE_READ_DATA) != 0 && (shape_.access & PIPES_ACCESS_OUTBOUND) == 0) ||
                         ((wanted & PIPES_FILE_WRITE_DATA) != 0 && (shape_.access & PIPES_ACCESS_INBOUND) == 0);
  if (wrong_way) return {PIPES_ERROR_ACCESS_DENIED, nullptr};  // CLI-3
  std::shared_ptr<InstanceModel> chosen;
  for (const auto& instance : instances_) {
    if (instance->state != PIPES_STATE_LISTENING) continue;
    if (!chosen || instance->listens_since < chosen->listens_since) chosen = instance;
  }
  if (!chosen) return {PIPES_ERROR_PIPE_BUSY, nullptr};  // CLI-9
  chosen->state = PIPES_STATE_CONNECTED;
  chosen->client_open = true;
  chosen->connection = ++clock_;
  auto end = std::make_shared<EndModel>();  // MODE-5: byte-read and blocking
  end->instance = chosen;
  end->connection = chosen->connection;
  end->rights = wanted | PIPES_FILE_READ_ATTRIBUTES | PIPES_SYNCHRONIZE;  // CLI-5
  return {PIPES_OK, end};
}

pipes_status PipeModel::wait_available() const {
  if (!served()) return PIPES_ERROR_FILE_NOT_FOUND;  // WAIT-2
  const bool listening = std::any_of(instances_.begin(), instances_.end(),
                                     [](const auto& instance) { return instance->state == PIPES_STATE_LISTENING; });
  return listening ? PIPES_OK : PIPES_ERROR_SEM_TIMEOUT;  // WAIT-1, WAIT-3
}

Expected PipeModel::connect(EndModel& end) {
  InstanceModel& instance = *end.instance;
  switch (view(end)) {
    case View::kServerConnected:
      return PIPES_ERROR_PIPE_CONNECTED;  // CONN-3
    case View::kServerClosing:
      return PIPES_ERROR_NO_DATA;  // CONN-4
    case View::kServerDisconnected:
      if (!end.no_wait) return std::nullopt;
      instance.state = PIPES_STATE_LISTENING;  // CONN-10
      instance.listens_since = ++clock_;
      return PIPES_ERROR_PIPE_LISTENING;
    case View::kServerListening:
      if (!end.no_wait) return std::nullopt;
      return PIPES_ERROR_PIPE_LISTENING;
    default:
      return PIPES_ERROR_INVALID_FUNCTION;  // STATE-8
  }
}

Expected PipeModel::disconnect(EndModel& end) {
  const pipes_status status = cell(kDisconnectRow, end);
  if (status != kGo) return status;
  InstanceModel& instance = *end.instance;
  instance.state = PIPES_STATE_DISCONNECTED;
  instance.client_open = false;  // INST-13
  instance.connection = 0;
  instance.inbound.clear();  // DISC-2
  instance.outbound.clear();
  return PIPES_OK;
}

void PipeModel::close(EndModel& end) {
  const View before = view(end);
  if (before == View::kClientDetached) return;
  InstanceModel& instance = *end.instance;
  (end.is_server ? instance.server_open : instance.client_open) = false;
  if (!instance.server_open && !instance.client_open) return drop(end.instance);  // INST-11, STATE-4
  if (!connected(before)) return;
  instance.state = PIPES_STATE_CLOSING;
  incoming(end).clear();  // CLOSE-3; what it wrote stays (CLOSE-2)
}

void PipeModel::drop(const std::shared_ptr<InstanceModel>& instance) { std::erase(instances_, instance); }

Expected PipeModel::flush(const EndModel& end) const {
  if (!has(end, PIPES_FILE_WRITE_DATA)) return PIPES_ERROR_ACCESS_DENIED;  // FLUSH-3
  const pipes_status status = cell(kFlushRow, end);
  if (status != kGo) return status;
  if (connected(view(end)) && !outgoing(end).empty()) return std::nullopt;
  return PIPES_OK;
}

Expected PipeModel::transact(const EndModel& end) const {
  if (!has(end, PIPES_FILE_READ_DATA | PIPES_FILE_WRITE_DATA)) return PIPES_ERROR_ACCESS_DENIED;  // TRANS-3
  const pipes_status status = cell(kTransactRow, end);
  if (status != kGo) return status;
  const bool possible = shape_.access == PIPES_ACCESS_DUPLEX && incoming(end).message_type() && end.message_mode;
  if (!possible) return PIPES_ERROR_BAD_PIPE;                // TRANS-2
  if (!incoming(end).empty()) return PIPES_ERROR_PIPE_BUSY;  // TRANS-4
  return std::nullopt;
}

Expected PipeModel::set_state(EndModel& end, uint32_t mode) const {
  if (!has(end, PIPES_FILE_WRITE_ATTRIBUTES)) return PIPES_ERROR_ACCESS_DENIED;  // SETST-3
  const View now = view(end);
  const bool wrong = (mode & ~3u) != 0 ||                                                      // SETST-2
                     ((mode & PIPES_READMODE_MESSAGE) != 0 && !incoming(end).message_type());  // SETST-4
  if (now == View::kClientDetached) return wrong ? Expected() : PIPES_ERROR_PIPE_NOT_CONNECTED;
  const bool stops_waiting = !end.no_wait && (mode & PIPES_NOWAIT) != 0;
  const bool unread = connected(now) && !outgoing(end).empty();
  if (wrong) return stops_waiting && unread ? Expected() : PIPES_ERROR_INVALID_PARAMETER;
  if (stops_waiting && unread) {  // SETST-5
    if (outgoing(end).unread() == 0) return std::nullopt;
    return PIPES_ERROR_PIPE_BUSY;
  }
  end.message_mode = (mode & PIPES_READMODE_MESSAGE) != 0;
  end.no_wait = (mode & PIPES_NOWAIT) != 0;
  return PIPES_OK;
}

Expected PipeModel::query(const EndModel& end) const {
  if (!has(end, PIPES_FILE_READ_ATTRIBUTES)) return PIPES_ERROR_ACCESS_DENIED;  // INFO-4
  return cell(kQueryRow, end);
}

// The specification does not say which right these two need.
Expected PipeModel::client_process_id(const EndModel& end) const {
  if (!has(end, PIPES_FILE_READ_ATTRIBUTES)) return std::nullopt;
  return cell(kClientIdRow, end);
}
Expected PipeModel::server_process_id(const EndModel& end) const {
  if (!has(end, PIPES_FILE_READ_ATTRIBUTES)) return std::nullopt;
  return cell(kQueryRow, end);
}

std::optional<PipeModel::Transfer> PipeModel::read(EndModel& end, uint32_t size) {
  if (!has(end, PIPES_FILE_READ_DATA)) return Transfer{PIPES_ERROR_ACCESS_DENIED, {}};  // STATE-7
  const pipes_status status = cell(kReadRow, end);
  const bool drains = status == kDrain;
  if (status != kGo && !drains) return Transfer{status, {}};
  const auto answer = incoming(end).read(size, end.message_mode);
  if (answer && answer->open) return std::nullopt;
  if (answer) return Transfer{answer->status, answer->bytes};
  if (drains) return Transfer{PIPES_ERROR_BROKEN_PIPE, {}};   // READ-12, READ-16
  if (end.no_wait) return Transfer{PIPES_ERROR_NO_DATA, {}};  // READ-15
  return std::nullopt;
}

std::optional<PipeModel::Transfer> PipeModel::write(EndModel& end, const std::string& bytes) {
  if (!has(end, PIPES_FILE_WRITE_DATA)) return Transfer{PIPES_ERROR_ACCESS_DENIED, {}};
  const pipes_status status = cell(kWriteRow, end);
  if (status != kGo) return Transfer{status, {}};
  QueueModel& queue = outgoing(end);
  if (!queue.fits(bytes.size())) {
    if (end.no_wait) return Transfer{PIPES_OK, {}, 0};  // WRITE-10, WRITE-12
    return std::nullopt;
  }
  queue.write(bytes);
  return Transfer{PIPES_OK, {}, static_cast<uint32_t>(bytes.size())};
}

PipeModel::Peek PipeModel::peek(const EndModel& end, uint32_t size) const {
  if (!has(end, PIPES_FILE_READ_DATA)) return {PIPES_ERROR_ACCESS_DENIED, {}};
  const pipes_status status = cell(kPeekRow, end);
  if (status != kGo && status != kDrain) return {status, {}};
  const QueueModel& queue = incoming(end);
  if (status == kDrain && queue.empty()) return {PIPES_ERROR_BROKEN_PIPE, {}};  // PEEK-15
  return {PIPES_OK, queue.peek(size)};
}

}  // namespace pipes::test
