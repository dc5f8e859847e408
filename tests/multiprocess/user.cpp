#include "multiprocess/user.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>
#include <utility>

#include "multiprocess/started_program.h"

namespace pipes::test {
namespace {

std::string words_of(const std::vector<uint32_t>& numbers) {
  std::string text;
  for (const uint32_t number : numbers) text += (text.empty() ? "" : ",") + std::to_string(number);
  return text.empty() ? "-" : text;
}

std::vector<uint32_t> numbers_of(const std::string& text) {
  std::vector<uint32_t> numbers;
  std::istringstream words(text == "-" ? "" : text);
  for (std::string word; std::getline(words, word, ',');) numbers.push_back(static_cast<uint32_t>(std::stoul(word)));
  return numbers;
}

std::string acting_as() {
  std::array<gid_t, 256> groups{};
  const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
  return std::to_string(::geteuid()) + " " + std::to_string(::getegid()) + " " +
         words_of({groups.begin(), groups.begin() + count});
}

// A thread that was there from the beginning, and does what it is asked.
class Bystander {
 public:
  Bystander() : thread_([this] { run(); }) {}
  ~Bystander() {
    (void)call({});
    thread_.join();
  }
  Bystander(const Bystander&) = delete;
  Bystander& operator=(const Bystander&) = delete;

  // What `question` returns on the thread; none ends it.
  std::string call(std::function<std::string()> question) {
    std::unique_lock lock(mutex_);
    question_ = std::move(question);
    asked_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !asked_; });
    return answer_;
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    for (bool more = true; more;) {
      changed_.wait(lock, [this] { return asked_; });
      more = static_cast<bool>(question_);
      answer_ = more ? question_() : "";
      asked_ = false;
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::function<std::string()> question_;
  std::string answer_;
  bool asked_ = false;
  std::thread thread_;
};

// The calls that a user is told to make.
class Caller {
 public:
  std::string answer(const std::string& line) {
    std::istringstream words(line);
    std::string what;
    words >> what;
    Answered answered = call(what, words);
    return std::to_string(answered.status.number) + " " + answered.text;
  }

 private:
  Answered call(const std::string& what, std::istringstream& words) {
    if (what == "create") return create(words);
    if (what == "open") return open(words);
    if (what == "use") return words >> place_, Answered{Code{PIPES_OK}, ""};
    if (what == "close") return {end().close(), ""};
    if (what == "write") return {test::write(end(), rest(words)).status, ""};
    if (what == "read") return received(test::read(end()));
    if (what == "peek") {
      const Peeked peeked = test::peek(end());
      return {peeked.status, peeked.bytes};
    }
    if (what == "connect") return {test::connect(end()), ""};
    if (what == "disconnect") return {test::disconnect(end()), ""};
    if (what == "get_security") return get_security(words);
    if (what == "set_security") return set_security(words);
    if (what == "impersonate") return {Code{pipes_impersonate_client(end())}, ""};
    if (what == "revert") return {Code{pipes_revert_to_self()}, ""};
    if (what == "acting_as") return {Code{PIPES_OK}, acting_as()};
    if (what == "first_thread") return {Code{PIPES_OK}, first_.call(acting_as)};
    if (what == "client_identity") return client_identity();
    if (what == "make_file") return make_file(words);
    if (what == "start_program") return {Code{PIPES_OK}, user_of_a_started_program()};
    if (what == "nowait") return {set_mode(end(), PIPES_NOWAIT), ""};
    if (what == "user_name") return user_name();
    if (what == "accept") return {Code{pipes_accept_handles(1)}, ""};
    if (what == "send") return send(words);
    if (what == "instances") return instances();
    if (what == "hold_lock") return hold_lock(words);
    if (what == "let_go") return ::close(std::exchange(lock_, -1)), Answered{Code{PIPES_OK}, ""};
    return {Code{PIPES_ERROR_INVALID_FUNCTION}, "unknown command"};
  }

  Handle& end() { return ends_[place_]; }
  static std::string rest(std::istringstream& words) {
    std::string text;
    std::getline(words >> std::ws, text);
    return text;
  }
  static Answered received(const Received& read) { return {read.status, read.bytes}; }

  // The end to another process.
  Answered send(std::istringstream& words) {
    uint32_t process_id = 0;
    words >> process_id;
    pipes_handle made = nullptr;
    return {Code{pipes_duplicate_into(end(), process_id, 0, 0, PIPES_DUPLICATE_SAME_ACCESS, &made)}, ""};
  }

  Answered create(std::istringstream& words) {
    std::string name;
    ServerOptions options = message_pipe();
    words >> name >> options.open_mode >> options.max_instances;
    const std::string sddl = rest(words);
    void* descriptor = nullptr;
    uint32_t size = 0;
    if (sddl != "-") {
      const pipes_status parsed = pipes_sd_parse(sddl.c_str(), PIPES_SDDL_REVISION_1, &descriptor, &size);
      if (parsed != PIPES_OK) return {Code{parsed}, "malformed"};
    }
    const pipes_security_attributes attributes{sizeof(attributes), 0, descriptor, size, 0};
    Opened opened = try_create_server(name, options, &attributes);
    pipes_sd_free(descriptor);
    end() = std::move(opened.handle);
    return {opened.status, opened.disposition == PIPES_ERROR_ALREADY_EXISTS ? "added" : "new"};
  }

  Answered open(std::istringstream& words) {
    std::string name;
    uint32_t access = 0;
    uint32_t flags = 0;
    std::string owner;
    words >> name >> access >> flags >> owner;
    const pipes_open_options options{sizeof(options), 0, owner == "-" ? nullptr : owner.c_str()};
    pipes_handle handle = PIPES_INVALID_HANDLE;
    const Code status{pipes_open(name.c_str(), access, flags, &options, &handle)};
    if (status == PIPES_OK) end() = Handle(handle);
    return {status, ""};
  }

  Answered get_security(std::istringstream& words) {
    uint32_t information = 0;
    words >> information;
    void* descriptor = nullptr;
    uint32_t size = 0;
    const Code status{pipes_get_security(end(), information, &descriptor, &size)};
    if (status != PIPES_OK) return {status, ""};
    char* sddl = nullptr;
    const pipes_status written = pipes_sd_format(descriptor, size, PIPES_SDDL_REVISION_1, information, &sddl);
    Answered answered{Code{written}, written == PIPES_OK ? sddl : ""};
    pipes_sd_free(descriptor);
    pipes_sd_free(sddl);
    return answered;
  }

  Answered set_security(std::istringstream& words) {
    uint32_t information = 0;
    words >> information;
    void* descriptor = nullptr;
    uint32_t size = 0;
    const pipes_status parsed = pipes_sd_parse(rest(words).c_str(), PIPES_SDDL_REVISION_1, &descriptor, &size);
    if (parsed != PIPES_OK) return {Code{parsed}, "malformed"};
    const Code status{pipes_set_security(end(), information, descriptor, size)};
    pipes_sd_free(descriptor);
    return {status, ""};
  }

  Answered client_identity() {
    pipes_identity identity{};
    identity.size = sizeof identity;
    const Code status{pipes_get_client_identity(end(), &identity)};
    if (status != PIPES_OK) return {status, ""};
    std::ostringstream text;
    text << identity.process_id << ' ' << identity.user_id << ' ' << identity.group_id << ' '
         << words_of({identity.group_ids, identity.group_ids + identity.group_id_count}) << ' '
         << identity.impersonation_level << ' ' << identity.user_sid << ' ' << identity.remote;
    pipes_identity_free(&identity);
    return {status, text.str()};
  }

  static Answered make_file(std::istringstream& words) {
    const int fd = ::open(rest(words).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return {Code{PIPES_ERROR_ACCESS_DENIED}, ""};
    ::close(fd);
    return {Code{PIPES_OK}, ""};
  }

  Answered user_name() {
    std::array<char, 256> name{};
    const Code status{pipes_get_state(end(), nullptr, nullptr, nullptr, nullptr, name.data(), 256)};
    return {status, name.data()};
  }

  Answered instances() {
    uint32_t count = 0;
    const Code status{pipes_get_state(end(), nullptr, &count, nullptr, nullptr, nullptr, 0)};
    return {status, std::to_string(count)};
  }

  // That of this user's only pipe in the runtime directory.
  Answered hold_lock(std::istringstream& words) {
    const std::string user = "." + std::to_string(::geteuid());
    for (const auto& entry : std::filesystem::directory_iterator(rest(words))) {
      if (entry.path().extension() != user || !entry.is_directory()) continue;
      lock_ = ::open((entry.path() / "lock").c_str(), O_RDWR | O_CLOEXEC);
      if (lock_ >= 0 && ::flock(lock_, LOCK_EX) == 0) return {Code{PIPES_OK}, ""};
    }
    return {Code{PIPES_ERROR_FILE_NOT_FOUND}, ""};
  }

  Bystander first_;
  std::map<uint32_t, Handle> ends_;
  uint32_t place_ = 0;
  int lock_ = -1;
};

}  // namespace

PIPES_CHILD_ROLE(user) {
  const std::vector<uint32_t> groups = numbers_of(parent.argument(2));
  if (::setgroups(groups.size(), groups.data()) != 0) return 2;
  const uint32_t gid = parent.number(1);
  const uint32_t uid = parent.number(0);
  if (::setresgid(gid, gid, gid) != 0 || ::setresuid(uid, uid, uid) != 0) return 2;
  parent.say("ready");
  Caller caller;
  while (const auto line = parent.next_line()) parent.say(caller.answer(*line));
  return 0;
}

User::User(const UserIds& ids, const std::string& folder)
    : child_(Child::spawn("user", {std::to_string(ids.uid), std::to_string(ids.gid), words_of(ids.groups)},
                          {.environment = {"PIPES_RUNTIME_DIR=" + folder}, .user = 0})) {
  EXPECT_TRUE(child_.expect_line("ready"));
}

Answered User::ask(const std::string& command) {
  child_.say(command);
  const auto line = child_.next_line();
  if (!line) return {Code{PIPES_ERROR_BROKEN_PIPE}, "the process has ended"};
  const size_t space = line->find(' ');
  return {Code{static_cast<uint32_t>(std::stoul(*line))}, line->substr(space + 1)};
}

Code User::create(const std::string& name, const std::string& sddl, uint32_t open_mode, uint32_t max_instances) {
  std::ostringstream command;
  command << "create " << name << ' ' << open_mode << ' ' << max_instances << ' ' << sddl;
  return ask(command.str()).status;
}

Code User::open(const std::string& name, uint32_t access, uint32_t flags, const std::string& owner) {
  std::ostringstream command;
  command << "open " << name << ' ' << access << ' ' << flags << ' ' << owner;
  return ask(command.str()).status;
}

void User::kill() {
  child_.kill();
  (void)child_.wait();
}

void UsersTest::SetUp() {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to act as several users";
  std::string made = (std::filesystem::temp_directory_path() / "pipes-users-XXXXXX").string();
  ASSERT_NE(nullptr, ::mkdtemp(made.data()));
  ASSERT_EQ(0, ::chmod(made.c_str(), 01777));
  folder_ = made;
}

void UsersTest::TearDown() {
  if (folder_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

}  // namespace pipes::test
