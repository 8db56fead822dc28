# The papers of environments, for programs that write or remove some.
# Keeps a text in a file in one step, as it was given with a line break at its end; without a text there is none.
keep_paper() {
  if [ -z "$2" ]; then
    rm -f "$1"
    return
  fi
  # A shell takes line breaks from the end of what it reads.
  if [ "$(cat "$1" 2>/dev/null; echo .)" = "$2." ]; then return 0; fi
  unfinished=$1.part-$$
  # Written by a program, which says of a full disk that it is full.
  printf %s "$2" | cat >"$unfinished" && mv -f "$unfinished" "$1" || fail 40 "$1"
}
# Whether a revision has a manifest in a folder of papers.
has_manifests() {
  for manifest in "$1"/[1-9]*.json; do
    if [ -f "$manifest" ]; then return 0; fi
  done
  return 1
}
