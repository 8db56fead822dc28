# Whether this edge has what staging needs. Nothing stays changed: a file is made and removed.
# root
echo "now $(date +%s)"

lacking=
need() {
  for each; do
    if have "$each"; then return 0; fi
  done
  lacking="$lacking, $(printf '%s\n' "$@" | paste -s -d '|' - | sed 's/|/ or /g')"
}
for each in awk chmod cp cut df find ln mkdir mktemp mv readlink rm sed setsid stat tar tr wc; do need "$each"; done
need sha256sum openssl shasum
need gzip
need unzip python3 jar
echo "lacking ${lacking#, }"

# The root, or what is there of the way to it.
where=$root
while [ ! -e "$where" ] && [ -n "$where" ]; do where=${where%/*}; done
where=${where:-/}
echo "where $where"
if [ -d "$where" ] && probe=$(mktemp "$where/.conda-ferry-XXXXXX" 2>&1); then
  rm -f "$probe"
  echo 'writable yes'
fi
echo "free $(free_bytes "$where")"
# All and free; a file system that makes them as they are needed has none of them.
echo "inodes $(df -Pi "$where" 2>/dev/null | awk 'NR == 2 { print $2, $4 }')"

# Where commands run.
if probe=$(mktemp -d "${TMPDIR:-/tmp}/conda-ferry.XXXXXX" 2>/dev/null); then
  rmdir "$probe"
else echo "temporary ${TMPDIR:-/tmp}"
fi
