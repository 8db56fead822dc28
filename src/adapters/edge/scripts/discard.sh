# Removes an upload that was given up; with a fingerprint also what was sent before the sha256 was known.
# root sha fingerprint
rm -f "$root/archives/$sha.part" "$root/archives/$sha.delta.part"
if [ -n "${fingerprint:-}" ]; then rm -f "$root/archives/$fingerprint".*.part; fi
