import { after, before, describe } from 'node:test';
import { type Standalone, startStandalone } from '../../deploy/lab/services/standalone.ts';
import { isFull } from '../harness/full.ts';
import { withoutSpark } from './cluster.ts';
import { provesConnect } from './connect.ts';
import { provesJupyter } from './jupyter.ts';
import { type ServiceWorld, startServiceWorld } from './service-world.ts';
import { provesStandalone, provesStandaloneSubmit } from './standalone.ts';

/** Spark 4 alone runs every time: it has Connect too. */
for (const spark of ['4.3.0', '3.5.9']) {
  const skip =
    isFull || spark === '4.3.0'
      ? withoutSpark(spark)
      : 'runs in the full run, with CONDA_FERRY_TEST=full';

  describe(`a standalone cluster of Spark ${spark}`, { skip }, () => {
    let world: ServiceWorld;
    let standalone: Standalone;
    before(async () => {
      world = await startServiceWorld();
      standalone = await startStandalone({ directory: `${world.directory}/standalone`, spark });
    });
    after(async () => {
      await standalone?.stop();
      await world?.stop();
    });
    (isFull ? provesStandalone : provesStandaloneSubmit)(() => ({ world, standalone }), spark);
    if (isFull) provesJupyter(() => ({ world, standalone }), spark);
    if (spark !== '4.3.0') return;
    provesConnect(
      'an environment without pyarrow',
      spark,
      () => world,
      () => ({ manager: 'standalone', master: standalone.master }),
      ['python', 'numpy'],
    );
  });
}
