#!/usr/bin/env bash
# The functions that the headers of the Win32 source layer declare are those that the library exports for it, all under
# its own version.
# Usage: win32_exports.sh INCLUDE_DIR LIBRARY
set -euo pipefail
export LC_ALL=C
include_dir=$1 library=$2

# The preprocessor says what is declared, since some declarations are made by macros.
declared=$(printf '#include <%s>\n' windows.h tchar.h strsafe.h conio.h aclapi.h sddl.h |
  gcc -E -P -std=gnu11 "-I$include_dir/pipes/compat" - | tr '\n' ' ' |
  grep -oE '"pipes_win32_" *"[A-Za-z0-9_]+"|pipes_win32_[A-Za-z0-9_]+ *\(' | tr -d '" (' | sort -u)
exported=$(nm -D --defined-only --with-symbol-versions "$library" | awk '{ print $3 }' | grep '^pipes_win32_' | sort)

failed=0
if ! difference=$(diff <(printf '%s\n' "$declared") <(sed 's/@.*//' <<<"$exported" | sort)); then
  printf 'The headers (<) and the library (>) differ:\n%s\n' "$difference"
  failed=1
fi
if grep -v '@@PIPES_WIN32_1\.0$' <<<"$exported"; then
  echo "the functions above have no version or a wrong one"
  failed=1
fi
exit $failed
