import type { ClusterProfile, Manager } from '../../domain/cluster.ts';
import { outsideError } from '../../domain/errors.ts';
import { PYTHON_VARIABLES } from '../../domain/verification/site.ts';
import type { Session } from './session.ts';

/** A cluster profile, and what else the edge said of itself. */
export interface EdgeProfile {
  cluster: ClusterProfile;
  /** What the edge itself is, whatever is configured of its cluster; null where it is neither. */
  machine: ClusterProfile['architecture'];
  /** `hdfs://namenode:8020`; null when the default file system is another or there is no `hdfs`. */
  defaultFileSystem: string | null;
  hasHdfs: boolean;
  /** Whether there is a program to start Spark with. */
  hasSpark: boolean;
  kerberos: boolean;
  /** Whether there is a valid ticket; null where none is needed, or no `klist` to tell. */
  hasTicket: boolean | null;
}

/** Characters of what an edge says of itself: more is none of it, and would take long to look at. */
const LONGEST_FACT = 4_000;

/**
 * Asks the edge once what its cluster is; configured facts win. Nothing starts a JVM where a file
 * name says the same: a `spark-submit --version` takes seconds.
 * Errors: `cluster-unknown` when neither configuration nor host tells the cluster manager,
 * `edge-root-open` when others may change what is under the root.
 */
export async function readProfile(
  session: Session,
  root: string,
  configured: Partial<ClusterProfile>,
): Promise<EdgeProfile> {
  const { facts } = await session.script({
    name: 'profile',
    variables: {
      root,
      configured_spark_home: configured.sparkHome ?? '',
      python_variables: PYTHON_VARIABLES.join(' '),
    },
    login: true,
    deadlineSeconds: 120,
  });
  const fact = (name: string) => facts.get(name)?.slice(0, LONGEST_FACT).trim() || null;
  const sparkMaster = fact('spark_master');
  const manager = configured.manager ?? managerOf(sparkMaster, fact('yarn_site') !== null);
  if (!manager) {
    throw outsideError({
      code: 'cluster-unknown',
      message: `Edge ${session.settings.target.edge} does not tell what manages its cluster: there is no yarn-site.xml in HADOOP_CONF_DIR and no spark.master in spark-defaults.conf.`,
      suggestion:
        'Set `cluster.manager` for this edge: yarn, kubernetes, standalone or local-cluster.',
    });
  }
  const spark = configured.spark ?? versionIn(fact('spark_version'));
  const hadoop =
    configured.hadoop ??
    versionIn(manager === 'yarn' ? (fact('hadoop_version') ?? fact('client_version')) : null) ??
    versionIn(fact('client_version') ?? fact('hadoop_version'));
  const siteAliases = configured.siteAliases ?? aliasesIn(fact('site_archives'));
  const siteVariables = configured.siteVariables ?? fact('site_variables')?.split(' ') ?? [];
  const fileSystem = fact('default_fs');
  const ticket = fact('ticket');
  const machine = architectureOf(fact('machine'));
  return {
    cluster: {
      name: configured.name ?? nameOf(manager, hadoop, spark),
      manager,
      spark,
      hadoop,
      master: configured.master ?? (manager === 'yarn' ? null : sparkMaster),
      sparkHome: configured.sparkHome ?? (fact('outer_spark_home') ? null : fact('spark_home')),
      glibc: configured.glibc ?? versionIn(fact('glibc')),
      architecture: configured.architecture ?? machine,
      ...(siteVariables.length > 0 && { siteVariables }),
      ...(siteAliases.length > 0 && { siteAliases }),
    },
    machine,
    defaultFileSystem: fileSystem?.startsWith('hdfs://') ? fileSystem.replace(/\/+$/, '') : null,
    hasHdfs: fact('hdfs') !== null,
    hasSpark: fact('spark_submit') !== null,
    kerberos: fact('authentication') === 'kerberos',
    hasTicket: ticket === null ? null : ticket === 'yes',
  };
}

/** Spark's own default master says more than a Hadoop configuration lying there. */
function managerOf(sparkMaster: string | null, hasYarnSite: boolean): Manager | null {
  const schemes: ReadonlyArray<readonly [RegExp, Manager]> = [
    [/^yarn/, 'yarn'],
    [/^k8s:/, 'kubernetes'],
    [/^spark:/, 'standalone'],
    [/^local-cluster/, 'local-cluster'],
  ];
  const named = schemes.find(([pattern]) => pattern.test(sparkMaster ?? ''));
  return named?.[1] ?? (hasYarnSite ? 'yarn' : null);
}

/** `/a/one.zip#one,/b/two.zip` is unpacked as `one` and `two.zip`. */
function aliasesIn(archives: string | null): string[] {
  const each = (archives ?? '').split(/[\s,]+/).filter((archive) => archive !== '');
  return each.map((archive) => archive.slice(archive.search(/[#/][^#/]*$/) + 1));
}

function versionIn(text: string | null): string | null {
  return /\d+\.\d+(?:\.\d+)?/.exec(text ?? '')?.[0] ?? null;
}

function architectureOf(machine: string | null): ClusterProfile['architecture'] {
  if (machine === 'x86_64' || machine === 'amd64') return 'x86_64';
  return machine === 'aarch64' || machine === 'arm64' ? 'aarch64' : null;
}

/** `yarn-hadoop3.5-spark3.5` */
function nameOf(manager: Manager, hadoop: string | null, spark: string | null): string {
  const minor = (version: string) => version.split('.').slice(0, 2).join('.');
  return [
    manager,
    ...(hadoop ? [`hadoop${minor(hadoop)}`] : []),
    ...(spark ? [`spark${minor(spark)}`] : []),
  ].join('-');
}
