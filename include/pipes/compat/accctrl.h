/* accctrl.h: what access control is described with: whom an entry is about, and what it says.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPES_COMPAT_ACCCTRL_H
#define PIPES_COMPAT_ACCCTRL_H

#include "../win32.h"

typedef enum _SE_OBJECT_TYPE {
  SE_UNKNOWN_OBJECT_TYPE = 0,
  SE_FILE_OBJECT,
  SE_SERVICE,
  SE_PRINTER,
  SE_REGISTRY_KEY,
  SE_LMSHARE,
  SE_KERNEL_OBJECT,
  SE_WINDOW_OBJECT,
  SE_DS_OBJECT,
  SE_DS_OBJECT_ALL,
  SE_PROVIDER_DEFINED_OBJECT,
  SE_WMIGUID_OBJECT,
  SE_REGISTRY_WOW64_32KEY
} SE_OBJECT_TYPE;

typedef enum _TRUSTEE_TYPE {
  TRUSTEE_IS_UNKNOWN,
  TRUSTEE_IS_USER,
  TRUSTEE_IS_GROUP,
  TRUSTEE_IS_DOMAIN,
  TRUSTEE_IS_ALIAS,
  TRUSTEE_IS_WELL_KNOWN_GROUP,
  TRUSTEE_IS_DELETED,
  TRUSTEE_IS_INVALID,
  TRUSTEE_IS_COMPUTER
} TRUSTEE_TYPE;

/* The last two are about properties of objects, which pipes have not: ERROR_INVALID_PARAMETER. */
typedef enum _TRUSTEE_FORM {
  TRUSTEE_IS_SID,
  TRUSTEE_IS_NAME,
  TRUSTEE_BAD_FORM,
  TRUSTEE_IS_OBJECTS_AND_SID,
  TRUSTEE_IS_OBJECTS_AND_NAME
} TRUSTEE_FORM;

typedef enum _MULTIPLE_TRUSTEE_OPERATION { NO_MULTIPLE_TRUSTEE, TRUSTEE_IS_IMPERSONATE } MULTIPLE_TRUSTEE_OPERATION;

typedef enum _ACCESS_MODE {
  NOT_USED_ACCESS = 0,
  GRANT_ACCESS,
  SET_ACCESS,
  DENY_ACCESS,
  REVOKE_ACCESS,
  SET_AUDIT_SUCCESS,
  SET_AUDIT_FAILURE
} ACCESS_MODE;

/* `ptstrName` is a name, or by `TrusteeForm` a SID. */
#define PIPES_COMPAT_ACCESS(letter, text)                   \
  typedef struct _TRUSTEE_##letter {                        \
    struct _TRUSTEE_##letter* pMultipleTrustee;             \
    MULTIPLE_TRUSTEE_OPERATION MultipleTrusteeOperation;    \
    TRUSTEE_FORM TrusteeForm;                               \
    TRUSTEE_TYPE TrusteeType;                               \
    text ptstrName;                                         \
  } TRUSTEE_##letter, *PTRUSTEE_##letter;                   \
  typedef TRUSTEE_##letter TRUSTEE##letter;                 \
  typedef TRUSTEE_##letter* PTRUSTEE##letter;               \
  typedef struct _EXPLICIT_ACCESS_##letter {                \
    DWORD grfAccessPermissions;                             \
    ACCESS_MODE grfAccessMode;                              \
    DWORD grfInheritance;                                   \
    TRUSTEE_##letter Trustee;                               \
  } EXPLICIT_ACCESS_##letter, *PEXPLICIT_ACCESS_##letter;   \
  typedef EXPLICIT_ACCESS_##letter EXPLICIT_ACCESS##letter; \
  typedef EXPLICIT_ACCESS_##letter* PEXPLICIT_ACCESS##letter
PIPES_COMPAT_ACCESS(A, LPSTR);
PIPES_COMPAT_ACCESS(W, LPWSTR);

#define NO_INHERITANCE 0x0
#define SUB_OBJECTS_ONLY_INHERIT 0x1
#define SUB_CONTAINERS_ONLY_INHERIT 0x2
#define SUB_CONTAINERS_AND_OBJECTS_INHERIT 0x3
#define INHERIT_NO_PROPAGATE 0x4
#define INHERIT_ONLY 0x8
#define INHERITED_ACCESS_ENTRY 0x10

#ifdef UNICODE
typedef TRUSTEE_W TRUSTEE, *PTRUSTEE;
typedef EXPLICIT_ACCESS_W EXPLICIT_ACCESS, *PEXPLICIT_ACCESS;
#else
typedef TRUSTEE_A TRUSTEE, *PTRUSTEE;
typedef EXPLICIT_ACCESS_A EXPLICIT_ACCESS, *PEXPLICIT_ACCESS;
#endif

#endif /* PIPES_COMPAT_ACCCTRL_H */
