#!/usr/bin/env bash
# The functions declared in the public headers, those of the version script, those of pipes.def and those that the
# library really exports are one list.
# Usage: exports_agree.sh SOURCE_DIR LIBRARY
set -euo pipefail
source_dir=$1 library=$2

# The source layer's own exports, pipes_win32_*, live under another version node.
declared=$(cat "$source_dir"/include/pipes/*.h | tr '\n' ' ' | grep -oE 'PIPES_API [^;(]*\(' |
  grep -oE 'pipes_[a-z0-9_]+ *\(' | tr -d ' (' | grep -v '^pipes_win32_' | sort -u)
mapped=$(sed -n '/^PIPES_1\.0 {/,/^}/p' "$source_dir/src/libpipes.map" | grep -oE 'pipes_[a-z0-9_]+' | sort)
defined=$(sed -n '/^EXPORTS/,$p' "$source_dir/pipes.def" | grep -oE '^ *[^ ;]+' | tr -d ' ' | grep -vx EXPORTS | sort)
exported=$(nm -D --defined-only "$library" | awk '$2 != "A" { print $3 }' | sed 's/@.*//' | grep -v '^pipes_win32_' | sort)

failed=0
# compare WHAT LIST
compare() {
  local difference
  if ! difference=$(diff <(printf '%s\n' "$declared") <(printf '%s\n' "$2")); then
    printf 'include/pipes (<) and %s (>) differ:\n%s\n' "$1" "$difference"
    failed=1
  fi
}
[[ -n $declared ]] || { echo "no declaration found in include/pipes"; failed=1; }
compare src/libpipes.map "$mapped"
compare pipes.def "$defined"
compare "$library" "$exported"

grep -qx 'LIBRARY pipes' "$source_dir/pipes.def" || { echo "pipes.def does not say LIBRARY pipes"; failed=1; }
if nm -D --defined-only --with-symbol-versions "$library" | awk '$2 != "A"' | grep -v '@@PIPES_1\.0$'; then
  echo "the functions above have no version or a wrong one"
  failed=1
fi
exit $failed
