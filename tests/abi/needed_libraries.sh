#!/usr/bin/env bash
# The library has its SONAME and needs nothing but the C and C++ run-time libraries.
# Usage: needed_libraries.sh LIBRARY
set -euo pipefail
library=$1

dynamic=$(LC_ALL=C readelf --dynamic --wide "$library")
failed=0
if ! grep -q 'SONAME.*\[libpipes\.so\.1\]' <<<"$dynamic"; then
  echo "the SONAME is not libpipes.so.1"
  failed=1
fi
needed=$(sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' <<<"$dynamic")
if grep -vE '^(libc|libm|libstdc\+\+|libgcc_s|ld-linux[^ ]*)\.so\.[0-9]+$' <<<"$needed"; then
  echo "the libraries above are needed and should not be"
  failed=1
fi
exit $failed
