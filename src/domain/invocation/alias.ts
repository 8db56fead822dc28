import type { Layout } from '../request.ts';

/** The article's name for the folder that edge node and executors have in common. */
export const GLOBAL_ALIAS = 'MYGLOBALENV';

/**
 * Names that Spark and the NodeManager put into a container's working directory themselves
 * (hadoop `ContainerLaunch`, spark `deploy.yarn.Client`): an archive there would hide them.
 */
const IN_CONTAINERS = /^(tmp|pyspark\.zip|py4j-.*\.zip|app\.jar|container_tokens|.*\.sh)$/i;

/** What stagings have on an edge node, beside which the global layout's folder is. */
const ON_EDGES: readonly string[] = ['archives', 'envs', 'launch', 'manifests', 'packages', 'run'];

/** What an archive or folder of this name would hide; null for a name that can be an alias. */
export function hiddenBy(alias: string, layout: Layout): string | null {
  if (IN_CONTAINERS.test(alias)) return 'a file that YARN or Spark puts into the container itself';
  if (layout === 'global' && ON_EDGES.includes(alias)) {
    return 'what stagings need on the edge node';
  }
  return null;
}

/** `churn_zip` as in the article; `churn_tgz` for `.tar.gz` and `.tgz`; `MYGLOBALENV` for global. */
export function defaultAlias(layout: Layout, environment: string, archivePath: string): string {
  if (layout === 'global') return GLOBAL_ALIAS;
  const suffix = /\.(zip|jar|tar)$/i.exec(archivePath)?.[1]?.toLowerCase() ?? 'tgz';
  // The longest name leaves no room for the suffix, and an alias may not be longer than a name.
  return `${environment.slice(0, 64 - suffix.length - 1)}_${suffix}`;
}
