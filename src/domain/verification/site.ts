import { quote } from '../shell.ts';

/** What a Python has that is not the environment's. */
export interface Deviation {
  side: 'driver' | 'executors';
  /** Python itself, its standard library, or a package. */
  part: 'python' | 'library' | 'packages';
  /** Where it comes from. */
  path: string;
}

/** One place in the site's files that decides on Python: never anything else of them. */
export interface SiteSetting {
  file: string;
  line: number;
  kind: 'variable' | 'setting';
  name: string;
  /** As written there. */
  text: string;
  /** What it comes to; a variable is asked of the file itself. */
  value: string;
}

const SITE_MARK = 'CONDA_FERRY_SITE';

/** Variables of `spark-env.sh` that decide on Python; nothing but these leaves the edge. */
export const PYTHON_VARIABLES = [
  'PYSPARK_PYTHON',
  'PYSPARK_DRIVER_PYTHON',
  'PYSPARK_DRIVER_PYTHON_OPTS',
  'PYTHONPATH',
  'PYTHONHOME',
  'PYTHONUSERBASE',
  'PYTHONNOUSERSITE',
  'SPARK_REMOTE',
] as const;

/** Settings of `spark-defaults.conf` that do, as a regular expression of awk. */
const SETTINGS =
  '^spark[.](pyspark[.](driver[.])?python|sql[.]execution[.]pyspark[.]python|submit[.]pyFiles|files|yarn[.]dist[.]files|(executorEnv|yarn[.]appMasterEnv|kubernetes[.]driverEnv)[.](PYSPARK_(DRIVER_)?PYTHON|PYTHON(PATH|HOME|USERBASE)))$';

/** What can put each part there, by side, strongest first. */
const DECIDE: Readonly<Record<Deviation['part'], RegExp>> = {
  python: /PYSPARK_PYTHON$|PYSPARK_DRIVER_PYTHON$|pyspark\.(driver\.)?python$/,
  library: /PYTHONHOME$/,
  packages: /PYTHONPATH$|PYTHONUSERBASE$|pyFiles$|files$/,
};

/**
 * Shell text that prints what the site's files decide about Python, one marked line each: kind,
 * file, line number, name, text as written; and what each variable comes to. The files are where
 * Spark's own scripts look (spark `bin/load-spark-env.sh`), and files that `spark-env.sh` reads.
 */
export function siteCommand(sparkHome: string | null): string {
  return `${sparkHome === null ? '' : `SPARK_HOME=${quote(sparkHome)}; `}${READ_SITE}`;
}

const READ_SITE = `
if [ -z "\${SPARK_HOME:-}" ]; then
  program=$(readlink -f "$(command -v spark-submit)")
  SPARK_HOME=\${program%/bin/*}
fi
conf=\${SPARK_CONF_DIR:-$SPARK_HOME/conf}
tab=$(printf '\\t')
scripts=$conf/spark-env.sh
if [ -f "$scripts" ]; then
  for file in "$scripts" $(sed -n 's/^[[:space:]]*\\(source\\|\\.\\)[[:space:]]\\{1,\\}\\(\\/[^[:space:];]*\\).*/\\2/p' "$scripts"); do
    [ -f "$file" ] || continue
    awk -v file="$file" -v tab="$tab" '
      /^[ \\t]*#/ { next }
      {
        rest = $0
        while (match(rest, /(^|[ \\t;&])(${PYTHON_VARIABLES.join('|')})=("[^"]*"|[^ \\t;&]*)/)) {
          found = substr(rest, RSTART, RLENGTH)
          sub(/^[ \\t;&]/, "", found)
          name = found; sub(/=.*/, "", name)
          sub(/^[^=]*=/, "", found); gsub(/"/, "", found)
          print "${SITE_MARK} variable" tab file tab FNR tab name tab found
          rest = substr(rest, RSTART + RLENGTH)
        }
      }' "$file"
  done
  limit=; if command -v timeout >/dev/null; then limit='timeout 20'; fi
  SPARK_HOME=$SPARK_HOME $limit bash --norc -c 'unset ${PYTHON_VARIABLES.join(' ')}; set -a; . "$1" >/dev/null 2>&1 </dev/null
    for name in ${PYTHON_VARIABLES.join(' ')}; do
      if [ -n "\${!name}" ]; then printf "%s\\t%s\\t%s\\n" "${SITE_MARK} value" "$name" "\${!name}"; fi
    done' - "$scripts" </dev/null
fi
if [ -f "$conf/spark-defaults.conf" ]; then
  awk -v file="$conf/spark-defaults.conf" -v tab="$tab" '
    /^[ \\t]*[#!]/ { next }
    {
      key = $0; sub(/^[ \\t]+/, "", key); value = key
      sub(/[ \\t=:].*/, "", key)
      if (key !~ /${SETTINGS}/) next
      value = substr(value, length(key) + 1); sub(/^[ \\t]*[=:]?[ \\t]*/, "", value); sub(/[ \\t]+$/, "", value)
      print "${SITE_MARK} setting" tab file tab FNR tab key tab value
    }' "$conf/spark-defaults.conf"
fi
true`;

/** Reads what `siteCommand` printed. */
export function readSite(stdout: string): SiteSetting[] {
  const rows = stdout
    .split('\n')
    .filter((line) => line.startsWith(`${SITE_MARK} `))
    .map((line) => line.slice(SITE_MARK.length + 1).split('\t'));
  const values = new Map(
    rows.filter(([kind]) => kind === 'value').map(([, name = '', value = '']) => [name, value]),
  );
  return rows.flatMap(([kind = '', file = '', line = '', name = '', text = '']) =>
    kind === 'variable' || kind === 'setting'
      ? {
          ...{ file, line: Number(line), kind, name, text },
          value: (kind === 'variable' ? values.get(name) : undefined) ?? text,
        }
      : [],
  );
}

/** The place that put a deviation there; null when none of the site's files did. */
export function siteThatWins(
  site: readonly SiteSetting[],
  { part, path }: Deviation,
): SiteSetting | null {
  // Of several the last one holds, as in both files.
  return (
    site.findLast(({ name, value }) => DECIDE[part].test(name) && leadsTo(value, path)) ?? null
  );
}

/** Variables of `spark-env.sh` that can keep the driver's Python from starting at all. */
const BREAKS = new Set(['PYTHONHOME', 'PYTHONPATH', 'SPARK_REMOTE']);

/**
 * The place that may have broken a run without evidence; `known` are the variables that the line
 * takes away because the edge's profile has them.
 */
export function siteThatBreaks(
  site: readonly SiteSetting[],
  known: readonly string[],
): SiteSetting | null {
  return (
    site.findLast(
      ({ kind, name }) => kind === 'variable' && BREAKS.has(name) && !known.includes(name),
    ) ?? null
  );
}

/** Whether a value names a path: itself, a folder above it, one of a list, or the end of it. */
function leadsTo(value: string, path: string): boolean {
  return value
    .split(/[:,]/)
    .map((part) => part.replace(/\/+$/, ''))
    .some(
      (part) =>
        part !== '' &&
        (part === path ||
          path.startsWith(`${part}/`) ||
          path.endsWith(`/${part}`) ||
          // A file that Spark copied is known by its name alone.
          path.includes(`/${part.slice(part.lastIndexOf('/') + 1)}/`)),
    );
}

/** Who wins and what to do, after a sentence that says what was found. */
export function explainSite(winner: SiteSetting, { side }: Pick<Deviation, 'side'>): string {
  const { file, line, kind, name, text, value } = winner;
  const base = file.slice(file.lastIndexOf('/') + 1);
  const place = `\`${base}\` on the edge (\`${file}\`, line ${line})`;
  const where = side === 'driver' ? 'on the driver' : 'on the executors';
  if (kind === 'setting') {
    return `${place} sets \`${name}\` to \`${text}\` and wins ${where}. Have it removed there, or add \`--conf ${name}=\` to the line.`;
  }
  const resolved = text === value ? '' : ` (\`${value}\`)`;
  return [
    `${place} exports \`${name}=${text}\`${resolved} and wins ${where}: Spark reads it after the line's own variables.`,
    'Verify the environment again: its line then has that file read first.',
    `Until then, type \`. "$SPARK_HOME/bin/load-spark-env.sh"\` in the same bash before the line.`,
  ].join(' ');
}
