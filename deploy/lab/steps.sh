# shellcheck shell=sh
# The steps of prepare: each in a process of its own with a log, watched, and tried again if it fetches.
# Sourced by prepare, which has set $lab and $again (what to type to run it again).
#
# A step is alive while a process of it moves bytes (/proc/PID/io) or computes. A download that comes
# slowly is alive; one that has stalled is not, whatever its client would still wait for.

silent_seconds=${FERRY_SILENT_SECONDS:-60} # without a sign of life, then a step is ended
tell_seconds=${FERRY_TELL_SECONDS:-5}      # between two lines that say how far the steps are
tries=${FERRY_TRIES:-4}                    # of a step that fetches
first_pause=${FERRY_FIRST_PAUSE:-3}        # seconds before the second try; four times as long before each next

: "${lab:?}" "${again:?}"
logs=$lab/logs
# How far each step is that is at work now, a file each; and temporary files.
now=$lab/now
started=$(date +%s)
least_ticks=10   # a tenth of a second of computing, between two looks, is work
least_bytes=1000 # so much, since the last sign of life, is one: a Node that waits moves 8 bytes now and then

say() { printf '[%3d s] %s\n' $(($(date +%s) - started)) "$1"; }

# start_telling: begin to say every few seconds how far the steps are.
start_telling() {
  mkdir -p "$logs"
  rm -rf "$now"
  mkdir -p "$now/tmp"
  # What a client leaves there when it is ended goes with it.
  TMPDIR=$now/tmp
  export TMPDIR
  tell &
  teller=$!
}

stop_telling() {
  kill "$teller" 2>/dev/null || :
  rm -rf "$now"
}

tell() {
  since=0
  # One second at a time, and with none of our files open: it outlives a kill.
  while sleep 1 >/dev/null 2>&1 9>&- && [ -d "$now" ]; do
    since=$((since + 1))
    if [ $since -lt "$tell_seconds" ]; then continue; fi
    since=0 line=''
    for each in "$now"/*.step; do
      [ -f "$each" ] && line="${line:+$line · }$(cat "$each" 2>/dev/null)"
    done
    if [ -n "$line" ]; then say "$line"; fi
  done
}

# tree_of PID: the process and all below it: number and ticks of computing, one a line.
tree_of() {
  cat /proc/[0-9]*/stat 2>/dev/null | sed 's/^\([0-9]*\) (.*) /\1 /' | awk -v top="$1" '
    { above[$1] = $3; ticks[$1] = $13 + $14; zombie[$1] = $2 == "Z" }
    END {
      for (each in above) {
        for (at = each; at != top && at in above;) at = above[at]
        if (at == top && !zombie[each]) print each, ticks[each]
      }
    }'
}

# signs_of PID: bytes read and written, bytes written, ticks; by the process and all below it.
signs_of() {
  tree_of "$1" | while read -r pid ticks; do
    echo "ticks: $ticks"
    cat "/proc/$pid/io" 2>/dev/null || :
  done | awk '
    $1 == "ticks:" { ticks += $2 } $1 == "rchar:" { read += $2 } $1 == "wchar:" { written += $2 }
    END { printf "%.0f %.0f %.0f\n", read + written, written, ticks }'
}

# end_tree PID…: ends the processes and all below them; by force when they do not. They are stopped first,
# and looked for again: what one of them began meanwhile would outlive it, with nobody above to find it by.
end_tree() {
  doomed=''
  for how in STOP STOP TERM CONT 0 0 0 0 0 0 0 0 0 KILL; do
    case $how in STOP) doomed=$(for each in "$@"; do tree_of "$each"; done | cut -d ' ' -f 1) ;; esac
    left=''
    for each in $doomed; do
      if grep -qs '^State:.[^ZX]' "/proc/$each/status"; then left="$left $each"; fi
    done
    if [ -z "$left" ]; then return 0; fi
    # shellcheck disable=SC2086
    kill -$how $left 2>/dev/null || :
    case $how in STOP | TERM) ;; *) sleep 0.2 ;; esac
  done
}

# watch PID: look once a second; end it when it gives no sign of life.
watch() {
  quiet=0 bytes=0 ticks=0 most=0
  while sleep 1; do
    # shellcheck disable=SC2046
    set -- "$1" $(signs_of "$1")
    moved=$(($2 - bytes))
    # Less than before: a process below it has ended.
    if [ $moved -ge $least_bytes ] || [ $moved -lt 0 ] || [ $(($4 - ticks)) -ge $least_ticks ]; then
      quiet=0 bytes=$2
    else
      quiet=$((quiet + 1))
    fi
    ticks=$4
    if [ "$3" -gt "$most" ]; then most=$3; fi
    line="$text: $(($(date +%s) - began)) s, $((most / 1000000)) MB written"
    if [ $quiet -ge 5 ]; then line="$line, no byte for $quiet s"; fi
    echo "$line" >"$now/$name.step"
    if [ $quiet -ge "$silent_seconds" ]; then
      : >"$now/$name.silent"
      end_tree "$1"
    fi
  done
}

# attempt COMMAND…: run it with its output in the log; sets $why, empty when it went well.
attempt() {
  why='' code=0
  # In the background, because 'set -e' does not hold inside a condition.
  "$@" >>"$logs/$name.log" 2>&1 &
  work=$!
  watch $work >/dev/null 2>&1 9>&- &
  watcher=$!
  wait $work || code=$?
  kill $watcher 2>/dev/null || :
  wait $watcher 2>/dev/null || :
  if [ -f "$now/$name.silent" ]; then
    why="no byte for $silent_seconds s"
  elif [ $code != 0 ]; then
    why="exit code $code"
  fi
  rm -f "$now/$name.silent" "$now/$name.step"
}

# step NAME TEXT COMMAND…: run COMMAND once, saying when it starts and ends; exits with 2 if it fails.
step() { run_step 1 "$@"; }

# fetch NAME TEXT COMMAND…: the same for a command that downloads, which is tried again.
fetch() { run_step "$tries" "$@"; }

run_step() {
  most_tries=$1 name=$2 text=$3 began=$(date +%s) pause=$first_pause try=1
  shift 3
  say "$text ..."
  : >"$now/at-work"
  : >"$logs/$name.log"
  attempt "$@"
  while [ -n "$why" ]; do
    if [ $try -ge "$most_tries" ] || is_hopeless; then give_up; fi
    try=$((try + 1))
    say "$text: $why; try $try of $most_tries in $pause s"
    sleep "$pause"
    pause=$((pause * 4))
    attempt "$@"
  done
  say "$text: done in $(($(date +%s) - began)) s"
}

# Another try would meet the same.
is_hopeless() {
  grep -qE 'No space left on device|ENOSPC|Permission denied|EACCES|Read-only file system|EROFS' "$logs/$name.log"
}

# In one piece: other steps speak, too.
give_up() {
  proxy=${HTTPS_PROXY:-${https_proxy:-}}
  said=$(
    say "$text: FAILED ($why; tries: $try). The end of $logs/$name.log:"
    tail -n 20 "$logs/$name.log" | sed 's/^/         | /'
    if is_hopeless; then
      echo "         Make room or give the right to write in the place it names."
    elif [ "$most_tries" -gt 1 ]; then
      echo "         Is the way there open? Behind a proxy: export HTTPS_PROXY=http://HOST:PORT (now: ${proxy:-not set})."
      echo "         $(mirror_of "$name")"
    fi
    echo "         Then type again, what is there is kept: $again"
  )
  printf '%s\n' "$said"
  exit 2
}

# mirror_of NAME: where the step's client takes the address of another registry from.
mirror_of() {
  case $1 in
    npm) echo 'From a mirror: npm config set registry URL' ;;
    cpython | hadoop-*) echo 'From a mirror: <mirrors> in ~/.m2/settings.xml (Maven reads its proxies there, too)' ;;
    system) echo 'From a mirror: /etc/apt/sources.list' ;;
    *) echo 'From a mirror: export PIP_INDEX_URL=URL' ;;
  esac
}
