#!/usr/bin/env bash
# Compiles each header of the Win32 source layer alone, and a program that includes them all, with warnings as errors.
# Usage: win32_headers.sh COMPILER STANDARD INCLUDE_DIR FLAG...
set -euo pipefail
compiler=$1 standard=$2 include_dir=$3
shift 3

if ! command -v "$compiler" >/dev/null; then
  echo "$compiler is not installed"
  exit 77
fi

language=c
[[ $standard != *++* ]] || language=c++
compile() {
  "$compiler" -x "$language" "-std=$standard" -Wall -Wextra -pedantic -Werror -fsyntax-only \
    "-I$include_dir/pipes/compat" "$@" -
}

headers=()
for header in "$include_dir"/pipes/compat/*.h; do headers+=("${header##*/}"); done
for header in "${headers[@]}"; do
  # Twice: the second time proves the include guard.
  printf '#include <%s>\n#include <%s>\nint main(void) { return 0; }\n' "$header" "$header" | compile "$@"
done
if [[ $language == c++ ]]; then
  # Behind <windows.h>, whose macros must not get into their way.
  {
    echo '#include <windows.h>'
    printf '#include <%s>\n' string iostream sstream vector thread memory functional cwchar cstdio
    echo 'int main() { return 0; }'
  } | compile "$@"
fi
{
  printf '#include <%s>\n' "${headers[@]}"
  cat <<'PROGRAM'
static DWORD WINAPI run(LPVOID argument) { return argument == NULL ? 0u : 1u; }
int _tmain(int argc, TCHAR* argv[]) {
  LPTHREAD_START_ROUTINE routine = run;
  TCHAR text[] = TEXT("text");
  _tprintf(TEXT("%s of %s\n"), text, argv[0]);
  return routine(NULL) == 0u && _tcslen(text) == 4 && argc > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
PROGRAM
} | compile "$@"
