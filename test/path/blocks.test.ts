/** Blocks by the real solver, and what has a blocked package by its owner. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isObject, objectsWithin } from '../../deploy/lab/slack/index.ts';
import { createErrands } from '../../src/adapters/redis/errands.ts';
import { compareLocks } from '../../src/domain/lock.ts';
import type { BuildRequest } from '../../src/domain/request.ts';
import { parseSpec } from '../../src/domain/spec.ts';
import { REDIS_PREFIX } from '../../src/foundation.ts';
import { type Context, cannotWalk, ferry, words } from '../harness.ts';

const request: BuildRequest = {
  ...{ environment: 'planned', specs: [parseSpec('python=3.11'), parseSpec('numpy')] },
  ...{ edges: ['edge'], pip: [], channels: [], projects: [] },
  ...{ layout: 'local', format: 'auto', packer: 'segments', force: false },
};

async function versionOf(ctx: Context, name: string): Promise<string> {
  const errands = createErrands({ connection: ctx.redis.connection, prefix: REDIS_PREFIX });
  try {
    const { lock } = await errands.ask(
      'plan',
      { request },
      { platform: 'linux-64', waitMs: 60_000 },
    );
    const found = lock.packages.find((entry) => entry.name === name);
    assert.ok(found, `${name} is not among the packages`);
    return found.version;
  } finally {
    await errands.close();
  }
}

describe('a block', { skip: cannotWalk }, () => {
  const runTest = ferry();

  test('makes the real solver take another version, or says who blocked the only one', () =>
    runTest(async (ctx) => {
      const newest = await versionOf(ctx, 'numpy');
      const block = (spec: string) =>
        ctx.store.writeBlock({ spec: parseSpec(spec), why: 'CVE', user: 'U0OMARHAD1', at: 1 });
      await block(`numpy==${newest}`);
      const other = await versionOf(ctx, 'numpy');
      assert.notEqual(other, newest);
      await block(`numpy>=1,<${other}|>${other}`);
      assert.equal(await versionOf(ctx, 'numpy'), other);
      await block(`numpy==${other}`);
      await assert.rejects(versionOf(ctx, 'numpy'), { code: 'package-blocked' });
    }));

  test('is had out of what has it: its owner is asked directly, and a press builds without it', () =>
    runTest(async (ctx) => {
      const block = (text: string) => ({
        ...{ spec: parseSpec(text), why: 'CVE-2024-9143', user: 'U0OMARHAD1', at: 1 },
      });
      const newer = block('ferry-entry>=1.1');
      await ctx.store.writeBlock(newer);
      await ctx.slash('create churn python=3.11 ferry-entry six');
      const first = await ctx.untilReady('churn');
      await ctx.store.removeBlock(newer.spec);

      const omar = { user: 'omar' };
      await ctx.ask('block "ferry-entry<1.1" --why CVE-2024-9143', omar);
      const told = await ctx.ask('rebuild --affected', omar);
      assert.match(told, /churn@1 of @.*ferry-entry 1\.0.*asked:.*1 changed/s);

      const { workspace } = ctx.slack;
      const { id: channel } = workspace.directChannel(workspace.user('ana'));
      const asked = await ctx.until('the question to the owner', () =>
        workspace.messages.find(
          (message) => message.channel === channel && /asks you to change/.test(words(message)),
        ),
      );
      assert.match(words(asked), /blocked: CVE-2024-9143\.[\s\S]*ferry-entry 1\.0 → 1\.1/);
      const button = [...objectsWithin(asked.blocks ?? [])].find(
        ({ type, text }) => type === 'button' && isObject(text) && text.text === 'Build churn',
      );
      const actionId = String(button?.action_id);
      const { error } = await ctx.slack.click({ user: 'ana', channel, ts: asked.ts, actionId });
      assert.equal(error, null);
      await ctx.until('the build of it', async () => (await ctx.build('churn')).id !== first.id);
      const second = await ctx.untilReady('churn');
      assert.ok(first.lock && second.lock);
      const { changed, added, removed } = compareLocks(first.lock, second.lock);
      assert.deepEqual(
        [changed.map(({ after }) => `${after.name} ${after.version}`), added, removed],
        [['ferry-entry 1.1'], [], []],
      );
      assert.match(
        await ctx.ask('rebuild --affected', omar),
        /No environment has .*ferry-entry<1\.1/,
      );
    }));
});
