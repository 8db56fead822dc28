# Puts an archive together from pieces of older ones and from what travelled.
# root sha pieces
delta=$root/archives/$sha.delta.part
printf '%s\n' "$pieces" | while read -r file offset bytes; do
  if [ "$file" = new ]; then file=$delta; fi
  tail -c "+$((offset + 1))" "$file" | head -c "$bytes"
done >"$root/archives/$sha.part"
rm -f "$delta"
