# Verifies an upload and gives it its final name. The rename is the publication. With pieces, it is put
# together first from those of older archives and from what travelled, and hashed on the way.
# root sha name bytes segments pieces
part=$root/archives/$sha.part
delta=$root/archives/$sha.delta.part
archive=$root/archives/$sha/$name

verified() {
  [ "$(size_of "$1")" = "$bytes" ] && [ "$(hash_of "$1")" = "$sha" ]
}
# Answers the sha256 of what was written, so it is read once.
assemble() {
  printf '%s\n' "$pieces" | while read -r file offset bytes; do
    if [ "$file" = new ]; then file=$delta; fi
    tail -c "+$((offset + 1))" "$file" | head -c "$bytes"
  done | tee "$part" | hash_of_input
}
publish() {
  mkdir -p "$root/archives/$sha" && chmod 0755 "$root/archives/$sha" || return 1
  if [ -n "$segments" ]; then
    index=$root/archives/$sha/.segments
    # Written by a program: of a full disk dash says no more than "I/O error".
    if ! { printf '%s\n' "$name" "$segments" | cat >"$index.part-$$" && mv -f "$index.part-$$" "$index"; }; then
      rm -f "$index.part-$$"
      return 1
    fi
  fi
  chmod 0644 "$part" && mv -f "$part" "$archive"
}

# What has travelled whole: in pieces, in their order, or as it is.
sent=
if [ "$pieces" = "new 0 $bytes" ]; then
  sent=$delta
  pieces=
elif [ -z "$pieces" ]; then sent=$part
fi
# Under a name of our own: another worker may be at the same archive, and take away what this one reads.
part=$root/archives/$sha.part-$$
unfinished=$part
if [ -n "$pieces" ]; then
  sum=$(assemble)
  rm -f "$delta"
else
  # What was sent stays for that other one until it is published.
  ln "$sent" "$part" 2>/dev/null || mv -f "$sent" "$part" 2>/dev/null
fi
before=$(state_of "$part")
if [ -z "$pieces" ]; then sum=$(hash_of "$part" 2>/dev/null); fi
if [ "$sum" = "$sha" ] && [ "$(size_of "$part")" = "$bytes" ] && said=$(publish 2>&1); then
  rm -f "$sent"
  state=$(state_of "$archive")
  if [ "$(written "$state")" = "$(written "$before")" ]; then
    note_verified "$archive" "$sha" "$state"
  fi
  echo 'published now'
elif verified "$archive"; then
  # Another worker sent the same bytes and was first.
  rm -f "$sent"
  echo 'published earlier'
elif [ -n "${said:-}" ]; then
  fail 40 "$said
$archive"
else
  rm -f "$part" "$sent"
  echo 'published no'
fi
