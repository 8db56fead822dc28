/** What the program `run` of an edge starts: arguments it adds a person's own to, without a shell. */
import { commandArguments } from '../shell.ts';
import {
  AFTER_SITE,
  checkTool,
  shellEnvironment,
  siteBeats,
  submitArguments,
  unsetVariables,
} from './line.ts';
import { interpreter, type Plan } from './plan.ts';

/** On the cluster. The last argument is the value of `--archives`. */
export function clusterLaunch(plan: Plan): string[] {
  checkTool(plan);
  return launch(plan, shellEnvironment(plan), submitArguments(plan));
}

/**
 * On the edge itself, when a person asks for a local master: nothing unpacks archives into the
 * folder that paths of the executors are relative to, and there is one host, so one Python.
 */
export function localLaunch(plan: Plan): string[] {
  const python = interpreter(plan.driverPrefix);
  const environment = { ...shellEnvironment(plan), PYSPARK_PYTHON: python };
  const settings = ['spark.pyspark.driver.python', 'spark.pyspark.python'];
  return launch(
    plan,
    environment,
    settings.flatMap((setting) => ['--conf', `${setting}=${python}`]),
  );
}

function launch(plan: Plan, environment: Record<string, string>, options: string[]): string[] {
  const unset = unsetVariables(plan);
  const argv = commandArguments({ unset, environment, argv: [plan.request.tool, ...options] });
  if (siteBeats(plan).length === 0) return argv;
  const { sparkHome } = plan.request.cluster;
  return [
    ...(sparkHome === null ? [] : ['env', `SPARK_HOME=${sparkHome}`]),
    ...AFTER_SITE,
    ...argv,
  ];
}
