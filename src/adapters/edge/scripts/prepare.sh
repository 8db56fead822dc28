# What of a staging is already in place, and how much room there is.
# root sha short name environment revision alias wanted list ahead
refuse_open "$root/archives" "$root/archives/$sha" "$root/envs" "$root/envs/$environment" "$root/$alias" \
  "$root/manifests" "$root/manifests/$environment" "$root/packages" "$root/launch" "$root/run"
mkdir -p "$root" || fail 40 "$root"
[ -w "$root" ] && [ -x "$root" ] || fail 40 "$root"
for folder in archives envs "envs/$environment" "$alias" manifests "manifests/$environment" packages; do
  if [ ! -d "$root/$folder" ]; then
    mkdir -p "$root/$folder" || fail 40 "$root/$folder"
    chmod 0755 "$root/$folder" || fail 40 "$root/$folder"
  fi
done
archive=$root/archives/$sha/$name
echo "part $(size_of "$root/archives/$sha.part")"
echo "free $(free_bytes "$root")"
if [ ! -f "$archive" ]; then state=missing
elif has_bytes "$archive" "$sha"; then state=intact
else state=damaged
fi
echo "archive $state"
# What was sent while the archive was written, before its sha256 was known.
if [ -f "$root/archives/$ahead.part" ]; then
  if [ "$state" = intact ]; then rm -f "$root/archives/$ahead.part"
  else mv -f "$root/archives/$ahead.part" "$root/archives/$sha.delta.part" || fail 40 "$root/archives"
  fi
fi
echo "delta $(size_of "$root/archives/$sha.delta.part")"
driver=missing
find_prefix
if prefix_holds "$prefix" "$sha"; then driver=present; fi
if [ -n "$damaged" ]; then echo "damaged $damaged of $prefix"; fi
echo "driver $driver"
echo "prefix $prefix"

if [ "$state" != intact ]; then find_segments; fi
# Which packages of the list lack their tree.
if [ "$driver" = missing ] && have base64 && have gzip && have cksum; then
  echo 'packages yes'
  for each in $list; do
    if [ ! -f "$packages/$each/list" ]; then echo "lacks $each"; fi
  done
fi
