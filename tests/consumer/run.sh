#!/usr/bin/env bash
# Installs the build, moves the installed tree elsewhere, copies the user's project beside it, builds that in every way
# that we promise, and runs it.
# Usage: run.sh PROJECT BUILD_DIR WORK_DIR CC CXX
set -euo pipefail
project=$1 build=$2 work=$3 cc=$4 cxx=$5

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

echo "C99 through pkg-config"
export PKG_CONFIG_PATH=$work/$libdir/pkgconfig
[[ $(pkg-config --modversion pipes) == 1.* ]]
# shellcheck disable=SC2046
"$cc" -std=c99 -Wall -Wextra -pedantic -Werror project/consumer.c -o consumer_pc $(pkg-config --cflags --libs pipes)
LD_LIBRARY_PATH=$work/$libdir ./consumer_pc

echo "the example of the README, as it tells to compile and to use it"
sed -n '/^```c$/,/^```$/p' "$project/../../../README.md" | sed '1d;$d' >greeting.c
# shellcheck disable=SC2046
"$cc" -std=c99 -Wall -Wextra -pedantic -Werror greeting.c -o greeting $(pkg-config --cflags --libs pipes)
if [[ -x prefix/bin/pipes ]]; then
  LD_LIBRARY_PATH=$work/$libdir ./greeting >greeted &
  until prefix/bin/pipes info greeting >info.log 2>&1; do kill -0 $!; done
  printf hello | prefix/bin/pipes connect greeting
  wait $!
  [[ $(<greeted) == hello ]]
fi

echo "C++20 through pkg-config, with warnings that a careful user has"
# shellcheck disable=SC2046
"$cxx" -std=c++20 -Wall -Wextra -Wpedantic -Wconversion -Wold-style-cast -Werror project/consumer.cpp -o consumer_pc_cpp \
  $(pkg-config --cflags --libs pipes)
LD_LIBRARY_PATH=$work/$libdir ./consumer_pc_cpp

echo "C99 and C++20 through CMake"
cmake -S project -B cmake -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_C_COMPILER="$cc" \
  -DCMAKE_CXX_COMPILER="$cxx" >cmake.log || { cat cmake.log; exit 1; }
cmake --build cmake >build.log || { cat build.log; exit 1; }
cmake/consumer_c
cmake/consumer_cpp

if [[ -x prefix/bin/pipes ]]; then
  echo "the installed command finds its library"
  prefix/bin/pipes --version
fi
