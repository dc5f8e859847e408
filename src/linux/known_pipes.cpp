#include "linux/known_pipes.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "linux/runtime_directory.h"
#include "linux/server_socket.h"
#include "support/mutex.h"

namespace pipes {
namespace {

constexpr size_t kKnownMax = 16;
constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kMillisecond = 1'000'000;

int64_t nanoseconds(const timespec& time) { return int64_t{time.tv_sec} * kSecond + time.tv_nsec; }

// The clock that file systems take their times from.
int64_t file_clock_ns() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return nanoseconds(now);
}

FileTraits traits_of(const struct stat& status) {
  return {0,
          status.st_dev,
          status.st_ino,
          status.st_mode,
          status.st_uid,
          nanoseconds(status.st_ctim),
          nanoseconds(status.st_mtim)};
}

// A file system that knows times only by the second, or by some milliseconds, gives itself away by round numbers.
bool is_settled(int64_t file_time_ns, int64_t time_ns) {
  const int64_t grain_ns = file_time_ns % kMillisecond == 0 ? 2 * kSecond : 10 * kMillisecond;
  return file_time_ns + grain_ns < time_ns;
}

}  // namespace

FileTraits FileTraits::of_path(const std::string& path) {
  struct stat status {};
  if (fstatat(AT_FDCWD, path.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return traits_of(status);
  FileTraits traits;
  traits.error = errno;
  return traits;
}

FileTraits FileTraits::of_fd(int fd) {
  struct stat status {};
  if (fstat(fd, &status) == 0) return traits_of(status);
  FileTraits traits;
  traits.error = errno;
  return traits;
}

bool FileTraits::settled_before(int64_t time_ns) const {
  return error == ENOENT || (error == 0 && is_settled(changed_ns, time_ns) && is_settled(modified_ns, time_ns));
}

namespace {

struct Entry {
  std::u16string folded;
  uint32_t uid = 0;
  std::vector<FileTraits> directories;
  FileTraits folder;
  std::shared_ptr<const KnownPipe> pipe;
};

struct List {
  // Never destroyed: pipes may be opened while the process ends. A forked child starts with a new one.
  static inline std::atomic<List*> the_{nullptr};

  Mutex mutex;
  std::vector<std::shared_ptr<const Entry>> entries;  // mutex: what was learned last stands first
  std::weak_ptr<const EndName> last_name;             // mutex

  std::shared_ptr<const Entry> find(const std::u16string& folded) {
    MutexLock lock(mutex);
    const auto found = std::ranges::find(entries, folded, &Entry::folded);
    return found == entries.end() ? nullptr : *found;
  }
  void drop(const std::u16string& folded) {
    std::shared_ptr<const Entry> dropped;  // destroyed after the lock
    MutexLock lock(mutex);
    const auto found = std::ranges::find(entries, folded, &Entry::folded);
    if (found == entries.end()) return;
    dropped = std::move(*found);
    entries.erase(found);
    lock.unlock();
  }
  void add(std::shared_ptr<const Entry> entry) {
    drop(entry->folded);
    std::shared_ptr<const Entry> dropped;
    MutexLock lock(mutex);
    if (entries.size() == kKnownMax) {
      dropped = std::move(entries.back());
      entries.pop_back();
    }
    entries.insert(entries.begin(), std::move(entry));
    lock.unlock();
  }
};

List& list() {
  List* found = List::the_.load(std::memory_order_acquire);
  if (found != nullptr) return *found;
  auto* made = new List;
  if (List::the_.compare_exchange_strong(found, made, std::memory_order_acq_rel)) return *made;
  delete made;
  return *found;
}

}  // namespace

std::shared_ptr<const EndName> shared_name(const PipeMeta& meta, int64_t claimed_at) {
  List& all = list();
  MutexLock lock(all.mutex);
  auto name = all.last_name.lock();
  const bool same = name != nullptr && name->claimed_at == claimed_at && name->founder_uid == meta.owner_uid &&
                    name->folded == meta.folded && name->display == meta.display && name->descriptor == meta.descriptor;
  if (!same) {
    name = std::make_shared<const EndName>(
        EndName{meta.display, meta.folded, meta.owner_uid, claimed_at, meta.descriptor});
    all.last_name = name;
  }
  return name;
}

void PipeLook::forget_in_child() noexcept { List::the_.store(nullptr, std::memory_order_relaxed); }

PipeLook::PipeLook(const PipeName& name) : name_(name), uid_(::geteuid()), began_ns_(file_clock_ns()) {
  for (const std::string& path : paths_for_looking()) directories_.push_back(FileTraits::of_path(path));
}

// The directories are the same, with the same entries, and as safe as they were: so the folder's name leads to the same
// folder, and no other folder may be the pipe. The folder's traits tell the same of what is in it.
std::shared_ptr<const KnownPipe> PipeLook::known() const {
  const auto entry = list().find(name_.folded);
  if (entry == nullptr || entry->uid != uid_ || entry->directories != directories_) return nullptr;
  return FileTraits::of_path(entry->pipe->path) == entry->folder ? entry->pipe : nullptr;
}

void PipeLook::learn(const std::vector<FoundPipe>& found) const {
  if (found.size() != 1 || found.front().meta.servers.size() != 1) return;
  const FoundPipe& pipe = found.front();
  if (!is_reachable_at(pipe.path, pipe.founder_uid, pipe.meta.servers.front())) return;
  const FileTraits folder = FileTraits::of_fd(pipe.folder.get());
  const auto settled = [&](const FileTraits& traits) { return traits.settled_before(began_ns_); };
  if (!settled(folder) || !std::ranges::all_of(directories_, settled)) return;
  auto entry = std::make_shared<Entry>();
  entry->folded = name_.folded;
  entry->uid = uid_;
  entry->directories = directories_;
  entry->folder = folder;
  entry->pipe = std::make_shared<const KnownPipe>(KnownPipe{pipe.meta, pipe.founder_uid, pipe.path, pipe.claimed_at});
  list().add(std::move(entry));
}

void PipeLook::forget() const { list().drop(name_.folded); }

}  // namespace pipes
