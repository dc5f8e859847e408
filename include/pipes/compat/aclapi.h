/* aclapi.h: access control lists made from descriptions, and the descriptors of pipes.
 *
 * SPDX-License-Identifier: MIT
 *
 * Unlike other functions these return their error, and leave the last error alone. What they give is freed with
 * LocalFree, in one piece.
 */
#ifndef PIPES_COMPAT_ACLAPI_H
#define PIPES_COMPAT_ACLAPI_H

#include "accctrl.h"

/* The parts that are told lie in the descriptor, which must be asked for with any of them. The object is the end of a
 * pipe, whether it is called SE_KERNEL_OBJECT or SE_FILE_OBJECT. */
PIPES_WIN32_CALL(DWORD, GetSecurityInfo,
                 (HANDLE handle, SE_OBJECT_TYPE ObjectType, SECURITY_INFORMATION SecurityInfo, PSID* ppsidOwner,
                  PSID* ppsidGroup, PACL* ppDacl, PACL* ppSacl, PSECURITY_DESCRIPTOR* ppSecurityDescriptor));
PIPES_WIN32_CALL(DWORD, SetSecurityInfo,
                 (HANDLE handle, SE_OBJECT_TYPE ObjectType, SECURITY_INFORMATION SecurityInfo, PSID psidOwner,
                  PSID psidGroup, PACL pDacl, PACL pSacl));

/* The new list: new denying entries, those denying ones that there were, new allowing entries, the rest. */
PIPES_WIN32_CALL(DWORD, SetEntriesInAclA,
                 (ULONG cCountOfExplicitEntries, PEXPLICIT_ACCESS_A pListOfExplicitEntries, PACL OldAcl, PACL* NewAcl));
PIPES_WIN32_CALL(DWORD, SetEntriesInAclW,
                 (ULONG cCountOfExplicitEntries, PEXPLICIT_ACCESS_W pListOfExplicitEntries, PACL OldAcl, PACL* NewAcl));
PIPES_WIN32_CALL(DWORD, GetExplicitEntriesFromAclA,
                 (PACL pacl, PULONG pcCountOfExplicitEntries, PEXPLICIT_ACCESS_A* pListOfExplicitEntries));
PIPES_WIN32_CALL(DWORD, GetExplicitEntriesFromAclW,
                 (PACL pacl, PULONG pcCountOfExplicitEntries, PEXPLICIT_ACCESS_W* pListOfExplicitEntries));

/* These only fill the structure in, and copy nothing. */
PIPES_WIN32_CALL(VOID, BuildExplicitAccessWithNameA,
                 (PEXPLICIT_ACCESS_A pExplicitAccess, LPSTR pTrusteeName, DWORD AccessPermissions,
                  ACCESS_MODE AccessMode, DWORD Inheritance));
PIPES_WIN32_CALL(VOID, BuildExplicitAccessWithNameW,
                 (PEXPLICIT_ACCESS_W pExplicitAccess, LPWSTR pTrusteeName, DWORD AccessPermissions,
                  ACCESS_MODE AccessMode, DWORD Inheritance));
PIPES_WIN32_CALL(VOID, BuildTrusteeWithNameA, (PTRUSTEE_A pTrustee, LPSTR pName));
PIPES_WIN32_CALL(VOID, BuildTrusteeWithNameW, (PTRUSTEE_W pTrustee, LPWSTR pName));
PIPES_WIN32_CALL(VOID, BuildTrusteeWithSidA, (PTRUSTEE_A pTrustee, PSID pSid));
PIPES_WIN32_CALL(VOID, BuildTrusteeWithSidW, (PTRUSTEE_W pTrustee, PSID pSid));

#ifdef UNICODE
#define SetEntriesInAcl SetEntriesInAclW
#define GetExplicitEntriesFromAcl GetExplicitEntriesFromAclW
#define BuildExplicitAccessWithName BuildExplicitAccessWithNameW
#define BuildTrusteeWithName BuildTrusteeWithNameW
#define BuildTrusteeWithSid BuildTrusteeWithSidW
#else
#define SetEntriesInAcl SetEntriesInAclA
#define GetExplicitEntriesFromAcl GetExplicitEntriesFromAclA
#define BuildExplicitAccessWithName BuildExplicitAccessWithNameA
#define BuildTrusteeWithName BuildTrusteeWithNameA
#define BuildTrusteeWithSid BuildTrusteeWithSidA
#endif

#endif /* PIPES_COMPAT_ACLAPI_H */
