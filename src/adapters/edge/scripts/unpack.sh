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

# A paper of the revision, by the ending of its file; without a text there is none.
keep() {
  file=$root/manifests/$environment/${target##*/}.$1
  if [ -z "$2" ]; then
    rm -f "$file"
    return
  fi
  # A shell takes line breaks from the end of what it reads.
  if [ "$(cat "$file" 2>/dev/null; echo .)" = "$2." ]; then return; fi
  unfinished=$file.part-$$
  # Written by a program, which says of a full disk that it is full.
  printf %s "$2" | cat >"$unfinished" && mv -f "$unfinished" "$file" || fail 40 "$file"
}
keep json "$manifest"
keep json.sig "$signature"
keep cdx.json "$bill"

# What activation would set: the variables that conda keeps for the prefix (conda `activate.py`,
# `_get_environment_env_vars`), then the scripts themselves, in an otherwise empty environment.
asked=no
for file in "$target"/etc/conda/activate.d/*.sh "$target"/etc/conda/env_vars.d/*.json \
  "$target/conda-meta/state"; do
  if [ -f "$file" ]; then asked=yes; fi
done
if [ "$asked" = no ]; then exit 0; fi
shell=sh
if have bash; then shell=$(command -v bash); fi
env -u PYTHONHOME -u PYTHONPATH PYTHONDONTWRITEBYTECODE=1 \
  "$target/bin/python" - "$target" "$environment" "$shell" 2>/dev/null <<'PYTHON'
import glob, json, os, subprocess, sys
prefix, name, shell = sys.argv[1:]

def read(path):
    try:
        with open(path) as file:
            return json.load(file)
    except (OSError, ValueError):
        return {}

variables = {}
for path in sorted(glob.glob(prefix + "/etc/conda/env_vars.d/*.json")):
    variables.update(read(path))
variables.update(read(prefix + "/conda-meta/state").get("env_vars") or {})
scripts = sorted(glob.glob(prefix + "/etc/conda/activate.d/*.sh"))
if variables or scripts:
    start = {
        "HOME": os.environ.get("HOME", "/"),
        "PATH": prefix + "/bin:" + os.environ.get("PATH", "/usr/bin:/bin"),
        "CONDA_PREFIX": prefix,
        "CONDA_DEFAULT_ENV": name,
        "CONDA_SHLVL": "1",
    }
    for key, value in variables.items():
        if isinstance(value, str) and value != "***unset***":
            start[key] = value
    # Also when a script ends the shell. NUL ends each variable, whatever it holds.
    report = "trap 'env -0 >&3' EXIT; exec 3>&1 >/dev/null 2>&1; for script; do . \"$script\"; done"
    process = subprocess.Popen(
        [shell, "-c", report, "activate"] + scripts,
        env=start, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        output, _ = process.communicate()
    found = dict(each.split("=", 1) for each in output.decode("utf-8", "replace").split("\0") if "=" in each)
    print("activation " + json.dumps(found))
PYTHON
true
