/* windows.h: for sources that were written for Windows; pipes/win32.h tells what is in it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPES_COMPAT_WINDOWS_H
#define PIPES_COMPAT_WINDOWS_H

#include "../win32.h"

#endif /* PIPES_COMPAT_WINDOWS_H */
