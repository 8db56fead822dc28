# Unpacks archives, and packages out of what $archive holds of one: the whole, or what has arrived of it.
# name environment archive
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

# Unpacks an archive of this one's format into a folder.
unpack_to() {
  case $name in
    *.zip) unzip_to "$1" "$2" || fail 44 "exit code $?" ;;
    *.tar.gz)
      have tar || fail 42 tar
      tar -xzof "$1" -C "$2" || fail 44 "exit code $?"
      ;;
    *) fail 44 "unknown format: $name" ;;
  esac
}

# Pieces of $archive, each `offset:bytes`.
pieces() {
  for piece; do tail -c "+$((${piece%:*} + 1))" "$archive" | head -c "${piece#*:}"; done
}
# What makes an archive of pieces: how one ends that has no others.
ending() {
  printf '%s' "$1" | base64 -d | gzip -dc
}
# Keeps a package that is lacking, from a piece with this sha256; whoever is first wins.
keep_package() {
  pieces "$3" >"$work/bundle" || fail 44 "$name"
  if [ "$(hash_of "$work/bundle")" != "$2" ]; then return 1; fi
  ending "$4" >>"$work/bundle" || fail 44 "$1"
  mkdir "$work/new" "$work/$1" || fail 40 "$work"
  unpack_to "$work/bundle" "$work/new"
  mv "$work/new/$environment" "$work/$1/tree" && rmdir "$work/new" || fail 40 "$work"
  find "$work/$1/tree" -type f -exec chmod a-w {} + || fail 40 "$work"
  (cd "$work" && packages=. && look_of_packages "$1/tree") >"$work/$1/list" || fail 40 "$work"
  mv -T "$work/$1" "$packages/$1" 2>/dev/null || rm -rf "${work:?}/$1"
}
