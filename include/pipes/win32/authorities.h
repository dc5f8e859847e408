/* authorities.h: who gave out security identifiers. Part of pipes/win32.h.
 *
 * SPDX-License-Identifier: MIT
 *
 * These initialise a SID_IDENTIFIER_AUTHORITY and, as on Windows, an array of bytes, too; so they have the braces of
 * one of them only. Apart, as a header of the system, so that compilers do not warn where a program uses them.
 */
#ifndef PIPES_WIN32_AUTHORITIES_H
#define PIPES_WIN32_AUTHORITIES_H

#if defined(__GNUC__)
#pragma GCC system_header
#endif

#define SECURITY_NULL_SID_AUTHORITY \
  { 0, 0, 0, 0, 0, 0 }
#define SECURITY_WORLD_SID_AUTHORITY \
  { 0, 0, 0, 0, 0, 1 }
#define SECURITY_LOCAL_SID_AUTHORITY \
  { 0, 0, 0, 0, 0, 2 }
#define SECURITY_CREATOR_SID_AUTHORITY \
  { 0, 0, 0, 0, 0, 3 }
#define SECURITY_NON_UNIQUE_AUTHORITY \
  { 0, 0, 0, 0, 0, 4 }
#define SECURITY_NT_AUTHORITY \
  { 0, 0, 0, 0, 0, 5 }
#define SECURITY_RESOURCE_MANAGER_AUTHORITY \
  { 0, 0, 0, 0, 0, 9 }
#define SECURITY_APP_PACKAGE_AUTHORITY \
  { 0, 0, 0, 0, 0, 15 }
#define SECURITY_MANDATORY_LABEL_AUTHORITY \
  { 0, 0, 0, 0, 0, 16 }

#endif /* PIPES_WIN32_AUTHORITIES_H */
