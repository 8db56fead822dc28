# Verifies an upload and gives it its final name. The rename is the publication.
# root sha name bytes segments
part=$root/archives/$sha.part
archive=$root/archives/$sha/$name

verified() {
  [ "$(size_of "$1")" = "$bytes" ] && [ "$(hash_of "$1")" = "$sha" ]
}
# All of a state but its last change, which a rename is one of.
written() {
  printf '%s' "$1" | cut -d' ' -f1-5
}
publish() {
  mkdir -p "$root/archives/$sha" && chmod 0755 "$root/archives/$sha" || return 1
  if [ -n "$segments" ]; then
    index=$root/archives/$sha/.segments
    unfinished=$index.part-$$
    printf '%s\n' "$name" "$segments" >"$unfinished" && mv -f "$unfinished" "$index" || return 1
  fi
  chmod 0644 "$part" && mv -f "$part" "$archive"
}

before=$(state_of "$part")
if verified "$part" 2>/dev/null && said=$(publish 2>&1); then
  state=$(state_of "$archive")
  if [ "$(written "$state")" = "$(written "$before")" ]; then
    note_verified "$archive" "$sha" "$state"
  fi
  echo 'published now'
elif verified "$archive"; then
  # Another worker sent the same bytes and was first.
  echo 'published earlier'
elif [ -n "${said:-}" ]; then
  fail 40 "$said
$archive"
else
  rm -f "$part"
  echo 'published no'
fi
