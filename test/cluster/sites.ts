/**
 * What administrators put into `spark-env.sh` and `spark-defaults.conf`, and people into their
 * shell, that names another Python or other packages.
 */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Built, subjectOf, tell, type World } from './cluster.ts';
import type { Form } from './site-forms.ts';

/** What a site has of its own, made by `siteParts`. */
export interface SiteParts {
  /** A Python without numpy. */
  python: string;
  prefix: string;
  /** A folder whose `numpy` is not one. */
  packages: string;
  /** Two archives, each with one file `here`. */
  archives: readonly [string, string];
  /** A zip with the module `of_the_site`. */
  modules: string;
}

export interface Site {
  name: string;
  /** Lines of `spark-env.sh`, of `spark-defaults.conf`, and of the person's shell before the line. */
  environment?: (site: SiteParts) => string[];
  defaults?: (site: SiteParts) => string[];
  shell?: (site: SiteParts) => string[];
  /** What the application is asked besides; see `REPORT`. */
  ask?: readonly ('sql' | 'archives' | 'modules')[];
  /** Forms that are not run, because they can do nothing about it. */
  warned?: readonly Form['name'][];
}

const both = (prefix: string, python: string) => [
  `${prefix}PYSPARK_PYTHON${prefix.startsWith('spark') ? ' ' : '='}${python}`,
  `${prefix}PYSPARK_DRIVER_PYTHON${prefix.startsWith('spark') ? ' ' : '='}${python}`,
];

/** Nothing but settings, which take no variable away. */
const ONLY_SETTINGS = ['spark-defaults', 'spark-defaults, --properties-file', 'livy'] as const;

export const SITES: readonly Site[] = [
  {
    name: 'spark-env.sh: PYSPARK_PYTHON',
    environment: ({ python }) => [`export PYSPARK_PYTHON=${python}`],
  },
  {
    name: 'spark-env.sh: PYSPARK_PYTHON and PYSPARK_DRIVER_PYTHON',
    environment: ({ python }) => both('export ', python),
  },
  {
    name: 'spark-defaults.conf: spark.pyspark.python',
    defaults: ({ python }) => [`spark.pyspark.python ${python}`],
  },
  {
    name: 'spark-defaults.conf: spark.pyspark.driver.python',
    defaults: ({ python }) => [`spark.pyspark.driver.python ${python}`],
  },
  {
    name: 'spark-defaults.conf: spark.pyspark.python and spark.pyspark.driver.python',
    defaults: ({ python }) => [
      `spark.pyspark.python=${python}`,
      `spark.pyspark.driver.python: ${python}`,
    ],
  },
  {
    name: 'spark-defaults.conf: appMasterEnv and executorEnv PYSPARK_*',
    defaults: ({ python }) => [
      ...both('spark.yarn.appMasterEnv.', python),
      ...both('spark.executorEnv.', python),
    ],
  },
  {
    name: 'spark-defaults.conf: spark.sql.execution.pyspark.python',
    defaults: ({ python }) => [`spark.sql.execution.pyspark.python ${python}`],
    ask: ['sql'],
  },
  {
    name: 'spark-defaults.conf: PYTHONPATH in appMasterEnv and executorEnv',
    defaults: ({ packages }) => [
      `spark.yarn.appMasterEnv.PYTHONPATH ${packages}`,
      `spark.executorEnv.PYTHONPATH ${packages}`,
    ],
  },
  {
    name: 'spark-defaults.conf: PYTHONHOME in appMasterEnv and executorEnv',
    defaults: ({ prefix }) => [
      `spark.yarn.appMasterEnv.PYTHONHOME ${prefix}`,
      `spark.executorEnv.PYTHONHOME ${prefix}`,
    ],
  },
  {
    name: 'spark-env.sh: PYTHONPATH',
    environment: ({ packages }) => [`export PYTHONPATH=${packages}:$PYTHONPATH`],
    warned: ONLY_SETTINGS,
  },
  {
    name: 'spark-env.sh: PYTHONHOME',
    environment: ({ prefix }) => [`export PYTHONHOME=${prefix}`],
    warned: ONLY_SETTINGS,
  },
  {
    name: 'spark-env.sh: PYSPARK_DRIVER_PYTHON_OPTS for notebooks',
    environment: ({ python }) => [
      `export PYSPARK_DRIVER_PYTHON=${python}`,
      "export PYSPARK_DRIVER_PYTHON_OPTS='notebook --no-browser'",
    ],
  },
  {
    name: 'spark-defaults.conf: archives in both settings',
    defaults: ({ archives }) => [
      `spark.archives ${archives[0]}#site_one`,
      `spark.yarn.dist.archives ${archives[1]}#site_two`,
    ],
    ask: ['archives'],
    // Measured: next to --archives, Spark drops `spark.archives` in cluster mode; a document that
    // becomes spark-defaults.conf replaces `spark.yarn.dist.archives` of the site.
    warned: ['submit, cluster', 'spark-defaults', 'livy'],
  },
  {
    name: 'spark-defaults.conf: spark.submit.pyFiles',
    defaults: ({ modules }) => [`spark.submit.pyFiles ${modules}`],
    ask: ['modules'],
  },
  {
    name: 'spark-defaults.conf: another master and deploy mode',
    defaults: () => ['spark.master local[1]', 'spark.submit.deployMode client'],
    environment: () => ['export MASTER=local[1]'],
  },
  {
    name: "the person's shell: everything",
    shell: ({ python, prefix, packages }) => [
      ...both('export ', python),
      "export PYSPARK_DRIVER_PYTHON_OPTS='notebook --no-browser'",
      `export PYTHONPATH=${packages}`,
      `export PYTHONHOME=${prefix}`,
      'export PYTHONSTARTUP=/nowhere/startup.py',
      "export PYSPARK_SUBMIT_ARGS='--master local[1] pyspark-shell'",
      'export SPARK_REMOTE=sc://127.0.0.1:9',
    ],
    warned: ONLY_SETTINGS,
  },
  {
    name: 'both files: every Python there is',
    environment: ({ python }) => both('export ', python),
    defaults: ({ python, packages }) => [
      `spark.pyspark.python ${python}`,
      `spark.pyspark.driver.python ${python}`,
      ...both('spark.yarn.appMasterEnv.', python),
      ...both('spark.executorEnv.', python),
      `spark.executorEnv.PYTHONPATH ${packages}`,
      `spark.yarn.appMasterEnv.PYTHONPATH ${packages}`,
    ],
  },
];

const MAKE_PARTS = `import sys, zipfile
one, two, modules = sys.argv[1:]
for path in (one, two):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("here", "")
with zipfile.ZipFile(modules, "w") as archive:
    archive.writestr("of_the_site.py", "")
`;

/** Makes on the edge what a site has of its own; `bare` is an environment without numpy. */
export async function siteParts(world: World, bare: Built): Promise<SiteParts> {
  const prefix = subjectOf(bare).staging.driverPrefix;
  const python = join(prefix, 'bin/python');
  const packages = join(world.file('site/packages/numpy/__init__.py', ''), '../..');
  const paths = ['one.zip', 'two.zip', 'modules.zip'].map((name) =>
    join(world.directory, 'files/site', name),
  ) as [string, string, string];
  const made = await world.ssh(
    `${python} ${world.file('make-parts.py', MAKE_PARTS)} ${paths.join(' ')}`,
  );
  assert.equal(made.code, 0, tell(made));
  const [one, two, modules] = paths;
  return { python, prefix, packages, archives: [one, two], modules };
}

/** Writes the site's files into a folder for SPARK_CONF_DIR, after what the lab itself needs. */
export function writeSite(world: World, site: Site, parts: SiteParts): string {
  const conf = mkdtempSync(join(world.directory, 'files/site-'));
  chmodSync(conf, 0o755);
  const labConf = join(world.lab.state.directory, 'edge/spark-conf');
  const base = `${readFileSync(join(labConf, 'spark-defaults.conf'), 'utf8')}spark.driver.memory 1g
spark.executor.instances 1
`;
  const write = (name: string, lines: readonly string[]) =>
    writeFileSync(join(conf, name), lines.map((each) => `${each}\n`).join(''));
  write('base.conf', [base]);
  write('spark-defaults.conf', [base, ...(site.defaults?.(parts) ?? [])]);
  write('spark-env.sh', site.environment?.(parts) ?? []);
  write('log4j2.properties', [readFileSync(join(labConf, 'log4j2.properties'), 'utf8')]);
  return conf;
}
