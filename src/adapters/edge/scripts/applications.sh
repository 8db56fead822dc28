# Which applications with these tags run on YARN, or ended there since (milliseconds of the epoch).
# The ResourceManager's REST interface tells their tags, which `yarn application -list` does not.
# tags since
conf=$(hadoop_conf)
site=${YARN_CONF_DIR:-$conf}/yarn-site.xml
if [ -z "$conf" ] || [ ! -f "$site" ]; then exit 0; fi
have curl || fail 42 curl
scheme=http key=webapp port=8088
if [ "$(property "$site" 'yarn\.http\.policy')" = HTTPS_ONLY ]; then
  scheme=https key='webapp\.https' port=8090
fi
sign=
if [ "$(property "$conf/core-site.xml" 'hadoop\.security\.authentication')" = kerberos ]; then
  if have klist; then klist -s || fail 47 'klist -s'; fi
  sign='--negotiate -u :'
fi

# One that stands by sends on to the one at work.
ask() {
  curl -fsSL --max-time 30 $sign -H 'Accept: application/json' "$1?applicationTags=$tags&deSelects=resourceRequests,resourceInfo,timeouts,amNodeLabelExpression,appNodeLabelExpression&$2"
}
said='it has no address in yarn-site.xml'
for id in '' $(property "$site" 'yarn\.resourcemanager\.ha\.rm-ids' | tr ',' ' '); do
  suffix=${id:+\\.$id}
  web=$(property "$site" "yarn\.resourcemanager\.$key\.address$suffix")
  if [ -z "$web" ]; then
    host=$(property "$site" "yarn\.resourcemanager\.hostname$suffix")
    if [ -z "$host" ]; then continue; fi
    web=$host:$port
  fi
  apps=$scheme://$web/ws/v1/cluster/apps
  if running=$(ask "$apps" states=NEW,NEW_SAVING,SUBMITTED,ACCEPTED,RUNNING 2>&1) &&
    ended=$(ask "$apps" "finishedTimeBegin=$since" 2>&1); then
    printf 'running %s\nended %s\n' "$running" "$ended"
    exit 0
  fi
  said=${ended:-$running}
  # What came of an answer before it broke off tells nobody anything.
  said=$(printf '%s\n' "$said" | sed -n 's/.*curl: \(([0-9]*).*\)/\1/p')
done
fail 52 "$said"
