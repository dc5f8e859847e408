/* Copies its input to its output in capitals. redirect_parent starts it. */
#include <windows.h>
/**/
#include <ctype.h>
#include <tchar.h>

int _tmain(void) {
  HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
  HANDLE output = GetStdHandle(STD_OUTPUT_HANDLE);
  char buffer[4096];
  DWORD read = 0;
  DWORD written = 0;
  DWORD i;
  if (input == INVALID_HANDLE_VALUE || output == INVALID_HANDLE_VALUE) return 1;
  while (ReadFile(input, buffer, sizeof buffer, &read, NULL) && read != 0) {
    for (i = 0; i < read; ++i) buffer[i] = (char)toupper((unsigned char)buffer[i]);
    if (!WriteFile(output, buffer, read, &written, NULL)) return 1;
  }
  return 0;
}
