/** What the cluster behind an edge node is; decides format, invocation and lint verdicts. */
export interface ClusterProfile {
  /** Shown to people, e.g. `yarn-hadoop3.5-spark3.5`. */
  name: string;
  manager: Manager;
  /** Spark's version, e.g. `3.5.9`; null when it could not be found out. */
  spark: string | null;
  /** Hadoop's version on the nodes, e.g. `3.5.0`. */
  hadoop: string | null;
  /** `spark://…` or `k8s://…`; null on YARN, whose address is in the Hadoop configuration. */
  master: string | null;
  /** SPARK_HOME on the edge; null when the edge's shell already knows it. */
  sparkHome: string | null;
  /** glibc of the nodes, e.g. `2.36`. */
  glibc: string | null;
  architecture: 'x86_64' | 'aarch64' | null;
  /**
   * Names of the variables that the edge's `spark-env.sh` exports and that decide on Python; absent
   * where it exports none.
   */
  siteVariables?: readonly string[];
  /** Names under which the edge's `spark-defaults.conf` unpacks archives; absent where there are none. */
  siteAliases?: readonly string[];
}

/** A known cluster with what its edge's files say now: administrators change them. */
export function withSite(
  known: ClusterProfile,
  { siteVariables, siteAliases }: ClusterProfile,
): ClusterProfile {
  const { siteVariables: _, siteAliases: __, ...cluster } = known;
  return {
    ...cluster,
    ...(siteVariables && { siteVariables }),
    ...(siteAliases && { siteAliases }),
  };
}

/** Whether an edge's files say of Python and archives what they said before. */
export function isSameSite(left: ClusterProfile, right: ClusterProfile): boolean {
  const said = ({ siteVariables, siteAliases }: ClusterProfile) =>
    JSON.stringify([siteVariables ?? [], siteAliases ?? []]);
  return said(left) === said(right);
}

export type Manager = 'yarn' | 'kubernetes' | 'standalone' | 'local-cluster';
