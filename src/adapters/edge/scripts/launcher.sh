# Starts PySpark with an environment that Conda Ferry staged here. Which command that is lies in
# launch/, in a file for each revision; names without a number are links to one. Nothing is kept, and
# nobody is asked.
usage() {
  cat <<USAGE
Usage: $root/run [--print] NAME[@REVISION|:TAG] pyspark|spark-submit [ARGUMENT...]

  $root/run churn pyspark
  $root/run churn@2 spark-submit --deploy-mode cluster app.py

Arguments go to Spark as they are. --print shows the command instead of starting it.
USAGE
}

refuse() {
  printf '%s\n' "$@" >&2
  exit 2
}

# What there is whose name begins so, each once, without what follows the first of the characters.
known() {
  seen=
  for file in "$root/launch/$1"*; do
    found=${file##*/}
    if [ -n "$2" ]; then found=${found%%[$2]*}; fi
    if [ -e "$file" ] && [ "$found" != "$seen" ]; then printf ' %s' "$found"; fi
    seen=$found
  done
}

# One word as any shell reads it.
quoted() {
  case $1 in
    '' | *[!A-Za-z0-9_@%+:,./=-]* | *=*=* | *= | =* | *[!A-Za-z0-9_]=*) ;;
    *)
      printf %s "$1"
      return
      ;;
  esac
  left=$1
  printf "'"
  while :; do
    case $left in
      *\'*)
        printf '%s%s' "${left%%\'*}" "'\\''"
        left=${left#*\'}
        ;;
      *) break ;;
    esac
  done
  printf "%s'" "$left"
}

print=
if [ "${1-}" = --print ]; then
  print=yes
  shift
fi
case ${1-} in
  -h | --help)
    usage
    exit 0
    ;;
  '')
    usage >&2
    refuse "Environments here:$(known '' @:)"
    ;;
esac
reference=$1
name=${reference%%[@:]*}
case $reference in
  [A-Za-z]*) ;;
  *) name='' ;;
esac
case $reference in *[!A-Za-z0-9._@:-]*) name='' ;; esac
if [ -z "$name" ]; then
  refuse "$reference cannot be the name of an environment." "Write it as churn, churn@2 or churn:prod."
fi
file=$root/launch/$reference
if [ ! -f "$file" ]; then
  if [ -z "$(known "$name@" '')" ]; then
    refuse "There is no environment $name here." "There are:$(known '' @:)"
  fi
  refuse "There is no $reference here." "There are:$(known "$name@" '')$(known "$name:" '')"
fi
tool=${2-}
case $tool in
  pyspark | spark-submit) shift 2 ;;
  '') refuse "Say what to start: $root/run $reference pyspark, or spark-submit." ;;
  *) refuse "run starts pyspark and spark-submit, not $tool." ;;
esac

# Spark's options come before the application, and all but these take a value. Each word goes to the
# end of the list, but archives: a second option of them would replace the environment's.
place=client
master=
added=
option=
count=$#
while [ "$count" -gt 0 ]; do
  count=$((count - 1))
  word=$1
  shift
  value=
  case $option in
    '')
      case $word in
        --help | -h | --usage-error | --version | --verbose | -v | --supervise) ;;
        --*=*)
          option=${word%%=*}
          value=${word#*=}
          ;;
        -*)
          option=$word
          if [ "$option" != --archives ]; then set -- "$@" "$word"; fi
          continue
          ;;
        *) option=application ;;
      esac
      ;;
    *) value=$word ;;
  esac
  case $option in
    --deploy-mode) if [ "$value" = cluster ]; then place=cluster; else place=client; fi ;;
    --master) master=$value ;;
    --archives) added=$added,$value ;;
  esac
  if [ "$option" != --archives ]; then set -- "$@" "$word"; fi
  if [ "$option" != application ]; then option=; fi
done
case $master in local | local\[*) place=local ;; esac

. "$file"

if [ -z "$print" ]; then exec "$@"; fi
separator=
for word; do
  printf %s "$separator"
  quoted "$word"
  separator=' '
done
echo
