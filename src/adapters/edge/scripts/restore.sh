# Compares a driver prefix with its archive to the last byte, and unpacks it again where they differ: what a
# disk has changed by itself, or somebody who set the time of a file back, looks as it did.
# root sha name environment archive prefix
folder=${prefix%/*}
if have flock; then
  exec 9>"$folder/.lock" || fail 40 "$folder/.lock"
  flock -w 900 9 || fail 43 "$folder"
fi
[ -d "$prefix" ] || exit 0
# Read again, whatever was noted.
rm -f "${archive%/*}/.verified"
if ! has_bytes "$archive" "$sha"; then
  echo 'archive damaged'
  exit 0
fi
# As much as is there, as the archive is unpacked beside it.
if [ "$(du -sk "$prefix" | awk '{ printf "%.0f\n", $1 * 1024 }')" -gt "$(free_bytes "$root")" ]; then
  echo 'room no'
  exit 0
fi

# What each file holds, which can be executed, and where links lead. What Python compiles as it goes and what
# we note is no part of it; what is a package's, too, may not be written.
sums_of() {
  sum=cksum
  if have sha256sum; then sum=sha256sum; fi
  (
    cd "$1" || exit
    find . -name __pycache__ -prune -o -type f ! -path './.conda-ferry-*' -exec "$sum" {} +
    find . -name __pycache__ -prune -o -type f -perm -100 -exec stat -c 'x %n' {} +
    find . -name __pycache__ -prune -o -type l -exec stat -c 'link %N' {} +
  )
}
# Until it is known to be damaged, it comes back to its place however this ends.
clear_unfinished() {
  if [ -n "$unfinished" ]; then
    if [ -d "$unfinished/old/prefix" ]; then
      mv -T "$prefix" "$unfinished/fresh" 2>/dev/null
      mv -T "$unfinished/old/prefix" "$prefix"
    fi
    remove_tree "$unfinished"
  fi
}
# Packages that have a damaged file, too: it is the same one under another name. Whoever stages next makes
# them anew.
drop_damaged() {
  if [ ! -d "$packages" ] || ! lock_packages -x 60; then return 0; fi
  printf '%s\n' "$damaged" | while IFS= read -r file; do
    if [ -f "$work/damaged/$file" ]; then
      find "$packages" -mindepth 3 -type f -samefile "$work/damaged/$file" 2>/dev/null
    fi
  done | cut -c "$((${#packages} + 2))-" | cut -d/ -f1 | sort -u |
    while read -r each; do drop_package "$each"; done
}

work=$(mktemp -d "$folder/${prefix##*/}.part-XXXXXX") || fail 40 "$folder"
unfinished=$work
mkdir "$work/new" "$work/old"
unpack_to "$archive" "$work/new"
new=$work/new/$environment
[ -x "$new/bin/python" ] || fail 44 "there is no $environment/bin/python in it"
chmod 0755 "$new"
mv -T "$prefix" "$work/old/prefix" && mv -T "$new" "$prefix" || fail 40 "$prefix"
# It writes the path it finds itself at into the files, so only now are both to be the same.
if [ -f "$prefix/bin/conda-unpack" ]; then
  "$prefix/bin/python" -E -s -S -B "$prefix/bin/conda-unpack" </dev/null >&2 || fail 45 "exit code $?"
fi
sums_of "$work/old/prefix" >"$work/was" 2>/dev/null
sums_of "$prefix" >"$work/is" || fail 40 "$prefix"
damaged=$(awk '
  NR == FNR { was[$0]; next }
  !($0 in was) {
    sub(/^[^\/]*\.\//, "")
    sub(/\047 -> \047.*/, "")
    if (!($0 in seen)) print
    seen[$0]
  }
' "$work/was" "$work/is")
if [ -z "$damaged" ]; then
  clear_unfinished
  unfinished=
  exit 0
fi
mv -T "$work/old/prefix" "$work/damaged" || fail 40 "$work"
note_look "$prefix" || fail 40 "$prefix"
# What was put beside the files of the archive: what the short ways need.
for each in "$work/damaged"/*; do
  if [ ! -e "$prefix/${each##*/}" ] && [ ! -L "$prefix/${each##*/}" ]; then mv "$each" "$prefix/"; fi
done
printf %s "$sha" | cat >"$prefix/.conda-ferry-archive.part" &&
  mv -f "$prefix/.conda-ferry-archive.part" "$prefix/.conda-ferry-archive" || fail 40 "$prefix"
drop_damaged "$damaged"
clear_unfinished
unfinished=
echo "damaged $(printf '%s\n' "$damaged" | head -n 1)"
echo "count $(printf '%s\n' "$damaged" | wc -l | tr -d ' ')"
