# Which environments have papers here; which papers one has, each with its bytes; or what stands in those
# that are named, and in their signatures.
# root environment files most
if [ -z "$environment" ]; then
  for folder in "$root"/manifests/*/; do
    folder=${folder%/}
    if [ ! -L "$folder" ]; then echo "environment ${folder##*/}"; fi
  done
  exit 0
fi
if [ -z "$files" ]; then
  for file in "$root/manifests/$environment"/*.json; do
    case $file in *.cdx.json) continue ;; esac
    if [ -f "$file" ] && [ ! -L "$file" ]; then
      echo "paper $(size_of "$file") ${file#"$root/manifests/"}"
    fi
  done
  exit 0
fi
for program in gzip base64; do have "$program" || fail 42 "$program"; done
printf '%s\n' "$files" | while read -r file; do
  for each in "$file" "$file.sig"; do
    if [ -f "$root/manifests/$each" ] && [ ! -L "$root/manifests/$each" ]; then
      printf '%s ' "$each"
      head -c "$most" "$root/manifests/$each" | gzip -c | base64 | tr -d '\n'
      echo
    fi
  done
done
