/* security.h: security identifiers, access control lists and security descriptors. Part of pipes/win32.h.
 *
 * SPDX-License-Identifier: MIT
 *
 * The structures have Windows' layout: a descriptor is absolute, with pointers to its parts, or self-relative, with
 * offsets, and then it, its lists and its identifiers are the bytes that Windows stores. All of these functions work on
 * the caller's memory alone, in any thread, and never wait. <aclapi.h> and <sddl.h> have those that are apart on
 * Windows.
 */
#ifndef PIPES_WIN32_SECURITY_H
#define PIPES_WIN32_SECURITY_H

#include "authorities.h"
#include "types.h"

/* ------------------------------------------------------------------------------------------------------ identifiers -- */

typedef struct _GUID {
  DWORD Data1;
  WORD Data2;
  WORD Data3;
  BYTE Data4[8];
} GUID, *LPGUID;

typedef struct _SID_IDENTIFIER_AUTHORITY {
  BYTE Value[6];
} SID_IDENTIFIER_AUTHORITY, *PSID_IDENTIFIER_AUTHORITY;

/* As long as it has sub-authorities. */
typedef struct _SID {
  BYTE Revision;
  BYTE SubAuthorityCount;
  SID_IDENTIFIER_AUTHORITY IdentifierAuthority;
  DWORD SubAuthority[ANYSIZE_ARRAY];
} SID, *PISID;

typedef struct _SID_AND_ATTRIBUTES {
  PSID Sid;
  DWORD Attributes;
} SID_AND_ATTRIBUTES, *PSID_AND_ATTRIBUTES;

typedef enum _SID_NAME_USE {
  SidTypeUser = 1,
  SidTypeGroup,
  SidTypeDomain,
  SidTypeAlias,
  SidTypeWellKnownGroup,
  SidTypeDeletedAccount,
  SidTypeInvalid,
  SidTypeUnknown,
  SidTypeComputer,
  SidTypeLabel,
  SidTypeLogonSession
} SID_NAME_USE,
    *PSID_NAME_USE;

#define SID_REVISION 1
#define SID_MAX_SUB_AUTHORITIES 15
#define SID_RECOMMENDED_SUB_AUTHORITIES 1
#define SECURITY_MAX_SID_SIZE (sizeof(SID) - sizeof(DWORD) + SID_MAX_SUB_AUTHORITIES * sizeof(DWORD))

#define SECURITY_NULL_RID 0x00000000
#define SECURITY_WORLD_RID 0x00000000
#define SECURITY_LOCAL_RID 0x00000000
#define SECURITY_CREATOR_OWNER_RID 0x00000000
#define SECURITY_CREATOR_GROUP_RID 0x00000001
#define SECURITY_CREATOR_OWNER_RIGHTS_RID 0x00000004
#define SECURITY_DIALUP_RID 0x00000001
#define SECURITY_NETWORK_RID 0x00000002
#define SECURITY_BATCH_RID 0x00000003
#define SECURITY_INTERACTIVE_RID 0x00000004
#define SECURITY_LOGON_IDS_RID 0x00000005
#define SECURITY_LOGON_IDS_RID_COUNT 3
#define SECURITY_SERVICE_RID 0x00000006
#define SECURITY_ANONYMOUS_LOGON_RID 0x00000007
#define SECURITY_PROXY_RID 0x00000008
#define SECURITY_ENTERPRISE_CONTROLLERS_RID 0x00000009
#define SECURITY_PRINCIPAL_SELF_RID 0x0000000a
#define SECURITY_AUTHENTICATED_USER_RID 0x0000000b
#define SECURITY_RESTRICTED_CODE_RID 0x0000000c
#define SECURITY_TERMINAL_SERVER_RID 0x0000000d
#define SECURITY_REMOTE_LOGON_RID 0x0000000e
#define SECURITY_LOCAL_SYSTEM_RID 0x00000012
#define SECURITY_LOCAL_SERVICE_RID 0x00000013
#define SECURITY_NETWORK_SERVICE_RID 0x00000014
#define SECURITY_NT_NON_UNIQUE 0x00000015
#define SECURITY_BUILTIN_DOMAIN_RID 0x00000020
#define SECURITY_MANDATORY_UNTRUSTED_RID 0x00000000
#define SECURITY_MANDATORY_LOW_RID 0x00001000
#define SECURITY_MANDATORY_MEDIUM_RID 0x00002000
#define SECURITY_MANDATORY_HIGH_RID 0x00003000
#define SECURITY_MANDATORY_SYSTEM_RID 0x00004000
#define DOMAIN_USER_RID_ADMIN 0x000001f4
#define DOMAIN_USER_RID_GUEST 0x000001f5
#define DOMAIN_GROUP_RID_ADMINS 0x00000200
#define DOMAIN_GROUP_RID_USERS 0x00000201
#define DOMAIN_GROUP_RID_GUESTS 0x00000202
#define DOMAIN_ALIAS_RID_ADMINS 0x00000220
#define DOMAIN_ALIAS_RID_USERS 0x00000221
#define DOMAIN_ALIAS_RID_GUESTS 0x00000222
#define DOMAIN_ALIAS_RID_POWER_USERS 0x00000223
#define DOMAIN_ALIAS_RID_ACCOUNT_OPS 0x00000224
#define DOMAIN_ALIAS_RID_SYSTEM_OPS 0x00000225
#define DOMAIN_ALIAS_RID_PRINT_OPS 0x00000226
#define DOMAIN_ALIAS_RID_BACKUP_OPS 0x00000227
#define DOMAIN_ALIAS_RID_REPLICATOR 0x00000228
#define DOMAIN_ALIAS_RID_REMOTE_DESKTOP_USERS 0x0000022b

#define SE_GROUP_MANDATORY 0x00000001
#define SE_GROUP_ENABLED_BY_DEFAULT 0x00000002
#define SE_GROUP_ENABLED 0x00000004
#define SE_GROUP_OWNER 0x00000008
#define SE_GROUP_USE_FOR_DENY_ONLY 0x00000010
#define SE_GROUP_INTEGRITY 0x00000020
#define SE_GROUP_INTEGRITY_ENABLED 0x00000040
#define SE_GROUP_RESOURCE 0x20000000
#define SE_GROUP_LOGON_ID 0xc0000000

/* Those of an account (WinAccount...) are made from the domain that CreateWellKnownSid is given. */
typedef enum {
  WinNullSid = 0,
  WinWorldSid = 1,
  WinLocalSid = 2,
  WinCreatorOwnerSid = 3,
  WinCreatorGroupSid = 4,
  WinCreatorOwnerServerSid = 5,
  WinCreatorGroupServerSid = 6,
  WinNtAuthoritySid = 7,
  WinDialupSid = 8,
  WinNetworkSid = 9,
  WinBatchSid = 10,
  WinInteractiveSid = 11,
  WinServiceSid = 12,
  WinAnonymousSid = 13,
  WinProxySid = 14,
  WinEnterpriseControllersSid = 15,
  WinSelfSid = 16,
  WinAuthenticatedUserSid = 17,
  WinRestrictedCodeSid = 18,
  WinTerminalServerSid = 19,
  WinRemoteLogonIdSid = 20,
  WinLogonIdsSid = 21,
  WinLocalSystemSid = 22,
  WinLocalServiceSid = 23,
  WinNetworkServiceSid = 24,
  WinBuiltinDomainSid = 25,
  WinBuiltinAdministratorsSid = 26,
  WinBuiltinUsersSid = 27,
  WinBuiltinGuestsSid = 28,
  WinBuiltinPowerUsersSid = 29,
  WinBuiltinAccountOperatorsSid = 30,
  WinBuiltinSystemOperatorsSid = 31,
  WinBuiltinPrintOperatorsSid = 32,
  WinBuiltinBackupOperatorsSid = 33,
  WinBuiltinReplicatorSid = 34,
  WinBuiltinPreWindows2000CompatibleAccessSid = 35,
  WinBuiltinRemoteDesktopUsersSid = 36,
  WinBuiltinNetworkConfigurationOperatorsSid = 37,
  WinAccountAdministratorSid = 38,
  WinAccountGuestSid = 39,
  WinAccountKrbtgtSid = 40,
  WinAccountDomainAdminsSid = 41,
  WinAccountDomainUsersSid = 42,
  WinAccountDomainGuestsSid = 43,
  WinAccountComputersSid = 44,
  WinAccountControllersSid = 45,
  WinAccountCertAdminsSid = 46,
  WinAccountSchemaAdminsSid = 47,
  WinAccountEnterpriseAdminsSid = 48,
  WinAccountPolicyAdminsSid = 49,
  WinAccountRasAndIasServersSid = 50,
  WinNTLMAuthenticationSid = 51,
  WinDigestAuthenticationSid = 52,
  WinSChannelAuthenticationSid = 53,
  WinThisOrganizationSid = 54,
  WinOtherOrganizationSid = 55,
  WinBuiltinIncomingForestTrustBuildersSid = 56,
  WinBuiltinPerfMonitoringUsersSid = 57,
  WinBuiltinPerfLoggingUsersSid = 58,
  WinBuiltinAuthorizationAccessSid = 59,
  WinBuiltinTerminalServerLicenseServersSid = 60,
  WinBuiltinDCOMUsersSid = 61,
  WinBuiltinIUsersSid = 62,
  WinIUserSid = 63,
  WinBuiltinCryptoOperatorsSid = 64,
  WinUntrustedLabelSid = 65,
  WinLowLabelSid = 66,
  WinMediumLabelSid = 67,
  WinHighLabelSid = 68,
  WinSystemLabelSid = 69,
  WinWriteRestrictedCodeSid = 70,
  WinCreatorOwnerRightsSid = 71,
  WinBuiltinEventLogReadersGroup = 76,
  WinBuiltinCertSvcDComAccessGroup = 78,
  WinMediumPlusLabelSid = 79,
  WinLocalLogonSid = 80,
  WinConsoleLogonSid = 81,
  WinBuiltinAnyPackageSid = 84,
  WinUserModeDriversSid = 98,
  WinBuiltinHyperVAdminsSid = 99,
  WinBuiltinAccessControlAssistanceOperatorsSid = 101,
  WinBuiltinRemoteManagementUsersSid = 102,
  WinAuthenticationAuthorityAssertedSid = 103,
  WinAuthenticationServiceAssertedSid = 104,
  WinLocalAccountSid = 105,
  WinLocalAccountAndAdministratorSid = 106,
  WinAccountProtectedUsersSid = 107
} WELL_KNOWN_SID_TYPE;

PIPES_WIN32_CALL(BOOL, IsValidSid, (PSID pSid));
PIPES_WIN32_CALL(BOOL, EqualSid, (PSID pSid1, PSID pSid2));
PIPES_WIN32_CALL(BOOL, EqualPrefixSid, (PSID pSid1, PSID pSid2));
PIPES_WIN32_CALL(DWORD, GetSidLengthRequired, (UCHAR nSubAuthorityCount));
PIPES_WIN32_CALL(DWORD, GetLengthSid, (PSID pSid));
PIPES_WIN32_CALL(BOOL, InitializeSid,
                 (PSID Sid, PSID_IDENTIFIER_AUTHORITY pIdentifierAuthority, BYTE nSubAuthorityCount));
PIPES_WIN32_CALL(PSID_IDENTIFIER_AUTHORITY, GetSidIdentifierAuthority, (PSID pSid));
PIPES_WIN32_CALL(PUCHAR, GetSidSubAuthorityCount, (PSID pSid));
PIPES_WIN32_CALL(PDWORD, GetSidSubAuthority, (PSID pSid, DWORD nSubAuthority));
PIPES_WIN32_CALL(BOOL, CopySid, (DWORD nDestinationSidLength, PSID pDestinationSid, PSID pSourceSid));
/* To be freed with FreeSid, which returns null. */
PIPES_WIN32_CALL(BOOL, AllocateAndInitializeSid,
                 (PSID_IDENTIFIER_AUTHORITY pIdentifierAuthority, BYTE nSubAuthorityCount, DWORD nSubAuthority0,
                  DWORD nSubAuthority1, DWORD nSubAuthority2, DWORD nSubAuthority3, DWORD nSubAuthority4,
                  DWORD nSubAuthority5, DWORD nSubAuthority6, DWORD nSubAuthority7, PSID* pSid));
PIPES_WIN32_CALL(PVOID, FreeSid, (PSID pSid));
PIPES_WIN32_CALL(BOOL, CreateWellKnownSid,
                 (WELL_KNOWN_SID_TYPE WellKnownSidType, PSID DomainSid, PSID pSid, DWORD* cbSid));
PIPES_WIN32_CALL(BOOL, IsWellKnownSid, (PSID pSid, WELL_KNOWN_SID_TYPE WellKnownSidType));

/* Users and groups of this system have its computer's name as their domain; lpSystemName must be null or that name. */
PIPES_WIN32_CALL(BOOL, LookupAccountSidA,
                 (LPCSTR lpSystemName, PSID Sid, LPSTR Name, LPDWORD cchName, LPSTR ReferencedDomainName,
                  LPDWORD cchReferencedDomainName, PSID_NAME_USE peUse));
PIPES_WIN32_CALL(BOOL, LookupAccountSidW,
                 (LPCWSTR lpSystemName, PSID Sid, LPWSTR Name, LPDWORD cchName, LPWSTR ReferencedDomainName,
                  LPDWORD cchReferencedDomainName, PSID_NAME_USE peUse));
PIPES_WIN32_CALL(BOOL, LookupAccountNameA,
                 (LPCSTR lpSystemName, LPCSTR lpAccountName, PSID Sid, LPDWORD cbSid, LPSTR ReferencedDomainName,
                  LPDWORD cchReferencedDomainName, PSID_NAME_USE peUse));
PIPES_WIN32_CALL(BOOL, LookupAccountNameW,
                 (LPCWSTR lpSystemName, LPCWSTR lpAccountName, PSID Sid, LPDWORD cbSid, LPWSTR ReferencedDomainName,
                  LPDWORD cchReferencedDomainName, PSID_NAME_USE peUse));

/* ------------------------------------------------------------------------------------------------------------ lists -- */

typedef struct _ACL {
  BYTE AclRevision;
  BYTE Sbz1;
  WORD AclSize;
  WORD AceCount;
  WORD Sbz2;
} ACL, *PACL;

typedef struct _ACE_HEADER {
  BYTE AceType;
  BYTE AceFlags;
  WORD AceSize;
} ACE_HEADER, *PACE_HEADER;

/* The identifier lies where SidStart does. */
typedef struct _ACCESS_ALLOWED_ACE {
  ACE_HEADER Header;
  ACCESS_MASK Mask;
  DWORD SidStart;
} ACCESS_ALLOWED_ACE, *PACCESS_ALLOWED_ACE;

typedef struct _ACCESS_DENIED_ACE {
  ACE_HEADER Header;
  ACCESS_MASK Mask;
  DWORD SidStart;
} ACCESS_DENIED_ACE, *PACCESS_DENIED_ACE;

typedef struct _SYSTEM_AUDIT_ACE {
  ACE_HEADER Header;
  ACCESS_MASK Mask;
  DWORD SidStart;
} SYSTEM_AUDIT_ACE, *PSYSTEM_AUDIT_ACE;

typedef struct _SYSTEM_MANDATORY_LABEL_ACE {
  ACE_HEADER Header;
  ACCESS_MASK Mask;
  DWORD SidStart;
} SYSTEM_MANDATORY_LABEL_ACE, *PSYSTEM_MANDATORY_LABEL_ACE;

#define ACL_REVISION 2
#define ACL_REVISION_DS 4
#define ACL_REVISION2 2
#define ACL_REVISION3 3
#define ACL_REVISION4 4
#define MIN_ACL_REVISION ACL_REVISION2
#define MAX_ACL_REVISION ACL_REVISION4

#define ACCESS_ALLOWED_ACE_TYPE 0x00
#define ACCESS_DENIED_ACE_TYPE 0x01
#define SYSTEM_AUDIT_ACE_TYPE 0x02
#define SYSTEM_ALARM_ACE_TYPE 0x03
#define ACCESS_ALLOWED_OBJECT_ACE_TYPE 0x05
#define ACCESS_DENIED_OBJECT_ACE_TYPE 0x06
#define SYSTEM_AUDIT_OBJECT_ACE_TYPE 0x07
#define ACCESS_ALLOWED_CALLBACK_ACE_TYPE 0x09
#define ACCESS_DENIED_CALLBACK_ACE_TYPE 0x0a
#define SYSTEM_MANDATORY_LABEL_ACE_TYPE 0x11
#define SYSTEM_RESOURCE_ATTRIBUTE_ACE_TYPE 0x12
#define SYSTEM_SCOPED_POLICY_ID_ACE_TYPE 0x13

#define OBJECT_INHERIT_ACE 0x01
#define CONTAINER_INHERIT_ACE 0x02
#define NO_PROPAGATE_INHERIT_ACE 0x04
#define INHERIT_ONLY_ACE 0x08
#define INHERITED_ACE 0x10
#define VALID_INHERIT_FLAGS 0x1f
#define SUCCESSFUL_ACCESS_ACE_FLAG 0x40
#define FAILED_ACCESS_ACE_FLAG 0x80

#define SYSTEM_MANDATORY_LABEL_NO_WRITE_UP 0x1
#define SYSTEM_MANDATORY_LABEL_NO_READ_UP 0x2
#define SYSTEM_MANDATORY_LABEL_NO_EXECUTE_UP 0x4
#define SYSTEM_MANDATORY_LABEL_VALID_MASK 0x7

typedef enum _ACL_INFORMATION_CLASS { AclRevisionInformation = 1, AclSizeInformation } ACL_INFORMATION_CLASS;

typedef struct _ACL_REVISION_INFORMATION {
  DWORD AclRevision;
} ACL_REVISION_INFORMATION, *PACL_REVISION_INFORMATION;

typedef struct _ACL_SIZE_INFORMATION {
  DWORD AceCount;
  DWORD AclBytesInUse;
  DWORD AclBytesFree;
} ACL_SIZE_INFORMATION, *PACL_SIZE_INFORMATION;

PIPES_WIN32_CALL(BOOL, InitializeAcl, (PACL pAcl, DWORD nAclLength, DWORD dwAclRevision));
PIPES_WIN32_CALL(BOOL, IsValidAcl, (PACL pAcl));
PIPES_WIN32_CALL(BOOL, GetAclInformation,
                 (PACL pAcl, LPVOID pAclInformation, DWORD nAclInformationLength,
                  ACL_INFORMATION_CLASS dwAclInformationClass));
PIPES_WIN32_CALL(BOOL, GetAce, (PACL pAcl, DWORD dwAceIndex, LPVOID* pAce));
/* `dwStartingAceIndex` MAXDWORD: behind the last. */
PIPES_WIN32_CALL(BOOL, AddAce,
                 (PACL pAcl, DWORD dwAceRevision, DWORD dwStartingAceIndex, LPVOID pAceList, DWORD nAceListLength));
PIPES_WIN32_CALL(BOOL, DeleteAce, (PACL pAcl, DWORD dwAceIndex));
PIPES_WIN32_CALL(BOOL, FindFirstFreeAce, (PACL pAcl, LPVOID* pAce));
PIPES_WIN32_CALL(BOOL, AddAccessAllowedAce, (PACL pAcl, DWORD dwAceRevision, DWORD AccessMask, PSID pSid));
PIPES_WIN32_CALL(BOOL, AddAccessAllowedAceEx,
                 (PACL pAcl, DWORD dwAceRevision, DWORD AceFlags, DWORD AccessMask, PSID pSid));
PIPES_WIN32_CALL(BOOL, AddAccessDeniedAce, (PACL pAcl, DWORD dwAceRevision, DWORD AccessMask, PSID pSid));
PIPES_WIN32_CALL(BOOL, AddAccessDeniedAceEx,
                 (PACL pAcl, DWORD dwAceRevision, DWORD AceFlags, DWORD AccessMask, PSID pSid));
PIPES_WIN32_CALL(BOOL, AddAuditAccessAce,
                 (PACL pAcl, DWORD dwAceRevision, DWORD dwAccessMask, PSID pSid, BOOL bAuditSuccess,
                  BOOL bAuditFailure));
PIPES_WIN32_CALL(BOOL, AddAuditAccessAceEx,
                 (PACL pAcl, DWORD dwAceRevision, DWORD AceFlags, DWORD dwAccessMask, PSID pSid, BOOL bAuditSuccess,
                  BOOL bAuditFailure));
PIPES_WIN32_CALL(BOOL, AddMandatoryAce,
                 (PACL pAcl, DWORD dwAceRevision, DWORD AceFlags, DWORD MandatoryPolicy, PSID pLabelSid));

/* ------------------------------------------------------------------------------------------------------ descriptors -- */

typedef WORD SECURITY_DESCRIPTOR_CONTROL, *PSECURITY_DESCRIPTOR_CONTROL;
typedef DWORD SECURITY_INFORMATION, *PSECURITY_INFORMATION;

typedef struct _SECURITY_DESCRIPTOR {
  BYTE Revision;
  BYTE Sbz1;
  SECURITY_DESCRIPTOR_CONTROL Control;
  PSID Owner;
  PSID Group;
  PACL Sacl;
  PACL Dacl;
} SECURITY_DESCRIPTOR, *PISECURITY_DESCRIPTOR;

typedef struct _SECURITY_DESCRIPTOR_RELATIVE {
  BYTE Revision;
  BYTE Sbz1;
  SECURITY_DESCRIPTOR_CONTROL Control;
  DWORD Owner;
  DWORD Group;
  DWORD Sacl;
  DWORD Dacl;
} SECURITY_DESCRIPTOR_RELATIVE, *PISECURITY_DESCRIPTOR_RELATIVE;

#define SECURITY_DESCRIPTOR_REVISION 1
#define SECURITY_DESCRIPTOR_REVISION1 1
#define SECURITY_DESCRIPTOR_MIN_LENGTH (sizeof(SECURITY_DESCRIPTOR))

#define SE_OWNER_DEFAULTED 0x0001
#define SE_GROUP_DEFAULTED 0x0002
#define SE_DACL_PRESENT 0x0004
#define SE_DACL_DEFAULTED 0x0008
#define SE_SACL_PRESENT 0x0010
#define SE_SACL_DEFAULTED 0x0020
#define SE_DACL_AUTO_INHERIT_REQ 0x0100
#define SE_SACL_AUTO_INHERIT_REQ 0x0200
#define SE_DACL_AUTO_INHERITED 0x0400
#define SE_SACL_AUTO_INHERITED 0x0800
#define SE_DACL_PROTECTED 0x1000
#define SE_SACL_PROTECTED 0x2000
#define SE_RM_CONTROL_VALID 0x4000
#define SE_SELF_RELATIVE 0x8000

#define OWNER_SECURITY_INFORMATION 0x00000001
#define GROUP_SECURITY_INFORMATION 0x00000002
#define DACL_SECURITY_INFORMATION 0x00000004
#define SACL_SECURITY_INFORMATION 0x00000008
#define LABEL_SECURITY_INFORMATION 0x00000010
#define ATTRIBUTE_SECURITY_INFORMATION 0x00000020
#define SCOPE_SECURITY_INFORMATION 0x00000040
#define BACKUP_SECURITY_INFORMATION 0x00010000
#define UNPROTECTED_SACL_SECURITY_INFORMATION 0x10000000
#define UNPROTECTED_DACL_SECURITY_INFORMATION 0x20000000
#define PROTECTED_SACL_SECURITY_INFORMATION 0x40000000
#define PROTECTED_DACL_SECURITY_INFORMATION 0x80000000

PIPES_WIN32_CALL(BOOL, InitializeSecurityDescriptor, (PSECURITY_DESCRIPTOR pSecurityDescriptor, DWORD dwRevision));
PIPES_WIN32_CALL(BOOL, IsValidSecurityDescriptor, (PSECURITY_DESCRIPTOR pSecurityDescriptor));
PIPES_WIN32_CALL(DWORD, GetSecurityDescriptorLength, (PSECURITY_DESCRIPTOR pSecurityDescriptor));
PIPES_WIN32_CALL(BOOL, GetSecurityDescriptorControl,
                 (PSECURITY_DESCRIPTOR pSecurityDescriptor, PSECURITY_DESCRIPTOR_CONTROL pControl,
                  LPDWORD lpdwRevision));
PIPES_WIN32_CALL(BOOL, SetSecurityDescriptorControl,
                 (PSECURITY_DESCRIPTOR pSecurityDescriptor, SECURITY_DESCRIPTOR_CONTROL ControlBitsOfInterest,
                  SECURITY_DESCRIPTOR_CONTROL ControlBitsToSet));
PIPES_WIN32_CALL(BOOL, GetSecurityDescriptorOwner,
                 (PSECURITY_DESCRIPTOR pSecurityDescriptor, PSID* pOwner, LPBOOL lpbOwnerDefaulted));
PIPES_WIN32_CALL(BOOL, SetSecurityDescriptorOwner,
                 (PSECURITY_DESCRIPTOR pSecurityDescriptor, PSID pOwner, BOOL bOwnerDefaulted));
PIPES_WIN32_CALL(BOOL, GetSecurityDescriptorGroup,
                 (PSECURITY_DESCRIPTOR pSecurityDescriptor, PSID* pGroup, LPBOOL lpbGroupDefaulted));
PIPES_WIN32_CALL(BOOL, SetSecurityDescriptorGroup,
                 (PSECURITY_DESCRIPTOR pSecurityDescriptor, PSID pGroup, BOOL bGroupDefaulted));
PIPES_WIN32_CALL(BOOL, GetSecurityDescriptorDacl,
                 (PSECURITY_DESCRIPTOR pSecurityDescriptor, LPBOOL lpbDaclPresent, PACL* pDacl,
                  LPBOOL lpbDaclDefaulted));
PIPES_WIN32_CALL(BOOL, SetSecurityDescriptorDacl,
                 (PSECURITY_DESCRIPTOR pSecurityDescriptor, BOOL bDaclPresent, PACL pDacl, BOOL bDaclDefaulted));
PIPES_WIN32_CALL(BOOL, GetSecurityDescriptorSacl,
                 (PSECURITY_DESCRIPTOR pSecurityDescriptor, LPBOOL lpbSaclPresent, PACL* pSacl,
                  LPBOOL lpbSaclDefaulted));
PIPES_WIN32_CALL(BOOL, SetSecurityDescriptorSacl,
                 (PSECURITY_DESCRIPTOR pSecurityDescriptor, BOOL bSaclPresent, PACL pSacl, BOOL bSaclDefaulted));
PIPES_WIN32_CALL(BOOL, MakeSelfRelativeSD,
                 (PSECURITY_DESCRIPTOR pAbsoluteSecurityDescriptor,
                  PSECURITY_DESCRIPTOR pSelfRelativeSecurityDescriptor, LPDWORD lpdwBufferLength));
PIPES_WIN32_CALL(BOOL, MakeAbsoluteSD,
                 (PSECURITY_DESCRIPTOR pSelfRelativeSecurityDescriptor,
                  PSECURITY_DESCRIPTOR pAbsoluteSecurityDescriptor, LPDWORD lpdwAbsoluteSecurityDescriptorSize,
                  PACL pDacl, LPDWORD lpdwDaclSize, PACL pSacl, LPDWORD lpdwSaclSize, PSID pOwner,
                  LPDWORD lpdwOwnerSize, PSID pPrimaryGroup, LPDWORD lpdwPrimaryGroupSize));

/* Of ends of pipes. A buffer that is too small: ERROR_INSUFFICIENT_BUFFER, with the size that is needed. */
PIPES_WIN32_CALL(BOOL, GetKernelObjectSecurity,
                 (HANDLE Handle, SECURITY_INFORMATION RequestedInformation, PSECURITY_DESCRIPTOR pSecurityDescriptor,
                  DWORD nLength, LPDWORD lpnLengthNeeded));
PIPES_WIN32_CALL(BOOL, SetKernelObjectSecurity,
                 (HANDLE Handle, SECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR SecurityDescriptor));

#ifdef UNICODE
#define LookupAccountSid LookupAccountSidW
#define LookupAccountName LookupAccountNameW
#else
#define LookupAccountSid LookupAccountSidA
#define LookupAccountName LookupAccountNameA
#endif

#endif /* PIPES_WIN32_SECURITY_H */
