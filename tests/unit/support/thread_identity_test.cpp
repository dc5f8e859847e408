// Taking on a user's ids and giving them back, also where the kernel refuses a step: a thread is never left half-way.
#include "support/thread_identity.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <thread>

#include "support/parker.h"

namespace pipes {
namespace {

const UserIds kAnna{61001, 61011, {61021, 61022, 61023}};
const UserIds kBert{61002, 61012, {61021, 61024}};

// From now on this process's `call` fails with EPERM if its argument number `argument` is `value`.
bool refuse(long call, uint32_t argument, uint32_t value) {
  const auto offset = static_cast<uint32_t>(offsetof(seccomp_data, args) + argument * sizeof(uint64_t));
  std::array<sock_filter, 6> filter{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(call), 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

bool refuse_capset() {
  std::array<sock_filter, 4> filter{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_capset, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

bool acts_as(const UserIds& ids) {
  const auto now = effective_ids();
  return now && *now == ids;
}

// How a process that runs `body` ends: its exit code, or minus the signal.
int in_child(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

class ThreadIdentity : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become somebody else";
  }
};

TEST_F(ThreadIdentity, IMP_1_OneThreadChangesAndReturns) {
  const auto own = effective_ids();
  ASSERT_TRUE(own);
  ASSERT_EQ(PIPES_OK, act_as(kAnna));
  EXPECT_TRUE(acts_as(kAnna));
  EXPECT_TRUE(acts_for_other());
  EXPECT_NE(0u, Parker::mine().identity);
  {
    const AsSelf as_self;
    EXPECT_TRUE(acts_as(*own));
  }
  EXPECT_TRUE(acts_as(kAnna));
  act_as_self();
  EXPECT_TRUE(acts_as(*own));
  EXPECT_FALSE(acts_for_other());
  EXPECT_EQ(0u, Parker::mine().identity);
}

TEST_F(ThreadIdentity, IMP_1_AThreadThatEndsMeanwhileLeavesTheOthersAlone) {
  const auto own = effective_ids();
  ASSERT_TRUE(own);
  std::thread([] { EXPECT_EQ(PIPES_OK, act_as(kAnna)); }).join();
  EXPECT_TRUE(acts_as(*own));
  std::thread([&] { EXPECT_TRUE(acts_as(*own) && Parker::mine().identity == 0); }).join();
}

TEST_F(ThreadIdentity, IMP_1_TheCapabilitiesAreGoneMeanwhile) {
  EXPECT_EQ(0, in_child([] {
              if (act_as(kAnna) != PIPES_OK) return 1;
              if (::open("/root", O_RDONLY | O_CLOEXEC) >= 0 || ::syscall(SYS_chroot, "/") == 0) return 2;
              act_as_self();
              return ::syscall(SYS_chroot, "/") == 0 ? 0 : 3;
            }));
}

// The kernel takes the capabilities of a thread that stops being root, unless the process has asked it not to.
TEST_F(ThreadIdentity, IMP_1_TheyAreGoneAlsoWhereTheKernelLeavesThem) {
  EXPECT_EQ(0, in_child([] {
              if (::prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) != 0) return 1;
              if (act_as(kAnna) != PIPES_OK) return 2;
              if (::syscall(SYS_chroot, "/") == 0) return 3;
              act_as_self();
              return ::syscall(SYS_chroot, "/") == 0 ? 0 : 4;
            }));
}

TEST_F(ThreadIdentity, IMP_12_WithoutPrivilegesNobodyElseCanBeActedFor) {
  EXPECT_EQ(0, in_child([] {
              if (::setresuid(61003, 61003, 61003) != 0) return 1;
              const auto own = effective_ids();
              if (act_as(kAnna) != PIPES_ERROR_PRIVILEGE_NOT_HELD || !acts_as(*own)) return 2;
              UserIds richer = *own;
              richer.groups.push_back(61021);
              return act_as(richer) == PIPES_OK && acts_as(*own) ? 0 : 3;
            }));
}

// A service that is no root, but may become others.
TEST_F(ThreadIdentity, IMP_12_TheTwoCapabilitiesAreEnough) {
  EXPECT_EQ(0, in_child([] {
              constexpr uint32_t kBoth = 1u << CAP_SETUID | 1u << CAP_SETGID;
              __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
              std::array<__user_cap_data_struct, 2> sets{{{kBoth, kBoth, 0}, {0, 0, 0}}};
              const UserIds own{61003, 61003, {61021}};
              if (::prctl(PR_SET_KEEPCAPS, 1) != 0 || ::setgroups(1, own.groups.data()) != 0) return 1;
              if (::setresgid(61003, 61003, 61003) != 0 || ::setresuid(61003, 61003, 61003) != 0) return 2;
              if (::syscall(SYS_capset, &header, sets.data()) != 0) return 3;
              if (act_as(kAnna) != PIPES_OK || !acts_as(kAnna)) return 4;
              if (::syscall(SYS_capget, &header, sets.data()) != 0 || sets[0].effective != 0) return 5;
              if (::syscall(SYS_setresuid, -1, 0, -1) == 0) return 6;
              if (act_as(kBert) != PIPES_OK || !acts_as(kBert)) return 7;
              act_as_self();
              if (!acts_as(own) || ::syscall(SYS_capget, &header, sets.data()) != 0) return 8;
              return sets[0].effective == kBoth ? 0 : 9;
            }));
}

// Which need not be the user's: what he may do is not known beyond his ids.
TEST_F(ThreadIdentity, IMP_1_TheSameUserIsActedForWithoutTheProcesssCapabilities) {
  EXPECT_EQ(0, in_child([] {
              constexpr uint32_t kChroot = 1u << CAP_SYS_CHROOT;
              __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
              std::array<__user_cap_data_struct, 2> sets{{{kChroot, kChroot, 0}, {0, 0, 0}}};
              const UserIds own{61003, 61003, {61021}};
              if (::prctl(PR_SET_KEEPCAPS, 1) != 0 || ::setgroups(1, own.groups.data()) != 0) return 1;
              if (::setresgid(61003, 61003, 61003) != 0 || ::setresuid(61003, 61003, 61003) != 0) return 2;
              if (::syscall(SYS_capset, &header, sets.data()) != 0 || ::syscall(SYS_chroot, "/") != 0) return 3;
              UserIds richer = own;
              richer.groups.push_back(61022);
              for (const UserIds& client : {own, richer}) {
                if (act_as(client) != PIPES_OK || !acts_as(own) || ::syscall(SYS_chroot, "/") == 0) return 4;
                if (Parker::mine().identity != 0) return 5;
                {
                  const AsSelf as_self;
                  if (::syscall(SYS_chroot, "/") != 0) return 6;
                }
                if (::syscall(SYS_chroot, "/") == 0) return 7;
                if (act_as(kAnna) != PIPES_ERROR_PRIVILEGE_NOT_HELD || ::syscall(SYS_chroot, "/") == 0) return 8;
                act_as_self();
                if (!acts_as(own) || ::syscall(SYS_chroot, "/") != 0) return 9;
              }
              return refuse_capset() && act_as(own) == PIPES_ERROR_PRIVILEGE_NOT_HELD && !acts_for_other() ? 0 : 10;
            }));
}

struct Step {
  const char* name;
  std::function<bool(const UserIds&)> refused;
};
const std::array<Step, 3> kSteps{{
    {"groups", [](const UserIds& ids) { return refuse(SYS_setgroups, 0, static_cast<uint32_t>(ids.groups.size())); }},
    {"group", [](const UserIds& ids) { return refuse(SYS_setresgid, 1, ids.gid); }},
    {"user", [](const UserIds& ids) { return refuse(SYS_setresuid, 1, ids.uid); }},
}};

TEST_F(ThreadIdentity, IMP_13_AStepThatFailsLeavesTheThreadAsItWas) {
  for (const Step& step : kSteps) {
    SCOPED_TRACE(step.name);
    EXPECT_EQ(0, in_child([&] {
                const auto own = effective_ids();
                if (!step.refused(kAnna)) return 1;
                if (act_as(kAnna) != PIPES_ERROR_PRIVILEGE_NOT_HELD) return 2;
                if (!acts_as(*own) || acts_for_other()) return 3;
                return act_as(kBert) == PIPES_OK && acts_as(kBert) ? 0 : 4;
              }));
  }
}

TEST_F(ThreadIdentity, IMP_13_AStepThatFailsLeavesWhoeverWasActedFor) {
  for (const Step& step : kSteps) {
    SCOPED_TRACE(step.name);
    EXPECT_EQ(0, in_child([&] {
                const auto own = effective_ids();
                if (act_as(kAnna) != PIPES_OK || !step.refused(kBert)) return 1;
                if (act_as(kBert) != PIPES_ERROR_PRIVILEGE_NOT_HELD) return 2;
                if (!acts_as(kAnna)) return 3;
                act_as_self();
                return acts_as(*own) ? 0 : 4;
              }));
  }
}

TEST_F(ThreadIdentity, IMP_13_CapabilitiesThatCannotBeGivenUp) {
  EXPECT_EQ(0, in_child([] {
              const auto own = effective_ids();
              if (::prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) != 0 || !refuse_capset()) return 1;
              if (act_as(kAnna) != PIPES_ERROR_PRIVILEGE_NOT_HELD) return 2;
              return acts_as(*own) && !acts_for_other() ? 0 : 3;
            }));
}

TEST_F(ThreadIdentity, IMP_15_WhereTheWayBackIsBarredTheProcessEnds) {
  const std::array<std::function<bool()>, 3> barred{{[] { return refuse(SYS_setresuid, 1, 0); },
                                                     [] { return refuse(SYS_setresgid, 1, 0); },
                                                     [] { return refuse(SYS_setgroups, 0, 0); }}};
  for (const auto& bar : barred) {
    EXPECT_EQ(-SIGABRT, in_child([&] {
      if (::setgroups(0, nullptr) != 0 || act_as(kAnna) != PIPES_OK || !bar()) return 1;
      act_as_self();
      return 0;
    }));
  }
}

TEST_F(ThreadIdentity, IMP_16_AForkedChildIsTheProcesss) {
  EXPECT_EQ(0, in_child([] {
              const auto own = effective_ids();
              if (act_as(kAnna) != PIPES_OK) return 1;
              const int child = in_child([&] {
                act_as_self_in_child();
                const AsSelf as_self;  // as at the library's next call
                return acts_as(*own) && Parker::mine().identity == 0 ? 0 : 1;
              });
              return child == 0 && acts_as(kAnna) ? 0 : 2;
            }));
}

}  // namespace
}  // namespace pipes
