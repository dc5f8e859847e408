#!/usr/bin/env bash
# Runs the programs of examples/win32: each server with each client, ANSI and UNICODE, and the redirected child.
# Usage: examples.sh FOLDER
set -euo pipefail
folder=$1
work=$(mktemp -d)
trap 'jobs -p | xargs -r kill 2>/dev/null || true; rm -rf "$work"' EXIT
export PIPES_RUNTIME_DIR=$work/run
mkdir -m 0700 "$PIPES_RUNTIME_DIR"

failed=0
# expect WHAT WANTED GOT
expect() {
  [[ $2 == "$3" ]] && return
  printf '%s: wanted "%s", got "%s"\n' "$1" "$2" "$3"
  failed=1
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
  seq 40000 | sed 's/$/ a line/' >"$work/file"
  expect "redirect_parent$kind" "$(tr a-z A-Z <"$work/file" | cksum)" \
    "$(timeout 60 "$folder/redirect_parent$kind" "$work/file" 2>&1 | cksum)"
done
exit $failed
