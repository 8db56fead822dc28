# What is here already of an archive that is still being written, and how much room there is.
# root wanted
refuse_open "$root/archives"
if [ ! -d "$root/archives" ]; then
  mkdir -p "$root/archives" || fail 40 "$root/archives"
  chmod 0755 "$root/archives" || fail 40 "$root/archives"
fi
echo "free $(free_bytes "$root")"
find_segments
