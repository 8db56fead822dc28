# Packages that an edge keeps unpacked, once each: `packages/DIGEST/tree` is what segments with that
# content hold, whatever the name of their archive; `list` how its files looked when it was whole. Environments have hard links to them,
# so nothing may be written into a file of a tree: they are read-only, and one that looks different
# from its list is not used.
packages=$root/packages

# How the files of these packages look, in one order for whoever asks: all but the count of links and
# the times of folders, which other environments change.
look_of_packages() {
  (cd "$packages" && LC_ALL=C ls -AlnR --time-style=+%s.%N "$@") |
    awk '/^[-l]/ { $2 = ""; print; next } /:$/ { print }'
}

# Prints the packages of this list that are not here whole.
find_missing() {
  set --
  for each in $list; do
    if [ -f "$packages/$each/list" ] && [ -d "$packages/$each/tree" ]; then set -- "$@" "$each/tree"
    else echo "$each"
    fi
  done
  if [ $# = 0 ]; then return 0; fi
  # Mostly all is well; which one is not is asked only then.
  if [ "$(look_of_packages "$@" | cksum)" = "$(lists_of "$@" | cksum)" ]; then return 0; fi
  for tree; do
    if [ "$(look_of_packages "$tree" | cksum)" != "$(lists_of "$tree" | cksum)" ]; then
      echo "${tree%/tree}"
    fi
  done
}
# The same of their lists: `ls` sorts what it is given.
lists_of() {
  printf '%s\n' "$@" | LC_ALL=C sort | while read -r each; do cat "$packages/${each%/tree}/list"; done
}

# Until the program ends: `-s` for those who link, `-x` for those who remove. Without flock, a package
# that goes while it is linked is found missing.
lock_packages() {
  if ! have flock; then return 0; fi
  exec 8>"$packages/.lock" || fail 40 "$packages/.lock"
  flock "$1" -w "$2" 8
}

# Removes a package: first its name, so that nobody links to half of it.
drop_package() {
  gone=$packages/.part-$$-$1
  mv -T "$packages/$1" "$gone" 2>/dev/null && remove_tree "$gone"
}

# Which packages have files with more names than their own tree gives them: in a tar, what is the same
# is one file under several.
linked_elsewhere() {
  awk '
    match($0, /\.\/[0-9a-f]+\/tree\//) {
      file = substr($0, RSTART + 2, 64) " " $1
      names[file] = $3
      seen[file]++
    }
    END { for (file in names) if (names[file] > seen[file]) print substr(file, 1, 64) }
  '
}

# Removes packages that no environment has a link to. Where there are only copies, they are made again.
drop_unused_packages() {
  if [ ! -d "$packages" ] || ! lock_packages -x 60; then return 0; fi
  linked=$(cd "$packages" && find . -mindepth 3 -type f -links +1 -exec ls -in {} +) || return 0
  used=$(printf '%s\n' "$linked" | linked_elsewhere)
  for each in "$packages"/*/; do
    each=${each%/}
    each=${each##*/}
    case $used in
      *"$each"*) ;;
      *) if [ -d "$packages/$each" ]; then drop_package "$each"; fi ;;
    esac
  done
}

# Which of the wanted segments the archives here hold.
find_segments() {
  set -- "$root"/archives/*/.segments
  if [ -z "$wanted" ] || [ ! -f "$1" ]; then return 0; fi
  printf '%s\n' "$wanted" | awk '
    NR == FNR { want[$1]; next }
    FNR == 1 { name = $0; folder = FILENAME; sub(/\.segments$/, "", folder); next }
    ($1 in want) { print "have", $1, $2, folder name; delete want[$1] }
  ' - "$@"
}
