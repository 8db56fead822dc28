# Shared by all programs. POSIX sh plus what GNU and BusyBox have in common.
umask 022
# Messages are matched, so they must be English; file names must survive, so characters are UTF-8.
unset LC_ALL
export LC_MESSAGES=C LC_CTYPE=C.UTF-8

# What goes when a program ends, in whatever way but being killed: a shell that a signal ends does
# not run what is meant for its exit. Nobody reads on when the connection is lost.
unfinished=
clear_unfinished() {
  if [ -n "$unfinished" ]; then remove_tree "$unfinished"; fi
}
# Removes a folder whose folders may lack the right to write. That of files is left alone: they may be
# links to a package's, which others have, too.
remove_tree() {
  rm -rf "$1" 2>/dev/null && return 0
  if [ -d "$1" ] && [ ! -L "$1" ]; then find "$1" -type d ! -perm -700 -exec chmod u+rwx {} \; 2>/dev/null; fi
  rm -rf "$1"
}
trap clear_unfinished EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 141' PIPE
trap 'exit 143' TERM

begin() {
  printf '%s\n' "$marker"
}

fail() {
  code=$1
  shift
  printf '%s\n' "$*" >&2
  exit "$code"
}

have() {
  command -v "$1" >/dev/null 2>&1
}

# sha256 of what is read, in hex
hash_of_input() {
  if have sha256sum; then sha256sum | cut -d' ' -f1
  elif have openssl; then openssl dgst -sha256 -r | cut -d' ' -f1
  elif have shasum; then shasum -a 256 | cut -d' ' -f1
  else fail 42 'sha256sum, openssl or shasum'
  fi
}
# the same of a file
hash_of() {
  hash_of_input <"$1"
}

# Which file this is and when it was last touched: bytes that are written later, a rename and a link
# all change it. Nothing where that is not told to the fraction of a second: two changes in one second
# would look the same.
state_of() {
  stat -c '%d:%i %s %y %z' "$1" 2>/dev/null | grep '\.[0-9]*[1-9][0-9]* [-+][0-9]*$'
}

# All of a state but its last change, which a rename is one of, and another name.
written() {
  printf '%s' "$1" | cut -d' ' -f1-5
}

# Notes that an archive has the bytes of a sha256, as far as its state is still $3. Only a help: what
# cannot be noted is hashed again.
note_verified() {
  verified=${1%/*}/.verified
  if [ -n "$3" ] && [ "$(state_of "$1")" = "$3" ]; then
    { printf '%s\n' "$2 $3" >"$verified.part-$$" && mv -f "$verified.part-$$" "$verified"; } 2>/dev/null ||
      rm -f "$verified.part-$$"
  fi
}

# Whether a published archive has the bytes of a sha256. They are read again once a day, and when
# anything touched the file since.
has_bytes() {
  state=$(state_of "$1")
  verified=${1%/*}/.verified
  if [ -n "$state" ] && [ "$(cat "$verified" 2>/dev/null)" = "$2 $state" ] &&
    [ -n "$(find "$verified" -mtime -1 2>/dev/null)" ]; then return 0; fi
  [ "$(hash_of "$1")" = "$2" ] && note_verified "$1" "$2" "$state"
}

# bytes of a file, 0 when there is none
size_of() {
  if [ -f "$1" ]; then wc -c <"$1" | tr -d ' '; else echo 0; fi
}

# bytes free in the file system of a folder
free_bytes() {
  df -Pk "$1" | awk 'NR == 2 { printf "%.0f\n", $4 * 1024 }'
}

# How each file of a prefix looks: which it is, its mode, bytes, name, where it leads and its time, which a
# file has changed that was written in the very second it was noted in, too. What Python
# compiles as it goes is no part of it, nor is what we note.
look_of_prefix() {
  (cd "$1" && find . -name __pycache__ -prune -o \( -type f -o -type l \) ! -path './.conda-ferry-*' \
    -exec stat -c '%i %f %s %.9Y %N' {} +)
}
note_look() {
  look_of_prefix "$1" >"$1/.conda-ferry-look.part" &&
    mv -f "$1/.conda-ferry-look.part" "$1/.conda-ferry-look"
}
# Names a file that is not as it was when the prefix was made, or noted first: older versions noted nothing.
# What came to it since is left alone.
find_damage() {
  if [ ! -f "$1/.conda-ferry-look" ]; then note_look "$1"; return 0; fi
  { look_of_prefix "$1"; echo; cat "$1/.conda-ferry-look"; } | awk '
    NF == 0 { past = 1; next }
    !past { here[$0]; next }
    !($0 in here) { sub(/^[^ ]+ [^ ]+ [^ ]+ [^ ]+ /, ""); print; exit }
  '
}
# A driver prefix is complete when it says which archive it was made from, its Python is there and each of
# its files looks as it did; `damaged` is one that does not.
prefix_holds() {
  damaged=
  made_from "$1" "$2" && [ -x "$1/bin/python" ] && damaged=$(find_damage "$1" 2>/dev/null) && [ -z "$damaged" ]
}

# Whether a prefix was made from an archive with this sha256; without one, from any.
made_from() {
  [ -f "$1/.conda-ferry-archive" ] &&
    { [ $# = 1 ] || [ "$(cat "$1/.conda-ferry-archive")" = "$2" ]; }
}
# Where an archive is unpacked: where it is already, or in the revision's own folder, unless other bytes
# were published under that number before.
# root sha short environment revision
find_prefix() {
  prefix=$root/envs/$environment/$revision
  if made_from "$prefix" "$sha"; then return 0; fi
  if made_from "$prefix" || made_from "$prefix-$short" "$sha"; then prefix=$prefix-$short; fi
}

# A folder and all above it.
with_parents() {
  parent=$1
  while [ -n "$parent" ]; do
    printf '%s\n' "$parent"
    parent=${parent%/*}
  done
  echo /
}
# Fails where others may put something in place of what we have in the root: it, and what is given of it,
# must be ours or the administrator's, and of nobody else to write. So must what lies above it, unless a
# sticky bit keeps what is ours there. Access lists show in the mode of the group.
refuse_open() {
  set -- "$root" "$@"
  open=$(
    {
      with_parents "${root%/*}"
      for each; do
        if [ "$each" = "$root" ] || [ -L "$each" ]; then
          where=$(cd "$each" 2>/dev/null && pwd -P) && with_parents "${where%/*}"
        fi
      done
      echo
      printf '%s\n' "$@"
    } |
      while IFS= read -r each; do
        if [ -z "$each" ] || [ -e "$each" ]; then stat -L -c '%u %a %U %n' "$each" 2>/dev/null || echo; fi
      done |
      awk -v us="$(id -u)" '
        NF == 0 { inside = 1; next }
        {
          mode = "0000" $2
          sticky = index("1357", substr(mode, length(mode) - 3, 1))
          others = index("2367", substr(mode, length(mode) - 1, 1)) + index("2367", substr(mode, length(mode)))
          if (($1 != 0 && $1 != us) || (others && (inside || !sticky))) {
            path = $0
            sub(/^[^ ]+ [^ ]+ [^ ]+ /, "", path)
            print path " belongs to " $3 " and has the mode " substr(mode, length(mode) - 3)
            exit
          }
        }
      '
  )
  if [ -n "$open" ]; then fail 53 "$open"; fi
}

# value of a property in a Hadoop configuration file
property() {
  [ -f "$1" ] || return 0
  tr '\n' ' ' <"$1" | sed -e 's/<!--[^>]*-->//g' -e 's/<property>/\
/g' | sed -n "s|.*<name>[[:space:]]*$2[[:space:]]*</name>.*<value>[[:space:]]*\([^<]*[^<[:space:]]\)[[:space:]]*</value>.*|\1|p" | tail -n 1
}

# where the Hadoop configuration of this host is; nothing where it has none
hadoop_conf() {
  conf=${HADOOP_CONF_DIR:-${YARN_CONF_DIR:-}}
  if [ -z "$conf" ] && [ -d /etc/hadoop/conf ]; then conf=/etc/hadoop/conf; fi
  printf '%s' "$conf"
}

# Points a symbolic link elsewhere in one step: readers see the old or the new target, never none.
# Nothing that people name begins with a dot, as what is not finished does.
point() {
  if [ "$(readlink "$2" 2>/dev/null)" = "$1" ]; then return 0; fi
  if [ -d "$2" ] && [ ! -L "$2" ]; then fail 46 "$2 is a folder, not a link"; fi
  unfinished=${2%/*}/.part-$$
  ln -sfn "$1" "$unfinished" && mv -Tf "$unfinished" "$2" || fail 40 "$2"
}
