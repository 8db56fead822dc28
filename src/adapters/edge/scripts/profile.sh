# What this edge and its cluster are. File names and files are read; a JVM is the last resort.
# root outer_spark_home configured_spark_home python_variables
refuse_open "$root/archives" "$root/envs" "$root/manifests" "$root/packages" "$root/launch" "$root/run"

# version in the name of the first jar that exists: .../name-3.5.0.jar, .../name_2.12-3.5.0.jar
jar_version() {
  for jar in "$@"; do
    if [ -f "$jar" ]; then
      printf '%s\n' "${jar##*/}" | sed -n 's/^.*-\([0-9][0-9.]*\).*\.jar$/\1/p'
      return 0
    fi
  done
}

spark_home_of() {
  if [ -n "$configured_spark_home" ]; then echo "$configured_spark_home"; return 0; fi
  if [ -n "${SPARK_HOME:-}" ]; then echo "$SPARK_HOME"; return 0; fi
  if have spark-submit; then
    program=$(readlink -f "$(command -v spark-submit)")
    home=${program%/bin/*}
    # Distributions have jars/ there; pip puts only the programs into bin/.
    for candidate in "$home" "$home"/lib/python3*/site-packages/pyspark /usr/lib/spark; do
      if [ -d "$candidate/jars" ]; then echo "$candidate"; return 0; fi
    done
  fi
  if have python3; then
    python3 -c 'import importlib.util as u; s = u.find_spec("pyspark"); print(s.submodule_search_locations[0] if s else "")' 2>/dev/null </dev/null
  fi
}

echo "machine $(uname -m)"
echo "glibc $(getconf GNU_LIBC_VERSION 2>/dev/null)"
echo "outer_spark_home $outer_spark_home"

home=$(spark_home_of)
echo "spark_home $home"
if [ -x "$home/bin/spark-submit" ]; then echo "spark_submit $home/bin/spark-submit"
elif have spark-submit; then echo "spark_submit $(command -v spark-submit)"
fi
if [ -n "$home" ]; then
  version=$(jar_version "$home"/jars/spark-core_*.jar)
  if [ -z "$version" ] && [ -f "$home/RELEASE" ]; then version=$(head -n 1 "$home/RELEASE"); fi
  echo "spark_version $version"
  echo "client_version $(jar_version "$home"/jars/hadoop-client-api-*.jar "$home"/jars/hadoop-common-*.jar)"
  defaults=${SPARK_CONF_DIR:-$home/conf}/spark-defaults.conf
  if [ -f "$defaults" ]; then
    echo "site_archives $(sed -n 's/^[[:space:]]*spark\.\(yarn\.dist\.\)\{0,1\}archives[[:space:]=:]\{1,\}//p' "$defaults" | tr '\n' ' ')"
    echo "spark_master $(sed -n 's/^[[:space:]]*spark\.master[[:space:]=]\{1,\}\([^[:space:]]*\).*/\1/p' "$defaults" | tail -n 1)"
  fi
fi

# Names, never values, of what spark-env.sh exports for Python: it is read after a line's variables.
scripts=${SPARK_CONF_DIR:-$home/conf}/spark-env.sh
if [ -n "$home" ] && [ -f "$scripts" ] && have bash; then
  limit=
  if have timeout; then limit='timeout 20'; fi
  echo "site_variables $(
    SPARK_HOME=$home $limit bash --norc -c 'scripts=$1; shift; unset "$@"; set -a
      . "$scripts" >/dev/null 2>&1 </dev/null
      for name in "$@"; do if [ -n "${!name}" ]; then printf "%s " "$name"; fi; done' \
      - "$scripts" $python_variables 2>/dev/null </dev/null
  )"
fi

conf=$(hadoop_conf)
if [ -n "$conf" ]; then
  echo "default_fs $(property "$conf/core-site.xml" 'fs\.defaultFS')"
  authentication=$(property "$conf/core-site.xml" 'hadoop\.security\.authentication')
  echo "authentication $authentication"
  if [ "$authentication" = kerberos ] && have klist; then
    if klist -s; then echo 'ticket yes'; else echo 'ticket no'; fi
  fi
  site=${YARN_CONF_DIR:-$conf}/yarn-site.xml
  if [ -f "$site" ]; then echo "yarn_site $site"; fi
fi
if have hdfs; then echo "hdfs $(command -v hdfs)"; fi

# The version on the nodes: what the ResourceManager says, else what is installed here.
version=
if [ -n "$conf" ] && [ -f "${site:-}" ]; then
  web=$(property "$site" 'yarn\.resourcemanager\.webapp\.address')
  if [ -z "$web" ]; then
    host=$(property "$site" 'yarn\.resourcemanager\.hostname')
    if [ -n "$host" ]; then web=$host:8088; fi
  fi
  if [ -n "$web" ] && have curl; then
    version=$(curl -fsS --max-time 5 "http://$web/ws/v1/cluster/info" -H 'Accept: application/json' 2>/dev/null |
      sed -n 's/.*"hadoopVersion":"\([^"]*\)".*/\1/p')
  fi
fi
if [ -z "$version" ] && have hadoop; then
  program=$(readlink -f "$(command -v hadoop)")
  base=${HADOOP_HOME:-${program%/bin/*}}
  version=$(jar_version "$base"/share/hadoop/common/hadoop-common-[0-9]*.jar "$base"/hadoop-common-[0-9]*.jar /usr/lib/hadoop/hadoop-common-[0-9]*.jar)
  if [ -z "$version" ]; then version=$(hadoop version 2>/dev/null </dev/null | head -n 1); fi
fi
echo "hadoop_version $version"
