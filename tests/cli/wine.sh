# Sourced by run for a build of the preset `windows`: each program is a script that starts it under Wine. Whoever has no
# prefix in the environment gets that of the build folder; Wine's server is kept by whoever ran `wineserver -p`.
export WINEPREFIX=${WINEPREFIX:-$build/prefix} WINEDEBUG=${WINEDEBUG:--all}
export WINEDLLOVERRIDES=${WINEDLLOVERRIDES:-'mscoree=;mshtml='}
unset DISPLAY

programs=$work/programs
mkdir "$programs"
for program in "$build/bin/pipes.exe" "$build/bin/examples/"*.exe; do
  name=$(basename "$program" .exe)
  printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "${EMULATOR:-wine}" "$program" >"$programs/$name"
  chmod +x "$programs/$name"
done
pipes=$programs/pipes examples=$programs
# Commands are looked for there as well. Wine shows the folders of Linux as drive Z.
export WINEPATH="Z:${build//\//\\}\\bin\\cli"
