/* win32.h: the Win32 names for programs that use pipes, on Linux. On Windows it is <windows.h>.
 *
 * SPDX-License-Identifier: MIT
 *
 * A program that says `#include <windows.h>` finds this header by -I<prefix>/include/pipes/compat, and links -lpipes.
 * docs/win32.md tells what is there and what differs.
 *
 * Every function is declared under its Win32 name and bound to a symbol pipes_win32_<name> of the library, so that its
 * address can be taken, GetProcAddress finds it, and no name of the library clashes with one of the program. As in
 * Win32, a name ending in A takes bytes, which are UTF-8 here, one ending in W takes UTF-16, and UNICODE says which of
 * them the plain name is.
 */
#ifndef PIPES_WIN32_H
#define PIPES_WIN32_H

#ifdef _WIN32
#include <windows.h>
#else
#include "win32/types.h"
/**/
#include "win32/crt.h"
#include "win32/errors.h"
#include "win32/files.h"
#include "win32/memory.h"
#include "win32/messages.h"
#include "win32/modules.h"
#include "win32/pipes.h"
#include "win32/processes.h"
#include "win32/security.h"
#include "win32/strings.h"
#include "win32/synchronization.h"
#include "win32/system.h"
#include "win32/threads.h"
#include "win32/tokens.h"
#endif

#endif /* PIPES_WIN32_H */
