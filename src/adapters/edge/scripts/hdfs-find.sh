# Whether an archive is in HDFS, verified. One JVM for both questions.
# address bytes kerberos
if [ "$kerberos" = yes ] && have klist; then klist -s || fail 47 'klist -s'; fi
found=no
if said=$(hdfs dfs -stat '%b' "$address" "$address.sha256" 2>&1 </dev/null); then
  if [ "$(printf '%s\n' "$said" | grep -x '[0-9]*' | head -n 1)" = "$bytes" ]; then found=yes; fi
else
  case $said in
    *'No such file or directory'*) ;;
    *Kerberos* | *KERBEROS* | *'GSS initiate'*) fail 47 "$said" ;;
    *) fail 48 "$said" ;;
  esac
fi
echo "found $found"
