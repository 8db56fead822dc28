import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, test } from 'node:test';
import type { Store } from '../../src/domain/ports.ts';
import { type Context, cannotWalk, ferry } from '../harness.ts';
import { placesOf, WORLD } from './previous.ts';
import { load } from './recorded.ts';

const RELEASES = globSync('*.jsonl.zst', { cwd: import.meta.dirname });

for (const file of RELEASES) {
  const version = basename(file, '.jsonl.zst');
  describe(`what ${version} left in Redis when its build host lost power`, {
    skip: cannotWalk,
  }, () => {
    const runTest = ferry({ ...WORLD, processes: [] });

    test('is read by this version, goes on where it stood, and nothing of it is lost', () =>
      runTest(
        async (ctx) => {
          await load(ctx.redis.connection, join(import.meta.dirname, file), placesOf(ctx));
          const before = await inventory(ctx.store);
          assert.deepEqual(before.environments, ['finished', 'second']);
          assert.deepEqual([...before.open.values()].sort(), ['queued', 'running']);
          assert.equal(before.approvals.length, 1);
          await ctx.start('bot');
          await ctx.until('Slack’s socket', () => ctx.slack.connections() > 0, 30);
          await everyQuestionIsAnswered(ctx);

          await ctx.start('worker');
          for (const environment of ['halfway', 'waiting']) {
            await ctx.until(`${environment} to be ready`, async () => {
              const [build] = await ctx.store.listBuilds({ environment, limit: 1 });
              assert.notEqual(build?.state, 'failed', JSON.stringify(build?.failure));
              return build?.state === 'ready';
            });
          }
          const later = await inventory(ctx.store);
          assert.deepEqual(later.builds, before.builds);
          assert.deepEqual(later.subscriptions, before.subscriptions);
          assert.deepEqual(later.approvals, before.approvals);
          assert.deepEqual(later.blocks, before.blocks);
          assert.deepEqual(later.scheduled, before.scheduled);
          assert.deepEqual(later.environments, ['finished', 'halfway', 'second', 'waiting']);
          for (const environment of ['halfway', 'waiting']) {
            const [manifest] = ctx.edge.manifests(environment);
            assert.equal(ctx.edge.sha256(environment), manifest?.archive.sha256);
          }
        },
        // What was posted in the Slack of that day is not in this one.
        { errors: /message_not_found/ },
      ));
  });
}

/** What people would miss: the records, by what they are known by. */
async function inventory(store: Store) {
  const builds = await store.listBuilds({ limit: 100 });
  const open = new Map<string, string>();
  for (const id of await store.openBuilds()) {
    open.set(id, (await store.readBuild(id))?.state ?? 'gone');
  }
  const { environments: scheduled } = await store.scheduledEnvironments({ limit: 10 });
  return {
    environments: (await store.listOutlines({ limit: null })).map(({ name }) => name),
    builds: builds.map(({ id }) => id).sort(),
    open,
    approvals: (await store.listApprovals()).map(({ id, createdAt, expiresAt }) => [
      id,
      createdAt,
      expiresAt,
    ]),
    subscriptions: await store.readSubscriptions(),
    blocks: await store.readBlocks(),
    scheduled: scheduled.map(({ name, schedule }) => [name, schedule]),
  };
}

/** Whatever reads records, asked by somebody in Slack; what each must say of them. */
const QUESTIONS: readonly (readonly [string, RegExp, string])[] = [
  ['list', /finished.*second|second.*finished/s, 'ana'],
  ['show finished', /finished@1/, 'ana'],
  ['run finished:prod', /pyspark/, 'ana'],
  ['status halfway', /halfway/, 'ana'],
  ['status waiting', /waiting/, 'ana'],
  ['status stopped', /cancelled/, 'ana'],
  ['logs second', /pytz/, 'ben'],
  ['search six', /finished.*second|second.*finished/s, 'ana'],
  ['diff finished second', /pytz/, 'ana'],
];

async function everyQuestionIsAnswered(ctx: Context): Promise<void> {
  for (const [question, said, user] of QUESTIONS)
    assert.match(await ctx.ask(question, { user }), said, question);
  assert.match(await ctx.ask('subscriptions', { user: 'ben' }), /finished/);
}
