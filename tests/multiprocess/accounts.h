// Users and groups that the system knows by name, for as long as a test runs: made by its own tools, and removed by a
// process that waits for this one's end, however that comes. Needs root.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "multiprocess/user.h"

namespace pipes::test {

// Accounts makes groups, and users that are members of some. Names are this process's own, so that several at once do
// not meet; the system's numbers are what its tools choose.
class Accounts {
 public:
  // Why there can be none; empty if there can.
  [[nodiscard]] static std::string why_not();

  Accounts();
  ~Accounts();
  Accounts(const Accounts&) = delete;
  Accounts& operator=(const Accounts&) = delete;

  // Each returns the account's name; empty if it cannot be made, of which the test has been told.
  std::string add_group(const std::string& name);
  // A user whose primary group is `group`, and a member of `supplementary`.
  std::string add_user(const std::string& name, const std::string& group,
                       const std::vector<std::string>& supplementary);

  // As the name service tells them: what a login would give the user.
  [[nodiscard]] static UserIds ids_of(const std::string& user);

 private:
  [[nodiscard]] static std::string own_name(const std::string& name);
  [[nodiscard]] bool announce(const std::string& kind, const std::string& name) const;

  // The remover is told by each line what there will be to remove, and begins when this end closes.
  int remover_input_ = -1;
  int remover_ = -1;
};

}  // namespace pipes::test
