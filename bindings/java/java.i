/* java.i: how the arguments of pipes.h cross to Java.
 *
 * SPDX-License-Identifier: MIT
 *
 * Everything is an integer: handles and addresses as `long`, sizes, flags and statuses as `int`, whose bits are those
 * of C's unsigned numbers. So nothing is copied, pinned or held, and no call enters the virtual machine. Addresses are
 * those of direct buffers, which the classes above keep alive for as long as the library may use them; they alone see
 * the class that is generated here. What C has and integers cannot express is written out at the end.
 */
%pragma(java) jniclassclassmodifiers="final class"
%pragma(java) moduleclassmodifiers="final class"

%javaconst(1);

/* Constants are Java's `int`, with the same bits. */
#undef UINT32_C
#undef UINT64_C
#define UINT32_C(number) number
#define UINT64_C(number) number

/* %crosses(C, JNI, JAVA): the C type crosses as the integer JAVA, as it is. */
%define %crosses(C, JNI, JAVA)
%typemap(jni)     C #JNI
%typemap(jtype)   C #JAVA
%typemap(jstype)  C #JAVA
%typemap(javain)  C "$javainput"
%typemap(javaout) C { return $jnicall; }
%typemap(in)      C "$1 = ($1_ltype)$input;"
%typemap(out)     C "$result = (JNI)$1;"
%enddef
%crosses(uint32_t, jint, int)
%crosses(uint64_t, jlong, long)
%crosses(uintptr_t, jlong, long)
%crosses(intptr_t, jlong, long)

/* %address(C): a pointer crosses as a number. */
%define %address(C)
%typemap(jni)     C "jlong"
%typemap(jtype)   C "long"
%typemap(jstype)  C "long"
%typemap(javain)  C "$javainput"
%typemap(javaout) C { return $jnicall; }
%typemap(in)      C "$1 = ($1_ltype)(intptr_t)$input;"
%typemap(out)     C "$result = (jlong)(intptr_t)$1;"
%typemap(freearg) C ""
%enddef
%address(SWIGTYPE*)
%address(SWIGTYPE**)
%address(pipes_handle)
%address(pipes_handle*)
%address(const pipes_handle*)
%address(int*)
%address(intptr_t*)
%address(uint32_t*)
%address(const uint32_t*)
%address(uint64_t*)
%address(char*)
%address(const char*)
%address(char**)
%address(void*)
%address(const void*)
%address(void**)

/* The one text that is returned is static and ASCII. */
%typemap(jni)     const char* pipes_status_message "jstring"
%typemap(jtype)   const char* pipes_status_message "String"
%typemap(jstype)  const char* pipes_status_message "String"
%typemap(javaout) const char* pipes_status_message { return $jnicall; }
%typemap(out)     const char* pipes_status_message "$result = (*jenv)->NewStringUTF(jenv, $1);"

/* Functions of Java's cannot be passed. Completion ports stand in for routines, `name_pipes` for pipes_enumerate. */
%ignore pipes_read_ex;
%ignore pipes_write_ex;
%ignore pipes_queue_routine;
%ignore pipes_enumerate;
%ignore pipes_set_log;

/* The class loads the library before its first use, and says why where it cannot. */
%pragma(java) jniclasscode=%{
  static {
    NativeLibrary.load();
  }
%}

/* ------------------------------------------------------------------------------- what integers cannot express -- */

%typemap(in, numinputs=0) JNIEnv* "$1 = jenv;"
%typemap(jni)     jobject "jobject"
%typemap(jtype)   jobject "java.nio.ByteBuffer"
%typemap(jstype)  jobject "java.nio.ByteBuffer"
%typemap(javain)  jobject "$javainput"
%typemap(javaout) jobject { return $jnicall; }
%typemap(in)      jobject "$1 = $input;"
%typemap(out)     jobject "$result = $1;"
%crosses(int64_t, jlong, long)

%{
#include <stdlib.h>
#include <string.h>

/* Names of pipes, each with its zero, in memory that grows. */
struct names {
  char* bytes;
  size_t size;
  size_t capacity;
  int failed;
};

static int append_name(const pipes_pipe_info* info, void* context) {
  struct names* names = context;
  const size_t size = strlen(info->name) + 1;
  if (names->capacity - names->size < size) {
    const size_t capacity = 2 * names->capacity + size;
    char* bytes = realloc(names->bytes, capacity);
    if (bytes == NULL) {
      names->failed = 1;
      return 0;
    }
    names->bytes = bytes;
    names->capacity = capacity;
  }
  memcpy(names->bytes + names->size, info->name, size);
  names->size += size;
  return 1;
}
%}

%inline %{
/* address_of gives where the bytes of a direct buffer lie, 0 for any other. */
static void* address_of(JNIEnv* env, jobject buffer) { return (*env)->GetDirectBufferAddress(env, buffer); }

/* view gives a direct buffer over memory that it does not own. */
static jobject view(JNIEnv* env, void* address, int64_t size) {
  return (*env)->NewDirectByteBuffer(env, address, (jlong)size);
}

/* text_size counts the bytes of a text, without its zero. */
static int64_t text_size(const char* text) { return (int64_t)strlen(text); }

/* name_pipes lists the names of all pipes, each with its zero, in memory for free_names. */
static pipes_status name_pipes(void** bytes, uint64_t* size) {
  struct names names = {NULL, 0, 0, 0};
  const pipes_status status = pipes_enumerate(append_name, &names);
  if (status != PIPES_OK || names.failed) {
    free(names.bytes);
    return status != PIPES_OK ? status : PIPES_ERROR_NOT_ENOUGH_MEMORY;
  }
  *bytes = names.bytes;
  *size = names.size;
  return PIPES_OK;
}

static void free_names(void* bytes) { free(bytes); }
%}
