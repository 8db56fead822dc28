import { commandLine } from '../../shell.ts';
import { siteBeats, sparkWarnings } from '../line.ts';
import { type Invocation, type InvocationWarning, interpreter, type Plan } from '../plan.ts';
import { refuse } from '../refusal.ts';
import { noApplication, STARTS_NOTHING } from './common.ts';

/** Lines for `spark-defaults.conf`, in the format of Java properties. */
export function sparkDefaults(plan: Plan): Invocation {
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
