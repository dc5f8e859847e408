#!/usr/bin/env bash
# Installs the build, moves the installed tree elsewhere, copies the user's project beside it, builds that in every way
# that we promise, and runs it.
# Usage: run.sh PROJECT BUILD_DIR WORK_DIR CC CXX
set -euo pipefail
project=$1 build=$2 work=$3 cc=$4 cxx=$5
here=$(dirname "$(readlink -f "$0")")

rm -rf "$work"
mkdir -p "$work/runtime"
chmod 700 "$work/runtime"
export PIPES_RUNTIME_DIR=$work/runtime

cmake --install "$build" --prefix "$work/first" >"$work/install.log"
mv "$work/first" "$work/prefix" # an installed tree may be moved
cp -r "$project" "$work/project"
cd "$work"

libdir=$(dirname "$(find prefix -name 'libpipes.so')")
for file in include/pipes/pipes.h include/pipes/pipes.hpp lib/tmpfiles.d/pipes.conf; do
  [[ -f prefix/$file ]] || { echo "not installed: $file"; exit 1; }
done
[[ $(basename "$(readlink -f "$libdir/libpipes.so.1")") == libpipes.so.1.* ]] ||
  { echo "libpipes.so.1 is not a link to the library"; exit 1; }

# shellcheck disable=SC2034  # ways.sh asks for it
exe=
export PKG_CONFIG_PATH=$work/$libdir/pkgconfig
run() { LD_LIBRARY_PATH=$work/$libdir "$@"; }
installed() { prefix/bin/pipes "$@"; }
# shellcheck source=tests/consumer/ways.sh
source "$here/ways.sh"

[[ -f prefix/share/doc/pipes/README.md ]] || { echo "not installed: the README"; exit 1; }
links_lead_somewhere prefix/share/doc/pipes
c_through_pkg_config
readme_example "$here/../../README.md"

echo "C++20 through pkg-config, with warnings that a careful user has"
ask_pkg_config
"$cxx" -std=c++20 "${careful[@]}" -Wconversion -Wold-style-cast project/consumer.cpp -o consumer_pc_cpp "${flags[@]}"
run ./consumer_pc_cpp

build_with_cmake -DCMAKE_C_COMPILER="$cc" -DCMAKE_CXX_COMPILER="$cxx"
cmake/consumer_c
cmake/consumer_cpp
cmake/consumer_win32

for mode in ansi unicode; do
  echo "C for Windows by the include folder alone, $mode"
  defines=()
  [[ $mode == ansi ]] || defines=(-DUNICODE -D_UNICODE)
  "$cc" -std=c11 "${defines[@]}" "${careful[@]}" -Iprefix/include/pipes/compat project/consumer_win32.c \
    -o "consumer_win32_$mode" "-L$libdir" -lpipes -pthread
  run "./consumer_win32_$mode"
done

if [[ -x prefix/bin/pipes ]]; then
  echo "the installed command finds its library"
  installed --version
fi
