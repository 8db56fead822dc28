# Runs one command line as a process group of its own, with a time limit and a lifeline: the
# standard input, which ends when the connection does.
# directory command exports seconds grace; write_files
work=$(mktemp -d "${TMPDIR:-/tmp}/conda-ferry.XXXXXX") || fail 51 "${TMPDIR:-/tmp}"
unfinished=$work
if [ -z "$directory" ]; then
  directory=$work/run
  mkdir "$directory" || fail 51 "$directory"
fi
[ -d "$directory" ] && [ -x "$directory" ] || fail 50 "$directory"
have setsid || fail 42 setsid
write_files "$directory"
# /etc/profile often sets PATH anew; what the SSH server gave stays reachable behind it.
cat >"$work/command" <<COMMAND || fail 51 "$work"
PATH=\$PATH:\$2
$exports
cd -- "\$1" || exit 50
shift 2
printf '%s\n' $marker-command
printf '%s\n' $marker-command >&2
$command
COMMAND

shell=sh
if have bash; then shell=bash; fi
exec 3<&0
setsid "$shell" -l "$work/command" "$directory" "$PATH" </dev/null 3<&- &
child=$!

end_group() {
  kill -s TERM -- "-$child" 2>/dev/null
  sleep "$grace" &
  sleeper=$!
  wait "$sleeper"
  kill -s KILL -- "-$child" 2>/dev/null
}
watch() {
  sleeper=
  trap 'kill "$sleeper" 2>/dev/null; exit 0' TERM
  "$@"
  end_group
}
lifeline() {
  while read -r _; do :; done <&3
}
limit() {
  sleep "$seconds" &
  sleeper=$!
  wait "$sleeper"
}
# Ended itself, nothing of it goes on: the command has a group that no signal to this one reaches.
leave() {
  trap '' HUP INT PIPE TERM
  end_group
  kill "$first" "$second" 2>/dev/null
  exit "$1"
}
first=
second=
trap 'leave 129' HUP
trap 'leave 130' INT
trap 'leave 141' PIPE
trap 'leave 143' TERM
watch lifeline >/dev/null 2>&1 &
first=$!
watch limit >/dev/null 2>&1 3<&- &
second=$!

wait "$child"
code=$?
# What the command left running in its group ends with it.
kill -s KILL -- "-$child" 2>/dev/null
kill "$first" "$second" 2>/dev/null
exit "$code"
