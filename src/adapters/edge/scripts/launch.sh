# Gives a staging its short ways: in the prefix a link to its archive, beside it the folder that the global
# layout's line runs in, and what `run` starts for it. A link in the prefix that leads to it would never end
# for whoever follows links. Older versions made one: lines that run there still do.
# root sha name prefix environment alias reference file program

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
mkdir -p "$prefix.global/$alias" || fail 40 "$prefix.global/$alias"
point "../../${prefix##*/}" "$prefix.global/$alias/$environment"
put "$root/launch/$reference" 0644 "$file"
put "$root/run" 0755 "$program"
