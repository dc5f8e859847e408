// STATE-10, the tables of what each operation does in each state: a named case for every cell, in the tables' order,
// with the numbers written out.
#include <gtest/gtest.h>

#include "pipe/instance_state.h"

namespace pipes {
namespace {

#define PIPES_GATE_TEST(name, view, operation, expected) \
  TEST(Gate, name) { EXPECT_EQ(gate(EndView::view, Operation::operation), expected); }

// ---------------------------------------------------------------------------------------------------------- server end

PIPES_GATE_TEST(STATE_10_ServerConnectWaitDisconnectedListensAgainAndWaits, kServerDisconnected, kConnectWait,
                kGateRelistenAndWait)
PIPES_GATE_TEST(STATE_10_ServerConnectWaitListeningWaits, kServerListening, kConnectWait, kGateWait)
PIPES_GATE_TEST(STATE_10_ServerConnectWaitConnectedIs535, kServerConnected, kConnectWait, gate_fail(535))
PIPES_GATE_TEST(STATE_10_ServerConnectWaitClosingIs232, kServerClosing, kConnectWait, gate_fail(232))

PIPES_GATE_TEST(STATE_10_ServerConnectNoWaitDisconnectedListensAgainAndIs536, kServerDisconnected, kConnectNoWait,
                gate_relisten_and_fail(536))
PIPES_GATE_TEST(STATE_10_ServerConnectNoWaitListeningIs536, kServerListening, kConnectNoWait, gate_fail(536))
PIPES_GATE_TEST(STATE_10_ServerConnectNoWaitConnectedIs535, kServerConnected, kConnectNoWait, gate_fail(535))
PIPES_GATE_TEST(STATE_10_ServerConnectNoWaitClosingIs232, kServerClosing, kConnectNoWait, gate_fail(232))

PIPES_GATE_TEST(STATE_10_ServerDisconnectDisconnectedIs233, kServerDisconnected, kDisconnect, gate_fail(233))
PIPES_GATE_TEST(STATE_10_ServerDisconnectListeningProceeds, kServerListening, kDisconnect, kGateProceed)
PIPES_GATE_TEST(STATE_10_ServerDisconnectConnectedProceeds, kServerConnected, kDisconnect, kGateProceed)
PIPES_GATE_TEST(STATE_10_ServerDisconnectClosingProceeds, kServerClosing, kDisconnect, kGateProceed)

PIPES_GATE_TEST(STATE_10_ServerReadDisconnectedIs233, kServerDisconnected, kRead, gate_fail(233))
PIPES_GATE_TEST(STATE_10_ServerReadListeningIs536, kServerListening, kRead, gate_fail(536))
PIPES_GATE_TEST(STATE_10_ServerReadConnectedProceeds, kServerConnected, kRead, kGateProceed)
PIPES_GATE_TEST(STATE_10_ServerReadClosingDeliversDataThenIs109, kServerClosing, kRead, gate_data_then(109))

PIPES_GATE_TEST(STATE_10_ServerWriteDisconnectedIs233, kServerDisconnected, kWrite, gate_fail(233))
PIPES_GATE_TEST(STATE_10_ServerWriteListeningIs536, kServerListening, kWrite, gate_fail(536))
PIPES_GATE_TEST(STATE_10_ServerWriteConnectedProceeds, kServerConnected, kWrite, kGateProceed)
PIPES_GATE_TEST(STATE_10_ServerWriteClosingIs232, kServerClosing, kWrite, gate_fail(232))

PIPES_GATE_TEST(STATE_10_ServerPeekDisconnectedIs230, kServerDisconnected, kPeek, gate_fail(230))
PIPES_GATE_TEST(STATE_10_ServerPeekListeningIs230, kServerListening, kPeek, gate_fail(230))
PIPES_GATE_TEST(STATE_10_ServerPeekConnectedProceeds, kServerConnected, kPeek, kGateProceed)
PIPES_GATE_TEST(STATE_10_ServerPeekClosingDeliversDataThenIs109, kServerClosing, kPeek, gate_data_then(109))

PIPES_GATE_TEST(STATE_10_ServerTransactDisconnectedIs230, kServerDisconnected, kTransact, gate_fail(230))
PIPES_GATE_TEST(STATE_10_ServerTransactListeningIs230, kServerListening, kTransact, gate_fail(230))
PIPES_GATE_TEST(STATE_10_ServerTransactConnectedProceeds, kServerConnected, kTransact, kGateProceed)
PIPES_GATE_TEST(STATE_10_ServerTransactClosingIs230, kServerClosing, kTransact, gate_fail(230))

PIPES_GATE_TEST(STATE_10_ServerFlushDisconnectedSucceedsAtOnce, kServerDisconnected, kFlush, kGateSucceed)
PIPES_GATE_TEST(STATE_10_ServerFlushListeningSucceedsAtOnce, kServerListening, kFlush, kGateSucceed)
PIPES_GATE_TEST(STATE_10_ServerFlushConnectedProceeds, kServerConnected, kFlush, kGateProceed)
PIPES_GATE_TEST(STATE_10_ServerFlushClosingSucceedsAtOnce, kServerClosing, kFlush, kGateSucceed)

PIPES_GATE_TEST(STATE_10_ServerQueryStateDisconnectedProceeds, kServerDisconnected, kQueryState, kGateProceed)
PIPES_GATE_TEST(STATE_10_ServerQueryStateListeningProceeds, kServerListening, kQueryState, kGateProceed)
PIPES_GATE_TEST(STATE_10_ServerQueryStateConnectedProceeds, kServerConnected, kQueryState, kGateProceed)
PIPES_GATE_TEST(STATE_10_ServerQueryStateClosingProceeds, kServerClosing, kQueryState, kGateProceed)

PIPES_GATE_TEST(STATE_10_ServerSetStateDisconnectedProceeds, kServerDisconnected, kSetState, kGateProceed)
PIPES_GATE_TEST(STATE_10_ServerSetStateListeningProceeds, kServerListening, kSetState, kGateProceed)
PIPES_GATE_TEST(STATE_10_ServerSetStateConnectedProceeds, kServerConnected, kSetState, kGateProceed)
PIPES_GATE_TEST(STATE_10_ServerSetStateClosingProceeds, kServerClosing, kSetState, kGateProceed)

PIPES_GATE_TEST(STATE_10_ServerSecurityDisconnectedProceeds, kServerDisconnected, kSecurity, kGateProceed)
PIPES_GATE_TEST(STATE_10_ServerSecurityListeningProceeds, kServerListening, kSecurity, kGateProceed)
PIPES_GATE_TEST(STATE_10_ServerSecurityConnectedProceeds, kServerConnected, kSecurity, kGateProceed)
PIPES_GATE_TEST(STATE_10_ServerSecurityClosingProceeds, kServerClosing, kSecurity, kGateProceed)

PIPES_GATE_TEST(STATE_10_ServerImpersonateDisconnectedIs1368, kServerDisconnected, kImpersonate, gate_fail(1368))
PIPES_GATE_TEST(STATE_10_ServerImpersonateListeningIs1368, kServerListening, kImpersonate, gate_fail(1368))
PIPES_GATE_TEST(STATE_10_ServerImpersonateConnectedProceeds, kServerConnected, kImpersonate, kGateProceed)
PIPES_GATE_TEST(STATE_10_ServerImpersonateClosingProceeds, kServerClosing, kImpersonate, kGateProceed)

PIPES_GATE_TEST(STATE_10_ServerServerProcessIdDisconnectedProceeds, kServerDisconnected, kServerProcessId, kGateProceed)
PIPES_GATE_TEST(STATE_10_ServerServerProcessIdListeningProceeds, kServerListening, kServerProcessId, kGateProceed)
PIPES_GATE_TEST(STATE_10_ServerServerProcessIdConnectedProceeds, kServerConnected, kServerProcessId, kGateProceed)
PIPES_GATE_TEST(STATE_10_ServerServerProcessIdClosingProceeds, kServerClosing, kServerProcessId, kGateProceed)

PIPES_GATE_TEST(STATE_10_ServerClientProcessIdDisconnectedIs1168, kServerDisconnected, kClientProcessId,
                gate_fail(1168))
PIPES_GATE_TEST(STATE_10_ServerClientProcessIdListeningIs1168, kServerListening, kClientProcessId, gate_fail(1168))
PIPES_GATE_TEST(STATE_10_ServerClientProcessIdConnectedProceeds, kServerConnected, kClientProcessId, kGateProceed)
PIPES_GATE_TEST(STATE_10_ServerClientProcessIdClosingProceeds, kServerClosing, kClientProcessId, kGateProceed)

// ---------------------------------------------------------------------------------------------------------- client end

PIPES_GATE_TEST(STATE_10_ClientConnectWaitConnectedIs1, kClientConnected, kConnectWait, gate_fail(1))
PIPES_GATE_TEST(STATE_10_ClientConnectWaitClosingIs1, kClientClosing, kConnectWait, gate_fail(1))
PIPES_GATE_TEST(STATE_10_ClientConnectWaitDetachedIs1, kClientDetached, kConnectWait, gate_fail(1))

PIPES_GATE_TEST(STATE_10_ClientConnectNoWaitConnectedIs1, kClientConnected, kConnectNoWait, gate_fail(1))
PIPES_GATE_TEST(STATE_10_ClientConnectNoWaitClosingIs1, kClientClosing, kConnectNoWait, gate_fail(1))
PIPES_GATE_TEST(STATE_10_ClientConnectNoWaitDetachedIs1, kClientDetached, kConnectNoWait, gate_fail(1))

PIPES_GATE_TEST(STATE_10_ClientDisconnectConnectedIs1, kClientConnected, kDisconnect, gate_fail(1))
PIPES_GATE_TEST(STATE_10_ClientDisconnectClosingIs1, kClientClosing, kDisconnect, gate_fail(1))
PIPES_GATE_TEST(STATE_10_ClientDisconnectDetachedIs233, kClientDetached, kDisconnect, gate_fail(233))

PIPES_GATE_TEST(STATE_10_ClientReadConnectedProceeds, kClientConnected, kRead, kGateProceed)
PIPES_GATE_TEST(STATE_10_ClientReadClosingDeliversDataThenIs109, kClientClosing, kRead, gate_data_then(109))
PIPES_GATE_TEST(STATE_10_ClientReadDetachedIs233, kClientDetached, kRead, gate_fail(233))

PIPES_GATE_TEST(STATE_10_ClientWriteConnectedProceeds, kClientConnected, kWrite, kGateProceed)
PIPES_GATE_TEST(STATE_10_ClientWriteClosingIs232, kClientClosing, kWrite, gate_fail(232))
PIPES_GATE_TEST(STATE_10_ClientWriteDetachedIs233, kClientDetached, kWrite, gate_fail(233))

PIPES_GATE_TEST(STATE_10_ClientPeekConnectedProceeds, kClientConnected, kPeek, kGateProceed)
PIPES_GATE_TEST(STATE_10_ClientPeekClosingDeliversDataThenIs109, kClientClosing, kPeek, gate_data_then(109))
PIPES_GATE_TEST(STATE_10_ClientPeekDetachedIs233, kClientDetached, kPeek, gate_fail(233))

PIPES_GATE_TEST(STATE_10_ClientTransactConnectedProceeds, kClientConnected, kTransact, kGateProceed)
PIPES_GATE_TEST(STATE_10_ClientTransactClosingIs230, kClientClosing, kTransact, gate_fail(230))
PIPES_GATE_TEST(STATE_10_ClientTransactDetachedIs233, kClientDetached, kTransact, gate_fail(233))

PIPES_GATE_TEST(STATE_10_ClientFlushConnectedProceeds, kClientConnected, kFlush, kGateProceed)
PIPES_GATE_TEST(STATE_10_ClientFlushClosingSucceedsAtOnce, kClientClosing, kFlush, kGateSucceed)
PIPES_GATE_TEST(STATE_10_ClientFlushDetachedIs233, kClientDetached, kFlush, gate_fail(233))

PIPES_GATE_TEST(STATE_10_ClientQueryStateConnectedProceeds, kClientConnected, kQueryState, kGateProceed)
PIPES_GATE_TEST(STATE_10_ClientQueryStateClosingProceeds, kClientClosing, kQueryState, kGateProceed)
PIPES_GATE_TEST(STATE_10_ClientQueryStateDetachedIs233, kClientDetached, kQueryState, gate_fail(233))

PIPES_GATE_TEST(STATE_10_ClientSetStateConnectedProceeds, kClientConnected, kSetState, kGateProceed)
PIPES_GATE_TEST(STATE_10_ClientSetStateClosingProceeds, kClientClosing, kSetState, kGateProceed)
PIPES_GATE_TEST(STATE_10_ClientSetStateDetachedIs233, kClientDetached, kSetState, gate_fail(233))

PIPES_GATE_TEST(STATE_10_ClientSecurityConnectedProceeds, kClientConnected, kSecurity, kGateProceed)
PIPES_GATE_TEST(STATE_10_ClientSecurityClosingProceeds, kClientClosing, kSecurity, kGateProceed)
PIPES_GATE_TEST(STATE_10_ClientSecurityDetachedIs233, kClientDetached, kSecurity, gate_fail(233))

PIPES_GATE_TEST(STATE_10_ClientImpersonateConnectedIs1, kClientConnected, kImpersonate, gate_fail(1))
PIPES_GATE_TEST(STATE_10_ClientImpersonateClosingIs1, kClientClosing, kImpersonate, gate_fail(1))
PIPES_GATE_TEST(STATE_10_ClientImpersonateDetachedIs1, kClientDetached, kImpersonate, gate_fail(1))

PIPES_GATE_TEST(STATE_10_ClientServerProcessIdConnectedProceeds, kClientConnected, kServerProcessId, kGateProceed)
PIPES_GATE_TEST(STATE_10_ClientServerProcessIdClosingProceeds, kClientClosing, kServerProcessId, kGateProceed)
PIPES_GATE_TEST(STATE_10_ClientServerProcessIdDetachedIs233, kClientDetached, kServerProcessId, gate_fail(233))

PIPES_GATE_TEST(STATE_10_ClientClientProcessIdConnectedProceeds, kClientConnected, kClientProcessId, kGateProceed)
PIPES_GATE_TEST(STATE_10_ClientClientProcessIdClosingProceeds, kClientClosing, kClientProcessId, kGateProceed)
PIPES_GATE_TEST(STATE_10_ClientClientProcessIdDetachedIs233, kClientDetached, kClientProcessId, gate_fail(233))

// ------------------------------------------------------------------------------------------------------ closing an end

// Closing always goes ahead; what the tables say of it beyond that is a transition.
void expect_close_leads(EndView view, InstanceState state, InstanceEvent event, Transition::Kind kind) {
  EXPECT_EQ(gate(view, Operation::kClose), kGateProceed);
  EXPECT_EQ(transition(state, event).kind, kind);
}

TEST(Gate, STATE_10_ServerCloseDisconnectedEndsTheInstance) {
  expect_close_leads(EndView::kServerDisconnected, InstanceState::kDisconnected, InstanceEvent::kServerCloses,
                     Transition::Kind::kGone);
}
TEST(Gate, STATE_10_ServerCloseListeningEndsTheInstance) {
  expect_close_leads(EndView::kServerListening, InstanceState::kListening, InstanceEvent::kServerCloses,
                     Transition::Kind::kGone);
}
TEST(Gate, STATE_10_ServerCloseConnectedLeavesTheClientClosing) {
  expect_close_leads(EndView::kServerConnected, InstanceState::kConnected, InstanceEvent::kServerCloses,
                     Transition::Kind::kNext);
  EXPECT_EQ(transition(InstanceState::kConnected, InstanceEvent::kServerCloses).next, InstanceState::kClosing);
}
TEST(Gate, STATE_10_ServerCloseClosingEndsTheInstance) {
  expect_close_leads(EndView::kServerClosing, InstanceState::kClosing, InstanceEvent::kServerCloses,
                     Transition::Kind::kGone);
}
TEST(Gate, STATE_10_ClientCloseConnectedLeavesTheServerClosing) {
  expect_close_leads(EndView::kClientConnected, InstanceState::kConnected, InstanceEvent::kClientCloses,
                     Transition::Kind::kNext);
  EXPECT_EQ(transition(InstanceState::kConnected, InstanceEvent::kClientCloses).next, InstanceState::kClosing);
}
TEST(Gate, STATE_10_ClientCloseClosingEndsTheInstance) {
  expect_close_leads(EndView::kClientClosing, InstanceState::kClosing, InstanceEvent::kClientCloses,
                     Transition::Kind::kGone);
}
TEST(Gate, STATE_10_ClientCloseDetachedLeavesTheInstanceAlone) {
  expect_close_leads(EndView::kClientDetached, InstanceState::kDisconnected, InstanceEvent::kClientCloses,
                     Transition::Kind::kNext);
  EXPECT_EQ(transition(InstanceState::kListening, InstanceEvent::kClientCloses).next, InstanceState::kListening);
}

}  // namespace
}  // namespace pipes
