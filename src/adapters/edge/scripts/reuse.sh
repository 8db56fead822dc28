# Which of the wanted segments the archives here hold.
# root wanted
set -- "$root"/archives/*/.segments
if [ -f "$1" ]; then
  printf '%s\n' "$wanted" | awk '
    NR == FNR { want[$1]; next }
    FNR == 1 { name = $0; folder = FILENAME; sub(/\.segments$/, "", folder); next }
    ($1 in want) { print "have", $1, $2, folder name; delete want[$1] }
  ' - "$@"
fi
