#!/usr/bin/env bash
# What action.yml runs: one command, its report in the run and in an issue, its verdict as outputs. Inputs are variables of the
# environment. LOGVERDICT is the program.
set -euo pipefail

refuse() {
  printf '::error title=logverdict::%s\n' "$1"
  exit 2
}

case "$INPUT_COMMAND" in compare | monitor) ;; *) refuse 'the input command is neither compare nor monitor' ;; esac
case "$INPUT_FAIL_ON" in roll-back | hold) ;; *) refuse 'the input fail-on is neither roll-back nor hold' ;; esac

report="${INPUT_REPORT:-$RUNNER_TEMP/logverdict-report.json}"
github_token="$INPUT_TOKEN"
unset INPUT_TOKEN # no business of the command

args=()
while IFS= read -r line || [ -n "$line" ]; do
  line="${line%$'\r'}"
  if [ -n "$line" ]; then args+=("$line"); fi
done <<<"$INPUT_ARGS"

# What is printed may show log text: until the line with this name, the runner takes nothing for a command.
pause="$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
quietly() {
  local code=0
  printf '::stop-commands::%s\n' "$pause"
  "$@" 2>&1 || code=$? # one stream: what is late would come after the pause
  printf '\n::%s::\n' "$pause"
  return "$code"
}

# A report of an earlier step is none of this one.
rm -f -- "$report"
code=0
quietly "$LOGVERDICT" "$INPUT_COMMAND" ${args[@]+"${args[@]}"} --format json --output "$report" || code=$?

case "$code" in 0) verdict=PROCEED ;; 10) verdict=HOLD ;; 20) verdict='ROLL BACK' ;; *) verdict= ;; esac
printf 'verdict=%s\nexit-code=%s\n' "$verdict" "$code" >>"$GITHUB_OUTPUT"

# A verdict that could not be told must not pass for one that was.
told=0
if [ -n "$verdict" ] && [ -f "$report" ]; then
  "$LOGVERDICT" publish --step-summary --annotations -- "$report" || told=$?
  if [ -n "$INPUT_ISSUE" ]; then
    case "$INPUT_ISSUE" in *'#'*) issue="$INPUT_ISSUE" ;; *) issue="$GITHUB_REPOSITORY#$INPUT_ISSUE" ;; esac
    export GITHUB_TOKEN="$github_token"
    quietly "$LOGVERDICT" publish --github="$issue" --yes -- "$report" || told=$?
  fi
fi

case "$code:$INPUT_FAIL_ON" in
  0:* | 10:roll-back) exit "$told" ;;
  *) exit "$code" ;;
esac
