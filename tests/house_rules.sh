#!/usr/bin/env bash
# House rules that neither the compiler nor clang-format knows. Prints each breach as file:line: and fails if there is one.
# Usage: house_rules.sh SOURCE_DIR
set -euo pipefail
cd "$1"
export LC_ALL=C.UTF-8

breaches=0
# report RULE BREACHES: BREACHES are lines, or nothing.
report() {
  [[ -z $2 ]] || printf '%s\n%s\n\n' "$1" "$2"
  [[ -z $2 ]] || breaches=$((breaches + 1))
}

mapfile -d '' code < <(find include src tests examples bindings -type f \
  \( -name '*.c' -o -name '*.cpp' -o -name '*.h' -o -name '*.hpp' \) -print0 2>/dev/null)
mapfile -d '' headers < <(find include src tests -type f \( -name '*.h' -o -name '*.hpp' \) -print0)
mapfile -d '' pure < <(find src/wire src/pipe src/security -type f -name '*.[ch]*' -print0)
mapfile -d '' systemless < <(find src/wire src/pipe src/security src/api -type f -name '*.[ch]*' -print0)
mapfile -d '' tests < <(find tests -type f -name '*.cpp' -print0)
mapfile -d '' everything < <(find . \( -name build -o -name .git \) -prune -o -type f ! -name house_rules.sh -print0)

# matches PATTERN FILE... prints file:line: of what matches.
matches() { grep -nHP -- "$@" 2>/dev/null || true; }

report "A file opens with what lives there; a .cpp may leave that to its header." "$(
  for file in "${code[@]}"; do
    [[ $file == *.cpp && -e ${file%.cpp}.h ]] || head -c 2 "$file" | grep -qE '^(//|/\*)' || echo "$file:1:"
  done)"
report "A header is guarded." "$(grep -LE '^#pragma once$|^#ifndef PIPES_' -- "${headers[@]}" || true)"
report "A line has at most 120 columns, unless it heads a section." "$(matches '^(?!.*-{20}).{121,}' "${code[@]}")"
report "No header of tests/support has a namesake in src/support." "$(
  for file in tests/support/*.h; do [[ ! -e src/support/${file##*/} ]] || echo "$file:1:"; done)"
report "The pure layers know no system and no clock." "$(
  matches '^\s*#\s*include\s*("linux/|<(sys/|linux/|unistd|fcntl|poll|signal|pthread|time\.h|ctime|chrono|thread|mutex))' \
    "${pure[@]}")"
report "Only the engine's folders ask which system this is." "$(
  matches '^\s*#\s*(if|ifdef|ifndef|elif).*(__linux__|_WIN32|__unix__)' "${systemless[@]}")"
report "A TODO says its kind: perf, security or cleanup." "$(
  matches '\b(TODO(?!\((perf|security|cleanup)\))|FIXME|XXX)\b' "${code[@]}")"
report "A fact in the name of a test reads READ_7_WhatHappens." "$(
  matches '^TEST(_F|_P)?\(\w+, (?![A-Z][A-Z0-9]+_[0-9]+_[A-Z])[A-Z]{2,}[A-Z0-9]*_?[0-9]+' "${tests[@]}")"
report "Nothing names a machine's folders or an issue." "$(
  matches '(/home/[a-z]|/tmp/work|(?<![\w.}>])/work/|\b[Ii]ssue #?[0-9]|\(#[0-9]+\))' "${everything[@]}")"
report "Links lead somewhere." "$(tests/dead_links.sh .)"
report "What is packed alone links to no file beside it." "$(
  matches '\]\((?![a-z]+:|#)' packaging/nuget/README.md packaging/windows/zip-README.md)"

((breaches == 0))
