/* pipes.i: what SWIG makes of the C interface, for every language.
 *
 * SPDX-License-Identifier: MIT
 *
 * The classes that people use are written by hand in each language. What is generated from here is the layer below them,
 * which nobody else sees: each call of pipes.h under its own name, and each constant. It is generated into the build
 * tree and never committed.
 *
 *   swig -csharp|-java -DPIPES_STATIC -Iinclude -Ibindings ... bindings/pipes.i
 *
 * How an argument crosses is the language's own matter: csharp/csharp.i, java/java.i. Both find these shapes:
 *
 *   pipes_handle                      a handle: an integer of the size of a pointer, never an object
 *   void*, const void*, char*, ...    a buffer, always followed by its length in bytes
 *   uint32_t*, uint64_t*, pipes_handle*  an output, or an array followed by its count
 *   pipes_overlapped*, ...            a structure of the caller's; the languages lay them out themselves
 *   a pointer to a function           what the language can pass as such
 */
#if defined(SWIGCSHARP)
%module(imclassname="NativeMethods") Native
#elif defined(SWIGJAVA)
%module(jniclassname="NativeMethods") Native
#endif

%{
#include <pipes/pipes.h>
%}

%include <stdint.i>

/* The header writes its constants as <stdint.h> wants them; these are the same numbers as SWIG reads them. */
#define UINT32_C(number) number##U
#define UINT64_C(number) number##ULL

/* Members of structures may be called what is a keyword in some language: no structure is generated. */
%warnfilter(314);

/* No structure becomes a class: a class for OVERLAPPED would be freed by a collector while the library writes to it. */
%rename("$ignore", %$isclass) "";

/* A cast, not a number; and a number made of three others, which each language can add up. */
%ignore PIPES_INVALID_HANDLE;
%ignore PIPES_VERSION;
%ignore PIPES_API;
%ignore PIPES_PIPES_H;

#if defined(SWIGCSHARP)
%include "csharp/csharp.i"
#elif defined(SWIGJAVA)
%include "java/java.i"
#endif

%include <pipes/pipes.h>
