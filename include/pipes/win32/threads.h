/* threads.h: threads, and what the C run-time library of Windows has for them. Part of pipes/win32.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPES_WIN32_THREADS_H
#define PIPES_WIN32_THREADS_H

#include "types.h"

#define CREATE_SUSPENDED 0x00000004
#define STACK_SIZE_PARAM_IS_A_RESERVATION 0x00010000
#define STILL_ACTIVE 0x00000103
#define THREAD_TERMINATE 0x0001
#define THREAD_SUSPEND_RESUME 0x0002
#define THREAD_SET_CONTEXT 0x0010
#define THREAD_QUERY_INFORMATION 0x0040
#define THREAD_ALL_ACCESS 0x001fffff
#define THREAD_PRIORITY_NORMAL 0
#define TLS_OUT_OF_INDEXES ((DWORD)0xffffffff)

typedef DWORD(WINAPI* LPTHREAD_START_ROUTINE)(LPVOID lpThreadParameter);
typedef LPTHREAD_START_ROUTINE PTHREAD_START_ROUTINE;

PIPES_WIN32_CALL(HANDLE, CreateThread,
                 (LPSECURITY_ATTRIBUTES lpThreadAttributes, SIZE_T dwStackSize, LPTHREAD_START_ROUTINE lpStartAddress,
                  LPVOID lpParameter, DWORD dwCreationFlags, LPDWORD lpThreadId));
PIPES_WIN32_CALL(VOID, ExitThread, (DWORD dwExitCode)) DECLSPEC_NORETURN;
PIPES_WIN32_CALL(BOOL, GetExitCodeThread, (HANDLE hThread, LPDWORD lpExitCode));
PIPES_WIN32_CALL(DWORD, ResumeThread, (HANDLE hThread));
PIPES_WIN32_CALL(HANDLE, GetCurrentThread, (void));
PIPES_WIN32_CALL(DWORD, GetCurrentThreadId, (void));
PIPES_WIN32_CALL(DWORD, GetThreadId, (HANDLE Thread));
PIPES_WIN32_CALL(BOOL, SwitchToThread, (void));

PIPES_WIN32_CALL(DWORD, TlsAlloc, (void));
PIPES_WIN32_CALL(BOOL, TlsFree, (DWORD dwTlsIndex));
PIPES_WIN32_CALL(LPVOID, TlsGetValue, (DWORD dwTlsIndex));
PIPES_WIN32_CALL(BOOL, TlsSetValue, (DWORD dwTlsIndex, LPVOID lpTlsValue));

typedef unsigned (*_beginthreadex_proc_type)(void* argument);
typedef void (*_beginthread_proc_type)(void* argument);
PIPES_WIN32_CALL(uintptr_t, _beginthreadex,
                 (void* security, unsigned stack_size, _beginthreadex_proc_type start_address, void* arglist,
                  unsigned initflag, unsigned* thrdaddr));
PIPES_WIN32_CALL(uintptr_t, _beginthread, (_beginthread_proc_type start_address, unsigned stack_size, void* arglist));
PIPES_WIN32_CALL(void, _endthreadex, (unsigned retval)) DECLSPEC_NORETURN;
PIPES_WIN32_CALL(void, _endthread, (void)) DECLSPEC_NORETURN;

#endif /* PIPES_WIN32_THREADS_H */
