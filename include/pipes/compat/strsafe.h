/* strsafe.h: strings that know how long they may become.
 *
 * SPDX-License-Identifier: MIT
 *
 * StringCch counts units, StringCb bytes. Both return S_OK, or STRSAFE_E_INSUFFICIENT_BUFFER with what fits, or
 * STRSAFE_E_INVALID_PARAMETER.
 */
#ifndef PIPES_COMPAT_STRSAFE_H
#define PIPES_COMPAT_STRSAFE_H

#include "../win32.h"

#define STRSAFE_MAX_CCH 2147483647
#define STRSAFE_E_INSUFFICIENT_BUFFER ((HRESULT)0x8007007a)
#define STRSAFE_E_INVALID_PARAMETER ((HRESULT)0x80070057)
#define STRSAFE_E_END_OF_FILE ((HRESULT)0x80070026)

typedef char* STRSAFE_LPSTR;
typedef const char* STRSAFE_LPCSTR;
typedef WCHAR* STRSAFE_LPWSTR;
typedef const WCHAR* STRSAFE_LPCWSTR;

#define PIPES_COMPAT_STRSAFE(unit, kind, letter)                                                                      \
  PIPES_WIN32_CALL(HRESULT, String##unit##Copy##letter, (kind * pszDest, size_t size, const kind* pszSrc));           \
  PIPES_WIN32_CALL(HRESULT, String##unit##CopyN##letter,                                                              \
                   (kind * pszDest, size_t size, const kind* pszSrc, size_t toCopy));                                 \
  PIPES_WIN32_CALL(HRESULT, String##unit##Cat##letter, (kind * pszDest, size_t size, const kind* pszSrc));            \
  PIPES_WIN32_CALL(HRESULT, String##unit##CatN##letter,                                                               \
                   (kind * pszDest, size_t size, const kind* pszSrc, size_t toAppend));                               \
  PIPES_WIN32_CALL(HRESULT, String##unit##Printf##letter, (kind * pszDest, size_t size, const kind* pszFormat, ...)); \
  PIPES_WIN32_CALL(HRESULT, String##unit##VPrintf##letter,                                                            \
                   (kind * pszDest, size_t size, const kind* pszFormat, va_list argList));                            \
  PIPES_WIN32_CALL(HRESULT, String##unit##Length##letter, (const kind* psz, size_t sizeMax, size_t* pLength))
PIPES_COMPAT_STRSAFE(Cch, CHAR, A);
PIPES_COMPAT_STRSAFE(Cch, WCHAR, W);
PIPES_COMPAT_STRSAFE(Cb, CHAR, A);
PIPES_COMPAT_STRSAFE(Cb, WCHAR, W);

#ifdef UNICODE
#define StringCchCopy StringCchCopyW
#define StringCchCopyN StringCchCopyNW
#define StringCchCat StringCchCatW
#define StringCchCatN StringCchCatNW
#define StringCchPrintf StringCchPrintfW
#define StringCchVPrintf StringCchVPrintfW
#define StringCchLength StringCchLengthW
#define StringCbCopy StringCbCopyW
#define StringCbCopyN StringCbCopyNW
#define StringCbCat StringCbCatW
#define StringCbCatN StringCbCatNW
#define StringCbPrintf StringCbPrintfW
#define StringCbVPrintf StringCbVPrintfW
#define StringCbLength StringCbLengthW
#else
#define StringCchCopy StringCchCopyA
#define StringCchCopyN StringCchCopyNA
#define StringCchCat StringCchCatA
#define StringCchCatN StringCchCatNA
#define StringCchPrintf StringCchPrintfA
#define StringCchVPrintf StringCchVPrintfA
#define StringCchLength StringCchLengthA
#define StringCbCopy StringCbCopyA
#define StringCbCopyN StringCbCopyNA
#define StringCbCat StringCbCatA
#define StringCbCatN StringCbCatNA
#define StringCbPrintf StringCbPrintfA
#define StringCbVPrintf StringCbVPrintfA
#define StringCbLength StringCbLengthA
#endif

#endif /* PIPES_COMPAT_STRSAFE_H */
