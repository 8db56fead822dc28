# Gives a staging its short ways: a link to its archive in the prefix, and what `run` starts for it.
# root sha name prefix reference file program

# Puts a text into a file in one step, for everybody to read.
put() {
  if [ "$(cat "$1" 2>/dev/null)" = "$3" ]; then return 0; fi
  unfinished=${1%/*}/.part-$$
  printf '%s\n' "$3" >"$unfinished" && chmod "$2" "$unfinished" && mv -f "$unfinished" "$1" ||
    fail 40 "$1"
}

if [ ! -d "$root/launch" ]; then
  mkdir -p "$root/launch" && chmod 0755 "$root/launch" || fail 40 "$root/launch"
fi
point "../../../archives/$sha/$name" "$prefix/$name"
put "$root/launch/$reference" 0644 "$file"
put "$root/run" 0755 "$program"
