# Removes what interrupted stagings and runs left. Only names that are never published match.
# root minutes
remove() {
  while IFS= read -r path; do
    remove_tree "$path" && echo "removed $path"
  done
}
old() {
  find "$@" -mmin "+$minutes" -print 2>/dev/null
}
if [ -d "$root" ]; then
  old "$root/archives" -mindepth 1 -maxdepth 1 -name '*.part*' | remove
  old "$root/archives" -mindepth 2 -maxdepth 2 -type f -name '.*.part-*' | remove
  old "$root/envs" -mindepth 3 -maxdepth 3 ! -type d -name '.part-*' | remove
  old "$root/envs" -mindepth 2 -maxdepth 2 -name '*.part-*' | remove
  old "$root/manifests" -mindepth 2 -maxdepth 2 -type f -name '*.part-*' | remove
  old "$root/packages" -mindepth 1 -maxdepth 1 -type d -name '.part-*' | remove
  drop_unused_packages
  old "$root" -mindepth 1 -maxdepth 2 ! -type d -name '.part-*' | remove
fi
old "${TMPDIR:-/tmp}" -maxdepth 1 -type d -user "$(id -u)" -name 'conda-ferry.*' | remove
true
