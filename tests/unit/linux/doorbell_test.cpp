// How long a peer that rings without doing anything is not listened to.
#include "linux/doorbell.h"

#include <gtest/gtest.h>

namespace pipes {
namespace {

TEST(RingsInVain, APeerThatDoesSomethingIsAlwaysHeard) {
  RingsInVain rings;
  for (uint64_t done = 0; done < 1000; ++done) {
    rings.rang(done);
    rings.rang(done);  // what it tells had been found already
    ASSERT_EQ(0u, rings.pause_ms());
  }
}

TEST(RingsInVain, OneThatDoesNothingIsHeardLessAndLess) {
  RingsInVain rings;
  uint64_t longest = 0;
  for (int i = 0; i < 1000; ++i) {
    rings.rang(7);
    ASSERT_GE(rings.pause_ms(), longest);
    longest = rings.pause_ms();
    ASSERT_LE(longest, 50u);
  }
  EXPECT_EQ(50u, longest);
}

TEST(RingsInVain, SomeAreForgivenWithEachDeed) {
  RingsInVain rings;
  for (int i = 0; i < 1000; ++i) rings.rang(7);
  uint64_t deeds = 0;
  while (rings.pause_ms() > 0) rings.rang(++deeds + 7);
  EXPECT_GT(deeds, 1u);
  EXPECT_LT(deeds, 50u);
}

TEST(RingsInVain, ADeedNowAndThenIsNotEnough) {
  RingsInVain rings;
  for (int i = 0; i < 1000; ++i) rings.rang(static_cast<uint64_t>(i) / 16);
  EXPECT_GT(rings.pause_ms(), 0u);
}

}  // namespace
}  // namespace pipes
