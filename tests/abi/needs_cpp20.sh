#!/usr/bin/env bash
# pipes.hpp compiled for an older C++ says so, before anything else.
# Usage: needs_cpp20.sh COMPILER INCLUDE_DIR
set -euo pipefail
compiler=$1 include_dir=$2

if ! command -v "$compiler" >/dev/null; then
  echo "$compiler is not installed"
  exit 77
fi
for standard in c++11 c++14 c++17; do
  if errors=$(printf '#include "pipes/pipes.hpp"\n' |
    LC_ALL=C "$compiler" -x c++ "-std=$standard" -fsyntax-only "-I$include_dir" - 2>&1); then
    echo "it compiles with $standard"
    exit 1
  fi
  first=$(grep -m 1 'error:' <<<"$errors")
  [[ $first == *'pipes.hpp needs C++20'* ]] || { printf '%s: the first error is\n%s\n' "$standard" "$first"; exit 1; }
done
