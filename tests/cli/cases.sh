# Cases of both systems. What the commands are called that a case serves with, and what the system cannot do, say
# cases_linux.sh and cases_windows.sh:
#
#   copy            input to output              copy_count N    the same, N bytes
#   store           input to the file `stored`   offer           the file `offered` to output
#   first_line      the first line of its input  greet           `ready`, then that
#   tag             each line as <line>, at once say WORDS...    the words, a dot after each
#   fail_with N     ends with N                  abandon         ends with 0, but leaves a child that has its input open
#                                                                until `gate` says something
#
#   large               how many bytes are a large file
#   can_list            `list` and `info` work
#   can_refuse_taken_names, processes_are_ours

# --------------------------------------------------------------------------------------------------------------- usage --

case_help_names_the_exit_codes() {
  local command
  for command in "" list info connect call serve "sddl explain"; do
    run $command --help
    equal "exit code of '$command --help'" 0 "$code"
    matches "help of '$command'" 'Exit codes: 0 success; 1 ' "$out"
  done
}

case_version_tells_both_versions() {
  run --version
  equal code 0 "$code"
  matches output '^pipes [0-9.]+, library [0-9.]+$' "$out"
}

case_wrong_usage_exits_2_with_one_line() {
  local arguments
  for arguments in "" nonsense "list extra" info connect "serve name" "connect name --frobnicate" \
    "serve name --max-instances 0 -- cat" "serve name --max-instances 256 -- cat" \
    "connect name --read-only --write-only" "connect name --timeout soon" call "call name two words" sddl "sddl explain" \
    "sddl explain D: --pipe name" "sddl translate D:"; do
    run $arguments
    equal "exit code of 'pipes $arguments'" 2 "$code"
    equal "output of 'pipes $arguments'" "" "$out"
    equal "lines of 'pipes $arguments'" 1 "$(wc -l <err.txt)"
    matches "error of 'pipes $arguments'" '^pipes: ' "$err"
  done
}

case_an_unknown_word_is_named() {
  run bogus
  equal "error of 'pipes bogus'" 'pipes: there is no subcommand bogus (see pipes --help)' "$err"
  run lst --json
  matches "error of 'pipes lst --json'" 'there is no subcommand lst ' "$err"
  run --frobnicate
  matches "error of 'pipes --frobnicate'" 'there is no option --frobnicate ' "$err"
  run --frobnicate list
  matches "error of 'pipes --frobnicate list'" '--frobnicate' "$err"
  run $'red\e[31m'
  matches "error of a word with an escape character" 'red\\x1b\[31m' "$err"
  run
  matches "error of 'pipes'" 'subcommand is required' "$err"
}

case_serve_wants_dashes_before_the_command() {
  local arguments
  for arguments in "name cat" "name sort -m"; do
    run serve $arguments
    equal "exit code of 'pipes serve $arguments'" 2 "$code"
    matches "error of 'pipes serve $arguments'" '^pipes: -- is missing before the command: ' "$err"
  done
}

case_serve_says_what_is_missing() {
  local arguments
  for arguments in "-- name cat" "-- date"; do
    run serve $arguments
    equal "exit code of 'pipes serve $arguments'" 2 "$code"
    matches "error of 'pipes serve $arguments'" '^pipes: NAME is missing before --: ' "$err"
  done
  for arguments in name "name --"; do
    run serve $arguments
    equal "exit code of 'pipes serve $arguments'" 2 "$code"
    matches "error of 'pipes serve $arguments'" '^pipes: -- and the command are missing: .* \(see pipes serve --help\)$' "$err"
  done
}

case_connecting_to_no_pipe_is_error_2() {
  run connect nosuch </dev/null
  equal "exit code" 1 "$code"
  matches "error" '^pipes: cannot open \\\\\.\\pipe\\nosuch.*: error 2: .' "$err"
  equal "lines" 1 "$(wc -l <err.txt)"
}

case_a_malformed_name_has_its_own_number() {
  run connect '\\.\nopipe\x' </dev/null
  equal code 1 "$code"
  matches error ': error 123: ' "$err"
  run connect "$(printf 'x%.0s' {1..300})" </dev/null
  equal "code of a long name" 1 "$code"
  matches "error of a long name" ': error 206: ' "$err"
  local command
  for command in connect call "serve -- ${copy[0]}"; do
    run ${command%% *} '' ${command#"${command%% *}"} </dev/null
    equal "exit code of $command without a name" 1 "$code"
    matches "error of $command without a name" ': error 123: ' "$err"
  done
}

# ---------------------------------------------------------------------------------------------------------------- sddl --

case_a_descriptor_is_explained_in_words() {
  run sddl explain 'O:BAG:SYD:P(D;;0x120112;;;S-1-22-1-4242)(A;;0x12019b;;;WD)(A;IO;FR;;;AU)S:(ML;;NW;;;ME)'
  equal "exit code" 0 "$code"
  matches owner 'owner  .*S-1-5-32-544' "$out"
  matches group 'group  .*S-1-5-18' "$out"
  matches "the first entry" '0  deny +S-1-22-1-4242: open to write' "$out"
  matches "the second entry" '1  allow .*S-1-1-0.*: open to read and write' "$out"
  matches "the third entry" '2  allow .*S-1-5-11.*: open to read \(meant for objects below' "$out"
  matches "the label" '0  label .*S-1-16-8192.*: no writing from below' "$out"
}

case_what_a_descriptor_lacks_is_told() {
  run sddl explain 'D:'
  matches "an empty DACL" 'nobody may do anything' "$out"
  run sddl explain 'D:NO_ACCESS_CONTROL'
  matches "a null DACL" 'everybody may do everything' "$out"
  run sddl explain 'O:BA'
  matches "no DACL" 'gets the default one' "$out"
}

case_a_malformed_descriptor_has_a_number() {
  run sddl explain 'D:(A;;XX;;;WD)'
  equal "exit code" 1 "$code"
  matches error '^pipes: cannot explain D:\(A;;XX;;;WD\): error 1336: .' "$err"
  run sddl explain $'D:(A;;GA;;;WD)\e[31m'
  matches "error with an escape character" '\\x1b\[31m: error 87: ' "$err"
  run serve --sddl 'D:(' name -- "${copy[@]}"
  equal "exit code of serve" 1 "$code"
  matches "error of serve" '^pipes: cannot use --sddl D:\(: error 1336: .' "$err"
}

# ------------------------------------------------------------------------------------------------------ connect, serve --

case_bytes_go_both_ways() {
  serve echo -- "${copy[@]}"
  coproc client { "$pipes" connect --eof-close echo; }
  local process=$client_PID line
  echo "first line" >&"${client[1]}"
  IFS= read -r line <&"${client[0]}"
  equal "first reply" "first line" "$line"
  echo "second line" >&"${client[1]}"
  IFS= read -r line <&"${client[0]}"
  equal "second reply" "second line" "$line"
  exec {client[1]}>&-
  wait "$process"
  equal "exit code" 0 $?
  stop_server
}

case_a_large_file_arrives_whole() {
  head -c $large /dev/urandom >sent
  serve store --once -- "${store[@]}"
  "$pipes" connect --write-only store <sent
  equal "exit code" 0 $?
  wait "$server"
  equal "exit code of the server" 0 $?
  cmp sent stored || fail "what arrived differs"
}

case_a_large_file_is_fetched_whole() {
  head -c $large /dev/urandom >offered
  serve offer -- "${offer[@]}"
  "$pipes" connect --read-only offer >fetched
  equal "exit code" 0 $?
  cmp offered fetched || fail "what arrived differs"
  stop_server
}

case_both_directions_at_once_do_not_block_each_other() {
  head -c 2000000 /dev/urandom >sent
  serve both --once -- "${copy_count[@]}" 2000000
  "$pipes" connect both <sent >received
  equal "exit code" 0 $?
  cmp sent received || fail "what came back differs"
  wait "$server"
}

case_the_maximum_holds_and_the_name_stays() {
  serve limited --max-instances 1 -- "${greet[@]}"
  coproc first { "$pipes" connect limited; }
  local process=$first_PID line to_first from_first
  # Copies, since the shell closes its own when the process ends, even if something is left to read.
  exec {to_first}>&"${first[1]}" {from_first}<&"${first[0]}"
  IFS= read -r line <&"$from_first"
  equal "greeting" ready "$line"
  run connect --timeout 0 limited </dev/null
  equal "code while it is busy" 1 "$code"
  matches error ': error 231: ' "$err"
  run connect --timeout 20 limited </dev/null
  matches error ': error 121: ' "$err"
  if $can_list; then
    run info limited --json
    equal free False "$(field out.txt 'j["free_instance"]')"
  fi
  # The second waits for the instance, which never ceases to exist.
  echo two | "$pipes" connect --timeout 60000 limited >answer &
  local second=$!
  echo one >&"$to_first"
  IFS= read -r line <&"$from_first"
  equal "first answer" one "$line"
  wait "$process"
  wait "$second"
  equal "code of the second" 0 $?
  equal "second answer" $'ready\ntwo' "$(<answer)"
  stop_server
}

case_messages_keep_their_boundaries() {
  serve lines --message -- "${tag[@]}"
  coproc client { "$pipes" connect --message --eof-close lines; }
  local process=$client_PID line expected
  printf 'one\n\nlast three words\n' >&"${client[1]}"
  for expected in '<one>' '<>' '<last three words>'; do
    IFS= read -r line <&"${client[0]}"
    equal "reply" "$expected" "$line"
  done
  exec {client[1]}>&-
  wait "$process"
  equal "exit code" 0 $?
  stop_server
}

case_a_last_line_without_an_end_is_a_message() {
  serve tail --message --once -- "${store[@]}"
  printf 'first\nsecond' | "$pipes" connect --message --write-only tail
  equal "exit code" 0 $?
  wait "$server"
  equal "stored" $'first\nsecond' "$(<stored)"
}

case_a_long_line_is_one_message() {
  head -c 300000 /dev/zero | tr '\0' x >line
  echo >>line
  serve long --message -- "${first_line[@]}"
  "$pipes" connect --message long <line >answer
  equal "exit code" 0 $?
  cmp line answer || fail "the line differs"
  stop_server
}

case_message_mode_needs_a_message_pipe() {
  serve bytes -- "${copy[@]}"
  local arguments
  for arguments in "connect --message bytes" "call bytes text"; do
    run $arguments </dev/null
    equal "code of $arguments" 1 "$code"
    matches "error of $arguments" ' [(].* and it is of byte type[)]: error 87: ' "$err"
  done
  stop_server
}

# ---------------------------------------------------------------------------------------------------------------- call --

case_a_call_sends_one_message_and_prints_one() {
  serve tagger --message -- "${tag[@]}"
  run call tagger 'two words' </dev/null
  equal "exit code" 0 "$code"
  equal "answer" '<two words>' "$out"
  equal "error" "" "$err"
  run call tagger ''
  equal "answer to an empty message" '<>' "$out"
  run call tagger -- -x
  equal "answer to a text with a dash" '<-x>' "$out"
  run call --raw tagger x
  equal "bytes of a raw answer" 3 "$(wc -c <out.txt)"
  stop_server
}

case_a_call_takes_its_message_from_standard_input() {
  serve tagger --message -- "${tag[@]}"
  equal "answer to a line" '<from input>' "$(echo 'from input' | "$pipes" call tagger)"
  equal "answer to a text without a line end" '<from input>' "$(printf 'from input' | "$pipes" call tagger -)"
  run call tagger </dev/null
  equal "answer to nothing" '<>' "$out"
  stop_server
}

case_a_raw_call_changes_no_byte() {
  serve_example echo_server raw-test
  printf 'a\n\0b\n\n' >message
  "$pipes" call --raw raw-test <message >answer
  equal "exit code" 0 $?
  cmp message answer || fail "the answer differs"
  "$pipes" call raw-test <message >answer
  cmp message answer || fail "the answer differs though its last line end went and came back"
  stop_server
}

case_a_long_answer_to_a_call_is_whole() {
  head -c 300000 /dev/zero | tr '\0' x >line
  echo >>line
  serve long --message -- "${copy[@]}"
  "$pipes" call long <line >answer
  equal "exit code" 0 $?
  cmp line answer || fail "the answer differs"
  stop_server
}

case_a_call_tells_why_there_is_no_answer() {
  run call nosuch text
  equal "code without a pipe" 1 "$code"
  matches "error without a pipe" '^pipes: cannot open \\\\\.\\pipe\\nosuch.*: error 2: .' "$err"
  serve silent --message -- "${fail_with[@]}" 0
  run call silent text
  equal "code without an answer" 1 "$code"
  equal "output without an answer" "" "$out"
  matches "error without an answer" '^pipes: cannot get an answer from .* [(]the server has ended .*[)]: error [0-9]+: ' "$err"
  stop_server
}

case_a_call_waits_for_an_instance_as_long_as_it_is_told() {
  serve busy --message --max-instances 1 -- "${tag[@]}"
  coproc first { "$pipes" connect --message --eof-close busy; }
  local process=$first_PID line
  echo one >&"${first[1]}"
  IFS= read -r line <&"${first[0]}"
  run call --timeout 0 busy text
  equal "code while it is busy" 1 "$code"
  matches "error while it is busy" ' [(]all instances are taken; .*--timeout.*[)]: error 231: ' "$err"
  run call --timeout 20 busy text
  matches "error after some time" ' [(]all instances were taken for 20 ms; .*[)]: error 121: ' "$err"
  exec {first[1]}>&-
  wait "$process"
  run call --timeout 60000 busy text
  equal "answer in the end" '<text>' "$out"
  stop_server
}

# ------------------------------------------------------------------------------------------------------ connect, serve --

case_a_name_that_is_served_is_refused() {
  $can_refuse_taken_names || skip "Wine 8 ignores FILE_FLAG_FIRST_PIPE_INSTANCE"
  serve taken -- "${copy[@]}"
  run serve TAKEN -- "${copy[@]}"
  equal code 1 "$code"
  matches error '^pipes: cannot serve .*: error 5: ' "$err"
  stop_server
}

case_once_tells_whether_the_command_failed() {
  serve failing --once -- "${fail_with[@]}" 7
  "$pipes" connect failing </dev/null
  wait "$server"
  equal "exit code of the server" 3 $?
}

case_the_command_gets_its_arguments_unchanged() {
  local words=(a 'b c' --json '' -- x 'quo"te' 'a "b" c' 'back\slash' 'ends in \' 'two \\' '\"' '\\"x y')
  words+=($'tab\there' '%PATH%' '*' 'Größe')
  serve words --once -- "${say[@]}" "${words[@]}"
  "$pipes" connect words </dev/null >answer
  equal "answer" "$(printf '%s.' "${words[@]}")" "$(<answer)"
  wait "$server"
}

case_events_are_json_lines() {
  serve events --once --json -- "${copy[@]}"
  echo text | "$pipes" connect --write-only events
  wait "$server"
  python3 - "$($processes_are_ours && echo "$server" || echo 0)" <<'PYTHON' || fail "wrong events: $(<server.out)"
import json, sys
events = [json.loads(line) for line in open("server.out")]
assert [e["event"] for e in events] == ["listening", "connected", "ended"], events
assert events[0]["path"] == r"\\.\pipe\events", events
assert events[0]["server_process_id"] == int(sys.argv[1]) or int(sys.argv[1]) == 0 < events[0]["server_process_id"], events
assert events[1]["client_process_id"] > 0 and events[2]["exit_code"] == 0, events
PYTHON
}

case_names_are_utf_8() {
  serve 'Größe Ω' --once -- "${copy_count[@]}" 6
  equal "line that tells" 'pipes: listening on \\.\pipe\Größe Ω' "$listening"
  printf 'Größ' | "$pipes" connect '//./PIPE/GRÖßE ω' >answer
  equal "exit code" 0 $?
  equal "answer" 'Größ' "$(<answer)"
  wait "$server"
}

case_a_command_is_left_alone_by_those_that_start_later() {
  serve apart --max-instances 2 -- "${copy[@]}"
  local line to_second from_second second
  coproc first { "$pipes" connect --eof-close apart; }
  local first_process=$first_PID
  echo one >&"${first[1]}"
  IFS= read -r line <&"${first[0]}"
  equal "reply to the first" one "$line"
  mkfifo gate answers
  "$pipes" connect --eof-close apart <gate >answers &
  second=$!
  exec {to_second}>gate {from_second}<answers
  echo two >&"$to_second"
  IFS= read -r line <&"$from_second"
  equal "reply to the second" two "$line"
  # The first command's input ends though the second runs, else its instance would never be free.
  exec {first[1]}>&-
  wait "$first_process"
  echo three | "$pipes" connect --timeout 60000 --write-only apart
  equal "exit code of the third" 0 $?
  exec {to_second}>&-
  wait "$second"
  equal "exit code of the second" 0 $?
  stop_server
}

case_a_command_is_done_though_its_own_child_keeps_its_input() {
  local gate_fd
  mkfifo gate
  exec {gate_fd}<>gate
  serve kept --once -- "${abandon[@]}"
  # More than the pipes hold, so that it waits for somebody to read it.
  head -c 1000000 /dev/zero >zeros
  "$pipes" connect kept <zeros
  equal "exit code of the client" 0 $?
  wait "$server"
  equal "exit code of the server" 0 $?
  echo go >&"$gate_fd"
}

# ------------------------------------------------------------------------------------------------------------ examples --
# Text that an example prints has the system's line ends.

# Many clients at once of a server that does not give each a thread.
check_crowd() {
  local i
  serve_example "$1" crowd-test
  for i in 1 2 3 4 5 6; do
    "$examples/echo_client" -n crowd-test "from $i" "$(printf "$i%.0s" {1..400})" >"answer$i" &
    clients[i]=$!
  done
  for i in 1 2 3 4 5 6; do
    wait "${clients[i]}"
    equal "exit code of client $i" 0 $?
    equal "answers to client $i" "from $i"$'\n'"$(printf "$i%.0s" {1..400})" "$(tr -d '\r' <"answer$i")"
  done
  # The instances serve the next clients, too.
  for i in 1 2 3 4 5 6 7 8 9 10; do
    equal "answer $i" "again $i" "$("$examples/echo_client" -n crowd-test "again $i" | tr -d '\r')"
  done
  stop_server
}

case_example_port_server_serves_many_on_one_thread() { check_crowd port_server; }
case_example_port_echo_serves_many_on_one_thread() { check_crowd port_echo; }

case_example_echo_client_gets_every_message_back() {
  serve_example echo_server echo-test
  "$examples/echo_client" -n echo-test one 'two words' '' >answer
  equal "exit code" 0 $?
  equal "answer" $'one\ntwo words' "$(tr -d '\r' <answer)"
  # A message longer than the server's buffer comes back as several, of which the client prints the first.
  "$examples/echo_client" -n echo-test "$(printf 'x%.0s' {1..4000})" >answer
  equal "length of a long answer" 4000 "$(tr -d '\r\n' <answer | wc -c)"
  stop_server
  "$examples/echo_client" -n echo-test late 2>err.txt
  equal "exit code without a server" 1 $?
  matches "error without a server" 'cannot open the pipe: error 2: ' "$(<err.txt)"
  # All of the path is as good as the name.
  rm listening
  serve_example echo_server '\\.\pipe\echo-path-test'
  equal "path" '\\.\pipe\echo-path-test' "$pipe"
  equal "answer by the path" text "$("$examples/echo_client" -n "$pipe" text | tr -d '\r')"
  stop_server
}

case_example_message_rpc_calculates() {
  "$examples/message_rpc" >answer
  equal "exit code" 0 $?
  matches "answer" 'add 1 2 3.5 +-> 6.5.*multiply 6 7 +-> 42' "$(tr -d '\r' <answer)"
  serve_example message_rpc serve calculator-test
  "$examples/message_rpc" call calculator-test 'add 1 2' >answer
  equal "exit code of a call" 0 $?
  equal "answer to a call" 3 "$(tr -d '\r' <answer)"
  equal "answer to a call of the path" 7 "$("$examples/message_rpc" call "$pipe" 'add 3 4' | tr -d '\r')"
  stop_server
}

case_example_child_redirect_passes_bytes_and_the_exit_code() {
  head -c 300000 /dev/urandom >sent
  "$examples/child_redirect" sent "${copy[@]}" >received
  equal "exit code" 0 $?
  cmp sent received || fail "what came back differs"
  "$examples/child_redirect" sent "${fail_with[@]}" 7 >received
  equal "exit code of the command" 7 $?
  "$examples/child_redirect" sent "${say[@]}" 'b "c' '' 'ends in \' >received
  equal "arguments" 'b "c..ends in \.' "$(<received)"
}

case_example_hand_over_connects_two_processes() {
  serve_example hand_over worker hand-over-test
  "$examples/hand_over" boss hand-over-test >received
  equal "exit code" 0 $?
  equal "what came" "from the worker, without a detour" "$(tr -d '\r' <received)"
  wait "$server"
  equal "exit code of the worker" 0 $?
}

case_example_demo_exchanges_files() {
  head -c 3000000 /dev/urandom >sent
  serve_example server sent . 2 2
  "$examples/client" "$pipe" 1 20 . >result1 &
  local first=$!
  "$examples/client" "$pipe" 2 20 . >result2
  equal "exit code of the second client" 0 $?
  wait "$first"
  equal "exit code of the first client" 0 $?
  wait "$server"
  equal "exit code of the server" 0 $?
  local copy
  for copy in download-1 upload-1 download-2 upload-2; do cmp sent "$copy" || fail "$copy differs"; done
}
