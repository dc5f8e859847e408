#!/usr/bin/env bash
# Uses every constant of pipes.h once, with the strictest warnings as errors: a macro is looked at only where it is used.
# Usage: macros_are_clean.sh COMPILER STANDARD INCLUDE_DIR
set -euo pipefail
compiler=$1 standard=$2 include_dir=$3

constants=$(sed -nE 's/^#define (PIPES_[A-Z0-9_]+) .*/\1/p' "$include_dir/pipes/pipes.h" |
  grep -vxE 'PIPES_API|PIPES_INVALID_HANDLE' | sort -u)
(($(wc -w <<<"$constants") > 80)) || { echo "only these are found: $constants"; exit 1; }

extension=c
[[ $standard != c++* ]] || extension=cpp
file=$(mktemp "${TMPDIR:-/tmp}/pipes-macros.XXXXXX.$extension")
trap 'rm -f "$file"' EXIT
{
  printf '#include "pipes/pipes.h"\n'
  printf 'void use(uint32_t number);\nvoid use_handle(pipes_handle handle);\nvoid use_all(void);\nvoid use_all(void) {\n'
  printf 'use_handle(PIPES_INVALID_HANDLE);\n'
  for constant in $constants; do
    printf 'use(%s);\n#if %s == 0x7FFF1234\n#error "a preprocessor that cannot read it"\n#endif\n' "$constant" "$constant"
  done
  printf '}\n'
} >"$file"
"$(dirname "$0")/header_compiles.sh" "$compiler" "$standard" "$include_dir" "$file"
