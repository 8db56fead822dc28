import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { isRunning } from '../../deploy/lab/processes.ts';
import { type Built, startWorld, type World, withoutCluster } from './cluster.ts';
import { provesLines, provesSharedCopy } from './lines.ts';

describe('YARN 3.5.0 with HDFS and Spark 3.5.9', { skip: withoutCluster('3.5.0', '3.5.9') }, () => {
  let world: World;
  let churn: Built;

  before(async () => {
    world = await startWorld();
    churn = await world.build('churn python=3.11 numpy=1.26 pandas=2.0');
  });
  after(async () => {
    await world.stop();
    assert.deepEqual(world.lab.state.processes.filter(isRunning), []);
  });

  provesLines(
    () => world,
    () => churn,
  );
  provesSharedCopy(
    () => world,
    () => churn,
  );
});
