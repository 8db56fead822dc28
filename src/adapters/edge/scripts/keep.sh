# Keeps packages unpacked while the archive they belong to arrives: each line that is read tells one that
# has, as `PACKAGE SHA256 PIECE ENDING`. Only a help: whatever is not kept here is unpacked later.
# root name environment part
# Until a file has so many bytes: what is sent may not be written yet. The third word: looks in vain.
until_written() {
  tries=0
  until [ -f "$1" ] && [ "$(size_of "$1")" -ge "$2" ]; do
    tries=$((tries + 1))
    if [ "$tries" -gt "$3" ]; then exit 0; fi
    sleep 0.05 2>/dev/null || sleep 1
  done
}
# Once open, it can be read whatever becomes of its name, which it may have lost already: then there is
# nothing to wait for.
until_written "$part" 0 20
exec 7<"$part"
archive=/dev/fd/7
while read -r each sum piece ending; do
  if [ -f "$packages/$each/list" ]; then continue; fi
  until_written "$archive" "$((${piece%:*} + ${piece#*:}))" 200
  lock_packages -s 900 || exit 0
  work=$(mktemp -d "$packages/.part-XXXXXX") || exit 0
  unfinished=$work
  keep_package "$each" "$sum" "$piece" "$ending" || exit 0
  clear_unfinished
  unfinished=
  exec 8>&-
done
exit 0
