// STATE-11, the table of what happens to operations already waiting: a named case for every cell, in the table's order,
// with the numbers written out.
#include <gtest/gtest.h>

#include "pipe/instance_state.h"

namespace pipes {
namespace {

using Effect = WaitingOutcome::Effect;
constexpr WaitingOutcome ends_with(Status status) { return {Effect::kEnds, status}; }
constexpr WaitingOutcome kUntouched{Effect::kNone, 0};
constexpr WaitingOutcome kByRule{Effect::kByItsRule, 0};
constexpr WaitingOutcome kOutlives{Effect::kOutlivesEnd, 0};
constexpr WaitingOutcome kNotFoundIfGone{Effect::kEndsIfPipeGone, 2};

#define PIPES_WAITING_TEST(name, operation, event, expected) \
  TEST(Waiting, name) { EXPECT_EQ(waiting_outcome(WaitingOperation::operation, WaitingEvent::event), expected); }

PIPES_WAITING_TEST(STATE_11_ConnectClientOpensSucceeds, kConnect, kClientOpens, ends_with(0))
PIPES_WAITING_TEST(STATE_11_ConnectPeerMovesDataGoesOn, kConnect, kPeerMovesData, kUntouched)
PIPES_WAITING_TEST(STATE_11_ConnectServerDisconnectsIs233, kConnect, kServerDisconnects, ends_with(233))
PIPES_WAITING_TEST(STATE_11_ConnectPeerClosesGoesOn, kConnect, kPeerCloses, kUntouched)
PIPES_WAITING_TEST(STATE_11_ConnectOwnClosesIs109, kConnect, kOwnCloses, ends_with(109))

PIPES_WAITING_TEST(STATE_11_ReadClientOpensGoesOn, kRead, kClientOpens, kUntouched)
PIPES_WAITING_TEST(STATE_11_ReadPeerMovesDataCompletesByItsRule, kRead, kPeerMovesData, kByRule)
PIPES_WAITING_TEST(STATE_11_ReadServerDisconnectsIs233, kRead, kServerDisconnects, ends_with(233))
PIPES_WAITING_TEST(STATE_11_ReadPeerClosesIs109, kRead, kPeerCloses, ends_with(109))
PIPES_WAITING_TEST(STATE_11_ReadOwnClosesIs109, kRead, kOwnCloses, ends_with(109))

PIPES_WAITING_TEST(STATE_11_WriteClientOpensGoesOn, kWrite, kClientOpens, kUntouched)
PIPES_WAITING_TEST(STATE_11_WritePeerMovesDataCompletesByItsRule, kWrite, kPeerMovesData, kByRule)
PIPES_WAITING_TEST(STATE_11_WriteServerDisconnectsIs233, kWrite, kServerDisconnects, ends_with(233))
PIPES_WAITING_TEST(STATE_11_WritePeerClosesIs109, kWrite, kPeerCloses, ends_with(109))
PIPES_WAITING_TEST(STATE_11_WriteOwnClosesOutlivesItsEnd, kWrite, kOwnCloses, kOutlives)

PIPES_WAITING_TEST(STATE_11_TransactClientOpensGoesOn, kTransact, kClientOpens, kUntouched)
PIPES_WAITING_TEST(STATE_11_TransactPeerMovesDataCompletesByItsRule, kTransact, kPeerMovesData, kByRule)
PIPES_WAITING_TEST(STATE_11_TransactServerDisconnectsIs233, kTransact, kServerDisconnects, ends_with(233))
PIPES_WAITING_TEST(STATE_11_TransactPeerClosesIs109, kTransact, kPeerCloses, ends_with(109))
PIPES_WAITING_TEST(STATE_11_TransactOwnClosesIs109, kTransact, kOwnCloses, ends_with(109))

PIPES_WAITING_TEST(STATE_11_FlushClientOpensGoesOn, kFlush, kClientOpens, kUntouched)
PIPES_WAITING_TEST(STATE_11_FlushPeerMovesDataCompletesByItsRule, kFlush, kPeerMovesData, kByRule)
PIPES_WAITING_TEST(STATE_11_FlushServerDisconnectsIs233, kFlush, kServerDisconnects, ends_with(233))
PIPES_WAITING_TEST(STATE_11_FlushPeerClosesIs109, kFlush, kPeerCloses, ends_with(109))
PIPES_WAITING_TEST(STATE_11_FlushOwnClosesOutlivesItsEnd, kFlush, kOwnCloses, kOutlives)

PIPES_WAITING_TEST(STATE_11_WaitAvailableClientOpensGoesOn, kWaitAvailable, kClientOpens, kUntouched)
PIPES_WAITING_TEST(STATE_11_WaitAvailablePeerMovesDataGoesOn, kWaitAvailable, kPeerMovesData, kUntouched)
PIPES_WAITING_TEST(STATE_11_WaitAvailableServerDisconnectsGoesOn, kWaitAvailable, kServerDisconnects, kUntouched)
PIPES_WAITING_TEST(STATE_11_WaitAvailablePeerClosesIs2IfThePipeVanishes, kWaitAvailable, kPeerCloses, kNotFoundIfGone)
PIPES_WAITING_TEST(STATE_11_WaitAvailableOwnClosesGoesOn, kWaitAvailable, kOwnCloses, kUntouched)

}  // namespace
}  // namespace pipes
