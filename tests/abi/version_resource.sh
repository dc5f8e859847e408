#!/usr/bin/env bash
# The version that Windows shows in a DLL's properties, and that installers compare, is there and is the right one.
# Usage: version_resource.sh DLL VERSION WINDRES
set -euo pipefail
dll=$1 version=$2 windres=$3

resources=$("$windres" --input-format=coff --output-format=rc "$dll" | sed 's/^ *//')
failed=0
# expect LINE: the resources have it.
expect() {
  grep -qxF -- "$1" <<<"$resources" || { echo "missing: $1"; failed=1; }
}
expect "FILEVERSION ${version//./, }, 0"
expect "PRODUCTVERSION ${version//./, }, 0"
expect "VALUE \"FileVersion\", \"$version\""
expect "VALUE \"ProductVersion\", \"$version\""
expect 'VALUE "OriginalFilename", "pipes.dll"'
((failed == 0)) || printf 'the resources are:\n%s\n' "$resources"
exit $failed
