/* jni_md.h: what <jni.h> needs to know of Windows on x86-64, to build Java's part for it on another system.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPES_JNI_MD_H
#define PIPES_JNI_MD_H

#define JNIEXPORT __declspec(dllexport)
#define JNIIMPORT __declspec(dllimport)
#define JNICALL __stdcall

typedef signed char jbyte;
typedef int jint; /* as wide as Windows' long */
typedef long long jlong;

#endif
