#include "cli/child.h"

#include "cli/pipe_name.h"
#include "cli/report.h"

namespace pipes::cli {

std::optional<Child> Child::start(const std::vector<std::string>& command) {
  const std::string cannot = "cannot run " + printable(command.front());
  // Not inheritable: of the four ends the child gets only those that become its standard handles (CHILD-3, CHILD-4).
  Expected<AnonymousPipe> to_child = AnonymousPipe::try_create();
  Expected<AnonymousPipe> from_child = AnonymousPipe::try_create();
  if (!to_child || !from_child) {
    report_failure(cannot, to_child ? from_child.status() : to_child.status());
    return std::nullopt;
  }
  SystemError error;
  const std::optional<Process> process =
      start_process(command, to_child->read_end.native_handle(), from_child->write_end.native_handle(), error);
  if (!process) {
    report_system_failure(cannot, error);
    return std::nullopt;
  }
  // Our copies of the child's ends close here, else neither side would ever see the other's end (CHILD-5).
  return Child(*process, std::move(to_child->write_end), std::move(from_child->read_end));
}

}  // namespace pipes::cli
