# Unpacks a published archive for the driver, points the links at it and writes the manifest.
# root sha short name environment revision alias manifest
archive=$root/archives/$sha/$name
folder=$root/envs/$environment

# Released by the kernel when this program ends, however it ends.
if have flock; then
  exec 9>"$folder/.lock" || fail 40 "$folder/.lock"
  flock -w 900 9 || fail 43 "$folder"
fi

# The revision's own folder, unless other bytes were published under that number before.
target=$folder/$revision
if [ -f "$target/.conda-ferry-archive" ] &&
  [ "$(cat "$target/.conda-ferry-archive")" != "$sha" ]; then
  target=$target-$short
fi

unzip_to() {
  if have unzip; then unzip -q "$1" -d "$2"
  elif have python3; then
    python3 - "$1" "$2" <<'PYTHON'
import os, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    for entry in archive.infolist():
        path = archive.extract(entry, sys.argv[2])
        mode = entry.external_attr >> 16 & 0o777
        if mode:
            os.chmod(path, mode)
PYTHON
  elif have jar; then
    # jar restores no modes; everything a prefix executes lies in these folders.
    (cd "$2" && jar -xf "$1" && chmod -R a+rX . && chmod -R a+x ./*/bin ./*/lib ./*/libexec 2>/dev/null; [ -d "$2/$environment" ])
  else fail 42 'unzip, python3 or jar'
  fi
}

if prefix_holds "$target" "$sha"; then
  echo 'driver earlier'
else
  work=$(mktemp -d "$folder/$revision.part-XXXXXX") || fail 40 "$folder"
  trap 'chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT
  mkdir "$work/new" "$work/old"
  case $name in
    *.zip) unzip_to "$archive" "$work/new" || fail 44 "exit code $?" ;;
    *.tar.gz)
      have tar || fail 42 tar
      tar -xzof "$archive" -C "$work/new" || fail 44 "exit code $?"
      ;;
    *) fail 44 "unknown format: $name" ;;
  esac
  new=$work/new/$environment
  [ -x "$new/bin/python" ] || fail 44 "there is no $environment/bin/python in it"
  chmod 0755 "$new"
  # An incomplete folder was left by an interrupted unpacking; nothing points at it.
  if [ -e "$target" ]; then mv -T "$target" "$work/old/prefix" || fail 40 "$target"; fi
  mv -T "$new" "$target" || fail 40 "$target"
  # After the rename, because it writes the path it finds itself at into the files.
  if [ -f "$target/bin/conda-unpack" ]; then
    env -u PYTHONHOME -u PYTHONPATH PYTHONDONTWRITEBYTECODE=1 \
      "$target/bin/python" "$target/bin/conda-unpack" </dev/null >&2 || fail 45 "exit code $?"
  fi
  printf %s "$sha" >"$target/.conda-ferry-archive.part" &&
    mv -f "$target/.conda-ferry-archive.part" "$target/.conda-ferry-archive" || fail 40 "$target"
  echo 'driver now'
fi

point "${target##*/}" "$folder/current"
point "../envs/$environment/current" "$root/$alias/$environment"

file=$root/manifests/$environment/${target##*/}.json
if [ "$(cat "$file" 2>/dev/null)" != "$manifest" ]; then
  printf '%s\n' "$manifest" >"$file.part-$$" && mv -f "$file.part-$$" "$file" || fail 40 "$file"
fi
echo "prefix $target"

# What activation would set, asked of the scripts themselves in an otherwise empty environment.
if ls "$target"/etc/conda/activate.d/*.sh >/dev/null 2>&1; then
  shell=sh
  if have bash; then shell=bash; fi
  limit=
  if have timeout; then limit='timeout 20'; fi
  env -i HOME="$HOME" PATH="$target/bin:$PATH" CONDA_PREFIX="$target" \
    $limit "$shell" -c 'for script in "$CONDA_PREFIX"/etc/conda/activate.d/*.sh; do
      . "$script"
    done >/dev/null 2>&1
    env' </dev/null 2>/dev/null | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*=\)/activation \1/p'
fi
true
