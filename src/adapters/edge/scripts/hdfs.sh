# Finds a verified archive in HDFS, puts it there or removes it, sweeps what was never finished, or tries whether
# folders can be made. Every `hdfs dfs` starts a JVM: where
# NameNode and DataNodes answer by WebHDFS, none is. Else one finds; to put, one copies a whole folder,
# one reads it back and one renames it.
# action archive root base ancestors sha name bytes kerberos minutes
if [ "$kerberos" = yes ] && have klist; then klist -s || fail 47 'klist -s'; fi
folder=$base/$sha

# What is created is open to all readers, whatever the cluster's own umask.
dfs() {
  hdfs dfs -D fs.permissions.umask-mode=022 "$@" 2>&1 </dev/null
}
deny() {
  case $1 in
    *Kerberos* | *KERBEROS* | *'GSS initiate'*) fail 47 "$1" ;;
    *) fail 48 "$1" ;;
  esac
}

# Web addresses of the NameNodes behind the folder.
web_addresses() {
  site=$(hadoop_conf)/hdfs-site.xml
  authority=${base#hdfs://}
  authority=${authority%%/*}
  if [ -z "$authority" ] || [ "$(property "$site" 'dfs\.webhdfs\.enabled')" = false ]; then return 0; fi
  key=http port=9870
  if [ "$(property "$site" 'dfs\.http\.policy')" = HTTPS_ONLY ]; then key=https port=9871; fi
  nodes=$(property "$site" "dfs\.ha\.namenodes\.$authority" | tr ',' ' ')
  for suffix in ${nodes:-alone}; do
    if [ "$suffix" = alone ]; then suffix=; else suffix="\.$authority\.$suffix"; fi
    web=$(property "$site" "dfs\.namenode\.$key-address$suffix")
    case $web in '' | 0.0.0.0:*) web=${authority%:*}:${web#*:} ;; esac
    case $web in *:) web=$web$port ;; esac
    echo "$key://$web"
  done
}
sign=
if [ "$kerberos" = yes ]; then sign='--negotiate -u :'; fi
user=${HADOOP_USER_NAME:-$(id -un)}
# METHOD ADDRESS QUERY and more for curl: what the NameNode at $web says of an address in HDFS.
ask_web() {
  method=$1 asked="$web/webhdfs/v1/${2#hdfs://*/}?$3&user.name=$user"
  shift 3
  # $sign is a list: its words hold no spaces.
  curl -sS --noproxy '*' --connect-timeout 2 $sign -X "$method" "$@" "$asked" 2>/dev/null
}
# Sets $web and $found where a NameNode lists the archive and its note, or knows that there is no such
# folder. Who does not answer, or something else, has said nothing.
find_by_web() {
  have curl || return 1
  for web in $(web_addresses); do
    heard=$(ask_web GET "$folder" op=LISTSTATUS --max-time 10 -w '\n%{http_code}')
    case $heard in
      *'
200')
        listed=$(printf '%s\n' "$heard" | tr -d ' ' | tr '{' '\n')
        if printf '%s\n' "$listed" | grep -F "\"pathSuffix\":\"$name\"" | grep -q "\"length\":$bytes[,}]" &&
          printf '%s\n' "$listed" | grep -qF "\"pathSuffix\":\"$name.sha256\""; then
          found=yes
          return 0
        fi
        ;;
      *FileNotFoundException*'
404')
        found=no
        return 0
        ;;
    esac
  done
  web=
  return 1
}

# Sets $found to yes, ruin (something else is in the way) or no, and $closed to a folder on the way that
# others may not pass. Folders have 0 bytes; this archive's own is made anew.
find_archive() {
  closed=
  if find_by_web; then
    if [ "$found" = yes ]; then return 0; fi
    # $ancestors is a list: its paths hold no spaces.
    for each in $ancestors; do
      for_others=$(ask_web GET "$each" op=GETFILESTATUS --max-time 10 | tr -d ' ' |
        sed -n 's/.*"permission":"[0-7]*\([0-7]\)".*/\1/p')
      case $for_others in [0246]) closed=${closed:-${each##*/}} ;; esac
    done
    return 0
  fi
  found=no
  if ! said=$(dfs -stat 'is %b %a %n' "$folder/$name" "$folder/$name.sha256" "$folder" $ancestors); then
    printf '%s\n' "$said" | grep -q 'No such file or directory' || deny "$said"
  fi
  if printf '%s\n' "$said" | grep -q "^is 0 [0-7]* $sha\$"; then found=ruin; fi
  if printf '%s\n' "$said" | grep -q "^is $bytes [0-7]* $name\$" &&
    printf '%s\n' "$said" | grep -q "^is [0-9]* [0-7]* $name.sha256\$"; then
    found=yes
  fi
  closed=$(printf '%s\n' "$said" | sed -n 's/^is 0 [0-7]*[0246] //p' | grep -vx "$sha" | head -n 1)
}

# FILE ADDRESS: a NameNode says to which DataNode the bytes go.
send_by_web() {
  to=$(ask_web PUT "$2" 'op=CREATE&overwrite=true&permission=644' --max-time 30 -f -o /dev/null -w '%{redirect_url}') &&
    [ -n "$to" ] &&
    curl -fsS --noproxy '*' --connect-timeout 2 --speed-limit 1000 --speed-time 60 -T "$1" "$to" >/dev/null 2>&1
}
# Puts the archive and its note into a folder of their own, reads it back, and gives the folder its name.
# Nothing is left where that cannot be done.
put_by_web() {
  if [ -z "$web" ] || [ "$found" != no ]; then return 1; fi
  if ask_web PUT "$base/$part" 'op=MKDIRS&permission=755' --max-time 30 -f | grep -q true &&
    send_by_web "$archive" "$base/$part/$name" &&
    send_by_web "$work/$part/$name.sha256" "$base/$part/$name.sha256" &&
    [ "$(ask_web GET "$base/$part/$name" op=OPEN -f -L --speed-limit 1000 --speed-time 60 | hash_of_input)" = "$sha" ] &&
    ask_web PUT "$base/$part" "op=RENAME&destination=/${folder#hdfs://*/}" --max-time 30 -f | grep -q true; then
    return 0
  fi
  ask_web DELETE "$base/$part" 'op=DELETE&recursive=true' --max-time 30 >/dev/null
  return 1
}
put_by_program() {
  # No second copy on this disk; a symbolic link where hard links do not work.
  ln "$archive" "$work/$part/$name" 2>/dev/null || ln -s "$archive" "$work/$part/$name"
  if [ "$found" = ruin ]; then dfs -rm -r -f -skipTrash "$folder" >/dev/null; fi
  if ! said=$(dfs -put "$work/$part" "$base/"); then
    # Most likely the base folder is missing, which happens once in its life.
    said=$(dfs -mkdir -p "$base") && said=$(dfs -put -f "$work/$part" "$base/") || {
      heard=$said
      dfs -rm -r -f -skipTrash "$base/$part" >/dev/null
      deny "$heard"
    }
  fi
  if [ "$(hdfs dfs -cat "$base/$part/$name" 2>/dev/null </dev/null | hash_of_input)" != "$sha" ]; then
    dfs -rm -r -f -skipTrash "$base/$part" >/dev/null
    fail 49 "$base/$part"
  fi
  said=$(dfs -mv "$base/$part" "$folder") || deny "$said"
}
put_archive() {
  work=$(mktemp -d "$root/archives/$sha.part-XXXXXX") || fail 40 "$root/archives"
  unfinished=$work
  part=${work##*/}
  mkdir "$work/$part" && printf '%s\n' "$sha" >"$work/$part/$name.sha256" || fail 40 "$work"
  state=$(state_of "$archive")
  noted=$(cat "${archive%/*}/.verified" 2>/dev/null)
  put_by_web || put_by_program
  clear_unfinished
  unfinished=
  # The link changed its state, but none of its bytes.
  now=$(state_of "$archive")
  if [ "$noted" = "$sha $state" ] && [ "$(written "$now")" = "$(written "$state")" ]; then
    note_verified "$archive" "$sha" "$now"
  fi
}

# What a copy that was killed left: no copy takes so long, whichever edge it comes from.
sweep_parts() {
  now=$(date +%s)
  if ! said=$(dfs -stat 'is %Y %n' "$base/*.part-*"); then
    case $said in *'No such file or directory'*) return 0 ;; *) deny "$said" ;; esac
  fi
  printf '%s\n' "$said" | sed -n 's/^is \([0-9]*\)[0-9]\{3\} \([0-9a-f]\{64\}\.part-[A-Za-z0-9]*\)$/\1 \2/p' |
    while read -r changed part; do
      if [ "$((now - changed))" -gt "$((minutes * 60))" ]; then
        said=$(dfs -rm -r -f -skipTrash "$base/$part") && echo "removed $base/$part"
      fi
    done
}

# Makes a folder where archives go and one in the account's own, where Spark uploads what an application needs,
# and removes both. Which of them could not be made is known by its removal.
try_folders() {
  here=$base/.tried-$$ home=.tried-at-home-$$
  if ! said=$(dfs -mkdir -p "$here" "$home"); then echo "reason $(printf '%s\n' "$said" | grep '^mkdir: ' | head -n 1)"; fi
  if ! left=$(dfs -rmdir "$here" "$home"); then
    if printf '%s\n' "$left" | grep -qF "$here"; then echo 'folder no'; fi
    if printf '%s\n' "$left" | grep -qF "$home"; then echo 'home no'; fi
  fi
}

if [ "$action" = try ]; then
  try_folders
  exit 0
fi
if [ "$action" = sweep ]; then
  sweep_parts
  exit 0
fi
if [ "$action" != find ] && [ -d "$root/archives" ] && have flock; then
  exec 9>"$root/archives/.hdfs-lock" || fail 40 "$root/archives/.hdfs-lock"
  flock -w 900 9 || fail 43 "$base"
fi
if [ "$action" = remove ]; then
  said=$(dfs -rm -r -f -skipTrash "$folder") || deny "$said"
  exit 0
fi
find_archive
echo "found $found"
if [ "$action" = put ] && [ "$found" != yes ]; then
  put_archive
  if [ -n "$closed" ]; then echo "closed $closed"; fi
fi
