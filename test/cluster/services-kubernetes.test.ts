import { after, before, describe } from 'node:test';
import { unlessFull } from '../harness/full.ts';
import { withoutSpark } from './cluster.ts';
import { provesKubernetes } from './kubernetes.ts';
import { type ServiceWorld, startServiceWorld } from './service-world.ts';

for (const spark of ['3.5.9', '4.3.0']) {
  const skip = unlessFull || withoutSpark(spark);

  describe(`Kubernetes with Spark ${spark}`, { skip }, () => {
    let world: ServiceWorld;
    before(async () => {
      world = await startServiceWorld();
    });
    after(() => world?.stop());
    provesKubernetes(() => world, spark);
  });
}
