#!/usr/bin/env bash
# Nothing in the library is made once by a thread that all others wait for: the child of a fork that came in between
# would wait for ever. See src/linux/fork.h.
# Usage: no_guarded_statics.sh LIBRARY
set -euo pipefail
imports=$(nm -D --undefined-only "$1")
grep -q 'pthread_create' <<<"$imports" || { echo "$1 imports no pthread_create: is that the library?"; exit 1; }
if grep -E '__cxa_guard_acquire|__once_proxy|pthread_once|call_once' <<<"$imports"; then
  echo "the functions above hang in the child of a fork that comes in their way: use support/lazy.h"
  exit 1
fi
