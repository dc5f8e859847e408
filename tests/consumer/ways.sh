# shellcheck shell=bash
# The ways to use an installed copy that are promised on every system, as functions. To be sourced, in the folder to work
# in, where the user's project lies as `project` and the copy as `prefix`.
#
# Before: cc and cxx are the compilers; `run PROGRAM ARGUMENT...` runs what a user built; `installed ARGUMENT...` runs the
# installed command, if there is one; here is this folder; exe is what names of programs end with; PKG_CONFIG_PATH or _LIBDIR leads to pipes.pc.
# shellcheck disable=SC2154

careful=(-Wall -Wextra -pedantic -Werror)

# Sets `flags` to what pkg-config says. It quotes what a shell takes for more than a letter, such as a blank in a path.
ask_pkg_config() { eval "flags=($(pkg-config --cflags --libs pipes))"; }

# links_lead_somewhere FOLDER: those of its documents.
links_lead_somewhere() {
  echo "the links of the installed documents"
  local dead
  dead=$("$here/../dead_links.sh" "$1")
  [[ -z $dead ]] || { echo "these lead to nothing that is installed:"; echo "$dead"; exit 1; }
}

c_through_pkg_config() {
  echo "C99 through pkg-config"
  [[ $(pkg-config --modversion pipes) == 1.* ]]
  ask_pkg_config
  "$cc" -std=c99 "${careful[@]}" project/consumer.c -o "consumer_pc$exe" "${flags[@]}"
  run "./consumer_pc$exe"
}

# readme_example README
readme_example() {
  echo "the example of the README, as it tells to compile and to use it"
  # shellcheck disable=SC2016  # a fence of Markdown
  sed -n '/^```c$/,/^```$/p' "$1" | sed '1d;$d' >greeting.c
  ask_pkg_config
  "$cc" -std=c99 "${careful[@]}" greeting.c -o "greeting$exe" "${flags[@]}"
  [[ -x prefix/bin/pipes$exe ]] || return 0

  run "./greeting$exe" >greeted &
  until printf hello | installed connect greeting 2>connect.log; do kill -0 $!; done # it is there once it has begun
  wait $!
  [[ $(tr -d '\r' <greeted) == hello ]]
}

# build_with_cmake ARGUMENT... builds cmake/consumer_c and cmake/consumer_cpp.
build_with_cmake() {
  echo "C99 and C++20 through CMake"
  cmake -S project -B cmake -G Ninja -DCMAKE_PREFIX_PATH="$PWD/prefix" "$@" >cmake.log || { cat cmake.log; exit 1; }
  cmake --build cmake >build.log || { cat build.log; exit 1; }
}
