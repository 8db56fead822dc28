/**
 * Every form of a line that has to win against a site. A cell is one form on one site, run on the
 * real cluster.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { runInPyspark } from '../../deploy/lab/article.ts';
import { type LineOptions, lineFor } from '../../src/domain/lines.ts';
import { quote } from '../../src/domain/shell.ts';
import type { VerificationSubject } from '../../src/domain/verification.ts';
import { type Built, type Output, subjectOf, tell, typed, type World } from './cluster.ts';
import { type Site, type SiteParts, writeSite } from './sites.ts';

/** What every Python of a run says of itself; `null` for numpy where there is none. */
export interface Report {
  driver: [executable: string, numpyFile: string | null];
  executors: [executable: string, numpyFile: string | null][];
  sql: string[];
  archives: string[];
  modules: string[];
}

/** Writes the report into the file named first; the words after it are what else is asked. */
const REPORT = `import json, os, sys
target, asked = sys.argv[1], sys.argv[2:]

def numpy_file():
    try:
        import numpy
        return getattr(numpy, "__file__", None)
    except ImportError:
        return None

def who(x):
    try:
        import numpy
        found = getattr(numpy, "__file__", None)
    except ImportError:
        found = None
    import sys
    return sys.executable, found

def archives(x):
    import os
    return [name for name in ("site_one", "site_two") if os.path.exists(name + "/here")]

def modules(x):
    import of_the_site
    return of_the_site.__file__.split("/")[-2:]

def executable(x):
    import sys
    return sys.executable

from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
numbers = spark.sparkContext.parallelize(range(4), 2)
report = {
    "driver": who(0),
    "executors": sorted(set(numbers.map(who).collect()), key=str),
    "sql": [],
    "archives": numbers.map(archives).first() if "archives" in asked else [],
    "modules": numbers.map(modules).first() if "modules" in asked else [],
}
if "sql" in asked:
    from pyspark.sql.functions import udf
    ask = udf(executable)
    report["sql"] = sorted({row[0] for row in spark.range(2).select(ask("id")).collect()})
with open(target, "w") as file:
    json.dump(report, file)
spark.stop()
`;

export interface Form {
  name:
    | 'shell'
    | 'submit, client'
    | 'submit, cluster'
    | 'spark-defaults'
    | 'spark-defaults, --properties-file'
    | 'jupyter'
    | 'livy';
  run: (cell: Cell) => Promise<Output>;
}

interface Cell {
  world: World;
  subject: VerificationSubject;
  /** The folder with the site's files. */
  conf: string;
  /** What a person's shell exports, ready to stand before a line. */
  exports: string;
  /** A file for the application, and its arguments. */
  application: string;
  arguments: readonly string[];
}

function line({ subject }: Cell, options: LineOptions) {
  return lineFor(subject, null, options);
}

function submit(cell: Cell, options: LineOptions): Promise<Output> {
  const given = { application: cell.application, arguments: cell.arguments };
  const text = typed(line(cell, { tool: 'spark-submit', ...given, ...options }));
  return cell.world.ssh(`${cell.exports}${text}`);
}

const words = (cell: Cell) => [cell.application, ...cell.arguments].map(quote).join(' ');

export const FORMS: readonly Form[] = [
  {
    name: 'shell',
    run: async (cell) => {
      const { application, arguments: args, world } = cell;
      const script = world.file(
        join(basename(cell.conf), 'in-shell.py'),
        `import sys; sys.argv = ${JSON.stringify([application, ...args])}; exec(open(${JSON.stringify(application)}).read()); print("\\nARTICLE_RESULT {}")`,
      );
      const shown: string[] = [];
      const { text, directory } = line(cell, { tool: 'pyspark' });
      const lines = { directory, text: `${cell.exports}${text}` };
      const started = Date.now();
      const failed = await runInPyspark(world.lab.state.edge, lines, script, (each) =>
        shown.push(each),
      ).then(
        () => false,
        () => true,
      );
      const seconds = (Date.now() - started) / 1000;
      return { code: failed ? 1 : 0, stdout: shown.join('\n'), stderr: '', seconds };
    },
  },
  { name: 'submit, client', run: (cell) => submit(cell, { mode: 'client' }) },
  { name: 'submit, cluster', run: (cell) => submit(cell, { mode: 'cluster' }) },
  {
    name: 'spark-defaults',
    run: (cell) => {
      const file = join(cell.conf, 'spark-defaults.conf');
      writeFileSync(file, readFileSync(file, 'utf8') + line(cell, { for: 'spark-defaults' }).text);
      return cell.world.ssh(`${cell.exports}${sparkHome(cell)} spark-submit ${words(cell)}`);
    },
  },
  {
    name: 'spark-defaults, --properties-file',
    run: (cell) => {
      const base = readFileSync(join(cell.conf, 'base.conf'), 'utf8');
      const file = join(cell.conf, 'churn.conf');
      writeFileSync(file, base + line(cell, { for: 'spark-defaults' }).text);
      return cell.world.ssh(
        `${cell.exports}${sparkHome(cell)} spark-submit --properties-file ${quote(file)} ${words(cell)}`,
      );
    },
  },
  {
    name: 'livy',
    // As Livy starts a driver: spark-submit with what the request has, in cluster mode.
    run: (cell) => {
      const body = JSON.parse(line(cell, { for: 'livy' }).text) as {
        archives: string[];
        conf: Record<string, string>;
      };
      const options = [
        ...['--master', 'yarn', '--deploy-mode', 'cluster'],
        ...Object.entries(body.conf).flatMap(([key, value]) => ['--conf', `${key}=${value}`]),
        ...['--archives', body.archives.join(',')],
      ];
      return cell.world.ssh(
        `${cell.exports}${sparkHome(cell)} spark-submit ${options.map(quote).join(' ')} ${words(cell)}`,
      );
    },
  },
  {
    name: 'jupyter',
    run: (cell) => {
      const kernel = JSON.parse(line(cell, { for: 'jupyter' }).text) as {
        argv: string[];
        env: Record<string, string>;
      };
      const { application, arguments: args } = cell;
      const argv = kernel.argv
        .filter((word) => word !== '-f' && word !== '{connection_file}')
        .map((word) =>
          // Runs what the kernel would be sent, in the kernel's place.
          word.replace(
            /runpy\.run_module\(.*\)/,
            `exec(open(os.environ['PYTHONSTARTUP']).read()); sys.argv = ${JSON.stringify([application, ...args])}; exec(open(sys.argv[0]).read())`,
          ),
        );
      const exports = Object.entries(kernel.env)
        // As jupyter_client does: `$NAME` is a variable, `$$` a dollar.
        .map(([name, value]) => `${name}=${quote(value.replaceAll('$$', '$'))}`)
        .join(' ');
      return cell.world.ssh(`${cell.exports}${exports} ${argv.map(quote).join(' ')}`);
    },
  },
];

/** A Spark from pip does not find itself; people whose profile has it in the line have it exported. */
function sparkHome({ world }: Cell): string {
  return `SPARK_HOME=${quote(world.lab.state.sparkHome)}`;
}

/** The environment as a build would know it that staged it on this site. */
async function onSite(world: World, churn: Built, conf: string): Promise<VerificationSubject> {
  const { staging, ...subject } = subjectOf(churn);
  const { cluster } = staging;
  const env = { SPARK_CONF_DIR: conf, PATH: '/usr/bin:/bin' };
  const { signal } = new AbortController();
  const { siteVariables = [] } = await world
    .edge({ env, cluster })
    .profile({ signal, log: () => {} });
  return { ...subject, staging: { ...staging, cluster: { ...cluster, siteVariables } } };
}

/** Whether a form is run on a site: a file given by hand takes the place of the site's defaults. */
export function isRun(site: Site, form: Form): boolean {
  if (site.warned?.includes(form.name)) return false;
  return form.name !== 'spark-defaults, --properties-file' || site.defaults === undefined;
}

/** Runs one form on one site and reads the report; null when there is none. */
export async function runCell(
  world: World,
  churn: Built,
  parts: SiteParts,
  { site, form }: { site: Site; form: Form },
): Promise<{ report: Report | null; output: Output }> {
  const conf = writeSite(world, site, parts);
  const exports = [`export SPARK_CONF_DIR=${conf}`, ...(site.shell?.(parts) ?? [])];
  const subject = await onSite(world, churn, conf);
  const target = join(conf, 'report.json');
  const output = await form.run({
    ...{ world, conf, subject },
    exports: exports.map((each) => `${each}; `).join(''),
    application: world.file('report.py', REPORT),
    arguments: [target, ...(site.ask ?? [])],
  });
  let report: Report | null = null;
  try {
    report = JSON.parse(readFileSync(target, 'utf8')) as Report;
  } catch {
    // The run ended before its report.
  }
  return { report, output };
}

/** Fails unless driver and executors are the environment's, with everything the site adds kept. */
export function assertOurs(
  world: World,
  site: Site,
  result: { report: Report | null; output: Output },
): void {
  const { report, output } = result;
  assert.ok(report, tell(output));
  const isOurs = (path: string | null) =>
    path !== null &&
    (path.includes('/churn_zip/churn/') || path.startsWith(join(world.root, 'envs/churn/')));
  for (const path of [...report.driver, ...report.executors.flat(), ...report.sql]) {
    assert.ok(isOurs(path), JSON.stringify(report));
  }
  assert.ok(report.executors.length > 0);
  if (site.ask?.includes('archives')) assert.deepEqual(report.archives, ['site_one', 'site_two']);
  if (site.ask?.includes('modules')) assert.deepEqual(report.modules[1], 'of_the_site.py');
}
