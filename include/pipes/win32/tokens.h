/* tokens.h: who a process or a thread is, impersonation and access checks. Part of pipes/win32.h.
 *
 * SPDX-License-Identifier: MIT
 *
 * A token is what Linux knows of a process, or of the client that a thread impersonates, at the moment when it was
 * opened; docs/win32.md tells what that is. Its handle is closed with CloseHandle.
 */
#ifndef PIPES_WIN32_TOKENS_H
#define PIPES_WIN32_TOKENS_H

#include "security.h"

typedef struct _LUID {
  DWORD LowPart;
  LONG HighPart;
} LUID, *PLUID;

typedef struct _LUID_AND_ATTRIBUTES {
  LUID Luid;
  DWORD Attributes;
} LUID_AND_ATTRIBUTES, *PLUID_AND_ATTRIBUTES;

typedef enum _SECURITY_IMPERSONATION_LEVEL {
  SecurityAnonymous,
  SecurityIdentification,
  SecurityImpersonation,
  SecurityDelegation
} SECURITY_IMPERSONATION_LEVEL,
    *PSECURITY_IMPERSONATION_LEVEL;

typedef enum _TOKEN_TYPE { TokenPrimary = 1, TokenImpersonation } TOKEN_TYPE, *PTOKEN_TYPE;

typedef enum _TOKEN_ELEVATION_TYPE {
  TokenElevationTypeDefault = 1,
  TokenElevationTypeFull,
  TokenElevationTypeLimited
} TOKEN_ELEVATION_TYPE,
    *PTOKEN_ELEVATION_TYPE;

typedef enum _TOKEN_INFORMATION_CLASS {
  TokenUser = 1,
  TokenGroups,
  TokenPrivileges,
  TokenOwner,
  TokenPrimaryGroup,
  TokenDefaultDacl,
  TokenSource,
  TokenType,
  TokenImpersonationLevel,
  TokenStatistics,
  TokenRestrictedSids,
  TokenSessionId,
  TokenGroupsAndPrivileges,
  TokenSessionReference,
  TokenSandBoxInert,
  TokenAuditPolicy,
  TokenOrigin,
  TokenElevationType,
  TokenLinkedToken,
  TokenElevation,
  TokenHasRestrictions,
  TokenAccessInformation,
  TokenVirtualizationAllowed,
  TokenVirtualizationEnabled,
  TokenIntegrityLevel,
  TokenUIAccess,
  TokenMandatoryPolicy,
  TokenLogonSid,
  TokenIsAppContainer,
  TokenCapabilities,
  TokenAppContainerSid,
  TokenAppContainerNumber,
  MaxTokenInfoClass
} TOKEN_INFORMATION_CLASS,
    *PTOKEN_INFORMATION_CLASS;

typedef struct _TOKEN_USER {
  SID_AND_ATTRIBUTES User;
} TOKEN_USER, *PTOKEN_USER;

typedef struct _TOKEN_GROUPS {
  DWORD GroupCount;
  SID_AND_ATTRIBUTES Groups[ANYSIZE_ARRAY];
} TOKEN_GROUPS, *PTOKEN_GROUPS;

typedef struct _TOKEN_PRIVILEGES {
  DWORD PrivilegeCount;
  LUID_AND_ATTRIBUTES Privileges[ANYSIZE_ARRAY];
} TOKEN_PRIVILEGES, *PTOKEN_PRIVILEGES;

typedef struct _TOKEN_OWNER {
  PSID Owner;
} TOKEN_OWNER, *PTOKEN_OWNER;

typedef struct _TOKEN_PRIMARY_GROUP {
  PSID PrimaryGroup;
} TOKEN_PRIMARY_GROUP, *PTOKEN_PRIMARY_GROUP;

typedef struct _TOKEN_DEFAULT_DACL {
  PACL DefaultDacl;
} TOKEN_DEFAULT_DACL, *PTOKEN_DEFAULT_DACL;

typedef struct _TOKEN_ELEVATION {
  DWORD TokenIsElevated;
} TOKEN_ELEVATION, *PTOKEN_ELEVATION;

typedef struct _TOKEN_MANDATORY_LABEL {
  SID_AND_ATTRIBUTES Label;
} TOKEN_MANDATORY_LABEL, *PTOKEN_MANDATORY_LABEL;

typedef struct _TOKEN_STATISTICS {
  LUID TokenId;
  LUID AuthenticationId;
  LARGE_INTEGER ExpirationTime;
  TOKEN_TYPE TokenType;
  SECURITY_IMPERSONATION_LEVEL ImpersonationLevel;
  DWORD DynamicCharged;
  DWORD DynamicAvailable;
  DWORD GroupCount;
  DWORD PrivilegeCount;
  LUID ModifiedId;
} TOKEN_STATISTICS, *PTOKEN_STATISTICS;

typedef struct _PRIVILEGE_SET {
  DWORD PrivilegeCount;
  DWORD Control;
  LUID_AND_ATTRIBUTES Privilege[ANYSIZE_ARRAY];
} PRIVILEGE_SET, *PPRIVILEGE_SET;

typedef struct _GENERIC_MAPPING {
  ACCESS_MASK GenericRead;
  ACCESS_MASK GenericWrite;
  ACCESS_MASK GenericExecute;
  ACCESS_MASK GenericAll;
} GENERIC_MAPPING, *PGENERIC_MAPPING;

#define TOKEN_ASSIGN_PRIMARY 0x0001
#define TOKEN_DUPLICATE 0x0002
#define TOKEN_IMPERSONATE 0x0004
#define TOKEN_QUERY 0x0008
#define TOKEN_QUERY_SOURCE 0x0010
#define TOKEN_ADJUST_PRIVILEGES 0x0020
#define TOKEN_ADJUST_GROUPS 0x0040
#define TOKEN_ADJUST_DEFAULT 0x0080
#define TOKEN_ADJUST_SESSIONID 0x0100
#define TOKEN_READ 0x00020008
#define TOKEN_WRITE 0x000200e0
#define TOKEN_EXECUTE 0x00020000
#define TOKEN_ALL_ACCESS_P 0x000f00ff
#define TOKEN_ALL_ACCESS 0x000f01ff

#define SE_PRIVILEGE_ENABLED_BY_DEFAULT 0x00000001
#define SE_PRIVILEGE_ENABLED 0x00000002
#define SE_PRIVILEGE_USED_FOR_ACCESS 0x80000000
#define PRIVILEGE_SET_ALL_NECESSARY 1

/* ----------------------------------------------------------------------------------------------------------- tokens -- */

/* Of this process and of others. */
PIPES_WIN32_CALL(BOOL, OpenProcessToken, (HANDLE ProcessHandle, DWORD DesiredAccess, PHANDLE TokenHandle));
/* ERROR_NO_TOKEN: the thread impersonates nobody. */
PIPES_WIN32_CALL(BOOL, OpenThreadToken,
                 (HANDLE ThreadHandle, DWORD DesiredAccess, BOOL OpenAsSelf, PHANDLE TokenHandle));
/* What is too small for the answer: ERROR_INSUFFICIENT_BUFFER, with the size that is needed. */
PIPES_WIN32_CALL(BOOL, GetTokenInformation,
                 (HANDLE TokenHandle, TOKEN_INFORMATION_CLASS TokenInformationClass, LPVOID TokenInformation,
                  DWORD TokenInformationLength, PDWORD ReturnLength));
PIPES_WIN32_CALL(BOOL, DuplicateToken,
                 (HANDLE ExistingTokenHandle, SECURITY_IMPERSONATION_LEVEL ImpersonationLevel,
                  PHANDLE DuplicateTokenHandle));
PIPES_WIN32_CALL(BOOL, DuplicateTokenEx,
                 (HANDLE hExistingToken, DWORD dwDesiredAccess, LPSECURITY_ATTRIBUTES lpTokenAttributes,
                  SECURITY_IMPERSONATION_LEVEL ImpersonationLevel, TOKEN_TYPE TokenType, PHANDLE phNewToken));
/* With a null handle of the thread's token, or else of the process's. */
PIPES_WIN32_CALL(BOOL, CheckTokenMembership, (HANDLE TokenHandle, PSID SidToCheck, PBOOL IsMember));

/* ---------------------------------------------------------------------------------------------------- impersonation -- */

/* The calling thread acts as the client until RevertToSelf. Both must be checked: a server that does not act as its
 * client acts with its own rights. Fails where Windows gives a token of a lower level; docs/win32.md tells when. */
PIPES_WIN32_CALL(BOOL, ImpersonateNamedPipeClient, (HANDLE hNamedPipe));
PIPES_WIN32_CALL(BOOL, ImpersonateSelf, (SECURITY_IMPERSONATION_LEVEL ImpersonationLevel));
PIPES_WIN32_CALL(BOOL, RevertToSelf, (void));

/* ---------------------------------------------------------------------------------------------------- access checks -- */

PIPES_WIN32_CALL(BOOL, AccessCheck,
                 (PSECURITY_DESCRIPTOR pSecurityDescriptor, HANDLE ClientToken, DWORD DesiredAccess,
                  PGENERIC_MAPPING GenericMapping, PPRIVILEGE_SET PrivilegeSet, LPDWORD PrivilegeSetLength,
                  LPDWORD GrantedAccess, LPBOOL AccessStatus));
PIPES_WIN32_CALL(VOID, MapGenericMask, (PDWORD AccessMask, PGENERIC_MAPPING GenericMapping));
PIPES_WIN32_CALL(BOOL, AreAllAccessesGranted, (DWORD GrantedAccess, DWORD DesiredAccess));
PIPES_WIN32_CALL(BOOL, AreAnyAccessesGranted, (DWORD GrantedAccess, DWORD DesiredAccess));

#endif /* PIPES_WIN32_TOKENS_H */
