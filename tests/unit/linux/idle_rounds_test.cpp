// How often a waiting thread looks in vain before it rests.
#include "linux/idle_rounds.h"

#include <gtest/gtest.h>

namespace pipes {
namespace {

constexpr int kManyRounds = 100;

TEST(IdleRounds, RoundsWithoutProgressBecomeTooMany) {
  IdleRounds idle;
  for (int i = 0; i < kManyRounds; ++i) idle.begin(7, 3);
  EXPECT_TRUE(idle.too_many());
  idle.begin(8, 3);
  EXPECT_FALSE(idle.too_many()) << "the operation came further";
}

TEST(IdleRounds, WhatThisProcessWokeDoesNotCount) {
  IdleRounds idle;
  for (uint32_t ticket = 0; ticket < kManyRounds; ++ticket) idle.begin(7, ticket);
  EXPECT_FALSE(idle.too_many());
}

TEST(IdleRounds, WhatEndedByItselfDoesNotCount) {
  IdleRounds idle;
  for (int i = 0; i < kManyRounds; ++i) {
    idle.begin(7, 3);
    idle.forgive();
  }
  EXPECT_FALSE(idle.too_many());
}

}  // namespace
}  // namespace pipes
