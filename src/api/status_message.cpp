// What each status means, in a sentence.
#include "pipes/pipes.h"

const char* pipes_status_message(pipes_status status) {
  switch (status) {
    case PIPES_OK:
      return "The operation completed successfully.";
    case PIPES_ERROR_INVALID_FUNCTION:
      return "The function does not apply to this end of the pipe.";
    case PIPES_ERROR_FILE_NOT_FOUND:
      return "There is no pipe of that name.";
    case PIPES_ERROR_PATH_NOT_FOUND:
      return "The name is null or empty, or the runtime directory is missing.";
    case PIPES_ERROR_ACCESS_DENIED:
      return "Access is denied.";
    case PIPES_ERROR_INVALID_HANDLE:
      return "The handle is not valid.";
    case PIPES_ERROR_NOT_ENOUGH_MEMORY:
      return "There is not enough memory.";
    case PIPES_ERROR_NOT_SUPPORTED:
      return "The request is not supported.";
    case PIPES_ERROR_INVALID_PARAMETER:
      return "A parameter is not valid.";
    case PIPES_ERROR_BROKEN_PIPE:
      return "The other end of the pipe has closed.";
    case PIPES_ERROR_SEM_TIMEOUT:
      return "The time-out has elapsed.";
    case PIPES_ERROR_INSUFFICIENT_BUFFER:
      return "The buffer is too small.";
    case PIPES_ERROR_INVALID_NAME:
      return R"(That is not the name of a pipe, which is written \\.\pipe\name.)";
    case PIPES_ERROR_BAD_PATHNAME:
      return R"(The path is not that of a pipe, which is written \\.\pipe\name.)";
    case PIPES_ERROR_ALREADY_EXISTS:
      return "The pipe existed already.";
    case PIPES_WAIT_IO_COMPLETION:
      return "Routines have run, and the wait is over.";
    case PIPES_ERROR_FILENAME_EXCED_RANGE:
      return "The name of the pipe is too long.";
    case PIPES_ERROR_PIPE_LOCAL:
      return "The other end of the pipe is on this computer.";
    case PIPES_ERROR_BAD_PIPE:
      return "The state or mode of the pipe does not allow this.";
    case PIPES_ERROR_PIPE_BUSY:
      return "The pipe is busy: no instance is free, or something in it is unread or waits.";
    case PIPES_ERROR_NO_DATA:
      return "There is nothing to read, or the other end of the pipe has closed.";
    case PIPES_ERROR_PIPE_NOT_CONNECTED:
      return "The server has disconnected, or no client is connected yet.";
    case PIPES_ERROR_MORE_DATA:
      return "The message is longer than the buffer.";
    case PIPES_ERROR_WAIT_TIMEOUT:
      return "The wait has timed out.";
    case PIPES_ERROR_PIPE_CONNECTED:
      return "A client is connected already.";
    case PIPES_ERROR_PIPE_LISTENING:
      return "The pipe waits for a client.";
    case PIPES_ERROR_ABANDONED_WAIT_0:
      return "The completion port was closed.";
    case PIPES_ERROR_OPERATION_ABORTED:
      return "The operation was cancelled.";
    case PIPES_ERROR_IO_INCOMPLETE:
      return "The operation has not completed yet.";
    case PIPES_ERROR_IO_PENDING:
      return "The operation is under way.";
    case PIPES_ERROR_NOT_FOUND:
      return "There is nothing of that kind.";
    case PIPES_ERROR_UNKNOWN_REVISION:
      return "The revision is unknown.";
    case PIPES_ERROR_INVALID_OWNER:
      return "The caller may not make that SID the owner.";
    case PIPES_ERROR_PRIVILEGE_NOT_HELD:
      return "The caller does not hold a privilege that is needed.";
    case PIPES_ERROR_NONE_MAPPED:
      return "No SID has that name, or no name that SID.";
    case PIPES_ERROR_INVALID_ACL:
      return "The access control list is not well-formed.";
    case PIPES_ERROR_INVALID_SID:
      return "The security identifier is not well-formed.";
    case PIPES_ERROR_INVALID_SECURITY_DESCR:
      return "The security descriptor is not valid.";
    case PIPES_ERROR_BAD_IMPERSONATION_LEVEL:
      return "The impersonation level does not allow this.";
    case PIPES_ERROR_CANT_OPEN_ANONYMOUS:
      return "The client is anonymous.";
    case PIPES_ERROR_GENERIC_NOT_MAPPED:
      return "Generic rights are not allowed here.";
    case PIPES_ERROR_CANNOT_IMPERSONATE:
      return "The client cannot be impersonated before data was read from it.";
    case PIPES_ERROR_NO_SYSTEM_RESOURCES:
      return "The system's resources, or this user's share of the server's, are used up.";
    case PIPES_ERROR_NOT_ENOUGH_QUOTA:
      return "There is not enough quota.";
    default:
      return "The number is not one that this library uses.";
  }
}
