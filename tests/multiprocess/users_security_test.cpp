// Who may use a pipe, as several users try it: opening it, adding instances, reading and changing its descriptor.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <mutex>
#include <string>

#include "multiprocess/user.h"

namespace pipes::test {
namespace {

constexpr uint32_t kDacl = PIPES_DACL_SECURITY_INFORMATION;
constexpr uint32_t kWhole = PIPES_OWNER_SECURITY_INFORMATION | PIPES_GROUP_SECURITY_INFORMATION | kDacl;

class UsersSecurity : public UsersTest {};

// What the library says about a refusal, which shuts out even root.
TEST(RefusedAccess, TheLogSaysWhoAskedForWhatAndWhichEntryDecided) {
  struct Lines {
    std::mutex mutex;
    std::string text;
  } lines;
  const auto keep = [](uint32_t, const char* message, void* context) {
    auto& kept = *static_cast<Lines*>(context);
    const std::lock_guard lock(kept.mutex);
    kept.text += std::string(message) + "\n";
  };
  void* descriptor = nullptr;
  uint32_t size = 0;
  ASSERT_STATUS(PIPES_OK,
                pipes_sd_parse("D:(A;;FR;;;WD)(D;;CCDC;;;AU)(A;;FA;;;WD)", PIPES_SDDL_REVISION_1, &descriptor, &size));
  const pipes_security_attributes attributes{sizeof(attributes), 0, descriptor, size, 0};
  const std::string name = unique_name();
  const Opened server = try_create_server(name, {}, &attributes);
  pipes_sd_free(descriptor);
  ASSERT_STATUS(PIPES_OK, server.status);
  ASSERT_STATUS(PIPES_OK, pipes_set_log(keep, &lines, 3));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, try_open(name).status);
  const auto said = [&] {
    const std::lock_guard lock(lines.mutex);
    return lines.text.find("entry 1, (D;;CCDC;;;AU), refuses 0x00000002") != std::string::npos &&
           lines.text.find("uid " + std::to_string(::geteuid()) + " asked for 0x") != std::string::npos;
  };
  EXPECT_TRUE(eventually(said)) << lines.text;
  ASSERT_STATUS(PIPES_OK, pipes_set_log(nullptr, nullptr, 0));
}

TEST_F(UsersSecurity, SEC_1_TheDefaultDescriptorIsTheCreators) {
  User anna = user(this->anna());
  ASSERT_STATUS(PIPES_OK, anna.create(name_));
  EXPECT_EQ("O:" + sid(kAnna) + "G:" + group_sid(kAnna) + "D:(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;" + sid(kAnna) +
                ")(A;;FR;;;WD)(A;;FR;;;AN)",
            anna.get_security(kWhole).text);
}

TEST_F(UsersSecurity, SEC_2_OthersMayReadAndNotWrite) {
  User anna = user(this->anna());
  User bert = user(this->bert());
  ASSERT_STATUS(PIPES_OK, anna.create(name_));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, bert.open(name_, PIPES_GENERIC_WRITE));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, bert.open(name_, kReadWrite));
  ASSERT_STATUS(PIPES_OK, bert.open(name_, PIPES_GENERIC_READ));
  EXPECT_STATUS(PIPES_OK, anna.write("hello"));
  EXPECT_EQ("hello", bert.read().text);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, bert.write("hello"));
}

TEST_F(UsersSecurity, SEC_2_RootMayDoAll) {
  User anna = user(this->anna());
  User root = user(this->root());
  ASSERT_STATUS(PIPES_OK, anna.create(name_));
  EXPECT_STATUS(PIPES_OK, root.open(name_, PIPES_GENERIC_ALL));
}

TEST_F(UsersSecurity, ACC_1_ADenyingEntryForASupplementaryGroupCounts) {
  User anna = user(this->anna());
  User bert = user(this->bert());
  User carl = user(this->carl());
  ASSERT_STATUS(PIPES_OK, anna.create(name_, "D:(D;;FA;;;" + group_sid(kGuests) + ")(A;;0x12019b;;;WD)"));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, bert.open(name_));
  EXPECT_STATUS(PIPES_OK, carl.open(name_));
}

TEST_F(UsersSecurity, ACC_1_AnAllowingEntryForASupplementaryGroupCounts) {
  User anna = user(this->anna());
  User bert = user(this->bert());
  User carl = user(this->carl());
  ASSERT_STATUS(PIPES_OK, anna.create(name_, "D:(A;;0x12019b;;;" + group_sid(kStaff) + ")"));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, carl.open(name_));
  EXPECT_STATUS(PIPES_OK, bert.open(name_));
}

TEST_F(UsersSecurity, CLI_2_ARefusalComesBeforeABusyPipe) {
  User anna = user(this->anna());
  User bert = user(this->bert());
  ASSERT_STATUS(PIPES_OK, anna.create(name_));
  ASSERT_STATUS(PIPES_OK, bert.open(name_, PIPES_GENERIC_READ));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, bert.open(name_));
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, bert.open(name_, PIPES_GENERIC_READ));
}

TEST_F(UsersSecurity, SEC_4_ADescriptorThatShutsItsCreatorOut) {
  User anna = user(this->anna());
  ASSERT_STATUS(PIPES_OK, anna.create(name_, "D:"));
  anna.use(1);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, anna.open(name_));
}

TEST_F(UsersSecurity, SEC_5_ANullDaclIsForEveryone) {
  User anna = user(this->anna());
  User carl = user(this->carl());
  ASSERT_STATUS(PIPES_OK, anna.create(name_, "D:NO_ACCESS_CONTROL"));
  EXPECT_STATUS(PIPES_OK, carl.open(name_, PIPES_GENERIC_ALL));
}

TEST_F(UsersSecurity, SEC_6_CreatorOwnerBecomesTheOwner) {
  User anna = user(this->anna());
  ASSERT_STATUS(PIPES_OK, anna.create(name_, "D:(A;;GA;;;CO)(A;;GR;;;CG)"));
  EXPECT_EQ("D:(A;;FA;;;" + sid(kAnna) + ")(A;;FR;;;" + group_sid(kAnna) + ")", anna.get_security(kDacl).text);
}

TEST_F(UsersSecurity, SEC_7_OnlyRootMayMakeAnotherTheOwner) {
  User anna = user(this->anna());
  User root = user(this->root());
  EXPECT_STATUS(PIPES_ERROR_INVALID_OWNER, anna.create(name_, "O:" + sid(kBert) + "D:(A;;FA;;;WD)"));
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, root.open(name_));  // no pipe came of it
  EXPECT_STATUS(PIPES_OK, root.create(name_, "O:" + sid(kBert) + "D:(A;;FA;;;WD)"));
}

TEST_F(UsersSecurity, SEC_8_AHandleKeepsWhatItWasGranted) {
  User anna = user(this->anna());
  User bert = user(this->bert());
  ASSERT_STATUS(PIPES_OK, anna.create(name_, "D:(A;;FA;;;WD)", PIPES_ACCESS_DUPLEX | PIPES_WRITE_DAC));
  ASSERT_STATUS(PIPES_OK, bert.open(name_));
  ASSERT_STATUS(PIPES_OK, anna.set_security(kDacl, "D:"));
  EXPECT_STATUS(PIPES_OK, bert.write("still"));
  bert.use(1);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, bert.open(name_));
}

TEST_F(UsersSecurity, SEC_10_WritingWithoutTheRightToAddInstances) {
  User anna = user(this->anna());
  User bert = user(this->bert());
  ASSERT_STATUS(PIPES_OK, anna.create(name_, "D:(A;;0x12019b;;;WD)"));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, bert.create(name_));
  EXPECT_STATUS(PIPES_OK, bert.open(name_));
}

TEST_F(UsersSecurity, SEC_3_TheDescriptorAdmitsAnotherUsersServerProcess) {
  User anna = user(this->anna());
  User bert = user(this->bert());
  User carl = user(this->carl());
  ASSERT_STATUS(PIPES_OK, anna.create(name_, "D:(A;;FA;;;" + sid(kBert) + ")(A;;0x12019b;;;WD)"));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, carl.create(name_));
  ASSERT_STATUS(PIPES_OK, bert.create(name_));
  // Clients rotate, so of two one reaches each.
  User first = user(this->carl());
  ASSERT_STATUS(PIPES_OK, carl.open(name_));
  ASSERT_STATUS(PIPES_OK, first.open(name_));
  EXPECT_STATUS(PIPES_ERROR_PIPE_CONNECTED, anna.connect());
  EXPECT_STATUS(PIPES_ERROR_PIPE_CONNECTED, bert.connect());
  // Of whom the client learns that it is Bert's process.
  ASSERT_STATUS(PIPES_OK, bert.write("from Bert"));
  ASSERT_STATUS(PIPES_OK, anna.write("from Anna"));
  EXPECT_EQ(std::string("from Bertfrom Anna").size(), carl.read().text.size() + first.read().text.size());
}

TEST_F(UsersSecurity, INST_4_TheLimitHoldsAcrossUsers) {
  User anna = user(this->anna());
  User bert = user(this->bert());
  ASSERT_STATUS(PIPES_OK, anna.create(name_, "D:(A;;FA;;;WD)", PIPES_ACCESS_DUPLEX, 3));
  ASSERT_STATUS(PIPES_OK, bert.create(name_));
  bert.use(1);
  ASSERT_STATUS(PIPES_OK, bert.create(name_));
  bert.use(2);
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, bert.create(name_));
  bert.use(1);
  ASSERT_STATUS(PIPES_OK, bert.close());
  bert.use(2);
  EXPECT_STATUS(PIPES_OK, bert.create(name_));
  anna.use(1);
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, anna.create(name_));
  bert.kill();
  EXPECT_STATUS(PIPES_OK, anna.create(name_));
}

TEST_F(UsersSecurity, DECISION_15_AServerProcessThatWasKilledLeavesNothingThatCounts) {
  {
    User anna = user(this->anna());
    User bert = user(this->bert());
    ASSERT_STATUS(PIPES_OK, anna.create(name_, "D:(A;;FA;;;WD)"));
    ASSERT_STATUS(PIPES_OK, bert.create(name_));
    anna.kill();
    // The pipe goes on with Bert's instance, and nobody else is admitted.
    User carl = user(this->carl());
    EXPECT_STATUS(PIPES_OK, carl.open(name_));
    EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, carl.create(name_));
    bert.kill();
  }
  User carl = user(this->carl());
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, carl.open(name_));
  EXPECT_STATUS(PIPES_OK, carl.create(name_));
}

TEST_F(UsersSecurity, DECISION_15_AServerThatLeavesTakesItsSocketWithIt) {
  User anna = user(this->anna());
  User bert = user(this->bert());
  ASSERT_STATUS(PIPES_OK, anna.create(name_, "D:(A;;FA;;;WD)"));
  ASSERT_STATUS(PIPES_OK, bert.create(name_));
  const auto entries = [&] {
    return std::distance(std::filesystem::directory_iterator(folder()), std::filesystem::directory_iterator());
  };
  EXPECT_EQ(3, entries());  // the folder, its claim, and Bert's socket
  ASSERT_STATUS(PIPES_OK, bert.close());
  EXPECT_EQ(2, entries());
  ASSERT_STATUS(PIPES_OK, anna.close());
  EXPECT_EQ(0, entries());
}

TEST_F(UsersSecurity, DECISION_15_SomebodyElsesPipeOfTheNameStaysItsOwn) {
  User anna = user(this->anna());
  User bert = user(this->bert());
  User carl = user(this->carl());
  ASSERT_STATUS(PIPES_OK, anna.create(name_, "D:(A;;0x12019b;;;WD)"));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, bert.create(name_, "D:(A;;FA;;;WD)"));
  ASSERT_STATUS(PIPES_OK, carl.open(name_));
  EXPECT_STATUS(PIPES_ERROR_PIPE_CONNECTED, anna.connect());
}

// Root serves the pipe, too, and has an instance whose client goes while the pipe's maker keeps the folder to itself:
// root's other clients do not wait for that.
TEST_F(UsersSecurity, WhoeverKeepsHisFoldersLockStopsNobodyElsesServer) {
  User anna = user(this->anna());
  User root = user(this->root());
  User bert = user(this->bert());
  User carl = user(this->carl());
  ASSERT_STATUS(PIPES_OK, anna.create(name_, "D:(A;;FA;;;WD)"));
  ASSERT_STATUS(PIPES_OK, root.create(name_));
  ASSERT_STATUS(PIPES_OK, bert.open(name_));
  ASSERT_STATUS(PIPES_OK, carl.open(name_));
  ASSERT_EQ("2", anna.ask("instances").text);
  const bool has_bert = root.client_identity().text.starts_with(std::to_string(bert.pid()) + " ");
  ASSERT_STATUS(PIPES_OK, root.close());  // the instance stays as long as its client does
  ASSERT_EQ("2", anna.ask("instances").text);
  ASSERT_STATUS(PIPES_OK, anna.ask("hold_lock " + folder()).status);
  ASSERT_STATUS(PIPES_OK, (has_bert ? bert : carl).close());

  root.use(1);
  const std::string other = unique_name();
  ASSERT_STATUS(PIPES_OK, root.create(other, "D:(A;;FA;;;WD)"));
  EXPECT_STATUS(PIPES_OK, (has_bert ? bert : carl).open(other));

  ASSERT_STATUS(PIPES_OK, anna.ask("let_go").status);
  EXPECT_TRUE(eventually([&] { return anna.ask("instances").text == "1"; }));
}

// Nor does it stop a call for good.
TEST_F(UsersSecurity, DECISION_21_RootWaitsForSomebodyElsesLockForTwoSeconds) {
  User anna = user(this->anna());
  User root = user(this->root());
  ASSERT_STATUS(PIPES_OK, anna.create(name_, "D:(A;;FA;;;WD)"));
  ASSERT_STATUS(PIPES_OK, anna.ask("hold_lock " + folder()).status);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, root.create(name_));
  ASSERT_STATUS(PIPES_OK, anna.ask("let_go").status);
  EXPECT_STATUS(PIPES_OK, root.create(name_));
}

TEST_F(UsersSecurity, AClientSpeaksOnlyToTheServerOwnerItDemands) {
  User anna = user(this->anna());
  User bert = user(this->bert());
  ASSERT_STATUS(PIPES_OK, anna.create(name_, "D:(A;;FA;;;WD)"));
  EXPECT_STATUS(PIPES_ERROR_INVALID_OWNER, bert.open(name_, kReadWrite, 0, sid(kCarl)));
  EXPECT_STATUS(PIPES_ERROR_INVALID_OWNER, bert.open(name_, kReadWrite, 0, "SY"));
  EXPECT_STATUS(PIPES_ERROR_INVALID_SID, bert.open(name_, kReadWrite, 0, "nobody"));
  ASSERT_STATUS(PIPES_OK, anna.ask("nowait").status);
  EXPECT_STATUS(PIPES_ERROR_PIPE_LISTENING, anna.connect());  // nobody came
  EXPECT_STATUS(PIPES_OK, bert.open(name_, kReadWrite, 0, sid(kAnna)));
}

TEST_F(UsersSecurity, AClientThatDemandsAnOwnerPassesOverOtherServerProcesses) {
  User anna = user(this->anna());
  User root = user(this->root());
  User carl = user(this->carl());
  ASSERT_STATUS(PIPES_OK, anna.create(name_, "D:(A;;FA;;;WD)"));
  ASSERT_STATUS(PIPES_OK, root.create(name_));
  ASSERT_STATUS(PIPES_OK, carl.open(name_, kReadWrite, 0, "SY"));
  EXPECT_STATUS(PIPES_ERROR_PIPE_CONNECTED, root.connect());
  carl.use(1);
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, carl.open(name_, kReadWrite, 0, "SY"));
}

TEST_F(UsersSecurity, SEC_16_AClientSetsByItsHandlesRight) {
  User anna = user(this->anna());
  User bert = user(this->bert());
  User carl = user(this->carl());
  ASSERT_STATUS(PIPES_OK, anna.create(name_, "D:(A;;FA;;;" + sid(kBert) + ")"));
  ASSERT_STATUS(PIPES_OK, bert.open(name_, kReadWrite | PIPES_WRITE_DAC | PIPES_READ_CONTROL));
  anna.use(1);
  ASSERT_STATUS(PIPES_ERROR_ACCESS_DENIED, carl.open(name_));
  ASSERT_STATUS(PIPES_OK, bert.set_security(kDacl, "D:(A;;FA;;;" + sid(kCarl) + ")"));
  EXPECT_EQ("D:(A;;FA;;;" + sid(kCarl) + ")", bert.get_security(kDacl).text);
  // The handle keeps the right that the descriptor now denies (SEC-8).
  ASSERT_STATUS(PIPES_OK, bert.set_security(kDacl, "D:(A;;FA;;;WD)"));
  EXPECT_EQ("D:(A;;FA;;;WD)", bert.get_security(kDacl).text);
}

TEST_F(UsersSecurity, SEC_12_AHandleWithoutTheRightSetsNothing) {
  User anna = user(this->anna());
  User bert = user(this->bert());
  ASSERT_STATUS(PIPES_OK, anna.create(name_, "D:(A;;FA;;;WD)"));
  ASSERT_STATUS(PIPES_OK, bert.open(name_));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, bert.set_security(kDacl, "D:(A;;FA;;;WD)"));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, anna.set_security(kDacl, "D:(A;;FA;;;WD)"));
}

TEST_F(UsersSecurity, SEC_15_AnOwnerThatOneMayNotAssign) {
  User anna = user(this->anna());
  User bert = user(this->bert());
  ASSERT_STATUS(PIPES_OK, anna.create(name_, "D:(A;;FA;;;WD)", PIPES_ACCESS_DUPLEX | PIPES_WRITE_OWNER));
  EXPECT_STATUS(PIPES_ERROR_INVALID_OWNER, anna.set_security(PIPES_OWNER_SECURITY_INFORMATION, "O:" + sid(kCarl)));
  // Who takes it, takes it for himself.
  ASSERT_STATUS(PIPES_OK, bert.open(name_, PIPES_WRITE_OWNER | PIPES_READ_CONTROL));
  EXPECT_STATUS(PIPES_ERROR_INVALID_OWNER, bert.set_security(PIPES_OWNER_SECURITY_INFORMATION, "O:" + sid(kCarl)));
  ASSERT_STATUS(PIPES_OK, bert.set_security(PIPES_OWNER_SECURITY_INFORMATION, "O:" + sid(kBert)));
  EXPECT_EQ("O:" + sid(kBert), bert.get_security(PIPES_OWNER_SECURITY_INFORMATION).text);
}

TEST_F(UsersSecurity, FINE_27_AChangeReachesEveryServerProcess) {
  User anna = user(this->anna());
  User bert = user(this->bert());
  User root = user(this->root());
  User carl = user(this->carl());
  ASSERT_STATUS(PIPES_OK, anna.create(name_, "D:(A;;FA;;;BA)(A;;FA;;;" + sid(kBert) + ")"));
  ASSERT_STATUS(PIPES_OK, root.create(name_));
  ASSERT_STATUS(PIPES_OK, bert.create(name_));
  User asker = user(this->bert());
  ASSERT_STATUS(PIPES_OK, asker.open(name_, PIPES_WRITE_DAC | PIPES_READ_CONTROL));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, carl.open(name_));
  ASSERT_STATUS(PIPES_OK, asker.set_security(kDacl, "D:(A;;FA;;;" + sid(kCarl) + ")"));
  // Whichever of the three it is that Carl reaches.
  for (uint32_t place = 0; place < 2; ++place) {
    carl.use(place);
    EXPECT_STATUS(PIPES_OK, carl.open(name_));
  }
  for (User* each : {&anna, &root, &bert}) {
    EXPECT_EQ("D:(A;;FA;;;" + sid(kCarl) + ")", each->get_security(kDacl).text);
    each->use(1);
    EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, each->open(name_));
  }
}

TEST_F(UsersSecurity, FINE_27_ItOutlivesTheHandleThatSetIt) {
  User anna = user(this->anna());
  User bert = user(this->bert());
  ASSERT_STATUS(PIPES_OK, anna.create(name_, "D:(A;;FA;;;WD)"));
  anna.use(1);
  ASSERT_STATUS(PIPES_OK, anna.create(name_, "-", PIPES_ACCESS_DUPLEX | PIPES_WRITE_DAC));
  ASSERT_STATUS(PIPES_OK, anna.set_security(kDacl, "D:(A;;FA;;;" + sid(kAnna) + ")"));
  ASSERT_STATUS(PIPES_OK, anna.close());
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, bert.open(name_));
}

TEST_F(UsersSecurity, DECISION_22_ClosedPipesAnswerFromTheCopyAndTakeNothing) {
  User anna = user(this->anna());
  User bert = user(this->bert());
  const std::string dacl = "D:(A;;FA;;;WD)";
  ASSERT_STATUS(PIPES_OK, anna.create(name_, dacl));
  ASSERT_STATUS(PIPES_OK, bert.open(name_, kReadWrite | PIPES_WRITE_DAC));
  anna.kill();
  EXPECT_EQ(dacl, bert.get_security(kDacl).text);
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, bert.set_security(kDacl, "D:"));
  // A new pipe of the name is another one.
  User carl = user(this->carl());
  ASSERT_STATUS(PIPES_OK, carl.create(name_, "D:(A;;FR;;;WD)"));
  EXPECT_EQ(dacl, bert.get_security(kDacl).text);
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, bert.set_security(kDacl, "D:"));
}

TEST_F(UsersSecurity, SEC_16_ADetachedClientReachesNothing) {
  User anna = user(this->anna());
  User bert = user(this->bert());
  ASSERT_STATUS(PIPES_OK, anna.create(name_, "D:(A;;FA;;;WD)"));
  ASSERT_STATUS(PIPES_OK, bert.open(name_, kReadWrite | PIPES_WRITE_DAC));
  ASSERT_STATUS(PIPES_OK, anna.disconnect());
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, bert.get_security(kDacl).status);
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, bert.set_security(kDacl, "D:"));
}

TEST_F(UsersSecurity, OPEN_14_TheRightToTheSaclNeedsThePrivilege) {
  User anna = user(this->anna());
  User root = user(this->root());
  EXPECT_STATUS(PIPES_ERROR_PRIVILEGE_NOT_HELD,
                anna.create(name_, "-", PIPES_ACCESS_DUPLEX | PIPES_ACCESS_SYSTEM_SECURITY));
  ASSERT_STATUS(PIPES_OK, root.create(name_, "D:(A;;FA;;;WD)", PIPES_ACCESS_DUPLEX | PIPES_ACCESS_SYSTEM_SECURITY));
  EXPECT_STATUS(PIPES_ERROR_PRIVILEGE_NOT_HELD, anna.open(name_, PIPES_GENERIC_READ | PIPES_ACCESS_SYSTEM_SECURITY));
  ASSERT_STATUS(PIPES_OK, root.set_security(PIPES_SACL_SECURITY_INFORMATION, "S:(AU;SAFA;FA;;;WD)"));
  EXPECT_EQ("S:(AU;SAFA;FA;;;WD)", root.get_security(PIPES_SACL_SECURITY_INFORMATION).text);
}

}  // namespace
}  // namespace pipes::test
