# Removes an upload that was given up.
# root sha
rm -f "$root/archives/$sha.part" "$root/archives/$sha.delta.part"
