# Whether what a manifest tells of is here as it says, and what its staging needs to be known again. The
# bytes are not read: who answers with it looks at them.
# root sha name bytes environment prefix
archive=$root/archives/$sha/$name
if ! made_from "$prefix" "$sha" || [ ! -x "$prefix/bin/python" ] || [ "$(size_of "$archive")" != "$bytes" ]; then
  echo 'here no'
  exit 0
fi
echo 'here yes'
target=$prefix
tell_activation
