import type { ClusterProfile } from '../../domain/cluster.ts';
import { compareVersions } from './elf.ts';

/** What linting needs to know of a cluster; every `ClusterProfile` will do. */
export interface LintProfile extends Pick<ClusterProfile, 'name' | 'manager' | 'spark' | 'hadoop'> {
  glibc?: string | null;
  architecture?: ClusterProfile['architecture'];
  /** Free bytes where executors unpack archives. */
  freeBytes?: number | null;
}

/** Hadoop client library that each Spark release carries, which unpacks archives off YARN. */
const HADOOP_OF_SPARK: readonly (readonly [spark: string, hadoop: string])[] = [
  ['3.3', '3.3.2'],
  ['3.4', '3.3.4'],
  ['3.5', '3.3.4'],
  ['4.0', '3.4.1'],
  ['4.1', '3.4.2'],
  ['4.2', '3.5.0'],
];

const YARN_HADOOPS = ['3.3', '3.3.6', '3.4', '3.5'] as const;
const SPARK_MANAGERS = ['kubernetes', 'standalone', 'local-cluster'] as const;

/** Every combination that unpacks in its own way: what an archive is judged for by default. */
export const PROFILES: readonly LintProfile[] = [
  ...YARN_HADOOPS.map((hadoop) => ({
    name: `yarn-hadoop${hadoop}`,
    manager: 'yarn' as const,
    spark: null,
    hadoop,
  })),
  ...SPARK_MANAGERS.flatMap((manager) =>
    HADOOP_OF_SPARK.map(([spark, hadoop]) => ({
      name: `${manager}-spark${spark}`,
      manager,
      spark,
      hadoop,
    })),
  ),
];

/**
 * The code that unpacks an archive on a cluster: `org.apache.hadoop.yarn.util.FSDownload` in the
 * NodeManager, or Spark's `Utils.unpack`. Both hand a zip to the Hadoop library they run with, of
 * which there are three generations: up to 3.3.4 with java.util.zip and without modes, 3.3.5 and
 * 3.3.6 with commons-compress (HADOOP-18145), and from 3.4 on with a newer one of it.
 */
export interface Unpacker {
  program: 'yarn' | 'spark';
  generation: 1 | 2 | 3;
}

/** A version nobody knows counts as the first generation, which does least. */
export function unpackerOf(profile: LintProfile): Unpacker {
  const program = profile.manager === 'yarn' ? 'yarn' : 'spark';
  const hadoop = program === 'yarn' ? profile.hadoop : (clientOf(profile.spark) ?? profile.hadoop);
  if (hadoop === null || compareVersions(hadoop, '3.3.5') < 0) return { program, generation: 1 };
  return { program, generation: compareVersions(hadoop, '3.4') < 0 ? 2 : 3 };
}

function clientOf(spark: string | null): string | null {
  if (spark === null) return null;
  const known = HADOOP_OF_SPARK.filter(([release]) => compareVersions(spark, release) >= 0);
  return known.at(-1)?.[1] ?? null;
}
