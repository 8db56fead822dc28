# Which revisions of an environment this edge has something of, and what it was told of its record; where
# an older version told nothing, the manifest of the first of them.
# root environment most
folder=$root/manifests/$environment
first=
for number in $(
  for file in "$folder"/[1-9]*.json "$root/launch/$environment@"[1-9]*; do
    if [ ! -f "$file" ]; then continue; fi
    number=${file##*/}
    number=${number#"$environment@"}
    printf '%s\n' "${number%%[!0-9]*}"
  done | sort -nu
); do
  echo "number $number"
  if [ -z "$first" ] && [ -f "$folder/$number.json" ]; then first=$folder/$number.json; fi
done
tell() {
  if [ "$(size_of "$2")" -le "$most" ]; then
    printf '%s ' "$1"
    tr -d '\n' <"$2"
    echo
  fi
}
if [ -f "$folder/record.json" ]; then tell record "$folder/record.json"
elif [ -n "$first" ] && [ -L "$root/launch/$environment" ]; then tell first "$first"
fi
