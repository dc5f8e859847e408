/* conio.h: single characters from the terminal.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPES_COMPAT_CONIO_H
#define PIPES_COMPAT_CONIO_H

#include "../win32.h"

#define getch _getch
#define getche _getche
#define kbhit _kbhit
#define putch _putch
#define _cprintf pipes_win32_printf

#endif /* PIPES_COMPAT_CONIO_H */
