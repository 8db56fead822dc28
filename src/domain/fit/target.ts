import { listInWords } from '../phrase.ts';
import { type SparkSupport, sparkSupport } from '../spark-support.ts';

/** An edge, and the Spark behind it: `3.5.9`; null where it is not known. */
export interface EdgeSpark {
  edge: string;
  spark: string | null;
}

/** A package, of a channel or of pip. */
export interface Installed {
  name: string;
  version: string;
}

/** Edges with the same Spark, and what it runs with. */
export interface Target {
  spark: string;
  edges: string[];
  support: SparkSupport;
}

/** Nothing is said of edges whose Spark is not known here. */
export function targetsOf(edges: readonly EdgeSpark[]): Target[] {
  const targets: Target[] = [];
  for (const { edge, spark } of edges) {
    const support = spark === null ? null : sparkSupport(spark);
    if (spark === null || support === null) continue;
    const same = targets.find((target) => target.spark === spark);
    if (same) same.edges.push(edge);
    else targets.push({ spark, edges: [edge], support });
  }
  return targets;
}

/** ``Spark 3.5 on `lab` `` */
export function placeOf({ support, edges }: Target): string {
  return `Spark ${support.line} on ${listInWords(
    edges.map((edge) => `\`${edge}\``),
    'and',
  )}`;
}
