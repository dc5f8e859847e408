/* sddl.h: security descriptors and identifiers as text.
 *
 * SPDX-License-Identifier: MIT
 *
 * What these functions give is freed with LocalFree. Lengths of text count its terminator.
 */
#ifndef PIPES_COMPAT_SDDL_H
#define PIPES_COMPAT_SDDL_H

#include "../win32.h"

#define SDDL_REVISION_1 1
#define SDDL_REVISION SDDL_REVISION_1

PIPES_WIN32_CALL(BOOL, ConvertStringSecurityDescriptorToSecurityDescriptorA,
                 (LPCSTR StringSecurityDescriptor, DWORD StringSDRevision, PSECURITY_DESCRIPTOR* SecurityDescriptor,
                  PULONG SecurityDescriptorSize));
PIPES_WIN32_CALL(BOOL, ConvertStringSecurityDescriptorToSecurityDescriptorW,
                 (LPCWSTR StringSecurityDescriptor, DWORD StringSDRevision, PSECURITY_DESCRIPTOR* SecurityDescriptor,
                  PULONG SecurityDescriptorSize));
PIPES_WIN32_CALL(BOOL, ConvertSecurityDescriptorToStringSecurityDescriptorA,
                 (PSECURITY_DESCRIPTOR SecurityDescriptor, DWORD RequestedStringSDRevision,
                  SECURITY_INFORMATION SecurityInformation, LPSTR* StringSecurityDescriptor,
                  PULONG StringSecurityDescriptorLen));
PIPES_WIN32_CALL(BOOL, ConvertSecurityDescriptorToStringSecurityDescriptorW,
                 (PSECURITY_DESCRIPTOR SecurityDescriptor, DWORD RequestedStringSDRevision,
                  SECURITY_INFORMATION SecurityInformation, LPWSTR* StringSecurityDescriptor,
                  PULONG StringSecurityDescriptorLen));
PIPES_WIN32_CALL(BOOL, ConvertSidToStringSidA, (PSID Sid, LPSTR* StringSid));
PIPES_WIN32_CALL(BOOL, ConvertSidToStringSidW, (PSID Sid, LPWSTR* StringSid));
PIPES_WIN32_CALL(BOOL, ConvertStringSidToSidA, (LPCSTR StringSid, PSID* Sid));
PIPES_WIN32_CALL(BOOL, ConvertStringSidToSidW, (LPCWSTR StringSid, PSID* Sid));

#ifdef UNICODE
#define ConvertStringSecurityDescriptorToSecurityDescriptor ConvertStringSecurityDescriptorToSecurityDescriptorW
#define ConvertSecurityDescriptorToStringSecurityDescriptor ConvertSecurityDescriptorToStringSecurityDescriptorW
#define ConvertSidToStringSid ConvertSidToStringSidW
#define ConvertStringSidToSid ConvertStringSidToSidW
#else
#define ConvertStringSecurityDescriptorToSecurityDescriptor ConvertStringSecurityDescriptorToSecurityDescriptorA
#define ConvertSecurityDescriptorToStringSecurityDescriptor ConvertSecurityDescriptorToStringSecurityDescriptorA
#define ConvertSidToStringSid ConvertSidToStringSidA
#define ConvertStringSidToSid ConvertStringSidToSidA
#endif

#endif /* PIPES_COMPAT_SDDL_H */
