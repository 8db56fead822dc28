/** One week of an environment as its people live it: every step stands on what the one before left. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { isObject, objectsWithin } from '../../deploy/lab/slack/index.ts';
import { compareLocks, isSameLock } from '../../src/domain/lock.ts';
import { type Context, cannotWalk, ferry, words } from '../harness.ts';

const FILE = `name: churn
channels:
  - lab
dependencies:
  - python=3.11
  - ferry-entry=1.0`;

/** Presses a button of the newest message that Ana sees, and waits for what is said then. */
async function press(ctx: Context, label: string, answer?: RegExp): Promise<void> {
  const { channel, ts, blocks } = ctx.seen().at(-1) ?? assert.fail('nothing was said');
  const buttons = [...objectsWithin(blocks ?? [])].filter(({ type }) => type === 'button');
  const button = buttons.find(({ text }) => isObject(text) && text.text === label);
  assert.ok(button, `${label} is none of ${JSON.stringify(buttons.map(({ text }) => text))}`);
  const actionId = String(button.action_id);
  const { error } = await ctx.slack.click({ user: 'ana', channel, ts, actionId });
  assert.equal(error, null);
  if (answer) await ctx.until(String(answer), () => answer.test(ctx.lastMessage()));
}

/** The end of the build that makes a revision, which may not have begun yet. */
async function untilRevision(ctx: Context, environment: string, revision: number, not = '') {
  await ctx.until(`${environment}@${revision}`, async () => {
    const [newest] = await ctx.store.listBuilds({ environment, limit: 1 });
    return newest?.revision === revision && newest.id !== not;
  });
  return ctx.untilReady(environment);
}

/** What the launcher starts for a name: the words given to a `pyspark` that only tells them. */
async function launched(ctx: Context, name: string): Promise<string[]> {
  const bin = join(ctx.directory, 'bin');
  mkdirSync(bin, { recursive: true });
  const script = '#!/bin/sh\nprintf "%s\\n" "$@"\n';
  writeFileSync(join(bin, 'pyspark'), script, { mode: 0o755 });
  const said = await ctx.edge.ssh(`PATH=${bin}:$PATH ${ctx.edge.root}/run ${name} pyspark`);
  return said.split('\n');
}

describe('a week', { skip: cannotWalk }, () => {
  const runTest = ferry();

  test('of an environment: planned, built, changed, shared, pinned, moved back, let go, got back', () =>
    runTest(async (ctx) => {
      assert.match(await ctx.ask(`plan churn\n${FILE}`), /churn would have[\s\S]*ferry-entry 1\.0/);
      assert.deepEqual(await ctx.store.listBuilds({ environment: 'churn', limit: 1 }), []);

      await press(ctx, 'Build churn');
      const first = await untilRevision(ctx, 'churn', 1);
      assert.match(words(await ctx.live('churn')), /\/run churn@1 pyspark/);

      assert.match(await ctx.ask('add churn six'), /1 added/);
      await press(ctx, 'Build churn');
      const second = await untilRevision(ctx, 'churn', 2);
      assert.ok(first.lock && second.lock);
      const { added, removed, changed } = compareLocks(first.lock, second.lock);
      assert.deepEqual([added.map(({ name }) => name), removed, changed], [['six'], [], []]);

      assert.match(await ctx.ask('diff churn'), /six 1\.17\.0/);
      await press(ctx, 'Share here');
      const shared = await ctx.slack.untilMessage((message) =>
        words(message).includes('shared this'),
      );
      assert.match(words(shared), /six 1\.17\.0/);

      await ctx.ask('clone churn as mine', { user: 'ben' });
      const clone = await untilRevision(ctx, 'mine', 1);
      assert.ok(isSameLock(clone.lock, second.lock));
      assert.notEqual(clone.requester.user, first.requester.user);

      assert.match(await ctx.ask('tag churn@2 prod'), /churn:prod is churn@2 now/);
      const { root } = ctx.edge;
      const started = await launched(ctx, 'churn:prod');
      assert.equal(started.at(-1), `${root}/envs/churn/2/churn.zip#churn_zip`);

      assert.match(await ctx.ask('rollback churn'), /churn is churn@1 now/);
      assert.equal(
        (await launched(ctx, 'churn')).at(-1),
        `${root}/envs/churn/1/churn.zip#churn_zip`,
      );
      assert.equal((await launched(ctx, 'churn:prod')).at(-1), started.at(-1));

      assert.match(await ctx.ask('delete churn@1 --yes'), /is what churn alone means/);
      await press(ctx, 'Make it @2', /churn is churn@2 now/);
      assert.match(await ctx.ask('delete churn@1 --yes'), /churn@1 is let go/);
      assert.match(await ctx.ask('run churn@1'), /churn@1 was let go/);
      await press(ctx, 'Build it again (same packages)');
      const restored = await untilRevision(ctx, 'churn', 1, first.id);
      assert.equal(restored.archive?.sha256, first.archive?.sha256);
      assert.match(await ctx.ask('run churn'), /How to run churn@2/);

      const exported = await ctx.ask('lock churn@1 --as explicit');
      for (const { url, sha256 } of first.lock.packages) {
        assert.ok(exported.includes(`${url}#sha256:${sha256}`), exported);
      }
      const told = (await ctx.ask('audit --environment churn')).split('\n').slice(1).reverse();
      assert.deepEqual(
        told.map((row) => /@U0ANARUIZ1 (\S+)/.exec(row)?.[1]),
        ['create', 'add', 'tag', 'rollback', 'delete', 'rollback', 'delete', 'restore'],
      );
    }));
});
