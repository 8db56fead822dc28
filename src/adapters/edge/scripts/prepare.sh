# What of a staging is already in place, and how much room there is.
# root sha name environment revision alias
mkdir -p "$root" || fail 40 "$root"
[ -w "$root" ] && [ -x "$root" ] || fail 40 "$root"
for folder in archives envs "envs/$environment" "$alias" manifests "manifests/$environment"; do
  if [ ! -d "$root/$folder" ]; then
    mkdir -p "$root/$folder" || fail 40 "$root/$folder"
    chmod 0755 "$root/$folder" || fail 40 "$root/$folder"
  fi
done
archive=$root/archives/$sha/$name
echo "part $(size_of "$root/archives/$sha.part")"
echo "free $(free_bytes "$root")"
if [ ! -f "$archive" ]; then echo 'archive missing'
elif has_bytes "$archive" "$sha"; then echo 'archive intact'
else echo 'archive damaged'
fi
driver=missing
for prefix in "$root/envs/$environment/$revision" "$root/envs/$environment/$revision-$short"; do
  if prefix_holds "$prefix" "$sha"; then driver=present; fi
done
echo "driver $driver"
