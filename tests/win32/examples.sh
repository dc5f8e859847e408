#!/usr/bin/env bash
# Runs the programs of examples/win32: each server with each client, ANSI and UNICODE, and the redirected child. As root
# the impersonating server gets clients of another user, too.
# Usage: examples.sh FOLDER
set -euo pipefail
folder=$1
work=$(mktemp -d)
trap 'jobs -p | xargs -r kill 2>/dev/null || true; rm -rf "$work"' EXIT
export PIPES_RUNTIME_DIR=$work/run
mkdir -m 0755 "$PIPES_RUNTIME_DIR"
chmod 0755 "$work"

failed=0
# expect WHAT WANTED GOT
expect() {
  [[ $2 == "$3" ]] && return
  printf '%s: wanted "%s", got "%s"\n' "$1" "$2" "$3"
  failed=1
}

# Who asks the impersonating server for what: this user and, if root can be another, nobody.
echo 'what everybody may read' >"$work/public"
(umask 077 && echo 'what only the owner may read' >"$work/secret")
askers=(self-public self-secret)
declare -A answers=([self-secret]="$(id -un): what only the owner may read")
if [[ $(id -u) == 0 ]] && command -v setpriv >/dev/null; then
  askers+=(nobody-public nobody-secret)
  answers[nobody-public]="$(id -un 65534): what everybody may read"
  answers[nobody-secret]="$(id -un 65534): error 5"
  # What the other user runs must not lie where only root may go.
  cp "$folder"/pipe_client{,_unicode} "$(ldd "$folder/pipe_client" | awk '/libpipes/ { print $3 }')" "$work"
fi
# ask ASKER KIND PIPE
ask() {
  local program=("$folder/pipe_client$2")
  [[ $1 != nobody-* ]] ||
    program=(setpriv --reuid=65534 --regid=65534 --clear-groups env "LD_LIBRARY_PATH=$work" "$work/pipe_client$2")
  timeout 60 "${program[@]}" "$3" "$work/${1#*-}" 2>&1
}

for kind in '' _unicode; do
  for server in multithreaded_server overlapped_server completion_routine_server; do
    pipe="\\\\.\\pipe\\$server$kind"
    timeout 60 "$folder/$server$kind" "$pipe" 6 >"$work/$server$kind.log" 2>&1 &
    until timeout 60 "$folder/pipe_client$kind" "$pipe" first >"$work/first" 2>&1; do sleep 0.05; done
    expect "$server$kind, first" 'you said "first"' "$(<"$work/first")"
    for text in 'grüße, 世界' ''; do
      said="you said \"$text\""
      expect "$server$kind, client" "$said" "$(timeout 60 "$folder/pipe_client$kind" "$pipe" "$text" 2>&1)"
      expect "$server$kind, transaction" "$said" "$(timeout 60 "$folder/transact_client$kind" "$pipe" "$text" 2>&1)"
    done
    expect "$server$kind, call" 'you said "x"' "$(timeout 60 "$folder/transact_client$kind" "$pipe" x -call 2>&1)"
    status=0
    wait $! || status=$?
    expect "$server$kind, its end" 0 "$status"
    expect "$server$kind, what it got" 6 "$(grep -c '^request: ' "$work/$server$kind.log")"
  done
  pipe="\\\\.\\pipe\\impersonating_server$kind"
  timeout 60 "$folder/impersonating_server$kind" "$pipe" ${#askers[@]} >"$work/impersonating_server$kind.log" 2>&1 &
  until timeout 60 "$folder/pipe_client$kind" "$pipe" "$work/public" >"$work/first" 2>&1; do sleep 0.05; done
  expect "impersonating_server$kind, first" "$(id -un): what everybody may read" "$(<"$work/first")"
  for asker in "${askers[@]:1}"; do
    expect "impersonating_server$kind, $asker" "${answers[$asker]}" "$(ask "$asker" "$kind" "$pipe")"
  done
  status=0
  wait $! || status=$?
  expect "impersonating_server$kind, its end" 0 "$status"
  seq 40000 | sed 's/$/ a line/' >"$work/file"
  expect "redirect_parent$kind" "$(tr a-z A-Z <"$work/file" | cksum)" \
    "$(timeout 60 "$folder/redirect_parent$kind" "$work/file" 2>&1 | cksum)"
done
exit $failed
