#!/bin/sh
# Sets up, on an edge node and as root, the account that Conda Ferry logs in with, and the folder it stages into.
# It can be run again: what is there already is left as it is. Needs useradd, as Linux has it.
set -eu

usage() {
  cat <<'END'
Usage: sudo sh edge-account.sh --root DIR --key KEY [options]      sets up
       sudo sh edge-account.sh --root DIR --undo [options]         takes back

  --root DIR       the folder to stage into: `root` of this edge in the configuration
  --key KEY        the public key that the build hosts log in with: a file, or `ssh-ed25519 AAAA…` in quotes
  --user NAME      the account; conda-ferry when left out
  --from PATTERNS  where it may log in from, as sshd's `from=`: addresses of the build hosts, with commas
  --hdfs DIR       a folder in HDFS for archives, such as /user/conda-ferry/envs; and /user/NAME, where Spark
                   uploads what an application of the account needs
  --hdfs-quota N   how much that folder may take, copies counted, such as 500g
  --hdfs-as NAME   who may make it; hdfs when left out
  --dry-run        says what would be done, and does nothing
  --undo           removes the key, and the account if this made it; folders only where they are empty
  --purge          with --undo: folders with all that is staged in them, too
END
}

# Marks what this made: the account by its comment, the key's line by its last word.
mark=conda-ferry-edge-account

refuse() {
  printf 'edge-account.sh: %s\n' "$1" >&2
  [ $# = 1 ] || printf '%s\n' "$2" >&2
  exit 1
}
say() { printf '%s\n' "$*"; }
# did TEXT: what was done, unless it was only to be said.
did() { [ "$dry" = yes ] || say "$1"; }

user=conda-ferry root='' key='' from='' hdfs='' quota='' hdfs_as=hdfs dry=no undo=no purge=no
while [ $# -gt 0 ]; do
  case $1 in
    --dry-run) dry=yes ;;
    --undo) undo=yes ;;
    --purge) purge=yes ;;
    --help | -h)
      usage
      exit 0
      ;;
    --user | --root | --key | --from | --hdfs | --hdfs-quota | --hdfs-as)
      [ $# -gt 1 ] || refuse "$1 lacks its value." "$(usage)"
      case $1 in
        --user) user=$2 ;;
        --root) root=${2%/} ;;
        --key) key=$2 ;;
        --from) from=$2 ;;
        --hdfs) hdfs=${2%/} ;;
        --hdfs-quota) quota=$2 ;;
        --hdfs-as) hdfs_as=$2 ;;
      esac
      shift
      ;;
    *) refuse "there is no option $1." "$(usage)" ;;
  esac
  shift
done

# matches TEXT PATTERN: the whole text, of one line, by an extended regular expression.
matches() {
  [ "$(printf '%s\n' "$1" | wc -l)" = 1 ] && printf '%s\n' "$1" | grep -Eqx "$2"
}
folder='(/[A-Za-z0-9][A-Za-z0-9._-]*)+'
matches "$root" "$folder" || refuse '--root must be an absolute path of letters, digits, dots, _ and -.' "$(usage)"
for each in "$user" "$hdfs_as"; do
  matches "$each" '[a-z_][a-z0-9_-]{0,31}' || refuse "$each is no name of an account."
done
[ -z "$hdfs" ] || matches "$hdfs" "$folder" || refuse '--hdfs must be an absolute path of letters, digits, dots, _ and -.'
[ -z "$quota" ] || matches "$quota" '[0-9]+[kmgt]?' || refuse '--hdfs-quota must be a number of bytes, or such as 500g.'
[ -z "$quota" ] || [ -n "$hdfs" ] || refuse '--hdfs-quota needs --hdfs.'
[ -z "$from" ] || matches "$from" '[A-Za-z0-9.:*?!/,_-]+' || refuse '--from must be addresses or host names with commas between them.'
[ "$user" != root ] || refuse 'the account must not be root.'
if [ "$undo" = no ]; then
  if [ -f "$key" ]; then key=$(cat "$key"); fi
  # Only the kind and the key itself: a comment or options of the file are not taken over.
  matches "$key" '(ssh-ed25519|ecdsa-sha2-nistp(256|384|521)|ssh-rsa|sk-[a-z0-9-]+@openssh\.com) AAAA[A-Za-z0-9+/]+=*( .*)?' ||
    refuse '--key must be a public key: a file such as id_ed25519.pub, or its line in quotes.' "$(usage)"
  key=$(printf '%s' "$key" | cut -d ' ' -f 1,2)
fi
[ "$(id -u)" = 0 ] || [ "$dry" = yes ] || refuse 'this must be run by root.' 'Type it with sudo in front, or with --dry-run.'

# run WORDS…: does it, or says that it would.
run() {
  if [ "$dry" = yes ]; then say "would run: $*"; else "$@"; fi
}
# as_hdfs WORDS…: the same, by who may make folders in HDFS.
as_hdfs() { run runuser -u "$hdfs_as" -- hdfs "$@"; }

entry() { getent passwd "$user" || :; }
home_of() { entry | cut -d : -f 6; }
is_ours() { [ "$(entry | cut -d : -f 5)" = "$mark" ]; }

# Nobody else may be able to put something in place of what is staged, or Conda Ferry refuses the folder.
check_parents() {
  parent=${root%/*}
  while [ -n "$parent" ]; do
    if [ -e "$parent" ]; then
      owner=$(stat -L -c %U "$parent") mode=$(stat -L -c %04a "$parent")
      case $owner in root | "$user") ;; *) refuse "$parent belongs to $owner, who could replace $root." 'Choose another --root.' ;; esac
      case $mode in
        [1357]???) ;;
        ??[2367]? | ???[2367]) refuse "others may write in $parent (mode $mode), and so replace $root." "Choose another --root, or type: chmod go-w $parent" ;;
      esac
    fi
    parent=${parent%/*}
  done
}

# Before anything is done: nothing is left half made.
check_root() {
  [ -d "$root" ] || return 0
  owner=$(stat -c %U "$root")
  [ "$owner" = "$user" ] || [ -z "$(ls -A "$root")" ] ||
    refuse "$root belongs to $owner and is not empty." 'Choose another --root, or give it to the account yourself.'
}

write_key() {
  # restrict: no terminal, no forwarding, no agent; commands alone.
  line="restrict${from:+,from=\"$from\"} $key $mark"
  keys=$1/.ssh/authorized_keys
  if grep -Fqx "$line" "$keys" 2>/dev/null; then
    say "The key is there already: $keys"
    return
  fi
  if [ "$dry" = yes ]; then
    say "would write to $keys: $line"
    return
  fi
  # By the account itself: what lies in its home may lead anywhere.
  # shellcheck disable=SC2016 # the shell that it starts expands these
  runuser -u "$user" -- sh -c 'umask 077
    mkdir -p "$1/.ssh" && cd "$1/.ssh" || exit
    { grep -v " $2\$" authorized_keys 2>/dev/null; printf "%s\n" "$3"; } >authorized_keys.new &&
      mv -f authorized_keys.new authorized_keys' sh "$1" "$mark" "$line"
  say "The key is written: $keys"
}

set_up() {
  if [ -n "$(entry)" ]; then
    say "The account is there already: $user"
  else
    # A password that nothing matches. A locked one (`!`) sshd refuses without PAM, whatever the key.
    run useradd --system --user-group --create-home --home-dir "/var/lib/$user" --shell /bin/bash \
      --password '*' --comment "$mark" "$user"
    did "The account: $user"
  fi
  home=$(home_of)
  group=$(id -gn "$user" 2>/dev/null || echo "$user")
  write_key "${home:-/var/lib/$user}"

  if [ -d "$root" ] && [ "$(stat -c '%U %a' "$root")" = "$user 755" ]; then
    say "The folder is there already: $root"
  else
    run mkdir -p "${root%/*}"
    run install -d -o "$user" -g "$group" -m 0755 "$root"
    did "The folder: $root"
  fi

  if [ -n "$hdfs" ]; then
    as_hdfs dfs -mkdir -p "/user/$user" "$hdfs"
    as_hdfs dfs -chown "$user" "/user/$user" "$hdfs"
    as_hdfs dfs -chmod 755 "$hdfs"
    [ -z "$quota" ] || as_hdfs dfsadmin -setSpaceQuota "$quota" "$hdfs"
    did "The folders in HDFS: /user/$user, $hdfs"
  fi

  program=$(command -v sshd || echo /usr/sbin/sshd)
  allowed=$("$program" -T 2>/dev/null | grep -Ei '^allow(users|groups) ' || :)
  [ -z "$allowed" ] || say "sshd lets in only some: see whether $user is one of them:
$allowed"
}

take_back() {
  home=$(home_of)
  keys=${home:-/var/lib/$user}/.ssh/authorized_keys
  if grep -qs " $mark\$" "$keys"; then
    run runuser -u "$user" -- sed -i "/ $mark\$/d" "$keys"
    did "The key is removed: $keys"
  fi
  if [ -d "$root" ] && [ ! -L "$root" ]; then
    if [ "$purge" = yes ] && [ "$(stat -c %U "$root")" = "$user" ]; then
      run rm -rf "$root"
      did "The folder is removed, with all that was staged: $root"
    elif [ "$purge" = no ] && [ -z "$(ls -A "$root")" ]; then
      run rmdir "$root"
      did "The folder is removed: $root"
    else
      say "The folder stays: $root. It is not empty, or not of $user; --purge removes what $user has staged."
    fi
  fi
  if [ -n "$hdfs" ]; then
    [ -z "$quota" ] || as_hdfs dfsadmin -clrSpaceQuota "$hdfs"
    if [ "$purge" = yes ]; then
      as_hdfs dfs -rm -r -f -skipTrash "$hdfs"
    else
      as_hdfs dfs -rmdir --ignore-fail-on-non-empty "$hdfs"
    fi
    # Not there any more where it was the folder itself.
    as_hdfs dfs -rmdir --ignore-fail-on-non-empty "/user/$user" || :
  fi
  if is_ours; then
    run userdel "$user" ||
      refuse "the account stays, as something of it still runs." "See what: ps -u $user. Then type this again."
    run rm -rf "$home"
    did "The account is removed: $user"
  elif [ -n "$(entry)" ]; then
    say "The account stays, as this did not make it: $user"
  fi
}

check_parents
if [ "$undo" = yes ]; then
  take_back
else
  check_root
  set_up
  key_of_host=$(cut -d ' ' -f 1,2 /etc/ssh/ssh_host_ed25519_key.pub 2>/dev/null || :)
  say "For the configuration of Conda Ferry:
    user: $user
    root: $root${key_of_host:+
    hostKey: $key_of_host}"
fi
