import { commandWords, quote } from '../shell.ts';
import {
  activated,
  type Invocation,
  type InvocationWarning,
  interpreter,
  type Plan,
} from './plan.ts';
import { refuse } from './refusal.ts';
import { rowsOf } from './rows.ts';
import { atLeast, versionOf } from './version.ts';

/** The line for a shell on the edge. */
export function shellLine(plan: Plan): Invocation {
  checkTool(plan);
  const { request } = plan;
  const environment = shellEnvironment(plan);
  const argv = [request.tool, ...submitArguments(plan)];
  if (request.application !== null) argv.push(request.application, ...request.arguments);
  const command = { unset: unsetVariables(plan), environment, argv };
  const words = [...beforeSite(plan), ...commandWords(command)];
  return {
    text: words.join(' '),
    rows: rowsOf(words),
    format: 'shell',
    environment,
    argv,
    warnings: shellWarnings(plan),
    directory: isRunInFolder(plan) ? globalFolder(plan) : null,
    destination: null,
  };
}

/** Spark's options in the article's order: master, deploy mode, settings, archives. */
export function submitArguments(plan: Plan): string[] {
  return [
    '--master',
    plan.master,
    '--deploy-mode',
    plan.request.mode,
    ...plan.settings.flatMap(([key, value]) => ['--conf', `${key}=${value}`]),
    '--archives',
    plan.archives,
  ];
}

/** Variables of the process on the edge that starts Spark, the driver in client mode. */
export function shellEnvironment(plan: Plan): Record<string, string> {
  const { request } = plan;
  const { sparkHome } = request.cluster;
  const isClient = request.mode === 'client';
  return {
    ...(isClient &&
      !isRunInFolder(plan) && { PYSPARK_DRIVER_PYTHON: interpreter(plan.driverPrefix) }),
    PYSPARK_PYTHON: interpreter(plan.executorPrefix),
    // A Spark installed with pip asks the driver's Python where it is, and the environment's own
    // Python does not know.
    ...(sparkHome !== null && { SPARK_HOME: sparkHome }),
    ...(isClient && {
      PYTHONNOUSERSITE: '1',
      // Where no bin/spark-submit starts the driver, nothing else sets it.
      ...(request.for === 'jupyter' && { PYTHONHASHSEED: '0' }),
      ...Object.fromEntries(activated(request, plan.driverPrefix)),
    }),
  };
}

/**
 * Variables of the person's shell that would break the line. PYTHONHOME points the driver's Python
 * at another library; PYTHONPATH goes before the environment's packages, on YARN on the executors
 * too (spark `deploy.yarn.Client`). PYSPARK_DRIVER_PYTHON wins over PYSPARK_PYTHON wherever it is
 * set, and in cluster mode names a path of the edge inside a container. SPARK_REMOTE (Spark 3.4 and
 * later) asks for Spark Connect, which excludes a master.
 */
export function unsetVariables(plan: Plan): string[] {
  const { request } = plan;
  const isClient = request.mode === 'client';
  return [
    'PYTHONHOME',
    'PYTHONPATH',
    ...(isClient && !isRunInFolder(plan) ? [] : ['PYSPARK_DRIVER_PYTHON']),
    // People who start notebooks from pyspark export `notebook` here.
    ...(request.tool === 'pyspark' ? ['PYSPARK_DRIVER_PYTHON_OPTS'] : []),
    ...(atLeast(versionOf(request.cluster.spark), 3, 4) ? ['SPARK_REMOTE'] : []),
  ];
}

/**
 * Words before the line that have the site's `spark-env.sh` read. Spark's scripts read that file
 * after the line's own variables; where it exports one that no setting replaces (a path of packages,
 * another standard library, a notebook as the shell), the line has it read first, as
 * `bin/load-spark-env.sh` does and notes in SPARK_ENV_LOADED, and then sets and takes away its own.
 */
function beforeSite(plan: Plan): string[] {
  const { sparkHome } = plan.request.cluster;
  if (siteBeats(plan).length === 0) return [];
  // Where the profile has none, the edge's shell has it.
  const home = sparkHome === null ? [] : [`SPARK_HOME=${quote(sparkHome)}`];
  return [...home, ...AFTER_SITE.map(quote)];
}

export const AFTER_SITE = [
  'bash',
  // Started over SSH, bash would read a person's start-up file too.
  '--norc',
  '-c',
  '. "$SPARK_HOME/bin/load-spark-env.sh"; exec env "$@"',
  'spark-env',
];

/** The same for a program whose variables are set already, SPARK_HOME among them. */
export function argumentsAfterSite(
  plan: Plan,
  environment: Readonly<Record<string, string>>,
  argv: readonly string[],
): string[] {
  if (siteBeats(plan).length === 0) return [...argv];
  const again = Object.entries(environment).filter(([name]) =>
    plan.request.cluster.siteVariables.includes(name),
  );
  return [...AFTER_SITE, ...again.map(([name, value]) => `${name}=${value}`), ...argv];
}

/** Variables of the site's `spark-env.sh` that only taking them away beats. */
export function siteBeats(plan: Plan): string[] {
  return unsetVariables(plan).filter((name) => plan.request.cluster.siteVariables.includes(name));
}

/** Throws when the tool cannot run what is asked for. */
export function checkTool(plan: Plan): void {
  const { tool, mode, application, arguments: args } = plan.request;
  if (tool === 'pyspark') {
    if (mode === 'cluster') {
      refuse(
        'shell-in-cluster-mode',
        'The pyspark shell cannot run in cluster mode: its prompt is the driver, and Spark refuses it.',
        'Use `pyspark --mode client`, or `spark-submit --mode cluster` with an application.',
      );
    }
    if (application !== null || args.length > 0) {
      refuse(
        'pyspark-takes-no-application',
        'pyspark is a shell and takes no application: Spark refuses it since 2.0.',
        'Use `spark-submit` for an application.',
      );
    }
    return;
  }
  if (application === null) {
    if (args.length === 0) return;
    refuse(
      'application-required',
      'There are arguments but no application to give them to.',
      'Set `application` to your Python file.',
    );
  }
  checkApplication(application);
}

export function checkApplication(application: string): void {
  if (application.startsWith('-')) {
    refuse(
      'bad-application',
      `\`${application}\` would be read as an option of spark-submit.`,
      `Write \`./${application}\`.`,
    );
  }
  if (!application.endsWith('.py')) {
    refuse(
      'bad-application',
      `\`${application}\` does not end with \`.py\`, so spark-submit would take it for a Java archive.`,
      'Give a Python file whose name ends with `.py`.',
    );
  }
  if (application.includes('#')) {
    refuse(
      'bad-application',
      `\`${application}\` holds a \`#\`, after which Spark reads a link name.`,
      'Rename the file.',
    );
  }
}

/** The global layout in client mode: the driver finds its Python by a path relative to a folder. */
function isRunInFolder(plan: Plan): boolean {
  const { layout, mode, for: purpose } = plan.request;
  return layout === 'global' && mode === 'client' && purpose === 'shell';
}

/** The folder that holds the global layout's symlink directory; null when it cannot be told. */
function globalFolder(plan: Plan): string | null {
  const { root, driverPrefix } = plan.request;
  // Stagings keep unpacked environments at `<root>/envs/<name>/<revision>`.
  return root ?? driverPrefix?.match(/^(.+)\/envs\/[^/]+\/[^/]+$/)?.[1] ?? null;
}

function shellWarnings(plan: Plan): InvocationWarning[] {
  const { request } = plan;
  const warnings: InvocationWarning[] = [];
  if (isRunInFolder(plan)) {
    const folder = globalFolder(plan);
    // Beside its prefix; where an older version staged it, in that.
    const own = ['.', '/'].map((mark) => `${request.driverPrefix}${mark}global`);
    const isOfRevision = folder !== null && own.includes(folder);
    warnings.push({
      id: 'working-directory',
      text: `Run this line in ${folder === null ? 'the folder' : `\`${folder}\`, the folder`} that holds \`${request.alias}/${request.environment}\`: the driver's Python is a path relative to it${isOfRevision ? '' : ', and it is the default revision'}.`,
    });
  }
  if (request.tool === 'spark-submit' && request.application === null) {
    warnings.push({
      id: 'application-missing',
      text: 'Add your application and its arguments at the end of the line.',
    });
  }
  return [...warnings, ...sparkWarnings(plan)];
}

/** What only the operator or the person can know about the Spark that is started. */
export function sparkWarnings(plan: Plan): InvocationWarning[] {
  const { cluster, conf } = plan.request;
  const warnings: InvocationWarning[] = [];
  if (cluster.sparkHome === null) {
    warnings.push({
      id: 'spark-home-unknown',
      text: 'The profile does not know SPARK_HOME. A Spark installed with pip cannot find itself with this Python: export SPARK_HOME then.',
    });
  }
  if (cluster.manager === 'standalone') {
    warnings.push({
      id: 'worker-cleanup',
      text: 'The workers keep what each application unpacked until their operator sets `spark.worker.cleanup.enabled`.',
    });
  }
  if (cluster.manager === 'kubernetes') {
    warnings.push({
      id: 'pods-not-met',
      text: "What only real pods decide shows when the line runs in them: the image's glibc must be as new as the environment asks for, its `USER` must read what Spark unpacks, and the working folder must be writable.",
    });
  }
  if (
    cluster.manager === 'kubernetes' &&
    !Object.keys(conf).some((key) => key.startsWith('spark.kubernetes.') && key.endsWith('.image'))
  ) {
    warnings.push({
      id: 'container-image',
      text: 'Kubernetes needs `spark.kubernetes.container.image`: set it in `conf` unless spark-defaults.conf has it.',
    });
  }
  return [...warnings, ...archiveWarnings(plan)];
}

/** Who fetches an archive that lies on a web server, and how often (measured on 3.5.9). */
export function archiveWarnings(plan: Plan): InvocationWarning[] {
  if (!/^https?:/.test(plan.archives)) return [];
  const text =
    plan.rules.unpacker === 'yarn'
      ? 'Spark fetches the archive from the web server for every run and uploads it into the staging folder; in HDFS it would be there already, and nodes would keep their copy.'
      : 'The driver and every executor fetch the archive from the web server themselves: it must answer them without a password.';
  return [{ id: 'archive-over-http', text }];
}
