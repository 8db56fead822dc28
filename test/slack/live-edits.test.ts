/** In which order live messages are edited, and what that costs the store. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Build } from '../../src/domain/build.ts';
import { outsideError } from '../../src/domain/errors.ts';
import type { Store } from '../../src/domain/ports.ts';
import { createLiveEdits } from '../../src/slack/deliveries/live-edits.ts';
import { PACE } from '../../src/slack/deliveries/pace.ts';
import { LOST } from '../../src/slack/leading.ts';
import { build, settings } from '../answers/samples.ts';
import { MemoryStore } from './memory.ts';

const HOUR = 3_600_000;
const UNREADABLE = 'torn';
const NOW = 1_700_000_000_000;
const log = { info() {}, warn() {}, error() {} };

/** A store with builds whose messages are known by their ids, and edits over it. */
async function withBuilds(builds: readonly Build[]) {
  const store = new MemoryStore();
  for (const each of builds) await store.createBuild(each);
  const reads: string[] = [];
  const edited: string[] = [];
  const unposted: string[] = [];
  const ended = Promise.withResolvers<void>();
  const stopping = new AbortController();
  const edits = createLiveEdits({
    store: {
      async readBuild(id) {
        reads.push(id);
        if (id === UNREADABLE) throw outsideError({ code: 'record-unreadable', message: 'torn' });
        return store.readBuild(id);
      },
      updateBuild: (id, change) => store.updateBuild(id, change),
      readShown: (id) => store.readShown(id),
      writeShown: (id, shown) => store.writeShown(id, shown),
    },
    chat: {
      async edit({ ts }) {
        edited.push(ts);
        if (edited.length === builds.filter(({ message }) => message).length) ended.resolve();
      },
    },
    unposted: ({ id }) => unposted.push(id),
    ...{ settings, outlook: async () => null, pace: PACE, clock: { now: () => NOW }, log },
  });
  return {
    ...{ store, edits, reads, edited, unposted },
    /** Until each message has been edited. */
    async work() {
      const working = edits.work(stopping.signal);
      await ended.promise;
      stopping.abort();
      await working;
    },
  };
}

const told = (id: string, change: Partial<Build>, state: 'running' | 'ready'): Build =>
  build(state, { id, message: { channel: 'C0DATASCI1', ts: id }, ...change });

describe('live messages', () => {
  test('tell an end that nobody knows first, then what goes on, and last what only may have changed', async () => {
    const { store, edits, edited, work } = await withBuilds([
      told('old', { finishedAt: NOW - HOUR }, 'ready'),
      told('at work', { finishedAt: null }, 'running'),
      told('ended meanwhile', { finishedAt: NOW - HOUR }, 'ready'),
    ]);
    const before = { digest: 'another', at: NOW - HOUR, isEnd: true };
    await store.writeShown('old', before);
    await store.writeShown('at work', { ...before, isEnd: false });
    await store.writeShown('ended meanwhile', { ...before, isEnd: false });
    for (const id of ['old', 'at work', 'ended meanwhile']) edits.suspect(id);
    await work();
    assert.deepEqual(edited, ['ended meanwhile', 'at work', 'old']);
  });

  test('cost one look at a record when it changed, and one when it is told', async () => {
    const ids = Array.from({ length: 40 }, (_, index) => `b${index}`);
    const { edits, reads, work } = await withBuilds(
      ids.map((id) => told(id, { finishedAt: NOW }, 'ready')),
    );
    for (const id of ids) edits.mark(id);
    await work();
    assert.ok(reads.length <= 2 * ids.length, `${reads.length} reads for ${ids.length} edits`);
  });

  test('of which there may be none are told of by the same look, and are for whoever posts them', async () => {
    const { edits, reads, unposted, work } = await withBuilds([
      told('none', { message: null }, 'running'),
      told('b1', { finishedAt: NOW }, 'ready'),
    ]);
    for (const id of ['none', 'b1']) edits.suspect(id);
    await work();
    assert.deepEqual([unposted, reads], [['none'], ['none', 'b1']]);
  });

  test('are edited beside one whose record cannot be read', async () => {
    const { edits, edited, work } = await withBuilds([told('b1', { finishedAt: NOW }, 'ready')]);
    for (const id of [UNREADABLE, 'b1']) edits.mark(id);
    await work();
    assert.deepEqual(edited, ['b1']);
  });

  test('end with the newest, also when another bot leads while an edit is on its way', async (context) => {
    const store = new MemoryStore();
    await store.createBuild(told('b1', { finishedAt: null }, 'running'));
    const slack: string[] = [];
    const [asked, answered, again] = [0, 0, 0].map(() => Promise.withResolvers<void>());
    context.mock.method(store, 'writeShown', async (...shown: Parameters<Store['writeShown']>) => {
      await MemoryStore.prototype.writeShown.apply(store, shown);
      answered?.resolve();
    });
    const common = { store, settings, outlook: async () => null, pace: PACE };
    const bot = (edit: (text: string) => Promise<void>) =>
      createLiveEdits({
        ...{ ...common, clock: { now: () => NOW }, log },
        chat: { edit: (_reference, { text }) => edit(text) },
      });
    const frozen = bot(async (text) => {
      asked?.resolve();
      await answered?.promise;
      slack.push(text);
    });
    const [losing, stopping] = [new AbortController(), new AbortController()];
    frozen.mark('b1');
    const worked = frozen.work(losing.signal);
    await asked?.promise;
    const other = bot(async (text) => {
      slack.push(text);
      if (slack.length === 3) again?.resolve();
    });
    await store.watch(other.mark);
    losing.abort(LOST);
    await store.updateBuild('b1', () => told('b1', { finishedAt: NOW }, 'ready'));
    const working = other.work(stopping.signal);
    await again?.promise;
    stopping.abort();
    await Promise.all([worked, working]);
    assert.equal(slack[2], slack[0]);
    assert.notEqual(slack[1], slack[0]);
  });
});
