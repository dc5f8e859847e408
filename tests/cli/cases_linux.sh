# Cases of Linux alone: the runtime directory, what is known of a pipe, and commands that a shell makes up.
# shellcheck disable=SC2034  # cases.sh uses these
copy=(cat)
copy_count=(head -c)
store=(sh -c 'cat >stored')
offer=(cat offered)
first_line=(head -n 1)
greet=(sh -c 'echo ready; head -n 1')
tag=(sed -u 's/^/</; s/$/>/')
say=(printf '%s.')
fail_with=(sh -c 'exit "$0"')
abandon=(sh -c 'exec 3<&0; { read -r go <gate; } <&3 >/dev/null & exit 0')
large=20000000
can_list=true can_refuse_taken_names=true processes_are_ours=true

export PIPES_RUNTIME_DIR=$work/run
mkdir -m 700 "$PIPES_RUNTIME_DIR"

# --------------------------------------------------------------------------------------- list, info, runtime directory --

case_info_of_no_pipe_is_error_2() {
  run info nosuch
  equal "exit code" 1 "$code"
  matches "error" '^pipes: cannot find \\\\\.\\pipe\\nosuch [(]looked for in PIPES_RUNTIME_DIR=.* alone[)]: error 2: .' "$err"
  equal "lines" 1 "$(wc -l <err.txt)"
}

case_info_of_a_malformed_name_has_its_own_number() {
  run info "$(printf 'x%.0s' {1..300})"
  equal code 1 "$code"
  matches error ': error 206: ' "$err"
  run info ''
  equal "exit code without a name" 1 "$code"
  matches "error without a name" ': error 123: ' "$err"
}

# refuses_directory PATH NUMBER REASON [COMMAND...]: with that runtime directory each of these subcommands, or of all,
# fails with the number and says why.
refuses_directory() {
  local path=$1 number=$2 reason=$3 command
  shift 3
  (($#)) || set -- "list" "list --json" "info x" "connect x" "serve x -- true"
  for command in "$@"; do
    PIPES_RUNTIME_DIR=$path run $command </dev/null
    equal "exit code of $command in $path" 1 "$code"
    equal "output of $command in $path" "" "$out"
    equal "lines of $command in $path" 1 "$(wc -l <err.txt)"
    matches "error of $command in $path" "^pipes: cannot use PIPES_RUNTIME_DIR=$path, .*$reason.*: error $number: ." "$err"
  done
}

case_a_missing_runtime_directory_is_told() { refuses_directory "$PWD/missing" 3 'does not exist'; }

case_a_runtime_directory_that_is_none_is_told() {
  touch file
  mkdir -m 700 real
  ln -s real link
  refuses_directory "$PWD/file" 5 'no directory'
  refuses_directory "$PWD/link" 5 'symbolic link'
  refuses_directory "$PWD/link/" 5 'symbolic link'
}

case_an_unsafe_runtime_directory_is_told() {
  mkdir -m 770 shared
  refuses_directory "$PWD/shared" 5 'others could replace files [(]mode 0770[)]'
}

case_a_relative_runtime_directory_is_told() {
  mkdir -m 700 here
  refuses_directory here 5 'relative path'
}

case_a_runtime_directory_of_another_user_is_told() {
  ((EUID == 0)) || skip "only root can make one"
  mkdir -m 755 other
  chown 65534 other
  refuses_directory "$PWD/other" 5 'belongs to user 65534'
}

case_a_runtime_directory_with_too_long_a_name_is_told() {
  refuses_directory "/$(printf 'x%.0s' {1..300})" 1450 'cannot be opened'
}

case_only_serve_needs_to_write_to_the_runtime_directory() {
  ((EUID != 0)) || skip "root may write everywhere"
  mkdir -m 500 read_only
  refuses_directory "$PWD/read_only" 5 'may not create files' "serve x -- true"
  PIPES_RUNTIME_DIR=$PWD/read_only run list --json
  equal "pipes" "[]" "$out"
}

case_a_runtime_directory_that_is_set_to_nothing_is_none() {
  # What list finds elsewhere is not ours to say, but it does not complain.
  PIPES_RUNTIME_DIR= run list --json
  equal code 0 "$code"
  equal error "" "$err"
}

case_the_log_tells_of_a_runtime_directory_and_of_its_own_variable() {
  local level
  for level in warning loud; do
    PIPES_LOG=$level PIPES_RUNTIME_DIR=$PWD/missing "$examples/echo_server" >out.txt 2>"$level"
    equal "exit code with $level" 1 $?
  done
  matches "the log" "pipes: cannot use PIPES_RUNTIME_DIR=$PWD/missing, which does not exist" "$(<warning)"
  matches "another word" 'pipes: PIPES_LOG is none of error, warning, info, debug' "$(<loud)"
}

case_list_is_empty_without_pipes() {
  run list --json
  equal code 0 "$code"
  equal "pipes" "[]" "$out"
  run list
  equal code 0 "$code"
  equal "lines" 1 "$(wc -l <out.txt)"
}

case_list_shows_a_pipe() {
  serve Spelled --max-instances 5 --message -- cat
  run list
  equal code 0 "$code"
  matches row "Spelled +1 +5 +message +$server \(pipes\) +$(id -un)" "$out"
  run list --json
  equal name Spelled "$(field out.txt 'j[0]["name"]')"
  equal instances 1 "$(field out.txt 'j[0]["instances"]')"
  equal maximum 5 "$(field out.txt 'j[0]["max_instances"]')"
  equal type message "$(field out.txt 'j[0]["type"]')"
  equal direction duplex "$(field out.txt 'j[0]["direction"]')"
  equal server "$server" "$(field out.txt 'j[0]["server_process_id"]')"
  equal uid "$(id -u)" "$(field out.txt 'j[0]["owner_uid"]')"
  equal owner "$(id -un)" "$(field out.txt 'j[0]["owner"]')"
  stop_server
}

case_a_pipe_ends_with_its_server() {
  serve gone -- cat
  stop_server
  run list --json
  equal pipes "[]" "$out"
}

case_info_answers_every_spelling_of_a_name() {
  local name
  serve 'Größe' -- cat
  for name in 'Größe' 'GRÖßE' '\\.\pipe\größe' '//./PIPE/größe'; do
    run info "$name" --json
    equal "code for $name" 0 "$code"
    equal "name for $name" 'Größe' "$(field out.txt 'j["name"]')"
  done
  stop_server
}

case_info_uses_up_no_instance() {
  serve one --max-instances 1 -- cat
  run info one --json
  equal code 0 "$code"
  equal free True "$(field out.txt 'j["free_instance"]')"
  equal path '\\.\pipe\one' "$(field out.txt 'j["path"]')"
  equal type byte "$(field out.txt 'j["type"]')"
  run info one
  matches text 'free instance +yes' "$out"
  echo hello | "$pipes" connect --timeout 0 --write-only one || fail "the instance is used up"
  stop_server
}

case_info_and_explain_tell_who_may_connect() {
  serve guarded --sddl 'D:P(D;;0x2;;;S-1-22-1-4242)(A;;GRGW;;;WD)(A;;FA;;;CO)' -- cat
  run info guarded --json
  equal security "O:S-1-22-1-${UID}G:S-1-22-2-$(id -g)D:P(D;;DC;;;S-1-22-1-4242)(A;;0x12019f;;;WD)(A;;FA;;;S-1-22-1-$UID)" \
    "$(field out.txt 'j["security"]')"
  run sddl explain --pipe guarded
  equal code 0 "$code"
  matches "this user" 'you: to read and write' "$out"
  matches "who is denied writing" 'S-1-22-1-4242: to read'$'\n' "$out"
  matches "the rest" 'anybody else: to read and write' "$out"
  matches instances 'An instance is free\.' "$out"
  run sddl explain --pipe guarded --json
  equal "who is denied writing" "True False" "$(field out.txt '" ".join(str(w[k]) for w in j["who"] if "4242" in w["who"] for k in ("read", "write"))')"
  stop_server
}

case_explaining_no_pipe_is_error_2() {
  run sddl explain --pipe nosuch
  equal "exit code" 1 "$code"
  matches "error" '^pipes: cannot explain \\\\\.\\pipe\\nosuch .*: error 2: .' "$err"
}

case_an_unlimited_maximum_is_null() {
  serve many -- cat
  run info many --json
  equal maximum None "$(field out.txt 'j["max_instances"]')"
  run info many
  matches text 'instances +1 of unlimited' "$out"
  stop_server
}

case_control_characters_in_names_do_not_reach_the_terminal() {
  serve $'red\e[31m' -- cat
  run list
  matches row 'red\\x1b\[31m' "$out"
  [[ $out != *$'\e'* ]] || fail "an escape character is printed"
  run list --json
  equal name "'red\\x1b[31m'" "$(field out.txt 'repr(j[0]["name"])')"
  stop_server
}

# ------------------------------------------------------------------------------------------------------ connect, serve --

case_the_end_of_input_alone_ends_nothing() {
  serve late -- sh -c 'read -r line; read -r go <gate; echo "late $line"'
  mkfifo gate
  echo question >question
  "$pipes" connect late <question >answer &
  local process=$!
  echo go >gate
  wait "$process"
  equal "exit code" 0 $?
  equal "answer" "late question" "$(<answer)"
  stop_server
}

case_several_clients_have_a_command_each() {
  local number process arrived_fd gate_fd processes=()
  mkfifo arrived gate
  exec {arrived_fd}<>arrived {gate_fd}<>gate
  serve several -- sh -c 'read -r line; echo here >arrived; read -r go <gate; echo "$line"'
  for number in 1 2 3; do
    echo "client $number" | "$pipes" connect several >"answer$number" &
    processes+=($!)
  done
  # All three commands are at the gate before any of them may answer.
  for number in 1 2 3; do read -r -u "$arrived_fd"; done
  for number in 1 2 3; do echo go >&"$gate_fd"; done
  for process in "${processes[@]}"; do wait "$process" || fail "a client failed"; done
  for number in 1 2 3; do equal "answer $number" "client $number" "$(<"answer$number")"; done
  stop_server
}

case_clients_that_do_not_wait_are_heard() {
  local number process heard_fd line heard=() processes=()
  mkfifo heard
  exec {heard_fd}<>heard
  serve heard -- sh -c 'cat >heard'
  for number in {1..40}; do
    echo "client $number" | "$pipes" connect --write-only heard &
    processes+=($!)
  done
  for process in "${processes[@]}"; do wait "$process" || fail "a client failed"; done
  for number in {1..40}; do
    IFS= read -r -t 60 line <&"$heard_fd" || fail "only ${#heard[@]} clients were heard: ${heard[*]}"
    heard+=("$line")
  done
  equal "different clients" 40 "$(printf '%s\n' "${heard[@]}" | sort -u | wc -l)"
  stop_server
}

case_a_command_that_cannot_run_is_not_served() {
  touch no_program
  mkdir bin
  local command
  for command in /no/such/command no_such_command; do
    run serve broken -- "$command"
    equal "exit code with $command" 1 "$code"
    equal "error with $command" "pipes: cannot run $command: errno 2: No such file or directory" "$err"
  done
  for command in ./no_program ./bin; do
    run serve broken -- "$command"
    equal "exit code with $command" 1 "$code"
    equal "error with $command" "pipes: cannot run $command: errno 13: Permission denied" "$err"
  done
}

case_a_command_that_goes_away_is_reported() {
  cp "$(type -P true)" command
  serve broken --once -- ./command
  rm command
  "$pipes" connect broken </dev/null
  equal "exit code of the client" 0 $?
  local line
  IFS= read -r line <&"$server_errors"
  matches error '^pipes: cannot run ./command: errno 2: ' "$line"
  wait "$server"
  equal "exit code of the server" 1 $?
}

case_input_that_cannot_be_read_is_a_failure() {
  local options
  for options in "" --write-only --eof-close; do
    serve unread --once -- cat
    "$pipes" connect unread $options </ >out.txt 2>err.txt
    equal "exit code of connect $options" 1 $?
    equal "error of connect $options" 'pipes: cannot read standard input: errno 21: Is a directory' "$(<err.txt)"
    wait "$server"
    rm listening
  done
}

case_closed_standard_streams_are_not_taken_for_others() {
  serve closed -- cat
  "$pipes" connect closed <&- >out.txt 2>err.txt
  equal "exit code without input" 1 $?
  equal "error without input" 'pipes: cannot read standard input: errno 9: Bad file descriptor' "$(<err.txt)"
  stop_server
  rm listening
  serve closed -- echo text
  "$pipes" connect --read-only closed >&- 2>err.txt
  equal "exit code without output" 1 $?
  equal "error without output" 'pipes: cannot write to standard output: errno 9: Bad file descriptor' "$(<err.txt)"
  "$pipes" connect --read-only closed 2>&- >out.txt
  equal "exit code without standard error" 0 $?
  equal "output without standard error" text "$(<out.txt)"
  stop_server
}

case_a_client_that_leaves_ends_the_command() {
  serve left --once -- sh -c 'cat >/dev/null; echo ended >proof'
  echo text | "$pipes" connect --write-only left
  wait "$server"
  equal "exit code of the server" 0 $?
  equal "proof" ended "$(<proof)"
}

case_a_call_needs_both_rights() {
  serve readable --message --sddl 'D:(A;;FR;;;WD)' -- cat
  run call readable text
  equal code 1 "$code"
  matches error ' [(]a call needs the right to read and to write; .*[)]: error 5: ' "$err"
  stop_server
}

case_messages_need_the_right_to_write_attributes() {
  serve readable --message --sddl 'D:(A;;FR;;;WD)' -- cat
  run connect --read-only --message readable
  equal code 1 "$code"
  matches error ' [(]--message also takes the right to write attributes; .*[)]: error 5: ' "$err"
  stop_server
}

case_a_server_without_the_right_to_add_instances_says_so() {
  serve single --sddl 'D:(A;;0x12019b;;;WD)' -- cat
  echo text | "$pipes" connect --write-only single
  local line
  IFS= read -r line <&"$server_errors"
  matches error ' [(]the descriptor does not let this user create further instances; .*[)]: error 5: ' "$line"
  wait "$server"
  equal "exit code of the server" 1 $?
}

case_a_user_without_a_place_is_refused_and_logged() {
  PIPES_LOG=info PIPES_CONNECTIONS_MAX=1 serve crowd --message -- cat
  coproc first { "$pipes" connect --message --eof-close crowd; }
  local process=$first_PID line
  echo one >&"${first[1]}"
  IFS= read -r line <&"${first[0]}"
  run call crowd text
  equal code 1 "$code"
  matches error ': error 1450: ' "$err"
  IFS= read -r line <&"$server_errors"
  matches "the log" "uid $UID was refused: .*connections.* 1 [(]PIPES_CONNECTIONS_MAX[)]" "$line"
  exec {first[1]}>&-
  wait "$process"
  stop_server
}

case_a_full_disk_is_a_failure() {
  [[ -c /dev/full ]] || skip "there is no /dev/full"
  "$pipes" list --json >/dev/full 2>err.txt
  equal code 1 $?
  matches error '^pipes: cannot write to standard output: errno 28: ' "$(<err.txt)"
  "$pipes" --version >/dev/full 2>err.txt
  equal "exit code of --version" 1 $?
}

# ------------------------------------------------------------------------------------------------------ loops of others --

case_example_epoll_server_serves_many() { check_crowd epoll_server; }
case_example_uv_server_serves_many() { check_crowd uv_server; }
case_example_asio_server_serves_many() { check_crowd asio_server; }
