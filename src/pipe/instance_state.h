// The states of an instance and everything that is decided by state alone (STATE): how events move an instance from one
// state to the next, what each operation does in each state, and what becomes of operations that wait when something
// happens. Three tables, each in one place; nothing here knows queues, modes or quotas, which are looked at only after
// the state (STATE-6). Relies on nothing.
#pragma once

#include <cstdint>

#include "support/status.h"

namespace pipes {

// The values are those that NT reports (STATE-1).
enum class InstanceState : std::uint32_t {
  kDisconnected = PIPES_STATE_DISCONNECTED,
  kListening = PIPES_STATE_LISTENING,
  kConnected = PIPES_STATE_CONNECTED,
  kClosing = PIPES_STATE_CLOSING,  // One end has closed; the other still has its handle.
};

// ------------------------------------------------------------------------------------------------- from state to state

enum class InstanceEvent : std::uint32_t {
  kListen,        // ConnectNamedPipe.
  kClientOpens,   // CreateFile has chosen this instance.
  kDisconnect,    // DisconnectNamedPipe.
  kClientCloses,  // The last handle to the client end is gone. Only the attached client counts: see transition.
  kServerCloses,  // The last handle to the server end is gone.
};

// Transition is where an event leads: on to `next`, nowhere because it is refused with `status`, or to the instance's
// end.
struct Transition {
  enum class Kind : std::uint32_t { kNext, kRefused, kGone };

  Kind kind;
  InstanceState next;  // The present state if the event is refused, and meaningless once the instance is gone.
  Status status;       // 0 unless the event is refused.

  friend constexpr bool operator==(const Transition&, const Transition&) = default;
};

// transition is the state machine (STATE-2, STATE-3, STATE-4). A new instance begins as listening.
//
//                  listen        client opens   disconnect      client closes    server closes
//   disconnected   listening     refused 231    refused 233     disconnected *   gone
//   listening      listening     connected      disconnected    listening *      gone
//   connected      refused 535   refused 231    disconnected    closing          closing
//   closing        refused 232   refused 231    disconnected    gone             gone
//
// * A client that was disconnected no longer holds its instance (INST-13): its close is no event of an instance that
//   has since taken another client, and the caller must not report it as one.
[[nodiscard]] Transition transition(InstanceState state, InstanceEvent event);

// ----------------------------------------------------------------------------------- what an operation does in a state

// EndView is an instance's state as one end sees it. A detached client is one that the server disconnected; it stays so
// for ever, whatever its former instance does (STATE-5).
enum class EndView : std::uint32_t {
  kServerDisconnected,
  kServerListening,
  kServerConnected,
  kServerClosing,
  kClientConnected,
  kClientClosing,
  kClientDetached,
};
inline constexpr std::uint32_t kEndViews = 7;

// server_view is the server end's view of `state`.
[[nodiscard]] constexpr EndView server_view(InstanceState state) {
  switch (state) {
    case InstanceState::kDisconnected:
      return EndView::kServerDisconnected;
    case InstanceState::kListening:
      return EndView::kServerListening;
    case InstanceState::kConnected:
      return EndView::kServerConnected;
    case InstanceState::kClosing:
      return EndView::kServerClosing;
  }
  return EndView::kServerDisconnected;
}

// ServerEndState is what a client end can learn of the server end, and all that its own view depends on.
enum class ServerEndState : std::uint32_t { kOpen, kClosed, kDisconnected };

// client_view is the client end's view. A server that disconnected first and closed afterwards has disconnected.
[[nodiscard]] constexpr EndView client_view(ServerEndState server) {
  switch (server) {
    case ServerEndState::kOpen:
      return EndView::kClientConnected;
    case ServerEndState::kClosed:
      return EndView::kClientClosing;
    case ServerEndState::kDisconnected:
      return EndView::kClientDetached;
  }
  return EndView::kClientDetached;
}

// Operation is a row of the two tables below.
enum class Operation : std::uint32_t {
  kConnectWait,    // ConnectNamedPipe in PIPE_WAIT mode,
  kConnectNoWait,  // and in PIPE_NOWAIT mode.
  kDisconnect,
  kRead,   // ReadFile and ReadFileEx.
  kWrite,  // WriteFile and WriteFileEx.
  kPeek,
  kTransact,
  kFlush,
  kQueryState,  // GetNamedPipeHandleState, GetNamedPipeInfo, and the kernel's view (INFO-14).
  kSetState,    // SetNamedPipeHandleState.
  kSecurity,    // GetSecurityInfo and SetSecurityInfo.
  kImpersonate,
  kServerProcessId,  // And the server's session.
  kClientProcessId,  // And the client's session.
  kClose,
};
inline constexpr std::uint32_t kOperations = 15;

// Gate is what the state says to an operation, before anything else is looked at.
struct Gate {
  enum class Action : std::uint32_t {
    kProceed,          // Go on as the operation's chapter says.
    kWait,             // Wait for a client.
    kRelistenAndWait,  // Become listening, then wait for a client.
    kRelistenAndFail,  // Become listening, then answer `status`.
    kDataThenFail,     // Deliver what is queued; with nothing queued answer `status`.
    kSucceed,          // Answer success at once, without doing anything.
    kFail,             // Answer `status`.
  };

  Action action;
  Status status;  // 0 where the action does not mention it.

  friend constexpr bool operator==(const Gate&, const Gate&) = default;
};

// The answers that the tables name.
inline constexpr Gate kGateProceed{Gate::Action::kProceed, PIPES_OK};
inline constexpr Gate kGateWait{Gate::Action::kWait, PIPES_OK};
inline constexpr Gate kGateRelistenAndWait{Gate::Action::kRelistenAndWait, PIPES_OK};
inline constexpr Gate kGateSucceed{Gate::Action::kSucceed, PIPES_OK};
[[nodiscard]] constexpr Gate gate_relisten_and_fail(Status status) { return {Gate::Action::kRelistenAndFail, status}; }
[[nodiscard]] constexpr Gate gate_data_then(Status status) { return {Gate::Action::kDataThenFail, status}; }
[[nodiscard]] constexpr Gate gate_fail(Status status) { return {Gate::Action::kFail, status}; }

// gate is STATE-10: one cell of the tables that say what each operation does in each state. The rights of the handle
// are checked before it (STATE-7). What kClose does beyond going ahead, transition tells.
[[nodiscard]] Gate gate(EndView view, Operation operation);

// rights_needed returns the rights a handle must have for `operation` (SEC-9). 0 where the caller's own arguments
// decide (kSecurity: SEC-11, SEC-12) and where none is needed.
[[nodiscard]] std::uint32_t rights_needed(Operation operation);

// --------------------------------------------------------------------------------- what becomes of waiting operations

enum class WaitingOperation : std::uint32_t { kConnect, kRead, kWrite, kTransact, kFlush, kWaitAvailable };
inline constexpr std::uint32_t kWaitingOperations = 6;

// WaitingEvent is a column of the table below. "Own" and "peer" are as the waiting operation's end sees them.
enum class WaitingEvent : std::uint32_t {
  kClientOpens,
  kPeerMovesData,  // The peer writes, or reads.
  kServerDisconnects,
  kPeerCloses,  // The last handle of the other end is gone.
  kOwnCloses,   // The last handle of this end is gone.
};
inline constexpr std::uint32_t kWaitingEvents = 5;

struct WaitingOutcome {
  enum class Effect : std::uint32_t {
    kNone,       // The event does not concern it; it goes on waiting.
    kEnds,       // It completes with `status`.
    kByItsRule,  // It completes once its own condition holds: data for a read, room for a write, all read for a flush.
    kOutlivesEnd,     // It goes on although its end is closed, until read, or until the peer closes (CLOSE-5).
    kEndsIfPipeGone,  // It completes with `status` if the pipe has vanished with the event.
  };

  Effect effect;
  Status status;

  friend constexpr bool operator==(const WaitingOutcome&, const WaitingOutcome&) = default;
};

// waiting_outcome is one cell of the table "What happens to operations already waiting", the same for blocking calls,
// overlapped operations and completion routines (STATE-11). All that one event touches complete, in the order in which
// they were started (STATE-12). An event that cannot happen to an operation counts as one that does not concern it.
[[nodiscard]] WaitingOutcome waiting_outcome(WaitingOperation operation, WaitingEvent event);

}  // namespace pipes
