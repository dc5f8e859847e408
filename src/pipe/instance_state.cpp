// The three tables. Each stands as it does in the specification, row for row and column for column, so that the two can
// be compared by eye.
#include "pipe/instance_state.h"

#include <array>
#include <cstddef>
#include <type_traits>

#include "support/seeded_mistake.h"

namespace pipes {
namespace {

template <class Enum>
constexpr std::size_t index_of(Enum value) {
  return static_cast<std::size_t>(static_cast<std::underlying_type_t<Enum>>(value));
}

// ------------------------------------------------------------------------------------------------- from state to state

constexpr Transition go_to(InstanceState next) { return {Transition::Kind::kNext, next, PIPES_OK}; }
constexpr Transition refuse(InstanceState state, Status status) { return {Transition::Kind::kRefused, state, status}; }
constexpr Transition gone(InstanceState state) { return {Transition::Kind::kGone, state, PIPES_OK}; }

constexpr Transition from_disconnected(InstanceEvent event) {
  constexpr InstanceState kHere = InstanceState::kDisconnected;
  switch (event) {
    case InstanceEvent::kListen:
      return go_to(InstanceState::kListening);
    case InstanceEvent::kClientOpens:
      return refuse(kHere, PIPES_ERROR_PIPE_BUSY);  // INST-10, CLI-9
    case InstanceEvent::kDisconnect:
      return refuse(kHere, PIPES_ERROR_PIPE_NOT_CONNECTED);  // DISC-5
    case InstanceEvent::kClientCloses:
      return go_to(kHere);
    case InstanceEvent::kServerCloses:
      return gone(kHere);  // INST-13
  }
  return gone(kHere);
}

constexpr Transition from_listening(InstanceEvent event) {
  constexpr InstanceState kHere = InstanceState::kListening;
  switch (event) {
    case InstanceEvent::kListen:
      return go_to(kHere);  // CONN-9
    case InstanceEvent::kClientOpens:
      return go_to(InstanceState::kConnected);
    case InstanceEvent::kDisconnect:
      return go_to(InstanceState::kDisconnected);  // DISC-6
    case InstanceEvent::kClientCloses:
      return go_to(kHere);
    case InstanceEvent::kServerCloses:
      return gone(kHere);
  }
  return gone(kHere);
}

constexpr Transition from_connected(InstanceEvent event) {
  constexpr InstanceState kHere = InstanceState::kConnected;
  switch (event) {
    case InstanceEvent::kListen:
      return refuse(kHere, PIPES_ERROR_PIPE_CONNECTED);  // CONN-2, CONN-3
    case InstanceEvent::kClientOpens:
      return refuse(kHere, PIPES_ERROR_PIPE_BUSY);
    case InstanceEvent::kDisconnect:
      return go_to(InstanceState::kDisconnected);
    case InstanceEvent::kClientCloses:
    case InstanceEvent::kServerCloses:
      return go_to(InstanceState::kClosing);  // STATE-3
  }
  return gone(kHere);
}

// One end has closed already, so the end that closes now is the other one, and the last (STATE-4).
constexpr Transition from_closing(InstanceEvent event) {
  constexpr InstanceState kHere = InstanceState::kClosing;
  switch (event) {
    case InstanceEvent::kListen:
      return refuse(kHere, PIPES_ERROR_NO_DATA);  // CONN-4
    case InstanceEvent::kClientOpens:
      return refuse(kHere, PIPES_ERROR_PIPE_BUSY);
    case InstanceEvent::kDisconnect:
      return go_to(InstanceState::kDisconnected);  // DISC-7
    case InstanceEvent::kClientCloses:
    case InstanceEvent::kServerCloses:
      return gone(kHere);
  }
  return gone(kHere);
}

// ----------------------------------------------------------------------------------- what an operation does in a state

constexpr Gate kOk = kGateProceed;
constexpr Gate kWait = kGateWait;
constexpr Gate kRelist = kGateRelistenAndWait;
constexpr Gate kAtOnce = kGateSucceed;
constexpr Gate kListens = gate_fail(PIPES_ERROR_PIPE_LISTENING);
constexpr Gate kThere = gate_fail(PIPES_ERROR_PIPE_CONNECTED);
constexpr Gate kNoPeer = gate_fail(PIPES_ERROR_PIPE_NOT_CONNECTED);
constexpr Gate kClosed = gate_fail(PIPES_ERROR_NO_DATA);
constexpr Gate kBad = gate_fail(PIPES_ERROR_BAD_PIPE);
constexpr Gate kNever = gate_fail(PIPES_ERROR_INVALID_FUNCTION);
constexpr Gate kNobody = gate_fail(PIPES_ERROR_CANNOT_IMPERSONATE);
constexpr Gate kNoId = gate_fail(PIPES_ERROR_NOT_FOUND);
constexpr Gate kDrain = gate_data_then(PIPES_ERROR_BROKEN_PIPE);
constexpr Gate kRelist536 = gate_relisten_and_fail(PIPES_ERROR_PIPE_LISTENING);

// A row is an operation, a column an EndView. A client end in the closing state is one whose server end has closed.
using GateRow = std::array<Gate, kEndViews>;
// clang-format off
constexpr std::array<GateRow, kOperations> kGates = {{
    //                      server end:                               client end:
    //                      disconnected listening connected closing  connected closing  detached
    /* kConnectWait     */ {kRelist,     kWait,    kThere,   kClosed, kNever,   kNever,  kNever},
    /* kConnectNoWait   */ {kRelist536,  kListens, kThere,   kClosed, kNever,   kNever,  kNever},
    /* kDisconnect      */ {kNoPeer,     kOk,      kOk,      kOk,     kNever,   kNever,  kNoPeer},
    /* kRead            */ {kNoPeer,     kListens, kOk,      kDrain,  kOk,      kDrain,  kNoPeer},
    /* kWrite           */ {kNoPeer,     kListens, kOk,      kClosed, kOk,      kClosed, kNoPeer},
    /* kPeek            */ {kBad,        kBad,     kOk,      kDrain,  kOk,      kDrain,  kNoPeer},
    /* kTransact        */ {kBad,        kBad,     kOk,      kBad,    kOk,      kBad,    kNoPeer},
    /* kFlush           */ {kAtOnce,     kAtOnce,  kOk,      kAtOnce, kOk,      kAtOnce, kNoPeer},
    /* kQueryState      */ {kOk,         kOk,      kOk,      kOk,     kOk,      kOk,     kNoPeer},
    /* kSetState        */ {kOk,         kOk,      kOk,      kOk,     kOk,      kOk,     kNoPeer},
    /* kSecurity        */ {kOk,         kOk,      kOk,      kOk,     kOk,      kOk,     kNoPeer},
    /* kImpersonate     */ {kNobody,     kNobody,  kOk,      kOk,     kNever,   kNever,  kNever},
    /* kServerProcessId */ {kOk,         kOk,      kOk,      kOk,     kOk,      kOk,     kNoPeer},
    /* kClientProcessId */ {kNoId,       kNoId,    kOk,      kOk,     kOk,      kOk,     kNoPeer},
    /* kClose           */ {kOk,         kOk,      kOk,      kOk,     kOk,      kOk,     kOk},
}};
// clang-format on
static_assert(index_of(EndView::kClientDetached) + 1 == kEndViews);
static_assert(index_of(Operation::kClose) + 1 == kOperations);

// --------------------------------------------------------------------------------- what becomes of waiting operations

using Effect = WaitingOutcome::Effect;
constexpr WaitingOutcome ends(Status status) { return {Effect::kEnds, status}; }
constexpr WaitingOutcome kNone{Effect::kNone, PIPES_OK};
constexpr WaitingOutcome kDone = ends(PIPES_OK);
constexpr WaitingOutcome kRule{Effect::kByItsRule, PIPES_OK};
constexpr WaitingOutcome kLives{Effect::kOutlivesEnd, PIPES_OK};
constexpr WaitingOutcome kIfGone{Effect::kEndsIfPipeGone, PIPES_ERROR_FILE_NOT_FOUND};
constexpr WaitingOutcome k109 = ends(PIPES_ERROR_BROKEN_PIPE);
constexpr WaitingOutcome k233 = ends(PIPES_ERROR_PIPE_NOT_CONNECTED);

// A row is a WaitingOperation, a column a WaitingEvent.
using OutcomeRow = std::array<WaitingOutcome, kWaitingEvents>;
// clang-format off
constexpr std::array<OutcomeRow, kWaitingOperations> kOutcomes = {{
    //                    client opens  peer moves data  server disconnects  peer closes  own end closes
    /* kConnect       */ {kDone,        kNone,           k233,               kNone,       k109},
    /* kRead          */ {kNone,        kRule,           k233,               k109,        k109},
    /* kWrite         */ {kNone,        kRule,           k233,               k109,        kLives},
    /* kTransact      */ {kNone,        kRule,           k233,               k109,        k109},
    /* kFlush         */ {kNone,        kRule,           k233,               k109,        kLives},
    /* kWaitAvailable */ {kNone,        kNone,           kNone,              kIfGone,     kNone},
}};
// clang-format on
static_assert(index_of(WaitingEvent::kOwnCloses) + 1 == kWaitingEvents);
static_assert(index_of(WaitingOperation::kWaitAvailable) + 1 == kWaitingOperations);

}  // namespace

Transition transition(InstanceState state, InstanceEvent event) {
  switch (state) {
    case InstanceState::kDisconnected:
      return from_disconnected(event);
    case InstanceState::kListening:
      return from_listening(event);
    case InstanceState::kConnected:
      return from_connected(event);
    case InstanceState::kClosing:
      return from_closing(event);
  }
  return gone(state);
}

Gate gate(EndView view, Operation operation) {
  Expects(index_of(view) < kEndViews && index_of(operation) < kOperations);
  if (PIPES_MISTAKE("closing-write-broken") && operation == Operation::kWrite && view == EndView::kServerClosing) {
    return gate_fail(PIPES_ERROR_BROKEN_PIPE);
  }
  if (PIPES_MISTAKE("closing-connect-listens") && operation == Operation::kConnectNoWait &&
      view == EndView::kServerClosing) {
    return kListens;
  }
  return kGates[index_of(operation)][index_of(view)];
}

std::uint32_t rights_needed(Operation operation) {
  switch (operation) {
    case Operation::kRead:
    case Operation::kPeek:
      return PIPES_FILE_READ_DATA;
    case Operation::kWrite:
    case Operation::kFlush:
      return PIPES_FILE_WRITE_DATA;
    case Operation::kTransact:
      return PIPES_FILE_READ_DATA | PIPES_FILE_WRITE_DATA;
    case Operation::kQueryState:
      return PIPES_FILE_READ_ATTRIBUTES;
    case Operation::kSetState:
      return PIPES_FILE_WRITE_ATTRIBUTES;
    case Operation::kConnectWait:
    case Operation::kConnectNoWait:
    case Operation::kDisconnect:
    case Operation::kSecurity:
    case Operation::kImpersonate:
    case Operation::kServerProcessId:
    case Operation::kClientProcessId:
    case Operation::kClose:
      return 0;
  }
  return 0;
}

WaitingOutcome waiting_outcome(WaitingOperation operation, WaitingEvent event) {
  Expects(index_of(operation) < kWaitingOperations && index_of(event) < kWaitingEvents);
  return kOutcomes[index_of(operation)][index_of(event)];
}

}  // namespace pipes
