# Puts an archive into HDFS under a name nobody looks for, verifies it there, then renames it.
# archive base sha name bytes
dfs() {
  hdfs dfs "$@" 2>&1 </dev/null
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
said=$(dfs -chmod 0755 "$folder") || deny "$said"
said=$(dfs -chmod 0644 "$part") || deny "$said"
if ! said=$(dfs -mv "$part" "$folder/$name"); then
  # Somebody else published the same bytes meanwhile, or an interrupted staging did.
  dfs -rm -f -skipTrash "$part" >/dev/null
  dfs -test -s "$folder/$name" >/dev/null || deny "$said"
fi
printf '%s\n' "$sha" | hdfs dfs -put -f - "$folder/$name.sha256" >/dev/null 2>&1
closed=$(dfs -stat '%a %n' "$base" | sed -n 's/^[0-7]*[0246] .*$/yes/p')
if [ -n "$closed" ]; then echo "closed $base"; fi
echo 'put now'
