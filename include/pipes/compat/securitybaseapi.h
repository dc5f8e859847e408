/* securitybaseapi.h: a part of <windows.h>, which is one here.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPES_COMPAT_SECURITYBASEAPI_H
#define PIPES_COMPAT_SECURITYBASEAPI_H

#include "../win32.h"

#endif /* PIPES_COMPAT_SECURITYBASEAPI_H */
