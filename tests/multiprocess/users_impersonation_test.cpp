// Acting for clients, as several users: what a thread may do meanwhile, and how far a client lets it.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "multiprocess/user.h"

namespace pipes::test {
namespace {

constexpr uint32_t kStatic = PIPES_SECURITY_SQOS_PRESENT | PIPES_SECURITY_IMPERSONATION;
constexpr uint32_t kDynamic = kStatic | PIPES_SECURITY_CONTEXT_TRACKING;
const std::string kOpenToAll = "D:(A;;FA;;;WD)";

std::string as_text(const UserIds& ids) {
  std::string text = std::to_string(ids.uid) + " " + std::to_string(ids.gid) + " ";
  for (size_t i = 0; i < ids.groups.size(); ++i) text += (i == 0 ? "" : ",") + std::to_string(ids.groups[i]);
  return ids.groups.empty() ? text + "-" : text;
}

class UsersImpersonation : public UsersTest {
 protected:
  // Root serves the pipe, Anna has opened it and said something that root has read.
  void meet(User& server, User& client, uint32_t flags = 0) {
    ASSERT_STATUS(PIPES_OK, server.create(name_, kOpenToAll));
    ASSERT_STATUS(PIPES_OK, client.open(name_, kReadWrite, flags));
    ASSERT_STATUS(PIPES_OK, client.write("hello"));
    ASSERT_EQ("hello", server.read().text);
  }
  static uint32_t owner_of(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_uid : 0xFFFFFFFF;
  }
};

TEST_F(UsersImpersonation, IMP_1_TheThreadActsAsTheClientAndReturns) {
  User root = user(this->root());
  User anna = user(this->anna());
  meet(root, anna);
  ASSERT_STATUS(PIPES_OK, root.impersonate());
  EXPECT_EQ(as_text(this->anna()), root.acting_as());
  ASSERT_STATUS(PIPES_OK, root.make_file(folder() + "/of-anna"));
  EXPECT_EQ(kAnna, owner_of(folder() + "/of-anna"));
  // Root's own rights are not there meanwhile.
  std::filesystem::create_directory(folder() + "/roots");
  std::filesystem::permissions(folder() + "/roots", std::filesystem::perms::owner_all);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, root.make_file(folder() + "/roots/file"));
  ASSERT_STATUS(PIPES_OK, root.revert());
  EXPECT_EQ(as_text(this->root()), root.acting_as());
  EXPECT_STATUS(PIPES_OK, root.make_file(folder() + "/roots/file"));
  EXPECT_EQ(0u, owner_of(folder() + "/roots/file"));
}

TEST_F(UsersImpersonation, IMP_1_OtherThreadsAreNotTouched) {
  User root = user(this->root());
  User anna = user(this->anna());
  meet(root, anna);
  ASSERT_STATUS(PIPES_OK, root.impersonate());
  EXPECT_EQ(as_text(this->root()), root.ask("first_thread").text);
  ASSERT_STATUS(PIPES_OK, root.revert());
}

TEST_F(UsersImpersonation, USE_8_AServerReadsActsAsItsClientAndReturns) {
  User root = user(this->root());
  for (const UserIds& ids : {this->anna(), this->bert()}) {
    User client = user(ids);
    ASSERT_STATUS(PIPES_OK, root.create(name_, kOpenToAll));
    ASSERT_STATUS(PIPES_OK, client.open(name_, kReadWrite));
    const std::string path = folder() + "/of-" + std::to_string(ids.uid);
    ASSERT_STATUS(PIPES_OK, client.write(path));
    const std::string asked_for = root.read().text;
    ASSERT_STATUS(PIPES_OK, root.impersonate());
    EXPECT_STATUS(PIPES_OK, root.make_file(asked_for));
    ASSERT_STATUS(PIPES_OK, root.revert());
    EXPECT_EQ(ids.uid, owner_of(path));
    ASSERT_STATUS(PIPES_OK, root.disconnect());
    ASSERT_STATUS(PIPES_OK, root.close());
  }
}

TEST_F(UsersImpersonation, IMP_2_OnlyAServerEndHasAClient) {
  User root = user(this->root());
  User anna = user(this->anna());
  meet(root, anna);
  EXPECT_STATUS(PIPES_ERROR_INVALID_FUNCTION, anna.impersonate());
}

TEST_F(UsersImpersonation, IMP_3_TheLevelIsTheClients) {
  User root = user(this->root());
  User anna = user(this->anna());
  ASSERT_STATUS(PIPES_OK, root.create(name_, kOpenToAll));
  const struct {
    uint32_t flags;
    Code status;
    const char* level;
  } cases[] = {
      {kStatic, PIPES_OK, " 2 "},
      {kStatic | PIPES_SECURITY_EFFECTIVE_ONLY, PIPES_OK, " 2 "},
      {PIPES_SECURITY_SQOS_PRESENT | PIPES_SECURITY_DELEGATION, PIPES_OK, " 3 "},
      {PIPES_SECURITY_SQOS_PRESENT | PIPES_SECURITY_IDENTIFICATION, PIPES_ERROR_BAD_IMPERSONATION_LEVEL, " 1 "},
      {PIPES_SECURITY_SQOS_PRESENT, PIPES_ERROR_CANT_OPEN_ANONYMOUS, " 0 "},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.level);
    ASSERT_STATUS(PIPES_OK, anna.open(name_, kReadWrite, each.flags));
    EXPECT_STATUS(each.status, root.impersonate());
    EXPECT_NE(std::string::npos, root.client_identity().text.find(each.level));
    ASSERT_STATUS(PIPES_OK, root.revert());
    EXPECT_EQ(as_text(this->root()), root.acting_as());
    ASSERT_STATUS(PIPES_OK, root.disconnect());
    ASSERT_STATUS(PIPES_OK, anna.close());
    ASSERT_STATUS(PIPES_OK, root.ask("nowait").status);
    EXPECT_STATUS(PIPES_ERROR_PIPE_LISTENING, root.connect());
  }
}

TEST_F(UsersImpersonation, IMP_4_WithoutQualityOfServiceTheOtherBitsAreIgnored) {
  User root = user(this->root());
  User anna = user(this->anna());
  meet(root, anna, PIPES_SECURITY_IDENTIFICATION);
  EXPECT_STATUS(PIPES_OK, root.impersonate());
}

TEST_F(UsersImpersonation, IMP_5_QualityOfServiceWithoutALevelIsAnonymous) {
  User root = user(this->root());
  User anna = user(this->anna());
  meet(root, anna, PIPES_SECURITY_SQOS_PRESENT);
  EXPECT_STATUS(PIPES_ERROR_CANT_OPEN_ANONYMOUS, root.impersonate());
  // Nor is the server told who it is.
  EXPECT_EQ("0 4294967295 4294967295 - 0 S-1-5-7 0", root.client_identity().text);
}

// D33: the call itself fails, where Windows' would succeed and the opens after it fail.
TEST_F(UsersImpersonation, IMP_6_AnAnonymousClientCannotBeActedFor) {
  User root = user(this->root());
  User anna = user(this->anna());
  meet(root, anna, PIPES_SECURITY_SQOS_PRESENT | PIPES_SECURITY_ANONYMOUS | PIPES_SECURITY_CONTEXT_TRACKING);
  EXPECT_STATUS(PIPES_ERROR_CANT_OPEN_ANONYMOUS, root.impersonate());
  EXPECT_EQ(as_text(this->root()), root.acting_as());
}

TEST_F(UsersImpersonation, IMP_7_AClientThatIdentifiesItselfCanBeLookedAtAndNotActedFor) {
  User root = user(this->root());
  User anna = user(this->anna());
  meet(root, anna, PIPES_SECURITY_SQOS_PRESENT | PIPES_SECURITY_IDENTIFICATION);
  EXPECT_STATUS(PIPES_ERROR_BAD_IMPERSONATION_LEVEL, root.impersonate());
  EXPECT_EQ(as_text(this->root()), root.acting_as());
  EXPECT_EQ(std::to_string(anna.pid()) + " " + as_text(this->anna()) + " 1 " + sid(kAnna) + " 0",
            root.client_identity().text);
}

TEST_F(UsersImpersonation, IMP_8_DelegationActsOnThisComputerToo) {
  User root = user(this->root());
  User anna = user(this->anna());
  meet(root, anna, PIPES_SECURITY_SQOS_PRESENT | PIPES_SECURITY_DELEGATION);
  ASSERT_STATUS(PIPES_OK, root.impersonate());
  EXPECT_EQ(as_text(this->anna()), root.acting_as());
}

TEST_F(UsersImpersonation, IMP_19_AClientThatDoesNotTrustItsServerKeepsItFromActing) {
  User root = user(this->root());
  User anna = user(this->anna());
  ASSERT_STATUS(PIPES_OK, root.create(name_, kOpenToAll));
  for (const uint32_t level : {PIPES_SECURITY_IDENTIFICATION, PIPES_SECURITY_ANONYMOUS}) {
    ASSERT_STATUS(PIPES_OK, anna.open(name_, kReadWrite, PIPES_SECURITY_SQOS_PRESENT | level));
    ASSERT_STATUS(PIPES_OK, anna.write("x"));
    ASSERT_EQ("x", root.read().text);
    EXPECT_FALSE(root.impersonate().ok());
    EXPECT_EQ(as_text(this->root()), root.acting_as());
    ASSERT_STATUS(PIPES_OK, root.disconnect());
    ASSERT_STATUS(PIPES_OK, anna.close());
    ASSERT_STATUS(PIPES_OK, root.ask("nowait").status);
    EXPECT_STATUS(PIPES_ERROR_PIPE_LISTENING, root.connect());
  }
}

TEST_F(UsersImpersonation, INFO_11_TheUsersNameIsThatOfWhoCouldBeActedFor) {
  User root = user(this->root());
  User anna = user(this->anna());
  ASSERT_STATUS(PIPES_OK, root.create(name_, kOpenToAll));
  ASSERT_STATUS(PIPES_OK, anna.open(name_));
  EXPECT_STATUS(PIPES_ERROR_CANNOT_IMPERSONATE, root.ask("user_name").status);
  ASSERT_STATUS(PIPES_OK, anna.write("x"));
  ASSERT_EQ("x", root.read().text);
  EXPECT_EQ(std::to_string(kAnna), root.ask("user_name").text);  // nobody's account has that id
}

TEST_F(UsersImpersonation, IMP_10_NothingReadYet) {
  User root = user(this->root());
  User anna = user(this->anna());
  ASSERT_STATUS(PIPES_OK, root.create(name_, kOpenToAll));
  EXPECT_STATUS(PIPES_ERROR_CANNOT_IMPERSONATE, root.impersonate());
  ASSERT_STATUS(PIPES_OK, anna.open(name_, kReadWrite, kDynamic));
  EXPECT_STATUS(PIPES_ERROR_CANNOT_IMPERSONATE, root.impersonate());
  ASSERT_STATUS(PIPES_OK, anna.write("x"));
  EXPECT_STATUS(PIPES_ERROR_CANNOT_IMPERSONATE, root.impersonate());
  EXPECT_EQ("x", root.peek().text);  // IMP-9: peeking counts
  EXPECT_STATUS(PIPES_OK, root.impersonate());
}

TEST_F(UsersImpersonation, IMP_10_AStaticIdentityIsThereAtOnce) {
  User root = user(this->root());
  User anna = user(this->anna());
  ASSERT_STATUS(PIPES_OK, root.create(name_, kOpenToAll));
  ASSERT_STATUS(PIPES_OK, anna.open(name_, kReadWrite, kStatic));
  ASSERT_STATUS(PIPES_OK, root.impersonate());
  EXPECT_EQ(as_text(this->anna()), root.acting_as());
}

TEST_F(UsersImpersonation, IMP_11_AClosedClientsIdentityStaysAndADisconnectedOnesGoes) {
  User root = user(this->root());
  User anna = user(this->anna());
  meet(root, anna);
  ASSERT_STATUS(PIPES_OK, anna.close());
  EXPECT_STATUS(PIPES_ERROR_NO_DATA, root.connect());
  EXPECT_STATUS(PIPES_OK, root.impersonate());
  ASSERT_STATUS(PIPES_OK, root.revert());
  ASSERT_STATUS(PIPES_OK, root.disconnect());
  EXPECT_STATUS(PIPES_ERROR_CANNOT_IMPERSONATE, root.impersonate());
  ASSERT_STATUS(PIPES_OK, root.ask("nowait").status);
  EXPECT_STATUS(PIPES_ERROR_PIPE_LISTENING, root.connect());
  User bert = user(this->bert());
  ASSERT_STATUS(PIPES_OK, bert.open(name_));
  EXPECT_STATUS(PIPES_ERROR_CANNOT_IMPERSONATE, root.impersonate());
  ASSERT_STATUS(PIPES_OK, bert.write("y"));
  ASSERT_EQ("y", root.read().text);
  EXPECT_STATUS(PIPES_ERROR_PIPE_CONNECTED, root.connect());
  ASSERT_STATUS(PIPES_OK, root.impersonate());
  EXPECT_EQ(as_text(this->bert()), root.acting_as());
}

TEST_F(UsersImpersonation, IMP_12_WithoutThePrivilegeOnlyTheSameUser) {
  User anna = user(this->anna());
  User bert = user(this->bert());
  User again = user(this->anna());
  ASSERT_STATUS(PIPES_OK, anna.create(name_, kOpenToAll));
  ASSERT_STATUS(PIPES_OK, bert.open(name_, kReadWrite, kStatic));
  EXPECT_STATUS(PIPES_ERROR_PRIVILEGE_NOT_HELD, anna.impersonate());
  EXPECT_EQ(as_text(this->anna()), anna.acting_as());
  anna.use(1);
  ASSERT_STATUS(PIPES_OK, anna.create(name_));
  ASSERT_STATUS(PIPES_OK, again.open(name_, kReadWrite, kStatic));
  EXPECT_STATUS(PIPES_OK, anna.impersonate());
  EXPECT_STATUS(PIPES_OK, anna.revert());
}

TEST_F(UsersImpersonation, IMP_12_TheSameUserWithFewerGroupsIsNotGoneOnFor) {
  User anna = user(this->anna());
  User poorer = user({kAnna, kAnna, {}});
  ASSERT_STATUS(PIPES_OK, anna.create(name_, kOpenToAll));
  ASSERT_STATUS(PIPES_OK, poorer.open(name_, kReadWrite, kStatic));
  EXPECT_STATUS(PIPES_ERROR_PRIVILEGE_NOT_HELD, anna.impersonate());
}

TEST_F(UsersImpersonation, IMP_13_AFailureLeavesTheFormerIdentity) {
  User root = user(this->root());
  User anna = user(this->anna());
  User bert = user(this->bert());
  meet(root, anna);
  ASSERT_STATUS(PIPES_OK, root.impersonate());
  root.use(1);
  // The second pipe, made meanwhile, is Anna's (IMP-16).
  const std::string other = unique_name();
  ASSERT_STATUS(PIPES_OK, root.create(other, kOpenToAll));
  ASSERT_STATUS(PIPES_OK, bert.open(other, kReadWrite, PIPES_SECURITY_SQOS_PRESENT | PIPES_SECURITY_IDENTIFICATION));
  EXPECT_STATUS(PIPES_ERROR_BAD_IMPERSONATION_LEVEL, root.impersonate());
  EXPECT_EQ(as_text(this->anna()), root.acting_as());
}

TEST_F(UsersImpersonation, IMP_14_OneRevertEndsAnyNumber) {
  User root = user(this->root());
  User anna = user(this->anna());
  User bert = user(this->bert());
  ASSERT_STATUS(PIPES_OK, root.create(name_, kOpenToAll));
  ASSERT_STATUS(PIPES_OK, anna.open(name_, kReadWrite, kStatic));
  root.use(1);
  ASSERT_STATUS(PIPES_OK, root.create(name_));
  ASSERT_STATUS(PIPES_OK, bert.open(name_, kReadWrite, kStatic));
  root.use(0);
  ASSERT_STATUS(PIPES_OK, root.impersonate());
  root.use(1);
  ASSERT_STATUS(PIPES_OK, root.impersonate());
  EXPECT_EQ(as_text(this->bert()), root.acting_as());
  root.use(0);
  ASSERT_STATUS(PIPES_OK, root.impersonate());
  ASSERT_STATUS(PIPES_OK, root.impersonate());
  EXPECT_EQ(as_text(this->anna()), root.acting_as());
  ASSERT_STATUS(PIPES_OK, root.revert());
  EXPECT_EQ(as_text(this->root()), root.acting_as());
  EXPECT_STATUS(PIPES_OK, root.revert());
}

TEST_F(UsersImpersonation, IMP_16_PipesAreMadeAndOpenedAsTheClient) {
  User root = user(this->root());
  User anna = user(this->anna());
  User bert = user(this->bert());
  meet(root, anna);
  const std::string berts = unique_name();
  ASSERT_STATUS(PIPES_OK, bert.create(berts, "D:(A;;FA;;;" + sid(kBert) + ")(A;;FA;;;BA)(A;;FR;;;" + sid(kAnna) + ")"));
  ASSERT_STATUS(PIPES_OK, root.impersonate());
  root.use(1);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, root.open(berts));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, root.create(berts));
  ASSERT_STATUS(PIPES_OK, root.open(berts, PIPES_GENERIC_READ));
  ASSERT_STATUS(PIPES_OK, bert.write("x"));
  EXPECT_EQ("x", root.read().text);
  root.use(2);
  const std::string made = unique_name();
  ASSERT_STATUS(PIPES_OK, root.create(made));
  EXPECT_EQ("O:" + sid(kAnna), root.get_security(PIPES_OWNER_SECURITY_INFORMATION).text);
  ASSERT_STATUS(PIPES_OK, root.revert());
  ASSERT_STATUS(PIPES_OK, anna.close());
  ASSERT_STATUS(PIPES_OK, anna.open(made, kReadWrite, 0, sid(kAnna)));
  ASSERT_STATUS(PIPES_OK, root.write("yours"));
  EXPECT_EQ("yours", anna.read().text);
}

TEST_F(UsersImpersonation, IMP_16_NewProcessesAreTheServers) {
  User root = user(this->root());
  User anna = user(this->anna());
  meet(root, anna);
  ASSERT_STATUS(PIPES_OK, root.impersonate());
  EXPECT_EQ("0", root.ask("start_program").text);
  EXPECT_EQ(as_text(this->anna()), root.acting_as()) << "starting one changes nothing";
  ASSERT_STATUS(PIPES_OK, root.revert());
}

TEST_F(UsersImpersonation, IMP_17_AHandleThatMovesNoDataCarriesNoIdentity) {
  User root = user(this->root());
  User anna = user(this->anna());
  ASSERT_STATUS(PIPES_OK, root.create(name_, kOpenToAll));
  ASSERT_STATUS(PIPES_OK, anna.open(name_, PIPES_FILE_READ_ATTRIBUTES, kStatic));
  EXPECT_STATUS(PIPES_ERROR_CANNOT_IMPERSONATE, root.impersonate());
}

TEST_F(UsersImpersonation, IMP_20_TheIdentityOutlivesTheClientsProcess) {
  User root = user(this->root());
  User anna = user(this->anna());
  meet(root, anna);
  anna.kill();
  ASSERT_STATUS(PIPES_OK, root.impersonate());
  EXPECT_EQ(as_text(this->anna()), root.acting_as());
}

TEST_F(UsersImpersonation, TheIdentityIsTheKernelsWord) {
  User root = user(this->root());
  User bert = user(this->bert());
  meet(root, bert);
  EXPECT_EQ(std::to_string(bert.pid()) + " " + as_text(this->bert()) + " 2 " + sid(kBert) + " 0",
            root.client_identity().text);
}

// Root's process in the middle acts for Anna and for Bert in turn, and writes on to another server.
class UsersTracking : public UsersImpersonation {
 protected:
  void SetUp() override {
    UsersImpersonation::SetUp();
    if (IsSkipped()) return;
    server_ = std::make_unique<User>(user(root()));
    middle_ = std::make_unique<User>(user(root()));
    anna_ = std::make_unique<User>(user(anna()));
    bert_ = std::make_unique<User>(user(bert()));
    const std::string front = unique_name();
    ASSERT_STATUS(PIPES_OK, server_->create(name_, kOpenToAll));
    ASSERT_STATUS(PIPES_OK, middle_->create(front, kOpenToAll));
    ASSERT_STATUS(PIPES_OK, anna_->open(front, kReadWrite, kStatic));
    middle_->use(1);
    ASSERT_STATUS(PIPES_OK, middle_->create(front));
    ASSERT_STATUS(PIPES_OK, bert_->open(front, kReadWrite, kStatic));
    middle_->use(kOnward);
  }
  void write_for(uint32_t place, const std::string& text) {
    middle_->use(place);
    ASSERT_STATUS(PIPES_OK, middle_->impersonate());
    middle_->use(kOnward);
    EXPECT_STATUS(PIPES_OK, middle_->write(text));
    ASSERT_STATUS(PIPES_OK, middle_->revert());
  }
  void expect_from(const std::string& text, const UserIds& writer) {
    EXPECT_EQ(text, server_->read().text);
    ASSERT_STATUS(PIPES_OK, server_->impersonate());
    EXPECT_EQ(as_text(writer), server_->acting_as());
    ASSERT_STATUS(PIPES_OK, server_->revert());
  }

  static constexpr uint32_t kForAnna = 0;
  static constexpr uint32_t kForBert = 1;
  static constexpr uint32_t kOnward = 2;
  std::unique_ptr<User> server_, middle_, anna_, bert_;
};

TEST_F(UsersTracking, IMP_9_TheIdentityIsThatOfTheWriterOfWhatWasReadLast) {
  ASSERT_STATUS(PIPES_OK, middle_->open(name_, kReadWrite, kDynamic));
  ASSERT_STATUS(PIPES_OK, middle_->write("own"));
  write_for(kForAnna, "anna");
  write_for(kForBert, "bert");
  write_for(kForAnna, "anna again");
  ASSERT_STATUS(PIPES_OK, middle_->write("own again"));
  expect_from("own", root());
  expect_from("anna", anna());
  expect_from("bert", bert());
  expect_from("anna again", anna());
  expect_from("own again", root());
  // The identity comes from the one who wrote, and its process is the one in the middle.
  write_for(kForBert, "bert");
  EXPECT_EQ("bert", server_->peek().text);
  EXPECT_EQ(std::to_string(middle_->pid()) + " " + as_text(bert()) + " 2 " + sid(kBert) + " 0",
            server_->client_identity().text);
}

TEST_F(UsersTracking, READ_24_AReadTakesOverTheIdentityOfItsWriter) {
  ASSERT_STATUS(PIPES_OK, middle_->open(name_));  // tracked unless told otherwise (IMP-4)
  write_for(kForBert, "bert");
  ASSERT_STATUS(PIPES_OK, middle_->write("own"));
  EXPECT_STATUS(PIPES_ERROR_CANNOT_IMPERSONATE, server_->impersonate());
  expect_from("bert", bert());
  expect_from("own", root());
}

TEST_F(UsersTracking, IMP_9_AStaticIdentityIsThatOfTheOpen) {
  ASSERT_STATUS(PIPES_OK, middle_->open(name_, kReadWrite, kStatic));
  write_for(kForAnna, "anna");
  expect_from("anna", root());
}

TEST_F(UsersTracking, IMP_9_WhoOpensForAClientWritesForHim) {
  middle_->use(kForAnna);
  ASSERT_STATUS(PIPES_OK, middle_->impersonate());
  middle_->use(kOnward);
  ASSERT_STATUS(PIPES_OK, middle_->open(name_));
  ASSERT_STATUS(PIPES_OK, middle_->write("anna"));
  ASSERT_STATUS(PIPES_OK, middle_->revert());
  expect_from("anna", anna());
  ASSERT_STATUS(PIPES_OK, middle_->write("own"));
  expect_from("own", root());
}

TEST_F(UsersTracking, IMP_9_ManyWritersOfWhomTwoAreUnread) {
  ASSERT_STATUS(PIPES_OK, middle_->open(name_, kReadWrite, kDynamic));
  // Each time somebody else, by the count of impersonations, and two by their ids.
  for (int round = 0; round < 12; ++round) {
    write_for(kForAnna, "anna");
    write_for(kForBert, "bert");
  }
  for (int round = 0; round < 12; ++round) {
    expect_from("anna", anna());
    expect_from("bert", bert());
  }
}

}  // namespace
}  // namespace pipes::test
