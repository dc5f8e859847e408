/* files.h: reading and writing pipes, files and standard handles, overlapped operations, completion ports, and the
 * handles themselves. Part of pipes/win32.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPES_WIN32_FILES_H
#define PIPES_WIN32_FILES_H

#include "types.h"

#define FILE_READ_DATA 0x0001
#define FILE_LIST_DIRECTORY 0x0001
#define FILE_WRITE_DATA 0x0002
#define FILE_ADD_FILE 0x0002
#define FILE_APPEND_DATA 0x0004
#define FILE_CREATE_PIPE_INSTANCE 0x0004
#define FILE_READ_EA 0x0008
#define FILE_WRITE_EA 0x0010
#define FILE_EXECUTE 0x0020
#define FILE_DELETE_CHILD 0x0040
#define FILE_READ_ATTRIBUTES 0x0080
#define FILE_WRITE_ATTRIBUTES 0x0100
#define DELETE 0x00010000
#define READ_CONTROL 0x00020000
#define WRITE_DAC 0x00040000
#define WRITE_OWNER 0x00080000
#define SYNCHRONIZE 0x00100000
#define STANDARD_RIGHTS_REQUIRED 0x000f0000
#define STANDARD_RIGHTS_READ READ_CONTROL
#define STANDARD_RIGHTS_WRITE READ_CONTROL
#define STANDARD_RIGHTS_ALL 0x001f0000
#define ACCESS_SYSTEM_SECURITY 0x01000000
#define MAXIMUM_ALLOWED 0x02000000
#define GENERIC_ALL 0x10000000
#define GENERIC_EXECUTE 0x20000000
#define GENERIC_WRITE 0x40000000
#define GENERIC_READ 0x80000000
#define FILE_ALL_ACCESS 0x001f01ff
#define FILE_GENERIC_READ 0x00120089
#define FILE_GENERIC_WRITE 0x00120116
#define FILE_GENERIC_EXECUTE 0x001200a0

#define FILE_SHARE_READ 0x00000001
#define FILE_SHARE_WRITE 0x00000002
#define FILE_SHARE_DELETE 0x00000004
#define CREATE_NEW 1
#define CREATE_ALWAYS 2
#define OPEN_EXISTING 3
#define OPEN_ALWAYS 4
#define TRUNCATE_EXISTING 5
#define FILE_ATTRIBUTE_READONLY 0x00000001
#define FILE_ATTRIBUTE_HIDDEN 0x00000002
#define FILE_ATTRIBUTE_SYSTEM 0x00000004
#define FILE_ATTRIBUTE_DIRECTORY 0x00000010
#define FILE_ATTRIBUTE_ARCHIVE 0x00000020
#define FILE_ATTRIBUTE_NORMAL 0x00000080
#define FILE_ATTRIBUTE_TEMPORARY 0x00000100
#define FILE_FLAG_FIRST_PIPE_INSTANCE 0x00080000
#define FILE_FLAG_OPEN_NO_RECALL 0x00100000
#define FILE_FLAG_SESSION_AWARE 0x00800000
#define FILE_FLAG_BACKUP_SEMANTICS 0x02000000
#define FILE_FLAG_DELETE_ON_CLOSE 0x04000000
#define FILE_FLAG_SEQUENTIAL_SCAN 0x08000000
#define FILE_FLAG_RANDOM_ACCESS 0x10000000
#define FILE_FLAG_NO_BUFFERING 0x20000000
#define FILE_FLAG_OVERLAPPED 0x40000000
#define FILE_FLAG_WRITE_THROUGH 0x80000000
#define SECURITY_ANONYMOUS 0x00000000
#define SECURITY_IDENTIFICATION 0x00010000
#define SECURITY_IMPERSONATION 0x00020000
#define SECURITY_DELEGATION 0x00030000
#define SECURITY_CONTEXT_TRACKING 0x00040000
#define SECURITY_EFFECTIVE_ONLY 0x00080000
#define SECURITY_SQOS_PRESENT 0x00100000
#define SECURITY_VALID_SQOS_FLAGS 0x001f0000

#define FILE_TYPE_UNKNOWN 0x0000
#define FILE_TYPE_DISK 0x0001
#define FILE_TYPE_CHAR 0x0002
#define FILE_TYPE_PIPE 0x0003
#define FILE_BEGIN 0
#define FILE_CURRENT 1
#define FILE_END 2
#define INVALID_FILE_SIZE ((DWORD)0xffffffff)
#define INVALID_SET_FILE_POINTER ((DWORD)-1)
#define INVALID_FILE_ATTRIBUTES ((DWORD)-1)

#define STD_INPUT_HANDLE ((DWORD)-10)
#define STD_OUTPUT_HANDLE ((DWORD)-11)
#define STD_ERROR_HANDLE ((DWORD)-12)
#define HANDLE_FLAG_INHERIT 0x00000001
#define HANDLE_FLAG_PROTECT_FROM_CLOSE 0x00000002
#define DUPLICATE_CLOSE_SOURCE 0x00000001
#define DUPLICATE_SAME_ACCESS 0x00000002
#define FILE_SKIP_COMPLETION_PORT_ON_SUCCESS 0x1
#define FILE_SKIP_SET_EVENT_ON_HANDLE 0x2

#define STATUS_SUCCESS ((NTSTATUS)0x00000000)
#define STATUS_PENDING ((DWORD)0x00000103)
#define STATUS_BUFFER_OVERFLOW ((NTSTATUS)0x80000005)
#define STATUS_PIPE_BROKEN ((NTSTATUS)0xc000014b)
#define STATUS_CANCELLED ((NTSTATUS)0xc0000120)

#define HasOverlappedIoCompleted(lpOverlapped) (*(volatile ULONG_PTR*)&(lpOverlapped)->Internal != STATUS_PENDING)

typedef VOID(WINAPI* LPOVERLAPPED_COMPLETION_ROUTINE)(DWORD dwErrorCode, DWORD dwNumberOfBytesTransfered,
                                                      LPOVERLAPPED lpOverlapped);

/* ------------------------------------------------------------------------------------------------------------ files -- */

PIPES_WIN32_CALL(HANDLE, CreateFileA,
                 (LPCSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode,
                  LPSECURITY_ATTRIBUTES lpSecurityAttributes, DWORD dwCreationDisposition, DWORD dwFlagsAndAttributes,
                  HANDLE hTemplateFile));
PIPES_WIN32_CALL(HANDLE, CreateFileW,
                 (LPCWSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode,
                  LPSECURITY_ATTRIBUTES lpSecurityAttributes, DWORD dwCreationDisposition, DWORD dwFlagsAndAttributes,
                  HANDLE hTemplateFile));
PIPES_WIN32_CALL(BOOL, ReadFile,
                 (HANDLE hFile, LPVOID lpBuffer, DWORD nNumberOfBytesToRead, LPDWORD lpNumberOfBytesRead,
                  LPOVERLAPPED lpOverlapped));
PIPES_WIN32_CALL(BOOL, WriteFile,
                 (HANDLE hFile, LPCVOID lpBuffer, DWORD nNumberOfBytesToWrite, LPDWORD lpNumberOfBytesWritten,
                  LPOVERLAPPED lpOverlapped));
PIPES_WIN32_CALL(BOOL, ReadFileEx,
                 (HANDLE hFile, LPVOID lpBuffer, DWORD nNumberOfBytesToRead, LPOVERLAPPED lpOverlapped,
                  LPOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine));
PIPES_WIN32_CALL(BOOL, WriteFileEx,
                 (HANDLE hFile, LPCVOID lpBuffer, DWORD nNumberOfBytesToWrite, LPOVERLAPPED lpOverlapped,
                  LPOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine));
PIPES_WIN32_CALL(BOOL, FlushFileBuffers, (HANDLE hFile));
PIPES_WIN32_CALL(DWORD, GetFileType, (HANDLE hFile));
PIPES_WIN32_CALL(DWORD, GetFileSize, (HANDLE hFile, LPDWORD lpFileSizeHigh));
PIPES_WIN32_CALL(BOOL, GetFileSizeEx, (HANDLE hFile, PLARGE_INTEGER lpFileSize));
PIPES_WIN32_CALL(DWORD, SetFilePointer,
                 (HANDLE hFile, LONG lDistanceToMove, PLONG lpDistanceToMoveHigh, DWORD dwMoveMethod));
PIPES_WIN32_CALL(BOOL, SetFilePointerEx,
                 (HANDLE hFile, LARGE_INTEGER liDistanceToMove, PLARGE_INTEGER lpNewFilePointer, DWORD dwMoveMethod));
PIPES_WIN32_CALL(BOOL, DeleteFileA, (LPCSTR lpFileName));
PIPES_WIN32_CALL(BOOL, DeleteFileW, (LPCWSTR lpFileName));

/* ---------------------------------------------------------------------------------------------------------- handles -- */

PIPES_WIN32_CALL(BOOL, CloseHandle, (HANDLE hObject));
PIPES_WIN32_CALL(BOOL, DuplicateHandle,
                 (HANDLE hSourceProcessHandle, HANDLE hSourceHandle, HANDLE hTargetProcessHandle,
                  LPHANDLE lpTargetHandle, DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwOptions));
PIPES_WIN32_CALL(BOOL, GetHandleInformation, (HANDLE hObject, LPDWORD lpdwFlags));
PIPES_WIN32_CALL(BOOL, SetHandleInformation, (HANDLE hObject, DWORD dwMask, DWORD dwFlags));
PIPES_WIN32_CALL(HANDLE, GetStdHandle, (DWORD nStdHandle));
PIPES_WIN32_CALL(BOOL, SetStdHandle, (DWORD nStdHandle, HANDLE hHandle));

/* ------------------------------------------------------------------------------- overlapped operations, ports, routines -- */

PIPES_WIN32_CALL(BOOL, GetOverlappedResult,
                 (HANDLE hFile, LPOVERLAPPED lpOverlapped, LPDWORD lpNumberOfBytesTransferred, BOOL bWait));
PIPES_WIN32_CALL(BOOL, GetOverlappedResultEx,
                 (HANDLE hFile, LPOVERLAPPED lpOverlapped, LPDWORD lpNumberOfBytesTransferred, DWORD dwMilliseconds,
                  BOOL bAlertable));
PIPES_WIN32_CALL(BOOL, CancelIo, (HANDLE hFile));
PIPES_WIN32_CALL(BOOL, CancelIoEx, (HANDLE hFile, LPOVERLAPPED lpOverlapped));
PIPES_WIN32_CALL(BOOL, CancelSynchronousIo, (HANDLE hThread));
PIPES_WIN32_CALL(HANDLE, CreateIoCompletionPort,
                 (HANDLE FileHandle, HANDLE ExistingCompletionPort, ULONG_PTR CompletionKey,
                  DWORD NumberOfConcurrentThreads));
PIPES_WIN32_CALL(BOOL, GetQueuedCompletionStatus,
                 (HANDLE CompletionPort, LPDWORD lpNumberOfBytesTransferred, PULONG_PTR lpCompletionKey,
                  LPOVERLAPPED* lpOverlapped, DWORD dwMilliseconds));
PIPES_WIN32_CALL(BOOL, GetQueuedCompletionStatusEx,
                 (HANDLE CompletionPort, LPOVERLAPPED_ENTRY lpCompletionPortEntries, ULONG ulCount,
                  PULONG ulNumEntriesRemoved, DWORD dwMilliseconds, BOOL fAlertable));
PIPES_WIN32_CALL(BOOL, PostQueuedCompletionStatus,
                 (HANDLE CompletionPort, DWORD dwNumberOfBytesTransferred, ULONG_PTR dwCompletionKey,
                  LPOVERLAPPED lpOverlapped));
PIPES_WIN32_CALL(BOOL, SetFileCompletionNotificationModes, (HANDLE FileHandle, UCHAR Flags));
PIPES_WIN32_CALL(BOOL, BindIoCompletionCallback,
                 (HANDLE FileHandle, LPOVERLAPPED_COMPLETION_ROUTINE Function, ULONG Flags));

#ifdef UNICODE
#define CreateFile CreateFileW
#define DeleteFile DeleteFileW
#else
#define CreateFile CreateFileA
#define DeleteFile DeleteFileA
#endif

#endif /* PIPES_WIN32_FILES_H */
