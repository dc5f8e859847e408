// The state machine: a case for each cell of the table above transition(), and the views that ends have of a state.
#include "pipe/instance_state.h"

#include <gtest/gtest.h>

namespace pipes {
namespace {

using State = InstanceState;
using Event = InstanceEvent;

void expect_next(State state, Event event, State next) {
  EXPECT_EQ(transition(state, event), (Transition{Transition::Kind::kNext, next, PIPES_OK}));
}

void expect_refused(State state, Event event, Status status) {
  EXPECT_EQ(transition(state, event), (Transition{Transition::Kind::kRefused, state, status}));
}

void expect_gone(State state, Event event) { EXPECT_EQ(transition(state, event).kind, Transition::Kind::kGone); }

TEST(InstanceState, STATE_1_StatesHaveTheNumbersNtReports) {
  EXPECT_EQ(static_cast<int>(State::kDisconnected), 1);
  EXPECT_EQ(static_cast<int>(State::kListening), 2);
  EXPECT_EQ(static_cast<int>(State::kConnected), 3);
  EXPECT_EQ(static_cast<int>(State::kClosing), 4);
}

// -------------------------------------------------------------------------------------------------------- disconnected

TEST(InstanceState, STATE_2_ListenWhileDisconnectedListens) {
  expect_next(State::kDisconnected, Event::kListen, State::kListening);
}
TEST(InstanceState, INST_10_ADisconnectedInstanceTakesNoClient) {
  expect_refused(State::kDisconnected, Event::kClientOpens, PIPES_ERROR_PIPE_BUSY);
}
TEST(InstanceState, DISC_5_DisconnectWhileDisconnectedIs233) {
  expect_refused(State::kDisconnected, Event::kDisconnect, PIPES_ERROR_PIPE_NOT_CONNECTED);
}
TEST(InstanceState, INST_13_ADetachedClientThatClosesLeavesADisconnectedInstance) {
  expect_next(State::kDisconnected, Event::kClientCloses, State::kDisconnected);
}
TEST(InstanceState, INST_13_ServerCloseWhileDisconnectedEndsTheInstance) {
  expect_gone(State::kDisconnected, Event::kServerCloses);
}

// ----------------------------------------------------------------------------------------------------------- listening

TEST(InstanceState, CONN_9_ListenWhileListeningGoesOnListening) {
  expect_next(State::kListening, Event::kListen, State::kListening);
}
TEST(InstanceState, STATE_2_AClientThatOpensConnects) {
  expect_next(State::kListening, Event::kClientOpens, State::kConnected);
}
TEST(InstanceState, DISC_6_DisconnectWhileListeningDisconnects) {
  expect_next(State::kListening, Event::kDisconnect, State::kDisconnected);
}
TEST(InstanceState, INST_13_ADetachedClientThatClosesLeavesAListeningInstance) {
  expect_next(State::kListening, Event::kClientCloses, State::kListening);
}
TEST(InstanceState, STATE_2_ServerCloseWhileListeningEndsTheInstance) {
  expect_gone(State::kListening, Event::kServerCloses);
}

// ----------------------------------------------------------------------------------------------------------- connected

TEST(InstanceState, CONN_2_ListenWhileConnectedIs535) {
  expect_refused(State::kConnected, Event::kListen, PIPES_ERROR_PIPE_CONNECTED);
}
TEST(InstanceState, INST_1_AConnectedInstanceTakesNoSecondClient) {
  expect_refused(State::kConnected, Event::kClientOpens, PIPES_ERROR_PIPE_BUSY);
}
TEST(InstanceState, STATE_2_DisconnectWhileConnectedDisconnects) {
  expect_next(State::kConnected, Event::kDisconnect, State::kDisconnected);
}
TEST(InstanceState, STATE_3_ClientCloseWhileConnectedIsClosing) {
  expect_next(State::kConnected, Event::kClientCloses, State::kClosing);
}
TEST(InstanceState, STATE_3_ServerCloseWhileConnectedIsClosing) {
  expect_next(State::kConnected, Event::kServerCloses, State::kClosing);
}

// ------------------------------------------------------------------------------------------------------------- closing

TEST(InstanceState, CONN_4_ListenWhileClosingIs232) {
  expect_refused(State::kClosing, Event::kListen, PIPES_ERROR_NO_DATA);
}
TEST(InstanceState, STATE_4_AClosingInstanceTakesNoClient) {
  expect_refused(State::kClosing, Event::kClientOpens, PIPES_ERROR_PIPE_BUSY);
}
TEST(InstanceState, STATE_4_DisconnectWhileClosingDisconnects) {
  expect_next(State::kClosing, Event::kDisconnect, State::kDisconnected);
}
TEST(InstanceState, STATE_4_TheClientClosingLastEndsTheInstance) { expect_gone(State::kClosing, Event::kClientCloses); }
TEST(InstanceState, STATE_4_TheServerClosingLastEndsTheInstance) { expect_gone(State::kClosing, Event::kServerCloses); }

// --------------------------------------------------------------------------------------------------------------- views

TEST(InstanceState, STATE_5_EndsSeeTheStateEachInItsWay) {
  EXPECT_EQ(server_view(State::kDisconnected), EndView::kServerDisconnected);
  EXPECT_EQ(server_view(State::kListening), EndView::kServerListening);
  EXPECT_EQ(server_view(State::kConnected), EndView::kServerConnected);
  EXPECT_EQ(server_view(State::kClosing), EndView::kServerClosing);
  EXPECT_EQ(client_view(ServerEndState::kOpen), EndView::kClientConnected);
  EXPECT_EQ(client_view(ServerEndState::kClosed), EndView::kClientClosing);
  EXPECT_EQ(client_view(ServerEndState::kDisconnected), EndView::kClientDetached);
}

// -------------------------------------------------------------------------------------------------------------- rights

TEST(InstanceState, SEC_9_EachOperationNeedsItsRights) {
  EXPECT_EQ(rights_needed(Operation::kRead), 1u);
  EXPECT_EQ(rights_needed(Operation::kPeek), 1u);
  EXPECT_EQ(rights_needed(Operation::kWrite), 2u);
  EXPECT_EQ(rights_needed(Operation::kFlush), 2u);
  EXPECT_EQ(rights_needed(Operation::kTransact), 3u);
  EXPECT_EQ(rights_needed(Operation::kQueryState), 0x80u);
  EXPECT_EQ(rights_needed(Operation::kSetState), 0x100u);
}

TEST(InstanceState, SEC_9_TheRestNeedNoRight) {
  for (const Operation operation :
       {Operation::kConnectWait, Operation::kConnectNoWait, Operation::kDisconnect, Operation::kSecurity,
        Operation::kImpersonate, Operation::kServerProcessId, Operation::kClientProcessId, Operation::kClose}) {
    EXPECT_EQ(rights_needed(operation), 0u);
  }
}

}  // namespace
}  // namespace pipes
