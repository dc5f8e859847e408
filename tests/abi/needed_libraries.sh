#!/usr/bin/env bash
# On Linux, the library has its SONAME and needs nothing but the C and C++ run-time libraries. On Windows, the library, or
# a program, needs nothing but what every Windows 10 has, and a program pipes.dll: no run-time library of the compiler.
# Usage: needed_libraries.sh LIBRARY|PROGRAM [OBJDUMP]
# OBJDUMP reads what is built for Windows.
set -euo pipefail
binary=$1 objdump=${2:-objdump}

failed=0
case $binary in
  *.dll | *.exe)
    allowed=(advapi32.dll api-ms-win-core-synch-l1-2-0.dll kernel32.dll msvcrt.dll ntdll.dll shell32.dll)
    [[ $binary == *.dll ]] || allowed+=(pipes.dll)
    needed=$(LC_ALL=C "$objdump" -p "$binary" | sed -n 's/^\tDLL Name: //p' | tr '[:upper:]' '[:lower:]')
    ;;
  *)
    allowed=(libc.so.6 libm.so.6 libstdc++.so.6 libgcc_s.so.1 ld-linux-x86-64.so.2 ld-linux-aarch64.so.1)
    dynamic=$(LC_ALL=C readelf --dynamic --wide "$binary")
    needed=$(sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' <<<"$dynamic")
    if ! grep -q 'SONAME.*\[libpipes\.so\.1\]' <<<"$dynamic"; then
      echo "the SONAME is not libpipes.so.1"
      failed=1
    fi
    ;;
esac

[[ -n $needed ]] || { echo "no needed library found in $binary"; failed=1; }
if grep -vxF "$(printf '%s\n' "${allowed[@]}")" <<<"$needed"; then
  echo "the libraries above are needed and should not be"
  failed=1
fi
exit $failed
