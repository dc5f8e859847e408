#!/usr/bin/env bash
# Makes the zip for Windows, unpacks it into an empty folder with a blank in its path, builds its example and the user's
# project in every way that its README names, and runs them with nothing of ours but what was in the zip.
# Usage: zip.sh PROJECT BUILD_DIR WORK_DIR CC CXX TOOLCHAIN_FILE EMULATOR
set -euo pipefail
project=$1 build=$2 work=$3 cc=$4 cxx=$5 toolchain=$6 emulator=$7
here=$(dirname "$(readlink -f "$0")")
source_dir=$(readlink -f "$here/../..")

version=$(sed -nE 's/^#define PIPES_VERSION_(MAJOR|MINOR|PATCH) ([0-9]+)$/\2/p' "$source_dir/include/pipes/pipes.h" |
  paste -sd .)
name=pipes-$version-windows-x86_64

rm -rf "$work"
mkdir -p "$work"
cpack --config "$build/CPackConfig.cmake" -G ZIP -B "$work/packed" >"$work/pack.log" || { cat "$work/pack.log"; exit 1; }
cd "$work"
cmake -E tar xf "packed/$name.zip"

echo "what is in the zip"
expected="LICENSE README.md bin/pipes.dll examples/echo_client.c examples/echo_server.c include/pipes/pipes.h
  include/pipes/pipes.hpp include/pipes/win32.h lib/cmake/pipes/pipesConfig.cmake
  lib/cmake/pipes/pipesConfigVersion.cmake
  lib/cmake/pipes/pipesTargets-release.cmake lib/cmake/pipes/pipesTargets.cmake lib/libpipes.dll.a lib/pipes.lib
  lib/pkgconfig/pipes.pc pipes.def"
for package in libmsgsl-dev libcli11-dev libfmt-dev nlohmann-json3-dev g++-mingw-w64-x86-64-posix mingw-w64-x86-64-dev; do
  expected+=" licenses/$package.txt"
done
[[ ! -e $build/bin/pipes.exe ]] || expected+=" bin/pipes.exe"
diff <(tr -s ' \n' '\n' <<<"$expected" | sort) <(cd "$name" && find . -type f -printf '%P\n' | sort) ||
  { echo "the zip should have what is marked < and not what is marked >"; exit 1; }
[[ $(find . -maxdepth 1 -mindepth 1 -printf '%f\n' | sort | paste -sd ' ') == "pack.log packed $name" ]] ||
  { echo "more than one folder was unpacked:"; ls; exit 1; }
if grep -rlF -e "$build" -e "$source_dir" "$name"; then
  echo "the files above name a folder of the machine that built them"
  exit 1
fi

mv "$name" prefix
rm -r packed
cp -r "$project" project

# shellcheck disable=SC2034  # ways.sh asks for it
exe=.exe
export PKG_CONFIG_LIBDIR=$work/prefix/lib/pkgconfig
dll_folder=$("$emulator" winepath -w "$work/prefix/bin" | tr -d '\r')
run() { WINEPATH=$dll_folder "$emulator" "$@"; } # Wine adds it to Windows' own PATH
installed() { "$emulator" prefix/bin/pipes.exe "$@"; }
# shellcheck source=tests/consumer/ways.sh
source "$here/ways.sh"

echo "the example of the zip, as its README tells to compile and to use it"
for program in echo_server echo_client; do
  "$cc" "${careful[@]}" "prefix/examples/$program.c" -o "$program.exe" -Iprefix/include -Lprefix/lib -lpipes
done
if "$emulator" ./echo_client.exe nothing >alone.log 2>&1; then
  echo "the example runs without the DLL of the zip: which one did it take?"
  exit 1
fi
mkfifo server_says
# Not `run`: $! is to be the server itself.
WINEPATH=$dll_folder "$emulator" ./echo_server.exe "consumer-$$" >server_says &
server=$!
trap 'kill $server 2>/dev/null || true' EXIT
exec 3<server_says
read -r line <&3
[[ ${line%$'\r'} == 'listening on \\.\pipe\consumer-'$$ ]]
run ./echo_client.exe -n "consumer-$$" hello 'two words' | tr -d '\r' >answers
printf '%s\n' hello 'two words' | diff - answers
kill $server

links_lead_somewhere prefix
c_through_pkg_config
readme_example "$source_dir/README.md"

echo "C99 with the import library for Microsoft's linker, C++20 without the compiler's own DLLs"
"$cc" -std=c99 "${careful[@]}" -Iprefix/include project/consumer.c -o consumer_lib.exe prefix/lib/pipes.lib
run ./consumer_lib.exe
"$cxx" -std=c++20 "${careful[@]}" -Iprefix/include project/consumer.cpp -o consumer_static.exe -static \
  prefix/lib/libpipes.dll.a
run ./consumer_static.exe

build_with_cmake -DCMAKE_TOOLCHAIN_FILE="$toolchain" -DCMAKE_EXE_LINKER_FLAGS=-static
run cmake/consumer_c.exe
run cmake/consumer_cpp.exe

if [[ -e prefix/bin/pipes.exe ]]; then
  echo "the command finds its library"
  installed --version
fi
