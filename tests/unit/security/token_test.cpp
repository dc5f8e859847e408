// Tokens: who a process of Linux is to the access check, and identities as they cross the C ABI.
#include "security/token.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "security/access_check.h"
#include "security/identity.h"
#include "security/well_known_sids.h"

namespace pipes {
namespace {

Credentials credentials_of(std::uint32_t uid) {
  Credentials credentials;
  credentials.uid = uid;
  credentials.gid = 100;
  credentials.groups = {27, 100, 44};
  return credentials;
}

bool has(const Token& token, const Sid& sid) { return token.is_allowed_as(sid) && token.is_denied_as(sid); }

TEST(Token, ACC_1_AUserOfLinuxIsHisUidAndGroups) {
  const Token token = token_of(credentials_of(1000));
  EXPECT_EQ(sid_to_text(token.user()), "S-1-22-1-1000");
  EXPECT_EQ(sid_to_text(token.primary_group()), "S-1-22-2-100");
  for (const std::uint32_t gid : {27u, 44u, 100u}) EXPECT_TRUE(has(token, sid_of_gid(gid)));
  EXPECT_TRUE(has(token, kEveryone));
  EXPECT_TRUE(has(token, kAuthenticatedUsers));
  for (const Sid& sid : {kSystem, kAdministrators, kNetwork, kAnonymous, sid_of_uid(100), sid_of_gid(1000)}) {
    EXPECT_FALSE(token.is_allowed_as(sid)) << sid_to_text(sid);
    EXPECT_FALSE(token.is_denied_as(sid)) << sid_to_text(sid);
  }
  EXPECT_EQ(token.privileges(), kNoPrivileges);
}

TEST(Token, ACC_10_RootIsTheSystemAndHoldsAllPrivileges) {
  const Token token = token_of(credentials_of(0));
  EXPECT_EQ(sid_to_text(token.user()), "S-1-22-1-0");
  EXPECT_TRUE(has(token, kSystem));
  EXPECT_TRUE(has(token, kAdministrators));
  EXPECT_EQ(token.privileges(), kAllPrivileges);
  EXPECT_TRUE(token.may_own(sid_of_uid(7)));
}

TEST(Token, ACC_10_ImpersonatingIsAPrivilegeOfItsOwn) {
  Credentials credentials = credentials_of(1000);
  credentials.may_impersonate = true;
  EXPECT_EQ(token_of(credentials).privileges(), kImpersonatePrivilege);
}

TEST(Token, SEC_17_RemoteCallersAndSessionsAreMarked) {
  Credentials credentials = credentials_of(1000);
  credentials.is_remote = true;
  credentials.session = 3;
  const Token token = token_of(credentials);
  EXPECT_TRUE(has(token, kNetwork));
  EXPECT_TRUE(has(token, sid_of_session(3)));
  EXPECT_FALSE(has(token, sid_of_session(4)));
}

TEST(Token, ACC_1_WhoIsNotKnownIsAnonymous) {
  const Token token = token_of(Credentials{});
  EXPECT_EQ(token.user(), kAnonymous);
  EXPECT_TRUE(token.groups().empty());
  EXPECT_FALSE(token.is_allowed_as(kEveryone));
  EXPECT_FALSE(token.may_own(sid_of_uid(kUnknownUid)));
}

TEST(Token, ACC_8_AttributesDecideWhatAGroupCountsFor) {
  const Sid group = sid_of_gid(5);
  const auto token_with = [&](std::uint32_t attributes) {
    return Token(sid_of_uid(1), sid_of_gid(1), {{group, attributes}}, kNoPrivileges);
  };
  EXPECT_TRUE(token_with(PIPES_GROUP_ENABLED).is_allowed_as(group));
  EXPECT_TRUE(token_with(PIPES_GROUP_ENABLED).is_denied_as(group));
  EXPECT_FALSE(token_with(PIPES_GROUP_DENY_ONLY).is_allowed_as(group));
  EXPECT_TRUE(token_with(PIPES_GROUP_DENY_ONLY).is_denied_as(group));
  EXPECT_FALSE(token_with(PIPES_GROUP_DENY_ONLY | PIPES_GROUP_ENABLED).is_allowed_as(group));
  EXPECT_FALSE(token_with(PIPES_GROUP_MANDATORY).is_allowed_as(group));
  EXPECT_FALSE(token_with(PIPES_GROUP_MANDATORY).is_denied_as(group));
}

TEST(Token, ACC_4_ManyGroupsAndEntriesAreCheckedInNoTime) {
  Credentials credentials = credentials_of(1000);
  credentials.groups.clear();
  for (std::uint32_t gid = 0; gid < 65536; ++gid) credentials.groups.push_back(2 * gid);
  const Token token = token_of(credentials);
  SecurityDescriptor descriptor;
  Acl dacl;
  Ace ace;
  ace.mask = PIPES_FILE_READ_DATA;
  for (std::uint32_t i = 0; i < 4000; ++i) {
    ace.sid = sid_of_gid(2 * i + 1);
    dacl.entries.push_back(ace);
  }
  descriptor.set_dacl(dacl);
  // A walk through all groups for each entry would take seconds, each time.
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(check_access(token, descriptor, PIPES_FILE_READ_DATA));
}

TEST(Identity, ACC_1_ATokenCrossesTheAbiAndBack) {
  Credentials credentials = credentials_of(0);
  credentials.session = 9;
  const Token token = token_of(credentials);
  pipes_identity identity{};
  identity.size = sizeof identity;
  fill_identity(token, &credentials, {4711, PIPES_SECURITY_LEVEL_IDENTIFICATION}, &identity);
  EXPECT_EQ(identity.process_id, 4711u);
  EXPECT_EQ(identity.user_id, 0u);
  EXPECT_EQ(identity.group_id, 100u);
  EXPECT_EQ(identity.session_id, 9u);
  EXPECT_EQ(identity.remote, 0u);
  EXPECT_EQ(identity.impersonation_level, PIPES_SECURITY_LEVEL_IDENTIFICATION);
  ASSERT_EQ(identity.group_id_count, 3u);
  EXPECT_EQ(identity.group_ids[2], 44u);
  EXPECT_STREQ(identity.user_sid, "S-1-22-1-0");
  EXPECT_STREQ(identity.primary_group_sid, "S-1-22-2-100");

  const Result<Token> again = token_of_identity(identity);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->user(), token.user());
  EXPECT_EQ(again->primary_group(), token.primary_group());
  EXPECT_TRUE(std::ranges::equal(again->groups(), token.groups()));
  EXPECT_EQ(again->privileges(), token.privileges());

  free_identity(&identity);
  EXPECT_EQ(identity.user_sid, nullptr);
  EXPECT_EQ(identity.size, sizeof identity);
}

TEST(Identity, ACC_1_AnAnonymousOneHasNoIds) {
  pipes_identity identity{};
  identity.size = sizeof identity;
  fill_identity(Token{}, nullptr, {}, &identity);
  EXPECT_EQ(identity.user_id, PIPES_UNKNOWN_ID);
  EXPECT_STREQ(identity.user_sid, "S-1-5-7");
  EXPECT_EQ(identity.primary_group_sid, nullptr);
  EXPECT_EQ(identity.group_sid_count, 0u);
  free_identity(&identity);
}

}  // namespace
}  // namespace pipes
