# What of a staging is already in place, and how much room there is.
# root sha name environment revision alias wanted list
mkdir -p "$root" || fail 40 "$root"
[ -w "$root" ] && [ -x "$root" ] || fail 40 "$root"
for folder in archives envs "envs/$environment" "$alias" manifests "manifests/$environment" packages; do
  if [ ! -d "$root/$folder" ]; then
    mkdir -p "$root/$folder" || fail 40 "$root/$folder"
    chmod 0755 "$root/$folder" || fail 40 "$root/$folder"
  fi
done
archive=$root/archives/$sha/$name
echo "part $(size_of "$root/archives/$sha.part")"
echo "free $(free_bytes "$root")"
if [ ! -f "$archive" ]; then state=missing
elif has_bytes "$archive" "$sha"; then state=intact
else state=damaged
fi
echo "archive $state"
driver=missing
for prefix in "$root/envs/$environment/$revision" "$root/envs/$environment/$revision-$short"; do
  if prefix_holds "$prefix" "$sha"; then driver=present; fi
done
echo "driver $driver"

# Which of the wanted segments the archives here hold.
set -- "$root"/archives/*/.segments
if [ "$state" != intact ] && [ -n "$wanted" ] && [ -f "$1" ]; then
  printf '%s\n' "$wanted" | awk '
    NR == FNR { want[$1]; next }
    FNR == 1 { name = $0; folder = FILENAME; sub(/\.segments$/, "", folder); next }
    ($1 in want) { print "have", $1, $2, folder name; delete want[$1] }
  ' - "$@"
fi
# Which packages of the list lack their tree.
if [ "$driver" = missing ] && have base64 && have gzip && have cksum; then
  echo 'packages yes'
  for each in $list; do
    if [ ! -f "$packages/$each/list" ]; then echo "lacks $each"; fi
  done
fi
