import { quote } from '../../shell.ts';
import {
  argumentsAfterSite,
  shellEnvironment,
  sparkWarnings,
  submitArguments,
  unsetVariables,
} from '../line.ts';
import { type Invocation, interpreter, type Plan } from '../plan.ts';
import { refuse } from '../refusal.ts';
import { noApplication, STARTS_NOTHING } from './common.ts';

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
export function jupyterKernel(plan: Plan): Invocation {
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
