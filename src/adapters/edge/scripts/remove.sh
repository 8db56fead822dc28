# Takes back a published staging: first what starts it and the names that lead to it, so that nothing
# begins with what is half gone, then the prefix, and last the archive, unless something else here is
# made from the same bytes. Only what this staging put there goes.
# root sha environment revision alias prefix keep
folder=$root/envs/$environment
gone=$prefix.part-removed
if [ -d "$folder" ] && have flock; then
  # Whoever unpacks here goes first.
  exec 9>"$folder/.lock" || fail 40 "$folder/.lock"
  flock -w 900 9 || fail 43 "$folder"
fi

is_ours() {
  ! made_from "$1" || made_from "$1" "$sha"
}
# What starts it, unless that starts other bytes that got its number.
forget_start() {
  start=$root/launch/$environment@$revision
  if grep -F "$folder/$revision" "$start" 2>/dev/null | grep -qvF "$prefix/"; then return 0; fi
  rm -f "$start" || fail 40 "$start"
}
clear_away() {
  remove_tree "$1" || fail 40 "$1"
}
# The revision with the highest number that is still there.
newest() {
  for other in "$folder"/*/.conda-ferry-archive; do
    other=${other%/*}
    other=${other##*/}
    case $other in '*' | *.part-* | current) ;; *) echo "$other" ;; esac
  done | sort -n | tail -n 1
}

if [ -e "$prefix" ] && is_ours "$prefix" || [ -L "$prefix" ]; then
  forget_start
  clear_away "$gone"
  mv -T "$prefix" "$gone" || fail 40 "$prefix"
fi
if [ ! -e "$prefix" ]; then
  forget_start
  clear_away "$prefix.global"
  paper=$root/manifests/$environment/${prefix##*/}
  rm -f "$paper.json" "$paper.json.sig" "$paper.cdx.json" || fail 40 "$root/manifests/$environment"
  # Names that led to it; the record tells afterwards what they mean now.
  for known in "$root/launch/$environment" "$root/launch/$environment":*; do
    if [ -L "$known" ] && [ ! -e "$known" ]; then rm -f "$known"; fi
  done
  if [ -d "$folder" ]; then
    next=$(newest)
    if [ -n "$next" ]; then
      if [ ! -e "$folder/current" ]; then point "$next" "$folder/current"; fi
    else
      rm -f "$folder/current"
      if [ -L "$root/$alias/$environment" ]; then rm -f "$root/$alias/$environment"; fi
    fi
  fi
fi
clear_away "$gone"

for marker in "$root"/envs/*/*/.conda-ferry-archive; do
  other=${marker%/*}
  case ${other##*/} in *.part-*) continue ;; esac
  if [ -f "$marker" ] && [ "$(cat "$marker")" = "$sha" ]; then keep=yes; fi
done
if [ "$keep" = no ]; then
  if [ -e "$root/archives/$sha" ]; then
    clear_away "$root/archives/$sha.part-removed"
    mv -T "$root/archives/$sha" "$root/archives/$sha.part-removed" || fail 40 "$root/archives/$sha"
  fi
  clear_away "$root/archives/$sha.part-removed"
  rm -f "$root/archives/$sha.part" "$root/archives/$sha.delta.part"
fi
# Folders of an environment that has nothing here any more.
papers=$root/manifests/$environment
if ! has_manifests "$papers"; then rm -f "$papers/record.json" "$papers/record.json.sig"; fi
rmdir "$papers" 2>/dev/null
if [ -d "$folder" ] && [ -z "$(newest)" ]; then
  rm -f "$folder/.lock"
  rmdir "$folder" 2>/dev/null
fi
drop_unused_packages
echo "archive $keep"
