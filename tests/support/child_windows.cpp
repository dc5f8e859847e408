// Child processes on Windows: this program again, with two anonymous pipes of the system's as the child's standard
// input and output.
#include <winternl.h>

#include "support/child.h"
#include "support/process_windows.h"

// Of ntdll, in no header.
extern "C" NTSTATUS NTAPI NtSuspendProcess(HANDLE process);
extern "C" NTSTATUS NTAPI NtResumeProcess(HANDLE process);

namespace pipes::test {
namespace {

constexpr DWORD kChannelSize = 1u << 20;

class PipeChannel : public LineChannel {
 public:
  PipeChannel(KernelHandle reading, KernelHandle writing)
      : reading_(std::move(reading)), writing_(std::move(writing)) {}

  void hang_up() {
    reading_.close();
    writing_.close();
  }

 protected:
  std::optional<size_t> send_some(std::string_view bytes) override {
    DWORD count = 0;
    const BOOL done = ::WriteFile(writing_, bytes.data(), static_cast<DWORD>(bytes.size()), &count, nullptr);
    return carried(done, count);
  }
  std::optional<size_t> receive_some(std::span<char> room) override {
    DWORD count = 0;
    const BOOL done = ::ReadFile(reading_, room.data(), static_cast<DWORD>(room.size()), &count, nullptr);
    return carried(done, count);
  }

 private:
  // A test cancels what a thread waits for; that may be this channel just then.
  static std::optional<size_t> carried(BOOL done, DWORD count) {
    if (done == FALSE && ::GetLastError() != ERROR_OPERATION_ABORTED) return std::nullopt;
    return count;
  }

  KernelHandle reading_;
  KernelHandle writing_;
};

}  // namespace

class Child::Process {
 public:
  Process(KernelHandle process, KernelHandle reading, KernelHandle writing)
      : process_(std::move(process)), channel_(std::move(reading), std::move(writing)) {}
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() {
    kill();
    (void)wait();
  }

  [[nodiscard]] HANDLE handle() const { return process_; }
  [[nodiscard]] PipeChannel& channel() { return channel_; }

  void kill() const {
    if (process_.valid()) ::TerminateProcess(process_, kKilled);
  }
  [[nodiscard]] Exit wait() const { return process_.valid() ? Exit{.code = exit_code(process_)} : Exit{}; }

 private:
  KernelHandle process_;
  PipeChannel channel_;
};

Child::Child(std::unique_ptr<Process> process) : process_(std::move(process)) {}
Child::Child(Child&&) noexcept = default;
Child& Child::operator=(Child&&) noexcept = default;
Child::~Child() = default;

bool can_change_user() { return false; }

Child Child::spawn(const std::string& role, const std::vector<std::string>& arguments, const ChildOptions& options) {
  if (options.user != 0) ADD_FAILURE() << "children of other users are not to be had here";
  HANDLE childs_input = nullptr;
  HANDLE to_child = nullptr;
  HANDLE from_child = nullptr;
  HANDLE childs_output = nullptr;
  if (::CreatePipe(&childs_input, &to_child, nullptr, kChannelSize) == FALSE ||
      ::CreatePipe(&from_child, &childs_output, nullptr, kChannelSize) == FALSE) {
    ADD_FAILURE() << "no pipes for a child: " << last_error_text();
  }
  const KernelHandle input(childs_input);
  const KernelHandle output(childs_output);
  KernelHandle reading(from_child);
  KernelHandle writing(to_child);
  const StandardHandles handles{input, output, ::GetStdHandle(STD_ERROR_HANDLE)};
  KernelHandle process = start_this_program(role, arguments, handles, options.environment);
  if (!process.valid()) ADD_FAILURE() << "cannot start a child: " << last_error_text();
  return Child(std::make_unique<Process>(std::move(process), std::move(reading), std::move(writing)));
}

bool Child::say(const std::string& line) { return process_->channel().say(line); }
std::optional<std::string> Child::next_line() { return process_->channel().next_line(); }
void Child::hang_up() { process_->channel().hang_up(); }
void Child::kill() { process_->kill(); }
void Child::stop() { ::NtSuspendProcess(process_->handle()); }
void Child::resume() { ::NtResumeProcess(process_->handle()); }
Exit Child::wait() { return process_->wait(); }
uint32_t Child::process_id() const { return ::GetProcessId(process_->handle()); }

std::optional<int> run_role_if_asked(int argc, char** argv) {
  const StartedAs as = started_as(argc, argv);
  if (as.role.empty()) return std::nullopt;
  const RoleBody body = find_role(as.role);
  if (body == nullptr) return 127;
  PipeChannel channel(KernelHandle(::GetStdHandle(STD_INPUT_HANDLE)), KernelHandle(::GetStdHandle(STD_OUTPUT_HANDLE)));
  Parent parent(channel, as.arguments);
  return body(parent);
}

}  // namespace pipes::test
