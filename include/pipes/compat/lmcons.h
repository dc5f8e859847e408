/* lmcons.h: how long names may be.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPES_COMPAT_LMCONS_H
#define PIPES_COMPAT_LMCONS_H

#include "../win32.h"

#define UNLEN 256

#endif /* PIPES_COMPAT_LMCONS_H */
