# Unpacks a published archive for the driver, points the links at it and writes the manifest. With a
# list of packages, their files are links to what is kept of them, and only the rest is unpacked. Nothing is
# done where that would be in another prefix than was told before.
# told root sha short name environment revision alias manifest signature bill list bundles own
archive=$root/archives/$sha/$name
folder=$root/envs/$environment

# Released by the kernel when this program ends, however it ends.
if have flock; then
  exec 9>"$folder/.lock" || fail 40 "$folder/.lock"
  flock -w 900 9 || fail 43 "$folder"
  # Whoever holds the lock is alone here: what an unpacking left that was killed is nobody's.
  for left in "$folder"/[0-9]*.part-*; do
    if [ -d "$left" ] && [ ! -L "$left" ]; then remove_tree "$left"; fi
  done
fi

find_prefix
target=$prefix
echo "prefix $target"
if [ "$target" != "$told" ]; then exit 0; fi

# Keeps what of the list is lacking, as far as its pieces are told; `lacking` is what then still is.
keep_packages() {
  lock_packages -s 900 || fail 43 "$packages"
  work=$(mktemp -d "$packages/.part-XXXXXX") || fail 40 "$packages"
  unfinished=$work
  lacking=
  for each in $(find_missing); do
    told=$(printf '%s\n' "$bundles" | grep "^$each ") || told=
    # Another staging may have kept it meanwhile.
    if [ -n "$told" ] && [ -n "$(list=$each && find_missing)" ]; then
      drop_package "$each"
      # $told is a list: its words hold no spaces.
      keep_package $told || told=
    fi
    if [ -z "$told" ]; then lacking="$lacking $each"; fi
  done
  clear_unfinished
  unfinished=
}
# Fails without a word where a package went meanwhile, or the disk is full: then all is unpacked.
link_packages() {
  prefix=$1
  set --
  for each in $list; do set -- "$@" "$packages/$each/tree/."; done
  how=-al
  # Not everywhere may one file have two names.
  if ! ln "$packages/$each/list" "$work/probe" 2>/dev/null; then how=-a; fi
  cp "$how" "$@" "$prefix" 2>/dev/null
}

if prefix_holds "$target" "$sha"; then
  echo 'driver earlier'
else
  if [ -n "$list" ]; then
    keep_packages
    if [ -n "$lacking" ]; then
      echo 'packages lacking'
      exit 0
    fi
  fi
  work=$(mktemp -d "$folder/$revision.part-XXXXXX") || fail 40 "$folder"
  unfinished=$work
  mkdir "$work/new" "$work/old"
  new=$work/new/$environment
  if [ -n "$list" ]; then
    # $own is a list: its words hold no spaces.
    { pieces ${own#* } && ending "${own%% *}"; } >"$work/bundle" || fail 44 "$name"
    unpack_to "$work/bundle" "$work/new"
    rm -f "$work/bundle"
    if ! link_packages "$new"; then
      echo 'packages lacking'
      exit 0
    fi
  else
    unpack_to "$archive" "$work/new"
  fi
  [ -x "$new/bin/python" ] || fail 44 "there is no $environment/bin/python in it"
  chmod 0755 "$new"
  # An incomplete folder was left by an interrupted unpacking; nothing points at it.
  if [ -e "$target" ]; then mv -T "$target" "$work/old/prefix" || fail 40 "$target"; fi
  mv -T "$new" "$target" || fail 40 "$target"
  # After the rename, because it writes the path it finds itself at into the files.
  if [ -f "$target/bin/conda-unpack" ]; then
    # It needs the standard library alone: what packages do at each start would only take time.
    "$target/bin/python" -E -s -S -B "$target/bin/conda-unpack" </dev/null >&2 || fail 45 "exit code $?"
  fi
  note_look "$target" || fail 40 "$target"
  printf %s "$sha" | cat >"$target/.conda-ferry-archive.part" &&
    mv -f "$target/.conda-ferry-archive.part" "$target/.conda-ferry-archive" || fail 40 "$target"
  clear_unfinished
  echo 'driver now'
fi

# What it leads to is what the environment's name alone means, which a staging does not decide.
if [ ! -e "$folder/current" ]; then point "${target##*/}" "$folder/current"; fi
point "../envs/$environment/current" "$root/$alias/$environment"

# The papers of the revision, by the ending of their file.
paper=$root/manifests/$environment/${target##*/}
keep_paper "$paper.json" "$manifest"
keep_paper "$paper.json.sig" "$signature"
keep_paper "$paper.cdx.json" "$bill"

tell_activation
