# Cases of Windows alone, as they are seen through Wine. The commands are roles of one program, companion_windows.cpp: of
# what Windows brings along Wine has little, and that changes line ends.
# shellcheck disable=SC2034  # cases.sh uses these
copy=(companion copy)
copy_count=(companion copy)
store=(companion store stored)
offer=(companion offer offered)
first_line=(companion first_line)
greet=(companion greet)
tag=(companion tag)
say=(companion say)
fail_with=(companion exit)
abandon=(companion abandon)
large=2000000
# Wine gives its processes numbers of their own.
can_list=false can_refuse_taken_names=false processes_are_ours=false

case_a_listing_that_fails_says_so() {
  # Wine 8 has no FindFirstFile for \\.\pipe\* and answers 66; Windows lists the pipes.
  local command
  for command in "list" "list --json" "info x" "info x --json"; do
    run $command
    equal "exit code of $command" 1 "$code"
    equal "output of $command" "" "$out"
    equal "lines of $command" 1 "$(wc -l <err.txt)"
    matches "error of $command" '^pipes: cannot .*: error 66: .' "$err"
  done
}

case_a_command_that_cannot_run_is_not_served() {
  echo '@echo off' >batch.cmd
  mkdir folder
  local command number
  while read -r command number; do
    run serve broken -- "$command"
    equal "exit code with $command" 1 "$code"
    equal "lines with $command" 1 "$(wc -l <err.txt)"
    matches "error with $command" "^pipes: cannot run [^:]*: error $number: ." "$err"
  done <<'LIST'
no_such_command 2
.\no_such_command 2
.\batch.cmd 193
.\folder 5
LIST
}

case_a_command_that_is_no_program_is_reported() {
  echo text >text.exe
  serve broken --once -- '.\text'
  "$pipes" connect broken </dev/null
  equal "exit code of the client" 0 $?
  local line
  IFS= read -r line <&"$server_errors"
  matches error '^pipes: cannot run \.\\text: error 193: ' "$line"
  wait "$server"
  equal "exit code of the server" 1 $?
}

case_a_command_that_goes_away_is_reported() {
  cp "$build/bin/cli/companion.exe" command.exe
  serve broken --once -- '.\command' copy
  rm command.exe
  "$pipes" connect broken </dev/null
  equal "exit code of the client" 0 $?
  local line
  IFS= read -r line <&"$server_errors"
  matches error '^pipes: cannot run \.\\command: error 2: ' "$line"
  wait "$server"
  equal "exit code of the server" 1 $?
}

case_a_program_of_windows_is_served() {
  serve shell --once --json -- cmd /c 'echo text& exit 300'
  "$pipes" connect --read-only shell >answer
  equal "answer" $'text\r' "$(<answer)"
  wait "$server"
  equal "exit code of the server" 3 $?
  matches "events" '"event":"ended",.*"exit_code":300\}' "$(<server.out)"
}

case_closed_standard_streams_are_failures() {
  serve closed -- "${copy[@]}"
  "$pipes" connect closed <&- >out.txt 2>err.txt
  equal "exit code without input" 1 $?
  # Wine says 1 where Windows says 6.
  matches "error without input" '^pipes: cannot read standard input: error [16]: ' "$(<err.txt)"
  stop_server
}

case_what_is_printed_has_line_feeds_alone() {
  run --version
  equal "carriage returns" 0 "$(tr -dc '\r' <out.txt | wc -c)"
  run bogus
  equal "carriage returns of an error" 0 "$(tr -dc '\r' <err.txt | wc -c)"
}
