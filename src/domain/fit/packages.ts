/** What PySpark does not go together with among packages that were solved. */
import type { BuildRequest } from '../request.ts';
import { DATA_PACKAGES, type DataPackage, type SparkSupport, specFor } from '../spark-support.ts';
import { formatSpec, meetsVersion } from '../spec.ts';
import { type Installed, placeOf, type Target } from './target.ts';
import type { Verdict } from './verdict.ts';

const BREAKS = {
  pandas: '`toPandas`, `createDataFrame` of pandas or pandas UDFs break',
  'pyspark.pandas': '`pyspark.pandas` breaks',
};

type Versions = ReadonlyMap<string, string>;

function versionsOf(packages: readonly Installed[]): Versions {
  return new Map(packages.map(({ name, version }) => [name, version]));
}

export function judgePackages(
  request: BuildRequest,
  packages: readonly Installed[],
  targets: readonly Target[],
): Verdict[] {
  const versions = versionsOf(packages);
  return [
    ...judgePySpark(versions, targets),
    ...targets.flatMap((target) =>
      DATA_PACKAGES.flatMap((name) => judgeData(name, versions, target)),
    ),
    ...judgePy4j(request, versions, targets),
    ...judgeJava(request, versions, targets),
  ];
}

/** Whether `toPandas` and the like break, and not `pyspark.pandas` alone. */
export function breaksPandas(packages: readonly Installed[], targets: readonly Target[]): boolean {
  const versions = versionsOf(packages);
  return targets.some(({ support }) =>
    DATA_PACKAGES.some((name) => brokenBy(name, versions, support)?.breaks === 'pandas'),
  );
}

/** What a version outside of its range breaks; code without pandas has nothing to break. */
function brokenBy(
  name: DataPackage,
  versions: Versions,
  support: SparkSupport,
): { breaks: keyof typeof BREAKS; isDeclared: boolean } | null {
  const version = versions.get(name);
  const { from, below, breaks, isDeclared } = support[name];
  if (version === undefined || !versions.has('pandas')) return null;
  if (!meetsVersion(version, `>=${from}`)) return { breaks: 'pandas', isDeclared: true };
  if (below === null || meetsVersion(version, `<${below}`)) return null;
  return breaks === 'pyspark.pandas' && !versions.has('pyarrow') ? null : { breaks, isDeclared };
}

function judgeData(name: DataPackage, versions: Versions, target: Target): Verdict[] {
  const { support } = target;
  const broken = brokenBy(name, versions, support);
  if (broken === null) return [];
  const spec = specFor(support, name);
  const made = broken.isDeclared ? 'asks for' : 'works with';
  return [
    {
      isRefusal: false,
      text: `${placeOf(target)} ${made} \`${spec}\`, and this has ${name} ${versions.get(name)}: ${BREAKS[broken.breaks]}.`,
      remedies: [{ specs: [spec] }],
    },
  ];
}

/** Exactly the cluster's or none: driver and executors speak to a Spark of their own version. */
function judgePySpark(versions: Versions, targets: readonly Target[]): Verdict[] {
  const version = versions.get('pyspark');
  if (version === undefined) return [];
  return targets
    .filter(({ spark }) => version !== spark)
    .map((target) => foreignPySpark(target, `this has ${version}`, targets));
}

/** The same of a pyspark that is asked for; nothing where the cluster's version will do. */
export function judgePySparkAsked({ specs }: BuildRequest, targets: readonly Target[]): Verdict[] {
  const spec = specs.find(({ name }) => name === 'pyspark');
  if (spec === undefined) return [];
  const isOneVersion = targets.length === 1;
  return targets
    .filter(({ spark }) => !isOneVersion || !meetsVersion(spark, spec.version))
    .map((target) => foreignPySpark(target, `\`${formatSpec(spec)}\` is asked for`, targets));
}

/** `found`: `this has 3.4.1`. */
function foreignPySpark(
  { spark, edges }: Target,
  found: string,
  targets: readonly Target[],
): Verdict {
  return {
    isRefusal: true,
    text: `A \`pyspark\` in the environment must be exactly the cluster's, which is ${spark} on ${edges.map((edge) => `\`${edge}\``).join(', ')}, and ${found}.`,
    remedies: [
      { without: ['pyspark', 'py4j'] },
      ...(targets.length === 1 ? [{ specs: [`pyspark==${spark}`] }] : []),
    ],
  };
}

function judgePy4j(
  { specs }: BuildRequest,
  versions: Versions,
  [target]: readonly Target[],
): Verdict[] {
  if (target === undefined || !versions.has('py4j') || versions.has('pyspark')) return [];
  const isAsked = specs.some(({ name }) => name === 'py4j');
  return [
    {
      isRefusal: false,
      text: `\`py4j\` ${versions.get('py4j')} comes without a pyspark: Spark brings its own, and another version does not speak to it.`,
      remedies: isAsked ? [{ without: ['py4j'] }] : [],
    },
  ];
}

function judgeJava(
  { specs }: BuildRequest,
  versions: Versions,
  targets: readonly Target[],
): Verdict[] {
  const version = versions.get('openjdk');
  if (version === undefined) return [];
  const isAsked = specs.some(({ name }) => name === 'openjdk');
  return targets.map((target) => ({
    isRefusal: false,
    text: `\`openjdk\` ${version} takes the place of the node's Java where the environment is activated, because it sets JAVA_HOME; ${placeOf(target)} runs on Java ${target.support.java.join(', ')}.`,
    remedies: isAsked ? [{ without: ['openjdk'] }] : [],
  }));
}
