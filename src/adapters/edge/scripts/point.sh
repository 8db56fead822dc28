# Makes the names of an environment mean these revisions, and no others. One that is not staged here
# has no name here. What the record says of the environment is kept beside its manifests, signed where it is.
# root alias environment current names record signature
cd "$root/launch" 2>/dev/null || exit 0
if have flock; then
  exec 9>".lock" || fail 40 "$root/launch/.lock"
  flock -w 60 9 || fail 43 "$root/launch"
fi
line_end='
'
for known in "$environment" "$environment":*; do
  case $line_end$names in
    *"$line_end$known "*) ;;
    *) rm -f "$known" || fail 40 "$root/launch/$known" ;;
  esac
done
printf '%s\n' "$names" | while read -r known revision; do
  if [ -f "$environment@$revision" ]; then point "$environment@$revision" "./$known"
  elif [ -n "$known" ]; then rm -f "$known"
  fi
done

# The folder that this revision was unpacked to; another one may have had its number before.
default=
for folder in "$root/envs/$environment/$current" "$root/envs/$environment/$current"-*; do
  if grep -qF "$folder/" "./$environment@$current" 2>/dev/null; then default=${folder##*/}; fi
done
if [ -n "$default" ]; then
  point "$default" "$root/envs/$environment/current"
  if [ -d "$root/$alias" ]; then
    point "../envs/$environment/current" "$root/$alias/$environment"
  fi
else
  rm -f "$root/envs/$environment/current" || fail 40 "$root/envs/$environment/current"
  if [ -L "$root/$alias/$environment" ]; then rm -f "$root/$alias/$environment"; fi
fi

papers=$root/manifests/$environment
if has_manifests "$papers"; then
  keep_paper "$papers/record.json.sig" "$signature"
  keep_paper "$papers/record.json" "$record"
fi
