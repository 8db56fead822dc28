import type { ClusterProfile, Manager } from '../cluster.ts';
import { defaultAlias } from './alias.ts';
import {
  activationAt,
  aliasAt,
  confAt,
  importsAt,
  managerAt,
  nameAt,
  packagesAt,
  plainVariablesAt,
  revisionAt,
  variablesAt,
  versionAt,
} from './fields.ts';
import {
  absolutePathAt,
  choiceAt,
  objectAt,
  optionalPathAt,
  optionalTextAt,
  textsAt,
} from './values.ts';

/** Where the answer is pasted: a shell line, or a document for another program. */
export type Purpose = 'shell' | 'jupyter' | 'livy' | 'spark-defaults' | 'connect';
export type Tool = 'pyspark' | 'spark-submit';
export type ClusterMode = 'client' | 'cluster';
export type Layout = 'local' | 'global';

/** One staging and how it is to be run. Everything but the first three has a default. */
export interface InvocationRequest {
  environment: string;
  archive: { path: string; hdfs?: string | null };
  cluster: Pick<ClusterProfile, 'manager'> & Partial<ClusterProfile>;
  /** The unpacked prefix on the edge, absolute: the driver's Python in client mode. */
  driverPrefix?: string | null;
  revision?: number | null;
  layout?: Layout;
  /** The folder the archive is unpacked under on the executors. */
  alias?: string | null;
  tool?: Tool;
  mode?: ClusterMode;
  /** The Python file for spark-submit; null ends the line where the person adds their own. */
  application?: string | null;
  arguments?: readonly string[];
  /** Further Spark settings. */
  conf?: Readonly<Record<string, string>>;
  for?: Purpose;
  /** What activation would set: variable → path relative to the prefix, or several with `:`. */
  activation?: Readonly<Record<string, string>>;
  /** What it would set to other values: variable → value. */
  variables?: Readonly<Record<string, string>>;
  /** Where the global layout's folder is on the edge, absolute; the root of stagings when left out. */
  root?: string | null;
  /** Modules the verification imports; without effect on the line. */
  imports?: readonly string[];
  /** Names of the packages in the environment: some documents need one; null when not known. */
  packages?: readonly string[] | null;
}

/** A request that was read completely: every field present, every value well formed. */
export interface CheckedRequest {
  environment: string;
  revision: number | null;
  layout: Layout;
  alias: string;
  archive: { path: string; hdfs: string | null };
  driverPrefix: string | null;
  cluster: {
    manager: Manager;
    spark: string | null;
    hadoop: string | null;
    master: string | null;
    sparkHome: string | null;
    siteVariables: readonly string[];
    siteAliases: readonly string[];
  };
  tool: Tool;
  mode: ClusterMode;
  application: string | null;
  arguments: readonly string[];
  conf: Readonly<Record<string, string>>;
  for: Purpose;
  activation: Readonly<Record<string, string>>;
  variables: Readonly<Record<string, string>>;
  root: string | null;
  imports: readonly string[];
  packages: ReadonlySet<string> | null;
}

const KEYS = [
  'environment',
  'revision',
  'layout',
  'alias',
  'archive',
  'driverPrefix',
  'cluster',
  'tool',
  'mode',
  'application',
  'arguments',
  'conf',
  'for',
  'activation',
  'variables',
  'root',
  'imports',
  'packages',
];
const ARCHIVE_KEYS = ['path', 'hdfs'];
const CLUSTER_KEYS = [
  'manager',
  'spark',
  'hadoop',
  'master',
  'sparkHome',
  'name',
  'glibc',
  'architecture',
  'siteVariables',
  'siteAliases',
];

/** Reads a request, from JSON or from our own code. Throws `InvocationRefusal`. */
export function checkRequest(value: unknown): CheckedRequest {
  const request = objectAt(value, 'the request', KEYS);
  const archive = objectAt(request.archive, '`archive`', ARCHIVE_KEYS);
  const cluster = objectAt(request.cluster, '`cluster`', CLUSTER_KEYS);
  const environment = nameAt(request.environment, 'environment');
  const layout = choiceAt(request.layout, 'layout', ['local', 'global'], 'local');
  const path = absolutePathAt(archive.path, 'archive.path');
  return {
    environment,
    revision: revisionAt(request.revision),
    layout,
    alias: aliasAt(request.alias, layout) ?? defaultAlias(layout, environment, path),
    archive: { path, hdfs: optionalTextAt(archive.hdfs, 'archive.hdfs') },
    driverPrefix: optionalPathAt(request.driverPrefix, 'driverPrefix'),
    cluster: {
      manager: managerAt(cluster.manager),
      spark: versionAt(cluster.spark, 'cluster.spark'),
      hadoop: versionAt(cluster.hadoop, 'cluster.hadoop'),
      master: optionalTextAt(cluster.master, 'cluster.master'),
      sparkHome: optionalPathAt(cluster.sparkHome, 'cluster.sparkHome'),
      siteVariables: variablesAt(cluster.siteVariables, 'cluster.siteVariables'),
      siteAliases: textsAt(cluster.siteAliases, 'cluster.siteAliases'),
    },
    tool: choiceAt(request.tool, 'tool', ['pyspark', 'spark-submit'], 'pyspark'),
    mode: choiceAt(request.mode, 'mode', ['client', 'cluster'], 'client'),
    application: optionalTextAt(request.application, 'application'),
    arguments: textsAt(request.arguments, 'arguments'),
    conf: confAt(request.conf),
    for: choiceAt(
      request.for,
      'for',
      ['shell', 'jupyter', 'livy', 'spark-defaults', 'connect'],
      'shell',
    ),
    activation: activationAt(request.activation),
    variables: plainVariablesAt(request.variables),
    root: optionalPathAt(request.root, 'root'),
    imports: importsAt(request.imports),
    packages: packagesAt(request.packages),
  };
}
