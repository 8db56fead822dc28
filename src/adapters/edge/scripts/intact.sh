# Whether a staging still is what it was.
# archive sha prefix link
intact=no
if [ -f "$archive" ] && prefix_holds "$prefix" "$sha" &&
  { [ -z "$link" ] || [ "$link" -ef "$prefix" ]; } &&
  has_bytes "$archive" "$sha"; then
  intact=yes
fi
if [ -n "${damaged:-}" ]; then echo "damaged $damaged of $prefix"; fi
echo "intact $intact"
