/**
 * Every line of command text a person pastes to use an environment is made here, and only here.
 *
 * The layouts are those of the article "Conda envs in PySpark": `local` names the driver's Python
 * on the edge and the executors' Python in the archive; `global` lets one relative path serve both.
 */
import { isDecidedByTheLine } from './invocation/activation.ts';
import { archiveLocation, archiveOption, isRemote } from './invocation/archive.ts';
import { DOCUMENTS } from './invocation/documents.ts';
import { clusterLaunch, localLaunch } from './invocation/launch.ts';
import { MANAGERS, OLD_MASTERS } from './invocation/managers.ts';
import {
  activated,
  type Invocation,
  type InvocationWarning,
  interpreter,
  type Plan,
} from './invocation/plan.ts';
import { refuse } from './invocation/refusal.ts';
import { type CheckedRequest, checkRequest, type InvocationRequest } from './invocation/request.ts';
import { mergeSettings, type Settings } from './invocation/settings.ts';
import { atLeast, versionOf } from './invocation/version.ts';
import { TAGS, withUseTag } from './use.ts';

export { defaultAlias } from './invocation/alias.ts';
export type { Invocation } from './invocation/plan.ts';
export { InvocationRefusal } from './invocation/refusal.ts';
export type {
  ClusterMode,
  InvocationRequest,
  Purpose,
  Tool,
} from './invocation/request.ts';

/**
 * The invocation for one staging. Throws `InvocationRefusal` for a malformed request and for a
 * combination that cannot work, with the reason and the way out.
 */
export function invoke(request: InvocationRequest): Invocation {
  const plan = planOf(checkRequest(request));
  const document = DOCUMENTS[plan.request.for](plan);
  return { ...document, warnings: [...plan.warnings, ...document.warnings] };
}

/**
 * The arguments that start a shell line's tool without a shell, for a program that adds a person's
 * own: with `isLocal` on the edge alone, else on its cluster, where the last one is the value of
 * `--archives`. They set everything, as nobody has to read them. Throws as `invoke` does.
 */
export function launchArguments(request: InvocationRequest, isLocal: boolean): readonly string[] {
  const plan = planOf(checkRequest({ ...request, for: 'shell' }), CONTAINER_DEFAULTS);
  return isLocal ? localLaunch(plan) : clusterLaunch(plan);
}

/** `variables` are those of containers besides what every line sets. */
function planOf(
  asked: CheckedRequest,
  variables = asked.for === 'shell' ? FROM_SITES : CONTAINER_DEFAULTS,
): Plan & { warnings: InvocationWarning[] } {
  const warnings: InvocationWarning[] = [];
  const mode = modeOf(asked, warnings);
  const request = tagged(withoutDecided({ ...asked, mode }, warnings));
  const rules = MANAGERS[request.cluster.manager];
  // A Spark Connect session sends the archive itself, wherever its server runs.
  const isConnect = request.for === 'connect';
  const archive = archiveLocation(request, isConnect ? 'session' : rules.unpacker);
  const master = isConnect ? '' : rules.master(request);
  if (!isConnect && request.for !== 'livy') rules.check(request, archive);

  if (!isConnect && request.cluster.siteAliases.includes(request.alias)) aliasOfSite(request);
  const executorPrefix = `./${request.alias}/${request.environment}`;
  const driverPrefix = driverPrefixOf(request, executorPrefix);
  const prefixes = { driver: driverPrefix, executor: executorPrefix };
  const merged = mergeSettings(request, {
    settings: isConnect ? [] : decidedSettings(request, prefixes, archive),
    defaults: isConnect
      ? []
      : inContainers(request, [...activated(request, executorPrefix), ...variables]),
    implied: {
      'spark.master': master,
      'spark.submit.deployMode': request.mode,
      'spark.pyspark.driver.python': interpreter(driverPrefix),
      'spark.pyspark.python': interpreter(executorPrefix),
      'spark.sql.execution.pyspark.python': interpreter(executorPrefix),
      'spark.executorEnv.PYSPARK_PYTHON': null,
      'spark.executorEnv.PYTHONHOME': null,
      'spark.yarn.appMasterEnv.PYSPARK_DRIVER_PYTHON': null,
      'spark.yarn.appMasterEnv.PYTHONHOME': null,
      'spark.kubernetes.driverEnv.PYSPARK_DRIVER_PYTHON': null,
      'spark.kubernetes.driverEnv.PYTHONHOME': null,
    },
    archivesSetting: rules.archivesSetting,
  });
  return {
    request,
    rules,
    master,
    executorPrefix,
    driverPrefix,
    settings: merged.settings,
    archives: [archiveOption(request, archive), ...merged.archives].join(','),
    warnings,
  };
}

/** Spark drops the second archive of a name and says so in its log alone (`deploy.yarn.Client`). */
function aliasOfSite({ alias, layout }: CheckedRequest): never {
  return refuse(
    'alias-of-site',
    `\`spark-defaults.conf\` on this edge unpacks another archive as \`${alias}\`, and Spark keeps the first of a name.`,
    layout === 'global'
      ? 'Use the local layout (`--layout local`), or have that archive given another name.'
      : 'Have that archive given another name.',
  );
}

/**
 * The settings every line for this manager and mode needs. A setting on the command line is the
 * only thing that wins against all that a site can have: `spark.pyspark.driver.python` and
 * `spark.pyspark.python` are asked before any variable (spark `deploy.PythonRunner`, launcher
 * `SparkSubmitCommandBuilder.buildPySparkShellCommand`), `spark-env.sh` is read after the line's own
 * variables and replaces them, and of two settings the command line's wins.
 */
function decidedSettings(
  request: CheckedRequest,
  prefixes: { driver: string; executor: string },
  archive: string,
): Settings {
  const { manager, spark } = request.cluster;
  const executor = interpreter(prefixes.executor);
  const variables: Settings = [
    // Packages in a user's home on a node would go before the environment's own.
    ['PYTHONNOUSERSITE', '1'],
    // Containers often have no writable home, where setuptools would unpack eggs.
    ['PYTHON_EGG_CACHE', './.eggs'],
  ];
  return [
    ['spark.pyspark.driver.python', interpreter(prefixes.driver)],
    ['spark.pyspark.python', executor],
    // Where it exists, functions in SQL ask it first (spark `SQLConf`, "version 3.5.0"; measured on
    // 3.5.9: a site's own wins over `spark.pyspark.python`).
    ...(atLeast(versionOf(spark), 3, 5)
      ? ([['spark.sql.execution.pyspark.python', executor]] as const)
      : []),
    ...(manager === 'yarn'
      ? ([['spark.yarn.appMasterEnv.PYSPARK_PYTHON', executor]] as const)
      : []),
    // A site that has URLs of such a scheme fetched to the edge first loses the name after the `#`
    // (spark `SparkSubmit.prepareSubmitEnvironment`; measured on 3.5.9).
    ...(manager === 'yarn' && isRemote(archive)
      ? ([['spark.yarn.dist.forceDownloadSchemes', '']] as const)
      : []),
    ...inContainers(request, variables),
  ];
}

/**
 * Variables of a container that a person's own setting may replace. They take away what a site's
 * `spark-defaults.conf` gives its own Python: packages that would go before the environment's, and
 * another standard library.
 */
const FROM_SITES: Settings = [
  ['PYTHONPATH', ''],
  ['PYTHONHOME', ''],
];

/** The same, and what no site decides: comforts that a line to read does without. */
const CONTAINER_DEFAULTS: Settings = [
  ...FROM_SITES,
  // As with eggs: numba, matplotlib and others keep caches in a home that is not there.
  ['NUMBA_CACHE_DIR', './.numba'],
  ['MPLCONFIGDIR', './.matplotlib'],
  ['XDG_CACHE_HOME', './.cache'],
  // A NodeManager has no locale to inherit: files and subprocesses would be ASCII.
  ['LANG', 'C.UTF-8'],
  // Text must have the same hash in every Python, or its partitions differ (pyspark `portable_hash`).
  ['PYTHONHASHSEED', '0'],
];

/** The same variables for all containers: the executors', and the driver's in cluster mode. */
function inContainers(request: CheckedRequest, variables: Settings): Settings {
  const { driverVariables } = MANAGERS[request.cluster.manager];
  const under = (prefix: string): Settings =>
    variables.map(([name, value]) => [`${prefix}.${name}`, value] as const);
  return [
    ...(request.mode === 'cluster' && driverVariables !== null ? under(driverVariables) : []),
    ...under('spark.executorEnv'),
  ];
}

/** The article's `--master yarn-client` is the old form of `--master yarn --deploy-mode client`. */
function modeOf(request: CheckedRequest, warnings: InvocationWarning[]): CheckedRequest['mode'] {
  // Livy starts the driver in the cluster: on its own host there is no environment.
  if (request.for === 'livy') return 'cluster';
  const { manager, master } = request.cluster;
  if (manager !== 'yarn' || master === null || !Object.hasOwn(OLD_MASTERS, master)) {
    return request.mode;
  }
  const mode = OLD_MASTERS[master] ?? request.mode;
  if (mode !== request.mode) {
    refuse(
      'mode-conflict',
      `The master \`${master}\` means ${mode} mode, but ${request.mode} mode is asked for.`,
      'Set `cluster.master` to null and choose with `mode`.',
    );
  }
  warnings.push({
    id: 'old-master',
    text: `\`--master ${master}\` is the old form, which Spark 3 refuses; the line uses \`--master yarn --deploy-mode ${mode}\`.`,
  });
  return mode;
}

/** The request without what activation would set and the line decides itself. */
function withoutDecided(request: CheckedRequest, warnings: InvocationWarning[]): CheckedRequest {
  const left: string[] = [];
  const keep = (values: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      Object.entries(values).filter(([name]) => {
        if (isDecidedByTheLine(name)) left.push(name);
        return !isDecidedByTheLine(name);
      }),
    );
  const kept = { activation: keep(request.activation), variables: keep(request.variables) };
  if (left.length > 0) {
    warnings.push({
      id: 'activation-left-out',
      text: `Activation would set ${left.join(', ')}; the line does not, because Spark's own processes read it.`,
    });
  }
  return { ...request, ...kept };
}

/** Who uses a revision is asked before it goes. */
function tagged(request: CheckedRequest): CheckedRequest {
  const { cluster, revision, conf } = request;
  if (cluster.manager !== 'yarn' || revision === null || request.for === 'connect') return request;
  const tags = withUseTag(conf[TAGS] ?? '', { ...request, revision });
  return { ...request, conf: { ...conf, [TAGS]: tags } };
}

/** Where the driver finds the environment: with the executors, or unpacked on the edge. */
function driverPrefixOf(request: CheckedRequest, executorPrefix: string): string {
  const isRelative = request.layout === 'global' && request.for === 'shell';
  if (request.mode === 'cluster' || isRelative || request.for === 'connect') return executorPrefix;
  return (
    request.driverPrefix ??
    refuse(
      'driver-prefix-required',
      'In client mode the driver runs on the edge, and `driverPrefix` does not say where its Python is.',
      'Set `driverPrefix` to the unpacked environment on the edge, or use cluster mode.',
    )
  );
}
