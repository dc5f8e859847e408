#!/usr/bin/env bash
# Compiles a public header alone, or a file of checks, with the strictest warnings as errors.
# Usage: header_compiles.sh COMPILER STANDARD INCLUDE_DIR HEADER|FILE [FLAG...]
set -euo pipefail
compiler=$1 standard=$2 include_dir=$3 subject=$4
shift 4

if ! command -v "$compiler" >/dev/null; then
  echo "$compiler is not installed"
  exit 77
fi

flags=("-std=$standard" -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wundef -Werror -fsyntax-only
  "-I$include_dir" "$@")
if [[ $standard == c++* ]]; then
  flags+=(-x c++ -Wold-style-cast -Wzero-as-null-pointer-constant)
  [[ $compiler == clang* ]] || flags+=(-Wuseless-cast) # Clang has no such warning
else
  flags+=(-x c -Wstrict-prototypes -Wmissing-prototypes)
fi

if [[ -f $subject ]]; then
  "$compiler" "${flags[@]}" "$subject"
else
  # Twice: the second time proves the include guard.
  printf '#include "%s"\n#include "%s"\nint main(void) { return 0; }\n' "$subject" "$subject" |
    "$compiler" "${flags[@]}" -
fi
