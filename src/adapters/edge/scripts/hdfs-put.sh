# Puts an archive into HDFS under a name nobody looks for, verifies it there, then renames it.
# archive base ancestors sha name
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
folder=$base/$sha
part=$folder/$name.part-$$
said=$(dfs -mkdir -p "$folder") || deny "$said"
if ! said=$(dfs -put -f "$archive" "$part"); then
  dfs -rm -f -skipTrash "$part" >/dev/null
  deny "$said"
fi
if [ "$(hdfs dfs -cat "$part" 2>/dev/null </dev/null | { if have sha256sum; then sha256sum; else openssl dgst -sha256 -r; fi; } | cut -d' ' -f1)" != "$sha" ]; then
  dfs -rm -f -skipTrash "$part" >/dev/null
  fail 49 "$part"
fi
if ! said=$(dfs -mv "$part" "$folder/$name"); then
  # Somebody else published the same bytes meanwhile; anything of another length is a ruin.
  if [ "$(dfs -stat '%b' "$folder/$name")" = "$(size_of "$archive")" ]; then
    dfs -rm -f -skipTrash "$part" >/dev/null
  else
    dfs -rm -f -skipTrash "$folder/$name" >/dev/null
    said=$(dfs -mv "$part" "$folder/$name") || deny "$said"
  fi
fi
said=$(printf '%s\n' "$sha" | hdfs dfs -D fs.permissions.umask-mode=022 -put -f - "$folder/$name.sha256" 2>&1) ||
  deny "$said"
# $ancestors is a list: its paths hold no spaces.
closed=$(dfs -stat '%a %n' $ancestors "$folder" | sed -n 's/^[0-7]*[0246] //p' | head -n 1)
if [ -n "$closed" ]; then echo "closed $closed"; fi
