import { printable } from '../names.ts';
import { commandLine, quote } from '../shell.ts';
import { isRemote } from './archive.ts';
import {
  archiveWarnings,
  argumentsAfterSite,
  checkApplication,
  shellEnvironment,
  shellLine,
  siteBeats,
  sparkWarnings,
  submitArguments,
  unsetVariables,
} from './line.ts';
import { type Invocation, type InvocationWarning, interpreter, type Plan } from './plan.ts';
import { refuse } from './refusal.ts';
import type { Purpose } from './request.ts';
import type { Settings } from './settings.ts';
import { atLeast, versionOf } from './version.ts';

/** How an answer is written, by purpose. */
export const DOCUMENTS: Readonly<Record<Purpose, (plan: Plan) => Invocation>> = {
  shell: shellLine,
  jupyter: jupyterKernel,
  livy: livyRequest,
  'spark-defaults': sparkDefaults,
  connect: connectSnippet,
};

/** What a document has in common: nothing is started by it. */
const STARTS_NOTHING = { environment: {}, argv: [], directory: null } as const;

/**
 * Finds pyspark and py4j in SPARK_HOME whatever their versions, as `bin/pyspark` does, and becomes
 * the kernel. A fixed PYTHONPATH would need the version in the name of py4j's archive.
 */
const KERNEL_START = [
  'import glob, os, runpy, sys',
  "sys.path[1:1] = glob.glob(os.environ['SPARK_HOME'] + '/python/lib/*.zip')",
  "runpy.run_module('ipykernel_launcher', run_name='__main__', alter_sys=True)",
].join('; ');

/**
 * A Jupyter kernel specification: the driver is the notebook's kernel, so client mode only.
 * `PYSPARK_SUBMIT_ARGS` is read with Python's `shlex`, which takes POSIX quoting
 * (pyspark `java_gateway.launch_gateway`).
 */
function jupyterKernel(plan: Plan): Invocation {
  const { request } = plan;
  noApplication(plan, 'A notebook kernel');
  if (request.mode === 'cluster') {
    refuse(
      'shell-in-cluster-mode',
      'A notebook cannot run in cluster mode: its kernel is the driver.',
      'Use `--mode client`.',
    );
  }
  const { sparkHome } = request.cluster;
  if (sparkHome === null) {
    refuse(
      'spark-home-required',
      'A notebook kernel has to be told where Spark is, and the profile does not know SPARK_HOME.',
      'Set `sparkHome` in the profile of the edge.',
    );
  }
  const name = request.revision === null ? request.environment : revisionName(plan);
  const environment = {
    ...shellEnvironment(plan),
    PYSPARK_SUBMIT_ARGS: [...submitArguments(plan), 'pyspark-shell'].map(quote).join(' '),
    // Defines `spark` and `sc`, as in the pyspark shell.
    PYTHONSTARTUP: `${sparkHome}/python/pyspark/shell.py`,
  };
  if (request.packages !== null && !request.packages.has('ipykernel')) {
    refuse(
      'ipykernel-missing',
      `A notebook kernel runs in the environment itself, and \`${name}\` has no \`ipykernel\`.`,
      'Add the package `ipykernel` to the environment.',
    );
  }
  const argv = argumentsAfterSite(plan, environment, [
    'env',
    ...unsetVariables(plan).flatMap((variable) => ['-u', variable]),
    interpreter(plan.driverPrefix),
    '-c',
    KERNEL_START,
    '-f',
    '{connection_file}',
  ]);
  return {
    ...STARTS_NOTHING,
    text: `${JSON.stringify({ argv, display_name: `${name} (PySpark)`, language: 'python', env: kernelVariables(environment) }, null, 2)}\n`,
    format: 'json',
    environment,
    argv,
    warnings: [
      ...(request.packages === null
        ? [
            {
              id: 'ipykernel',
              text: 'The environment itself must have `ipykernel`: the kernel runs in it.',
            },
          ]
        : []),
      ...sparkWarnings(plan),
    ],
    destination: `~/.local/share/jupyter/kernels/${request.environment.toLowerCase()}/kernel.json on the edge`,
  };
}

/** Jupyter replaces `$NAME` in a kernel's variables (jupyter_client `KernelManager`); `$$` is one `$`. */
function kernelVariables(environment: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [name, value.replaceAll('$', '$$$$')]),
  );
}

function revisionName(plan: Plan): string {
  return `${plan.request.environment}@${plan.request.revision}`;
}

/**
 * The body of Livy's `POST /batches`, or of `POST /sessions` when there is no application. Livy
 * uploads nothing, so both archive and application have to be in HDFS.
 */
function livyRequest(plan: Plan): Invocation {
  const { request } = plan;
  if (request.cluster.manager !== 'yarn') {
    refuse(
      'livy-unsupported',
      'Livy is served for YARN only.',
      'Use `--for shell`, or an edge whose cluster runs YARN.',
    );
  }
  if (!isRemote(plan.archives)) {
    refuse(
      'livy-needs-hdfs',
      'Livy does not upload files, and this archive is on the edge only.',
      'An operator can set `hdfs` for this edge node; the next revision is then in HDFS too. Until then use `--for shell`.',
    );
  }
  const { application } = request;
  if (application !== null) {
    checkApplication(application);
    if (!isRemote(application)) {
      refuse(
        'application-unreachable',
        `Livy does not upload files, and \`${application}\` is no URL it can read.`,
        'Put the application into HDFS and give its `hdfs://` URL.',
      );
    }
  } else if (request.arguments.length > 0) {
    refuse(
      'application-required',
      'There are arguments but no application to give them to.',
      'Set `application` to the `hdfs://` URL of your Python file.',
    );
  }
  const shared = { archives: plan.archives.split(','), conf: Object.fromEntries(plan.settings) };
  const body =
    application === null
      ? { kind: 'pyspark', ...shared }
      : { file: application, args: request.arguments, ...shared };
  return {
    ...STARTS_NOTHING,
    text: `${JSON.stringify(body, null, 2)}\n`,
    format: 'json',
    warnings: [
      {
        id: 'livy-cluster-mode',
        text: "Livy must start drivers in cluster mode (`livy.spark.deploy-mode = cluster`): in client mode the driver runs on Livy's host, where this Python is not.",
      },
      {
        id: 'livy-not-run',
        text: 'No Livy server was asked: what is proven here is proven by spark-submit.',
      },
      ...archiveWarnings(plan),
    ],
    destination: `POST ${application === null ? '/sessions' : '/batches'} on the Livy server`,
  };
}

/** Lines for `spark-defaults.conf`, in the format of Java properties. */
function sparkDefaults(plan: Plan): Invocation {
  const { request, rules } = plan;
  noApplication(plan, 'spark-defaults.conf');
  const settings: [string, string][] = [
    ['spark.master', plan.master],
    ['spark.submit.deployMode', request.mode],
    ...plan.settings.map(([key, value]): [string, string] => [key, value]),
    [rules.archivesSetting, plan.archives],
  ];
  return {
    ...STARTS_NOTHING,
    text: settings.map(([key, value]) => `${key} ${propertyValue(key, value)}\n`).join(''),
    format: 'properties',
    warnings: defaultsWarnings(plan),
    destination: 'conf/spark-defaults.conf, or a file given with --properties-file',
  };
}

/** Java reads `\` as an escape, and Spark trims what it reads (`Utils.getPropertiesFromFile`). */
function propertyValue(key: string, value: string): string {
  if (value !== value.trim()) {
    refuse(
      'bad-value',
      `The value of \`${key}\` starts or ends with a blank, which spark-defaults.conf loses.`,
      'Remove the blank, or use `--for shell`.',
    );
  }
  return value.replaceAll('\\', '\\\\');
}

function defaultsWarnings(plan: Plan): InvocationWarning[] {
  const beaten = siteBeats(plan);
  const always: InvocationWarning[] = [
    ...(beaten.length === 0
      ? []
      : [
          {
            id: 'site-variables',
            text: `\`spark-env.sh\` on this edge exports ${beaten.join(', ')}, which no file of settings takes away: use the line (\`--for shell\`), which does.`,
          },
        ]),
    ...sparkWarnings(plan),
  ];
  if (plan.request.mode === 'cluster') return always;
  return [
    {
      // bin/pyspark picks its interpreter before it reads the file (launcher
      // `SparkSubmitCommandBuilder.buildPySparkShellCommand`).
      id: 'pyspark-driver',
      // A spark-env.sh replaces exported variables; it cannot replace a setting.
      text: `The pyspark shell chooses its Python before it reads the file. Start it as \`${commandLine({ unset: [], environment: {}, argv: ['pyspark', '--conf', `spark.pyspark.driver.python=${interpreter(plan.driverPrefix)}`, '--conf', `spark.pyspark.python=${interpreter(plan.executorPrefix)}`] })}\`. spark-submit needs the file only.`,
    },
    ...always,
  ];
}

/**
 * Python for a Spark Connect client: the session sends the archive from the client's machine and
 * uses its interpreter (`addArtifacts(archive=True)`, since Spark 3.5.0).
 */
function connectSnippet(plan: Plan): Invocation {
  const { request } = plan;
  noApplication(plan, 'A Spark Connect session');
  const { spark, master } = request.cluster;
  if (!atLeast(versionOf(spark), 3, 5)) {
    refuse(
      'connect-unsupported',
      `Spark Connect sends archives since Spark 3.5.0, and this cluster has ${spark ?? 'an unknown version'}.`,
      'Use `--for shell`.',
    );
  }
  const fixed = plan.settings.find(([key]) => !key.startsWith('spark.sql.'));
  if (fixed !== undefined) {
    refuse(
      'conf-not-at-runtime',
      `\`${fixed[0]}\` is read when Spark starts, and a Spark Connect session only joins it.`,
      'Set it on the Spark Connect server, or keep to `spark.sql.` settings.',
    );
  }
  const remote = master?.startsWith('sc://') ? `.remote(${python(master)})` : '';
  const lines = [
    'from pyspark.sql import SparkSession',
    '',
    `spark = SparkSession.builder${remote}.getOrCreate()`,
    `spark.addArtifacts(${sentArchives(plan).map(python).join(', ')}, archive=True)`,
    ...[
      ['spark.sql.execution.pyspark.python', interpreter(plan.executorPrefix)] as const,
      ...functionsWithoutArrow(plan),
      ...plan.settings,
    ].map(([key, value]) => `spark.conf.set(${python(key)}, ${python(value)})`),
  ];
  const warnings = [clientWarning(plan), ...serverWarnings(plan)];
  if (remote === '') {
    warnings.push({
      id: 'remote-address',
      text: 'The session goes where `SPARK_REMOTE` points: set it to `sc://HOST:15002`.',
    });
  }
  const activated = Object.keys({ ...request.activation, ...request.variables });
  if (activated.length > 0) {
    warnings.push({
      id: 'activation-not-sent',
      text: `A session cannot set variables of executors: ${activated.join(', ')} must be set by the Spark Connect server.`,
    });
  }
  return {
    ...STARTS_NOTHING,
    text: `${lines.join('\n')}\n`,
    format: 'python',
    warnings,
    destination: 'the beginning of your Python program',
  };
}

/** The session reads each archive where the client runs, and knows files only (pyspark `ArtifactManager`). */
function sentArchives(plan: Plan): string[] {
  const archives = plan.archives.split(',');
  const remote = archives.find(isRemote);
  if (remote === undefined) return archives;
  return refuse(
    'archive-unreachable',
    `A Spark Connect session sends files of the client's machine, and \`${printable(remote)}\` is a URL.`,
    'Leave it out of `conf`, or give the path of a copy on the client.',
  );
}

const ARROW_SETTING = 'spark.sql.execution.pythonUDF.arrow.enabled';

/**
 * Spark Connect 4 sends the rows of Python functions as Arrow, for which the executors need pyarrow;
 * without it, this setting has them sent as before (measured on 4.3.0).
 */
function functionsWithoutArrow(plan: Plan): Settings {
  const { cluster, conf, packages } = plan.request;
  const decides =
    atLeast(versionOf(cluster.spark), 4, 0) && packages !== null && !packages.has('pyarrow');
  return decides && !Object.hasOwn(conf, ARROW_SETTING) ? [[ARROW_SETTING, 'false']] : [];
}

/** The environment itself is a client only if it was built as one. */
function clientWarning(plan: Plan): InvocationWarning {
  const { packages, driverPrefix, cluster } = plan.request;
  const isClient =
    packages !== null && ['pyspark-client', 'pyspark-connect'].some((name) => packages.has(name));
  const what = `\`pyspark[connect]\` or \`pyspark-client\`${cluster.spark === null ? '' : ` ${cluster.spark}`}`;
  const text =
    isClient && driverPrefix !== null
      ? `Run this with the environment's own Python, \`${interpreter(driverPrefix)}\`.`
      : `Run this where ${what} is installed (it brings pandas, pyarrow and grpcio), with Python of the same minor version as the environment's.`;
  return { id: 'client-python', text };
}

/** What only whoever starts the server can do. */
function serverWarnings(plan: Plan): InvocationWarning[] {
  const { cluster, conf, packages } = plan.request;
  const warnings: InvocationWarning[] = [];
  if (cluster.manager === 'yarn') {
    warnings.push({
      id: 'connect-server-python',
      text: 'On YARN the server must be started with `spark.yarn.isPython=true`: it is a Java application, and without it no executor has pyspark.',
    });
  }
  if (
    packages === null &&
    atLeast(versionOf(cluster.spark), 4, 0) &&
    !Object.hasOwn(conf, ARROW_SETTING)
  ) {
    warnings.push({
      id: 'connect-arrow',
      text: `Python functions need \`pyarrow\` in the environment, or \`spark.conf.set("${ARROW_SETTING}", "false")\`.`,
    });
  }
  return warnings;
}

/** A Python string literal: JSON's are a subset of them. */
function python(text: string): string {
  return JSON.stringify(text);
}

function noApplication(plan: Plan, what: string): void {
  if (plan.request.application === null && plan.request.arguments.length === 0) return;
  refuse(
    'application-not-used',
    `${what} starts no application.`,
    'Leave `application` and `arguments` out, or use `--for shell` or `--for livy`.',
  );
}
