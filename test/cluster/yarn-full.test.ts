import { after, before, describe } from 'node:test';
import { isFull } from '../harness/full.ts';
import { type Built, startWorld, type World, withoutCluster } from './cluster.ts';
import { provesLines, provesSharedCopy } from './lines.ts';

/** The other versions people have: the same lines, kept by clusters of another age. */
const CLUSTERS = [
  { hadoop: '3.3.6', spark: '3.5.9' },
  { hadoop: '3.5.0', spark: '4.3.0' },
] as const;

for (const versions of CLUSTERS) {
  const skip = isFull
    ? withoutCluster(versions.hadoop, versions.spark)
    : 'runs in the full run, with CONDA_FERRY_TEST=full';

  describe(`YARN ${versions.hadoop} with HDFS and Spark ${versions.spark}`, { skip }, () => {
    let world: World;
    let churn: Built;
    before(async () => {
      world = await startWorld(versions);
      churn = await world.build('churn python=3.11 numpy=1.26 pandas=2.0');
    });
    after(() => world?.stop());

    provesLines(
      () => world,
      () => churn,
    );
    provesSharedCopy(
      () => world,
      () => churn,
    );
  });
}
