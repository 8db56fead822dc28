# Finds a verified archive in HDFS, puts it there or removes it. Every `hdfs dfs` starts a JVM, so few are used:
# one to find; to put, one to copy a whole folder, one to read it back and one to rename it. What is there
# is seen without one where the NameNode answers by WebHDFS.
# action archive root base ancestors sha name bytes kerberos
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
# Whether a NameNode lists the archive and its note. Who does not answer has said nothing.
is_listed() {
  have curl || return 1
  sign=
  if [ "$kerberos" = yes ]; then sign='--negotiate -u :'; fi
  user=${HADOOP_USER_NAME:-$(id -un)}
  path=/${folder#hdfs://*/}
  for web in $(web_addresses); do
    listed=$(curl -fsS --noproxy '*' --connect-timeout 2 --max-time 10 $sign \
      "$web/webhdfs/v1$path?op=LISTSTATUS&user.name=$user" 2>/dev/null | tr -d ' ' | tr '{' '\n')
    if printf '%s\n' "$listed" | grep -F "\"pathSuffix\":\"$name\"" | grep -q "\"length\":$bytes[,}]" &&
      printf '%s\n' "$listed" | grep -qF "\"pathSuffix\":\"$name.sha256\""; then return 0; fi
  done
  return 1
}

# Sets `found` to yes, ruin (something else is in the way) or no, and `said` to what was heard.
find_archive() {
  said=
  found=yes
  if is_listed; then return 0; fi
  found=no
  # $ancestors is a list: its paths hold no spaces.
  if ! said=$(dfs -stat 'is %b %a %n' "$folder/$name" "$folder/$name.sha256" "$folder" $ancestors); then
    printf '%s\n' "$said" | grep -q 'No such file or directory' || deny "$said"
  fi
  if printf '%s\n' "$said" | grep -q "^is 0 [0-7]* $sha\$"; then found=ruin; fi
  if printf '%s\n' "$said" | grep -q "^is $bytes [0-7]* $name\$" &&
    printf '%s\n' "$said" | grep -q "^is [0-9]* [0-7]* $name.sha256\$"; then
    found=yes
  fi
}

put_archive() {
  work=$(mktemp -d "$root/archives/$sha.part-XXXXXX") || fail 40 "$root/archives"
  unfinished=$work
  part=${work##*/}
  mkdir "$work/$part" && printf '%s\n' "$sha" >"$work/$part/$name.sha256" || fail 40 "$work"
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
# Folders have 0 bytes; this archive's own is made anew.
closed=$(printf '%s\n' "$said" | sed -n 's/^is 0 [0-7]*[0246] //p' | grep -vx "$sha" | head -n 1)
if [ "$action" = put ] && [ "$found" != yes ]; then
  put_archive
  if [ -n "$closed" ]; then echo "closed $closed"; fi
fi
