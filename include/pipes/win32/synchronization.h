/* synchronization.h: events, mutexes, semaphores, waits, queued routines, critical sections, interlocked numbers. Part
 * of pipes/win32.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPES_WIN32_SYNCHRONIZATION_H
#define PIPES_WIN32_SYNCHRONIZATION_H

#include "types.h"

#define INFINITE 0xffffffff
#define WAIT_OBJECT_0 0x00000000
#define WAIT_ABANDONED 0x00000080
#define WAIT_ABANDONED_0 0x00000080
#define WAIT_IO_COMPLETION 0x000000c0
#define WAIT_FAILED ((DWORD)0xffffffff)
#define MAXIMUM_WAIT_OBJECTS 64

#define EVENT_MODIFY_STATE 0x0002
#define EVENT_ALL_ACCESS 0x001f0003
#define MUTEX_ALL_ACCESS 0x001f0001
#define SEMAPHORE_ALL_ACCESS 0x001f0003
#define CREATE_EVENT_MANUAL_RESET 0x00000001
#define CREATE_EVENT_INITIAL_SET 0x00000002

#define WT_EXECUTEDEFAULT 0x00000000
#define WT_EXECUTEINIOTHREAD 0x00000001
#define WT_EXECUTEINWAITTHREAD 0x00000004
#define WT_EXECUTEONLYONCE 0x00000008
#define WT_EXECUTELONGFUNCTION 0x00000010
#define WT_EXECUTEINPERSISTENTTHREAD 0x00000080

typedef VOID(NTAPI* PAPCFUNC)(ULONG_PTR Parameter);
typedef VOID(NTAPI* WAITORTIMERCALLBACK)(PVOID lpParameter, BOOLEAN TimerOrWaitFired);
typedef WAITORTIMERCALLBACK WAITORTIMERCALLBACKFUNC;

/* ----------------------------------------------------------------------------------------------------------- events -- */

PIPES_WIN32_CALL(HANDLE, CreateEventA,
                 (LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset, BOOL bInitialState, LPCSTR lpName));
PIPES_WIN32_CALL(HANDLE, CreateEventW,
                 (LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset, BOOL bInitialState, LPCWSTR lpName));
PIPES_WIN32_CALL(HANDLE, CreateEventExA,
                 (LPSECURITY_ATTRIBUTES lpEventAttributes, LPCSTR lpName, DWORD dwFlags, DWORD dwDesiredAccess));
PIPES_WIN32_CALL(HANDLE, CreateEventExW,
                 (LPSECURITY_ATTRIBUTES lpEventAttributes, LPCWSTR lpName, DWORD dwFlags, DWORD dwDesiredAccess));
PIPES_WIN32_CALL(BOOL, SetEvent, (HANDLE hEvent));
PIPES_WIN32_CALL(BOOL, ResetEvent, (HANDLE hEvent));

PIPES_WIN32_CALL(HANDLE, CreateMutexA, (LPSECURITY_ATTRIBUTES lpMutexAttributes, BOOL bInitialOwner, LPCSTR lpName));
PIPES_WIN32_CALL(HANDLE, CreateMutexW, (LPSECURITY_ATTRIBUTES lpMutexAttributes, BOOL bInitialOwner, LPCWSTR lpName));
PIPES_WIN32_CALL(BOOL, ReleaseMutex, (HANDLE hMutex));
PIPES_WIN32_CALL(HANDLE, CreateSemaphoreA,
                 (LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount, LONG lMaximumCount, LPCSTR lpName));
PIPES_WIN32_CALL(HANDLE, CreateSemaphoreW,
                 (LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount, LONG lMaximumCount, LPCWSTR lpName));
PIPES_WIN32_CALL(BOOL, ReleaseSemaphore, (HANDLE hSemaphore, LONG lReleaseCount, LPLONG lpPreviousCount));

/* ------------------------------------------------------------------------------------------------------------ waits -- */

PIPES_WIN32_CALL(DWORD, WaitForSingleObject, (HANDLE hHandle, DWORD dwMilliseconds));
PIPES_WIN32_CALL(DWORD, WaitForSingleObjectEx, (HANDLE hHandle, DWORD dwMilliseconds, BOOL bAlertable));
PIPES_WIN32_CALL(DWORD, WaitForMultipleObjects,
                 (DWORD nCount, const HANDLE* lpHandles, BOOL bWaitAll, DWORD dwMilliseconds));
PIPES_WIN32_CALL(DWORD, WaitForMultipleObjectsEx,
                 (DWORD nCount, const HANDLE* lpHandles, BOOL bWaitAll, DWORD dwMilliseconds, BOOL bAlertable));
PIPES_WIN32_CALL(DWORD, SignalObjectAndWait,
                 (HANDLE hObjectToSignal, HANDLE hObjectToWaitOn, DWORD dwMilliseconds, BOOL bAlertable));
PIPES_WIN32_CALL(VOID, Sleep, (DWORD dwMilliseconds));
PIPES_WIN32_CALL(DWORD, SleepEx, (DWORD dwMilliseconds, BOOL bAlertable));
PIPES_WIN32_CALL(DWORD, QueueUserAPC, (PAPCFUNC pfnAPC, HANDLE hThread, ULONG_PTR dwData));
PIPES_WIN32_CALL(BOOL, RegisterWaitForSingleObject,
                 (PHANDLE phNewWaitObject, HANDLE hObject, WAITORTIMERCALLBACK Callback, PVOID Context,
                  ULONG dwMilliseconds, ULONG dwFlags));
PIPES_WIN32_CALL(BOOL, UnregisterWait, (HANDLE WaitHandle));
PIPES_WIN32_CALL(BOOL, UnregisterWaitEx, (HANDLE WaitHandle, HANDLE CompletionEvent));

/* ------------------------------------------------------------------------------------------------ critical sections -- */

/* Big enough for the system's mutex; what is in it is the library's. */
typedef struct _RTL_CRITICAL_SECTION {
  ULONGLONG storage[8];
} RTL_CRITICAL_SECTION, CRITICAL_SECTION, *PRTL_CRITICAL_SECTION, *PCRITICAL_SECTION, *LPCRITICAL_SECTION;

PIPES_WIN32_CALL(VOID, InitializeCriticalSection, (LPCRITICAL_SECTION lpCriticalSection));
PIPES_WIN32_CALL(BOOL, InitializeCriticalSectionAndSpinCount,
                 (LPCRITICAL_SECTION lpCriticalSection, DWORD dwSpinCount));
PIPES_WIN32_CALL(VOID, EnterCriticalSection, (LPCRITICAL_SECTION lpCriticalSection));
PIPES_WIN32_CALL(BOOL, TryEnterCriticalSection, (LPCRITICAL_SECTION lpCriticalSection));
PIPES_WIN32_CALL(VOID, LeaveCriticalSection, (LPCRITICAL_SECTION lpCriticalSection));
PIPES_WIN32_CALL(VOID, DeleteCriticalSection, (LPCRITICAL_SECTION lpCriticalSection));

/* ---------------------------------------------------------------------------------------------- interlocked numbers -- */

/* Each of these takes part in the one order of all sequentially consistent operations, as in Win32. */
#define PIPES_WIN32_INTERLOCKED(type, suffix)                                                              \
  FORCEINLINE type InterlockedIncrement##suffix(type volatile* target) {                                   \
    return __atomic_add_fetch(target, 1, __ATOMIC_SEQ_CST);                                                \
  }                                                                                                        \
  FORCEINLINE type InterlockedDecrement##suffix(type volatile* target) {                                   \
    return __atomic_sub_fetch(target, 1, __ATOMIC_SEQ_CST);                                                \
  }                                                                                                        \
  FORCEINLINE type InterlockedExchange##suffix(type volatile* target, type value) {                        \
    return __atomic_exchange_n(target, value, __ATOMIC_SEQ_CST);                                           \
  }                                                                                                        \
  FORCEINLINE type InterlockedExchangeAdd##suffix(type volatile* target, type value) {                     \
    return __atomic_fetch_add(target, value, __ATOMIC_SEQ_CST);                                            \
  }                                                                                                        \
  FORCEINLINE type InterlockedAnd##suffix(type volatile* target, type value) {                             \
    return __atomic_fetch_and(target, value, __ATOMIC_SEQ_CST);                                            \
  }                                                                                                        \
  FORCEINLINE type InterlockedOr##suffix(type volatile* target, type value) {                              \
    return __atomic_fetch_or(target, value, __ATOMIC_SEQ_CST);                                             \
  }                                                                                                        \
  FORCEINLINE type InterlockedCompareExchange##suffix(type volatile* target, type value, type comparand) { \
    __atomic_compare_exchange_n(target, &comparand, value, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);         \
    return comparand;                                                                                      \
  }
PIPES_WIN32_INTERLOCKED(LONG, )
PIPES_WIN32_INTERLOCKED(LONG64, 64)

FORCEINLINE PVOID InterlockedExchangePointer(PVOID volatile* target, PVOID value) {
  return __atomic_exchange_n(target, value, __ATOMIC_SEQ_CST);
}
FORCEINLINE PVOID InterlockedCompareExchangePointer(PVOID volatile* target, PVOID value, PVOID comparand) {
  __atomic_compare_exchange_n(target, &comparand, value, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  return comparand;
}
#define MemoryBarrier() __atomic_thread_fence(__ATOMIC_SEQ_CST)

#ifdef UNICODE
#define CreateEvent CreateEventW
#define CreateEventEx CreateEventExW
#define CreateMutex CreateMutexW
#define CreateSemaphore CreateSemaphoreW
#else
#define CreateEvent CreateEventA
#define CreateEventEx CreateEventExA
#define CreateMutex CreateMutexA
#define CreateSemaphore CreateSemaphoreA
#endif

#endif /* PIPES_WIN32_SYNCHRONIZATION_H */
