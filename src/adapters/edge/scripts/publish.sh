# Verifies an upload and gives it its final name. The rename is the publication.
# root sha name bytes
part=$root/archives/$sha.part
archive=$root/archives/$sha/$name
if [ ! -f "$part" ] && [ -f "$archive" ] && [ "$(hash_of "$archive")" = "$sha" ]; then
  echo 'published earlier'
else
  if [ "$(size_of "$part")" != "$bytes" ] || [ "$(hash_of "$part")" != "$sha" ]; then
    rm -f "$part"
    echo 'published no'
  else
    mkdir -p "$root/archives/$sha" && chmod 0755 "$root/archives/$sha" &&
      chmod 0644 "$part" && mv -f "$part" "$archive" || fail 40 "$archive"
    echo 'published now'
  fi
fi
