// Real users, whom the system knows by name and whose groups are what it says of them: who may use a pipe by an entry
// for a group, what accounts are called, whose pipe a name is, and what a server does as its client.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <memory>
#include <string>

#include "multiprocess/accounts.h"
#include "multiprocess/user.h"
#include "support/security.h"

namespace pipes::test {
namespace {

const std::string kOpenToAll = "D:(A;;FA;;;WD)";

std::string sid_of_name(const std::string& name) {
  std::array<char, PIPES_SID_BYTES_MAX> sid{};
  auto size = static_cast<uint32_t>(sid.size());
  const Code status{pipes_sid_from_name(name.c_str(), sid.data(), &size)};
  EXPECT_STATUS(PIPES_OK, status) << name;
  return status == PIPES_OK ? format_sid({sid.data(), size}).value : "";
}

Told name_of_sid(const std::string& text) {
  const std::string sid = parse_sid(text).value;
  std::array<char, 256> name{};
  const Code status{pipes_sid_to_name(sid.data(), static_cast<uint32_t>(sid.size()), name.data(), name.size())};
  return {status, name.data()};
}

// Anna is staff; Bert is staff, too, and a guest; Carl is neither. All are people first.
class UsersAccounts : public UsersTest {
 protected:
  void SetUp() override {
    UsersTest::SetUp();
    if (IsSkipped()) return;
    if (const std::string why = Accounts::why_not(); !why.empty()) GTEST_SKIP() << why;
    accounts_ = std::make_unique<Accounts>();
    const std::string people = accounts_->add_group("people");
    staff_ = accounts_->add_group("staff");
    guests_ = accounts_->add_group("guests");
    anna_ = accounts_->add_user("anna", people, {staff_});
    bert_ = accounts_->add_user("bert", people, {staff_, guests_});
    carl_ = accounts_->add_user("carl", people, {});
    ASSERT_FALSE(HasFailure());
  }
  [[nodiscard]] User login(const std::string& name) const { return user(Accounts::ids_of(name)); }

  std::unique_ptr<Accounts> accounts_;
  std::string staff_;
  std::string guests_;
  std::string anna_;
  std::string bert_;
  std::string carl_;
};

TEST_F(UsersAccounts, ACC_1_ASupplementaryGroupLetsItsMembersIn) {
  User server = login(carl_);
  User anna = login(anna_);
  User other = user(this->anna());  // in no group of that name
  ASSERT_STATUS(PIPES_OK, server.create(name_, "D:(A;;FA;;;" + sid_of_name(carl_) + ")(A;;0x12019b;;;" +
                                                   sid_of_name(staff_) + ")"));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, other.open(name_));
  ASSERT_STATUS(PIPES_OK, anna.open(name_));
  ASSERT_STATUS(PIPES_OK, anna.write("in"));
  EXPECT_EQ("in", server.read().text);
}

TEST_F(UsersAccounts, ACC_1_ADenyingEntryForAGroupsNameKeepsItsMembersOut) {
  User server = login(carl_);
  User anna = login(anna_);
  User bert = login(bert_);
  ASSERT_STATUS(PIPES_OK, server.create(name_, "D:(D;;FA;;;" + sid_of_name("Unix Group\\" + guests_) + ")(A;;FA;;;" +
                                                   sid_of_name(staff_) + ")"));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, bert.open(name_));  // whatever his other group may do
  EXPECT_STATUS(PIPES_OK, anna.open(name_));
}

TEST_F(UsersAccounts, AnAccountAndItsSidLeadToEachOther) {
  const UserIds anna = Accounts::ids_of(anna_);
  const std::string user = sid(anna.uid);
  EXPECT_EQ(user, sid_of_name(anna_));
  EXPECT_EQ(user, sid_of_name("Unix User\\" + anna_));
  EXPECT_EQ("Unix User\\" + anna_, name_of_sid(user).value);
  const std::string group = sid_of_name(staff_);
  EXPECT_TRUE(group.starts_with("S-1-22-2-"));
  EXPECT_EQ("Unix Group\\" + staff_, name_of_sid(group).value);
  accounts_.reset();
  // The numbers may have been given to others meanwhile.
  EXPECT_NE("Unix User\\" + anna_, name_of_sid(user).value);
  EXPECT_NE("Unix Group\\" + staff_, name_of_sid(group).value);
  std::array<char, PIPES_SID_BYTES_MAX> bytes{};
  auto size = static_cast<uint32_t>(bytes.size());
  EXPECT_STATUS(PIPES_ERROR_NONE_MAPPED, pipes_sid_from_name(anna_.c_str(), bytes.data(), &size));
}

// Carl sits on the name of Anna's service, and is no more than that: she notices, and so does a client who asks for
// her.
TEST_F(UsersAccounts, ASquatterIsNoticedAndLeavesNothing) {
  User squatter = login(carl_);
  User anna = login(anna_);
  User bert = login(bert_);
  ASSERT_STATUS(PIPES_OK, squatter.create(name_, "D:(A;;0x12019b;;;WD)"));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, anna.create(name_));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED,
                anna.create(name_, kOpenToAll, PIPES_ACCESS_DUPLEX | PIPES_FLAG_FIRST_PIPE_INSTANCE));
  EXPECT_STATUS(PIPES_ERROR_INVALID_OWNER, bert.open(name_, kReadWrite, 0, sid_of_name(anna_)));
  squatter.kill();
  ASSERT_STATUS(PIPES_OK, anna.create(name_, kOpenToAll, PIPES_ACCESS_DUPLEX | PIPES_FLAG_FIRST_PIPE_INSTANCE));
  EXPECT_STATUS(PIPES_OK, bert.open(name_, kReadWrite, 0, sid_of_name(anna_)));
  EXPECT_EQ("O:" + sid_of_name(anna_), anna.get_security(PIPES_OWNER_SECURITY_INFORMATION).text);
}

TEST_F(UsersAccounts, IMP_1_WhatIsMadeForAClientBelongsToHisAccount) {
  User root = user(this->root());
  User anna = login(anna_);
  const UserIds ids = Accounts::ids_of(anna_);
  ASSERT_STATUS(PIPES_OK, root.create(name_, kOpenToAll));
  ASSERT_STATUS(PIPES_OK, anna.open(name_));
  ASSERT_STATUS(PIPES_OK, anna.write("hello"));
  ASSERT_EQ("hello", root.read().text);
  EXPECT_EQ(anna_, root.ask("user_name").text);

  // Where only staff may write, and where only guests may.
  const auto closed_to_others = [&](const std::string& name, const std::string& group) {
    const std::string path = folder() + "/" + name;
    EXPECT_TRUE(std::filesystem::create_directory(path));
    const std::string text = sid_of_name("Unix Group\\" + group);
    const auto gid = static_cast<gid_t>(std::stoul(text.substr(text.rfind('-') + 1)));
    EXPECT_EQ(0, ::chown(path.c_str(), 0, gid));
    EXPECT_EQ(0, ::chmod(path.c_str(), 0770));
    return path + "/file";
  };
  const std::string for_staff = closed_to_others("staff", staff_);
  const std::string for_guests = closed_to_others("guests", guests_);
  ASSERT_STATUS(PIPES_OK, root.impersonate());
  EXPECT_STATUS(PIPES_OK, root.make_file(for_staff));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, root.make_file(for_guests));
  ASSERT_STATUS(PIPES_OK, root.revert());
  EXPECT_STATUS(PIPES_OK, root.make_file(for_guests));
  struct stat made {};
  ASSERT_EQ(0, ::stat(for_staff.c_str(), &made));
  EXPECT_EQ(ids.uid, made.st_uid);
  EXPECT_EQ(ids.gid, made.st_gid);
  ASSERT_EQ(0, ::stat(for_guests.c_str(), &made));
  EXPECT_EQ(0u, made.st_uid);
}

// A test that dies leaves no accounts behind.
PIPES_CHILD_ROLE(maker_of_accounts) {
  Accounts accounts;
  const std::string group = accounts.add_group("group");
  parent.say(accounts.add_user("user", group, {}));
  parent.wait_for_end();
  return 0;
}

TEST_F(UsersAccounts, AccountsAreRemovedAfterADeath) {
  Child child = Child::spawn("maker_of_accounts");
  const auto name = child.next_line();
  ASSERT_TRUE(name && !name->empty());
  EXPECT_NE("", sid_of_name(*name));
  child.kill();
  (void)child.wait();
  EXPECT_TRUE(eventually([&] {
    std::array<char, PIPES_SID_BYTES_MAX> sid{};
    auto size = static_cast<uint32_t>(sid.size());
    return pipes_sid_from_name(name->c_str(), sid.data(), &size) == PIPES_ERROR_NONE_MAPPED;
  }));
}

}  // namespace
}  // namespace pipes::test
