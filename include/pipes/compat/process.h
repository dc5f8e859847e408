/* process.h: threads as the C library of Windows has them; all of it is in pipes/win32.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPES_COMPAT_PROCESS_H
#define PIPES_COMPAT_PROCESS_H

#include "../win32.h"

#endif /* PIPES_COMPAT_PROCESS_H */
