/**
 * Records what a version leaves in Redis when its build host loses power in the middle of the day, for
 * `upgrade.test.ts`: run with the code of a release, once, and kept as `VERSION.jsonl.zst` in this folder.
 *
 *   node test/stores/record.ts
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { isSettled } from '../../src/domain/build.ts';
import { startWorld } from '../harness/world.ts';
import { placesOf, WORLD } from './previous.ts';
import { record } from './recorded.ts';

const ROOT = join(import.meta.dirname, '../..');
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const file = join(import.meta.dirname, `${version}.jsonl.zst`);

const world = await startWorld({ ...WORLD, processes: ['bot', 'worker'] });
try {
  const { slack, store, until } = world;
  const say = (text: string, user = 'ana') => slack.slash({ user, channel: 'data-science', text });
  const newest = async (environment: string) =>
    (await store.listBuilds({ environment, limit: 1 }))[0];
  const settled = (environment: string) =>
    until(`${environment} to end`, async () => {
      const build = await newest(environment);
      return build && isSettled(build) && (await store.openBuilds()).length === 0;
    });

  await say('create finished python=3.11 six');
  await settled('finished');
  await say('tag finished@1 prod');
  await until('the tag', async () => {
    const finished = await store.readEnvironment('finished');
    return finished?.tags.prod === 1;
  });
  await say('schedule finished weekly');
  await say('subscribe finished', 'ben');
  await say('block "pytz<2000" --why "too old"', 'omar');
  await say('create second python=3.11 six pytz', 'ben');
  await settled('second');
  await say('create stopped six --channel silent');
  await until('the build that will be cancelled', () => newest('stopped'));
  await say('cancel stopped');
  await settled('stopped');
  await say('create guarded python=3.11 six --edge guarded');
  await until('the approval', async () => (await store.listApprovals()).length === 1);
  // What is sent from here on takes as long as a person would let it.
  world.edge.link.faults.rate = 2_000;
  await say('create halfway python=3.11 six ferry-entry');
  await until('the build that stands in the middle', async () => {
    const build = await newest('halfway');
    return build?.steps.find(({ name }) => name === 'stage')?.status === 'in_progress';
  });
  await say('create waiting python=3.11 six ferry-prefix', 'ben');
  await until('the build that waits', async () => (await newest('waiting'))?.state === 'queued');
  await wait(1_000);
  for (const product of world.products) await world.stop(product, 'SIGKILL');
  const keys = await record(world.redis.connection, file, placesOf(world));
  console.log(`${keys} keys of version ${version} are in ${file}`);
} finally {
  await world.end();
}
