import { printable } from '../../names.ts';
import { isRemote } from '../archive.ts';
import { type Invocation, type InvocationWarning, interpreter, type Plan } from '../plan.ts';
import { refuse } from '../refusal.ts';
import type { Settings } from '../settings.ts';
import { atLeast, versionOf } from '../version.ts';
import { noApplication, STARTS_NOTHING } from './common.ts';

/**
 * Python for a Spark Connect client: the session sends the archive from the client's machine and
 * uses its interpreter (`addArtifacts(archive=True)`, since Spark 3.5.0).
 */
export function connectSnippet(plan: Plan): Invocation {
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
