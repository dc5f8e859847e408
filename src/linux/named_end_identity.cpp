// In whose name is written (IMP-9): who writes at a client end makes himself known there, and the server end tells whom
// it may act for.
#include <algorithm>

#include "linux/named_end.h"
#include "linux/server_request.h"

namespace pipes {

void NamedEnd::drop_writer(uint32_t number) {
  MutexLock lock(write_mutex_);
  if (writers_ != nullptr) --writers_->entries.at(number - 1).users;
}

// Nothing is written under a number that the server process does not know yet, or that it knows as another's. Processes
// that share an end would give numbers to each other's writers, so there all write as the opener.
Status NamedEnd::announce_writer(Announced* writer) {
  const uint64_t identity = Parker::mine().identity;
  if (identity == opener_ || role_ != Role::kClient || !quality_of_service(qos_flags_).dynamic) return PIPES_OK;
  std::optional<UserIds> ids;
  std::shared_ptr<Connection> connection;
  uint32_t number = 0;
  while (number == 0) {
    MutexLock lock(write_mutex_);
    if (connection_ == nullptr || connection_->over()) return PIPES_OK;  // what there is to say of it follows
    if (is_shared_) return PIPES_OK;
    connection = connection_;
    if (writers_ == nullptr) writers_ = std::make_unique<Writers>();
    auto& entries = writers_->entries;
    auto* const known = std::ranges::find_if(entries, [&](const Writers::Entry& entry) {
      return entry.known && (entry.identity == identity || (ids && entry.ids == *ids));
    });
    if (known != entries.end()) {
      known->identity = identity;
      ++known->users;
      writer->end_ = this;
      writer->number_ = static_cast<uint32_t>(known - entries.begin()) + 1;
      return PIPES_OK;
    }
    if (!ids) {
      lock.unlock();
      auto now = effective_ids();
      if (!now) return now.status();
      ids = std::move(*now);
      continue;
    }
    auto* place = std::ranges::find_if(entries, [](const Writers::Entry& entry) { return !entry.taken; });
    // A number is given to another once everything under it has been read.
    if (place == entries.end() && writes_.empty() && connection_->writer.refresh() && connection_->writer.drained()) {
      place = std::ranges::find_if(entries, [](const Writers::Entry& entry) { return entry.users == 0; });
    }
    if (place == entries.end()) return PIPES_ERROR_NO_SYSTEM_RESOURCES;
    *place = {*ids, identity, 1, true, false};
    number = static_cast<uint32_t>(place - entries.begin()) + 1;
  }
  const Status status = announce_identity(*fixed_.name, *connection, number);
  {
    MutexLock lock(write_mutex_);
    Writers::Entry& entry = writers_->entries.at(number - 1);
    if (status == PIPES_OK) {
      entry.known = true;
      writer->end_ = this;
      writer->number_ = number;
      return PIPES_OK;
    }
    // Should the request still arrive, its proof has gone, and it changes nothing; should it have arrived, nobody
    // writes under this number before somebody has announced himself anew.
    entry.users = 0;
    entry.taken = false;
    if (connection->over()) return PIPES_OK;
  }
  return status == PIPES_ERROR_NO_SYSTEM_RESOURCES ? status : Status{PIPES_ERROR_CANNOT_IMPERSONATE};
}

bool NamedEnd::learn_writer(const uint64_t (&proof)[2], uint32_t number, std::shared_ptr<const ClientIdentity> writer) {
  MutexLock lock(read_mutex_);
  if (connection_ == nullptr || number == 0 || number > wire::kIdentitiesMax) return false;
  if (!connection_->is_proven_by(proof)) return false;
  if (connection_->announced == nullptr) connection_->announced = std::make_unique<AnnouncedIdentities>();
  auto& by_number = connection_->announced->by_number;
  if (connection_->reader.identity() == number) {
    by_number[AnnouncedIdentities::kReplaced] = std::move(by_number.at(number));
    connection_->reader.set_identity(AnnouncedIdentities::kReplaced);
  }
  by_number.at(number) = std::move(writer);
  return true;
}

Result<NamedEnd::Client> NamedEnd::client() {
  if (role_ != Role::kServer) return Status{PIPES_ERROR_INVALID_FUNCTION};
  MutexLock lock(read_mutex_);
  if (const Status refused = refusal(Operation::kImpersonate); refused != PIPES_OK) return refused;
  if (connection_ == nullptr || connection_->client == nullptr) return Status{PIPES_ERROR_CANNOT_IMPERSONATE};
  const QualityOfService service = quality_of_service(qos_flags_);
  Client client{connection_->client, service.level, false};
  const uint32_t number = has_read_ && service.dynamic ? connection_->reader.identity() : 0;
  if (number != 0) {
    // A number that nobody has announced is in nobody's name.
    const bool known = connection_->announced != nullptr && connection_->announced->by_number.at(number) != nullptr;
    if (!known) return Status{PIPES_ERROR_CANNOT_IMPERSONATE};
    client.identity = connection_->announced->by_number.at(number);
  }
  const bool moves_data = (connection_->granted_access & (PIPES_FILE_READ_DATA | PIPES_FILE_WRITE_DATA)) != 0;
  client.may_be_acted_for = moves_data && (has_read_ || !service.dynamic);
  return client;
}

}  // namespace pipes
