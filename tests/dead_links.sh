#!/usr/bin/env bash
# Prints, as file:line: target, each link of the Markdown files in a folder that leads to a file which is not there.
# Usage: dead_links.sh FOLDER
set -euo pipefail
cd "$1"
while IFS=: read -r file line target; do
  [[ $target == *:* || -e ${file%/*}/$target ]] || echo "$file:$line: $target"
done < <(find . \( -name build -o -name .git \) -prune -o -name '*.md' -print0 |
  xargs -0r grep -nHoP '\]\(\K[^)#\s]+' || true)
