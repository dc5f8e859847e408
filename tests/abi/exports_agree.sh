#!/usr/bin/env bash
# The functions declared in the public headers, those of the version script, those of pipes.def and those that the
# library really exports are one list. Run with libpipes.so and with pipes.dll, this says that both export the same.
# Usage: exports_agree.sh SOURCE_DIR LIBRARY [OBJDUMP]
# OBJDUMP reads LIBRARY if that is a DLL.
set -euo pipefail
source_dir=$1 library=$2 objdump=${3:-objdump}

failed=0
fail() {
  printf '%s\n' "$@"
  failed=1
}

# The source layer's own exports, pipes_win32_*, live under another version node, and on Linux alone.
declared=$(cat "$source_dir"/include/pipes/*.h | tr '\n' ' ' | grep -oE 'PIPES_API [^;(]*\(' |
  grep -oE 'pipes_[a-z0-9_]+ *\(' | tr -d ' (' | grep -v '^pipes_win32_' | sort -u)
mapped=$(sed -n '/^PIPES_1\.0 {/,/^}/p' "$source_dir/src/libpipes.map" | grep -oE 'pipes_[a-z0-9_]+' | sort)
defined=$(sed -n '/^EXPORTS/,$p' "$source_dir/pipes.def" | grep -oE '^ *[^ ;]+' | tr -d ' ' | grep -vx EXPORTS | sort)

if [[ $library == *.dll ]]; then
  tables=$(LC_ALL=C "$objdump" -p "$library")
  exported=$(awk '/^\[Ordinal\/Name Pointer\] Table/ { listed = 1; next } listed && !NF { exit } listed { print $NF }' \
    <<<"$tables" | sort)
  functions=$(sed -nE 's/^\tExport Address Table[ \t]+([0-9a-f]{8})$/\1/p' <<<"$tables")
  ((16#$functions == $(wc -l <<<"$exported"))) || fail "$library exports functions that have no name"
  grep -qE '^Name[[:space:]]+[0-9a-f]+ pipes\.dll$' <<<"$tables" ||
    fail "$library does not call itself pipes.dll, so programs would look for another file"
else
  exported=$(nm -D --defined-only "$library" | awk '$2 != "A" { print $3 }' | sed 's/@.*//' | grep -v '^pipes_win32_' |
    sort)
  if nm -D --defined-only --with-symbol-versions "$library" | awk '$2 != "A"' | grep -v ' pipes_win32_' |
    grep -v '@@PIPES_1\.0$'; then
    fail "the functions above have no version or a wrong one"
  fi
fi

# compare WHAT LIST
compare() {
  local difference
  difference=$(diff <(printf '%s\n' "$declared") <(printf '%s\n' "$2")) ||
    fail "include/pipes (<) and $1 (>) differ:" "$difference"
}
[[ -n $declared ]] || fail "no declaration found in include/pipes"
compare src/libpipes.map "$mapped"
compare pipes.def "$defined"
compare "$library" "$exported"

grep -qx 'LIBRARY pipes' "$source_dir/pipes.def" || fail "pipes.def does not say LIBRARY pipes"
exit $failed
