/* pipes.h: named and anonymous pipes. Part of pipes/win32.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPES_WIN32_PIPES_H
#define PIPES_WIN32_PIPES_H

#include "types.h"

#define PIPE_ACCESS_INBOUND 0x00000001
#define PIPE_ACCESS_OUTBOUND 0x00000002
#define PIPE_ACCESS_DUPLEX 0x00000003

#define PIPE_CLIENT_END 0x00000000
#define PIPE_SERVER_END 0x00000001
#define PIPE_WAIT 0x00000000
#define PIPE_NOWAIT 0x00000001
#define PIPE_READMODE_BYTE 0x00000000
#define PIPE_READMODE_MESSAGE 0x00000002
#define PIPE_TYPE_BYTE 0x00000000
#define PIPE_TYPE_MESSAGE 0x00000004
#define PIPE_ACCEPT_REMOTE_CLIENTS 0x00000000
#define PIPE_REJECT_REMOTE_CLIENTS 0x00000008
#define PIPE_UNLIMITED_INSTANCES 255

#define NMPWAIT_USE_DEFAULT_WAIT 0x00000000
#define NMPWAIT_NOWAIT 0x00000001
#define NMPWAIT_WAIT_FOREVER 0xffffffff

PIPES_WIN32_CALL(HANDLE, CreateNamedPipeA,
                 (LPCSTR lpName, DWORD dwOpenMode, DWORD dwPipeMode, DWORD nMaxInstances, DWORD nOutBufferSize,
                  DWORD nInBufferSize, DWORD nDefaultTimeOut, LPSECURITY_ATTRIBUTES lpSecurityAttributes));
PIPES_WIN32_CALL(HANDLE, CreateNamedPipeW,
                 (LPCWSTR lpName, DWORD dwOpenMode, DWORD dwPipeMode, DWORD nMaxInstances, DWORD nOutBufferSize,
                  DWORD nInBufferSize, DWORD nDefaultTimeOut, LPSECURITY_ATTRIBUTES lpSecurityAttributes));
PIPES_WIN32_CALL(BOOL, CreatePipe,
                 (PHANDLE hReadPipe, PHANDLE hWritePipe, LPSECURITY_ATTRIBUTES lpPipeAttributes, DWORD nSize));
PIPES_WIN32_CALL(BOOL, ConnectNamedPipe, (HANDLE hNamedPipe, LPOVERLAPPED lpOverlapped));
PIPES_WIN32_CALL(BOOL, DisconnectNamedPipe, (HANDLE hNamedPipe));
PIPES_WIN32_CALL(BOOL, WaitNamedPipeA, (LPCSTR lpNamedPipeName, DWORD nTimeOut));
PIPES_WIN32_CALL(BOOL, WaitNamedPipeW, (LPCWSTR lpNamedPipeName, DWORD nTimeOut));
PIPES_WIN32_CALL(BOOL, CallNamedPipeA,
                 (LPCSTR lpNamedPipeName, LPVOID lpInBuffer, DWORD nInBufferSize, LPVOID lpOutBuffer,
                  DWORD nOutBufferSize, LPDWORD lpBytesRead, DWORD nTimeOut));
PIPES_WIN32_CALL(BOOL, CallNamedPipeW,
                 (LPCWSTR lpNamedPipeName, LPVOID lpInBuffer, DWORD nInBufferSize, LPVOID lpOutBuffer,
                  DWORD nOutBufferSize, LPDWORD lpBytesRead, DWORD nTimeOut));
PIPES_WIN32_CALL(BOOL, TransactNamedPipe,
                 (HANDLE hNamedPipe, LPVOID lpInBuffer, DWORD nInBufferSize, LPVOID lpOutBuffer, DWORD nOutBufferSize,
                  LPDWORD lpBytesRead, LPOVERLAPPED lpOverlapped));
PIPES_WIN32_CALL(BOOL, PeekNamedPipe,
                 (HANDLE hNamedPipe, LPVOID lpBuffer, DWORD nBufferSize, LPDWORD lpBytesRead, LPDWORD lpTotalBytesAvail,
                  LPDWORD lpBytesLeftThisMessage));

PIPES_WIN32_CALL(BOOL, GetNamedPipeInfo,
                 (HANDLE hNamedPipe, LPDWORD lpFlags, LPDWORD lpOutBufferSize, LPDWORD lpInBufferSize,
                  LPDWORD lpMaxInstances));
PIPES_WIN32_CALL(BOOL, GetNamedPipeHandleStateA,
                 (HANDLE hNamedPipe, LPDWORD lpState, LPDWORD lpCurInstances, LPDWORD lpMaxCollectionCount,
                  LPDWORD lpCollectDataTimeout, LPSTR lpUserName, DWORD nMaxUserNameSize));
PIPES_WIN32_CALL(BOOL, GetNamedPipeHandleStateW,
                 (HANDLE hNamedPipe, LPDWORD lpState, LPDWORD lpCurInstances, LPDWORD lpMaxCollectionCount,
                  LPDWORD lpCollectDataTimeout, LPWSTR lpUserName, DWORD nMaxUserNameSize));
PIPES_WIN32_CALL(BOOL, SetNamedPipeHandleState,
                 (HANDLE hNamedPipe, LPDWORD lpMode, LPDWORD lpMaxCollectionCount, LPDWORD lpCollectDataTimeout));
PIPES_WIN32_CALL(BOOL, GetNamedPipeClientProcessId, (HANDLE Pipe, PULONG ClientProcessId));
PIPES_WIN32_CALL(BOOL, GetNamedPipeClientSessionId, (HANDLE Pipe, PULONG ClientSessionId));
PIPES_WIN32_CALL(BOOL, GetNamedPipeServerProcessId, (HANDLE Pipe, PULONG ServerProcessId));
PIPES_WIN32_CALL(BOOL, GetNamedPipeServerSessionId, (HANDLE Pipe, PULONG ServerSessionId));
PIPES_WIN32_CALL(BOOL, GetNamedPipeClientComputerNameA,
                 (HANDLE Pipe, LPSTR ClientComputerName, ULONG ClientComputerNameLength));
PIPES_WIN32_CALL(BOOL, GetNamedPipeClientComputerNameW,
                 (HANDLE Pipe, LPWSTR ClientComputerName, ULONG ClientComputerNameLength));

#ifdef UNICODE
#define CreateNamedPipe CreateNamedPipeW
#define WaitNamedPipe WaitNamedPipeW
#define CallNamedPipe CallNamedPipeW
#define GetNamedPipeHandleState GetNamedPipeHandleStateW
#define GetNamedPipeClientComputerName GetNamedPipeClientComputerNameW
#else
#define CreateNamedPipe CreateNamedPipeA
#define WaitNamedPipe WaitNamedPipeA
#define CallNamedPipe CallNamedPipeA
#define GetNamedPipeHandleState GetNamedPipeHandleStateA
#define GetNamedPipeClientComputerName GetNamedPipeClientComputerNameA
#endif

#endif /* PIPES_WIN32_PIPES_H */
