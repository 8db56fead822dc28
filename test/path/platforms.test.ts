/**
 * Edges of two platforms (roots of one server), and a worker of each on one Redis. Packages that hold no programs can be linked for machines
 * that this one is not; a proof on those cannot be had here, so nobody is asked.
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Platform } from '../../src/domain/lock.ts';
import { packChannel } from '../adapters/engines/packed-channel.ts';
import type { Product } from '../harness/product.ts';
import { type Context, cannotWalk, ferry, words } from '../harness.ts';

/** A channel with `tiny` of each platform: a text that says for which it is, and a script where a Python should be. */
function channelIn(directory: string): string {
  const channel = join(directory, 'channel');
  for (const platform of ['linux-64', 'linux-aarch64'] as const) {
    packChannel(channel, {
      name: 'tiny',
      files: { 'bin/python': '#!/bin/sh\n', 'share/tiny': platform },
      platform,
    });
  }
  return pathToFileURL(channel).href;
}

/** What is configured of it wins over what this machine is. */
const ARM = { manager: 'yarn', architecture: 'aarch64' };

const worksAt = (worker: Product, id: string): boolean => worker.output().includes(`"${id}"`);

/** A worker of a platform, once it has told of itself. */
async function startWorker(ctx: Context, platform: Platform): Promise<Product> {
  const worker = await ctx.start('worker', { WORKER_PLATFORM: platform });
  await ctx.until(`the worker of ${platform} to tell of itself`, async () => {
    const all = await ctx.store.readPresences(Date.now());
    return all.some((each) => each.platform === platform && each.id.endsWith(`:${worker.pid}`));
  });
  return worker;
}

/** Several builds and processes, one after the other. */
const SLOW = { seconds: 400 };

describe('edges of two platforms', { skip: cannotWalk }, () => {
  const runTest = ferry({
    processes: ['bot'],
    engine: 'rattler',
    configure: ({ directory }, [edge]) => ({
      verify: { enabled: false },
      channels: [{ name: 'own', url: channelIn(directory), default: true }],
      edges: [
        { ...edge, default: true },
        { ...edge, name: 'arm', root: `${edge.root}-arm`, cluster: ARM },
      ],
    }),
  });

  test('have each their builds made by the worker of their platform', () =>
    runTest(async (ctx) => {
      const x86 = await startWorker(ctx, 'linux-64');
      assert.match(
        await ctx.ask('create onarm tiny --edge arm'),
        /Nobody builds for linux-aarch64, which arm must have/,
      );

      const arm = await startWorker(ctx, 'linux-aarch64');
      await ctx.ask('create onx86 tiny');
      await ctx.ask('create onarm tiny --edge arm');
      const one = await ctx.untilReady('onx86');
      const two = await ctx.untilReady('onarm');
      assert.deepEqual(
        [one, two].map(({ lock }) => [lock?.platform, lock?.packages.map(({ subdir }) => subdir)]),
        [
          ['linux-64', ['linux-64']],
          ['linux-aarch64', ['linux-aarch64']],
        ],
      );
      assert.deepEqual([worksAt(x86, one.id), worksAt(arm, one.id)], [true, false]);
      assert.deepEqual([worksAt(x86, two.id), worksAt(arm, two.id)], [false, true]);
      const [staging] = two.stagings;
      assert.equal(await ctx.edge.ssh(`cat ${staging?.driverPrefix}/share/tiny`), 'linux-aarch64');

      // In a terminal, too, a file beside a revision is read for its platform.
      const file = join(ctx.directory, 'environment.yml');
      await writeFile(file, 'dependencies:\n  - tiny  # [aarch64]\n  - huge  # [x86_64]\n');
      const diff = await ctx.terminal(['diff', file, 'onarm@1', '--json']);
      const { compared } = JSON.parse(diff.stdout);
      assert.deepEqual(compared.judged, [{ asked: 'tiny', found: 'tiny 1.0', isMet: true }]);

      assert.match(
        await ctx.ask('create both tiny --edge edge --edge arm'),
        /edge is for linux-64 and arm is for linux-aarch64.*create both tiny --edge edge.*create both-aarch64 tiny --edge arm/s,
      );
      assert.match(
        await ctx.ask('clone onx86 as other --edge arm'),
        /These packages are for linux-64, and arm is for linux-aarch64.*create other tiny --edge arm/s,
      );

      // What any worker may do is done by the one that is there.
      await ctx.stop(x86, 'SIGTERM');
      assert.match(await ctx.ask('tag onx86 prod'), /prod/);
      const link = `readlink ${ctx.edge.root}/launch/onx86:prod`;
      await ctx.until('the tag on the edge', async () => /onx86@1/.test(await ctx.edge.ssh(link)));
    }, SLOW));

  test('have a build wait and say so while the workers of its platform are away', () =>
    runTest(async (ctx) => {
      for (const worker of [...ctx.products].slice(1)) await ctx.stop(worker, 'SIGTERM');
      await ctx.ask('create later tiny --edge arm');
      await ctx.until('the message to say so', () =>
        ctx.seen().some((message) => /no worker of linux-aarch64 is there/.test(words(message))),
      );
      await startWorker(ctx, 'linux-aarch64');
      const build = await ctx.untilReady('later');
      assert.equal(build.lock?.platform, 'linux-aarch64');
    }, SLOW));
});
