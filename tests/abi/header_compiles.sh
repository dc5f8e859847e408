#!/usr/bin/env bash
# Compiles a public header alone, or a file of checks, with the strictest warnings as errors.
# Usage: header_compiles.sh COMPILER STANDARD INCLUDE_DIR HEADER|FILE
set -euo pipefail
compiler=$1 standard=$2 include_dir=$3 subject=$4

if ! command -v "$compiler" >/dev/null; then
  echo "$compiler is not installed"
  exit 77
fi

language=c
[[ $standard != c++* ]] || language=c++
flags=(-x "$language" "-std=$standard" -Wall -Wextra -pedantic -Wconversion -Werror -fsyntax-only "-I$include_dir")

if [[ -f $subject ]]; then
  "$compiler" "${flags[@]}" "$subject"
else
  # Twice: the second time proves the include guard.
  printf '#include "%s"\n#include "%s"\nint main(void) { return 0; }\n' "$subject" "$subject" |
    "$compiler" "${flags[@]}" -
fi
