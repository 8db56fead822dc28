import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { userError } from '../../src/domain/errors.ts';
import type { Edge, GrowingArchive, SentAhead, StageRequest } from '../../src/domain/ports.ts';
import type { BuildPorts } from '../../src/pipeline/context.ts';
import { createLoneWorld } from './world.ts';

const SEGMENT = { name: 'conda:numpy', bytes: 10, sha256: 'a'.repeat(64), offset: 0 };
const SENT: SentAhead = { segments: 1, found: new Map(), seconds: 1 };

/** A world whose packer writes one segment and then does `rest`, and whose edges are changed. */
function worldWith(
  rest: () => Promise<void>,
  change: (edge: Edge) => Partial<Edge>,
): ReturnType<typeof createLoneWorld> {
  const { packer, edges } = createLoneWorld().ports;
  const pack: BuildPorts['packer']['pack'] = async (request, progress) => {
    request.onSegment?.(SEGMENT, '/archive/churn.zip.part');
    await rest();
    return packer.pack(request, progress);
  };
  return createLoneWorld({
    packer: { ...packer, pack },
    edges: new Map([...edges].map(([name, edge]) => [name, { ...edge, ...change(edge) }])),
  });
}

describe('an archive, while it is written,', () => {
  test('travels to each edge at its own speed, and staging goes on from that', async () => {
    const quick = Promise.withResolvers<void>();
    const ended: string[] = [];
    const staged = new Map<string, StageRequest>();
    const statuses: Record<string, string>[] = [];
    const world = worldWith(
      async () => {
        await quick.promise;
        const { steps } = await world.newest('churn');
        statuses.push(Object.fromEntries(steps.map(({ name, status }) => [name, status])));
      },
      (edge) => ({
        async sendAhead(growing: GrowingArchive) {
          const grown = await growing.beyond(0);
          assert.deepEqual(grown.segments, [SEGMENT]);
          // One that is slow is at its first bytes when the archive is whole.
          if (edge.name === 'lab') quick.resolve();
          else await growing.beyond(SEGMENT.bytes);
          ended.push(edge.name);
          return { ...SENT, seconds: edge.name === 'lab' ? 1 : 2 };
        },
        async stage(request, progress) {
          staged.set(edge.name, request);
          return edge.stage(request, progress);
        },
      }),
    );
    await world.say('U1', 'create churn numpy --edge lab --edge madrid');
    await world.work('churn');
    const build = await world.newest('churn');
    assert.equal(build.state, 'ready');
    assert.deepEqual(ended, ['lab', 'madrid']);
    const [{ pack, stage } = {}] = statuses;
    assert.deepEqual([pack, stage], ['in_progress', 'in_progress']);
    const seconds = [...staged.values()].map(({ ahead }) => ahead?.seconds);
    assert.deepEqual(seconds, [1, 2]);
    const [one] = staged.values();
    assert.equal(one?.fingerprint, build.fingerprint);
  });

  test('is not sent on when packing fails, and the step of staging has not begun', async () => {
    const begun = Promise.withResolvers<void>();
    let reason: unknown = null;
    const world = worldWith(
      async () => {
        await begun.promise;
        throw userError({ code: 'unreadable-file', message: 'A file cannot be read.' });
      },
      () => ({
        async sendAhead(growing, { signal }) {
          begun.resolve();
          await growing.beyond(SEGMENT.bytes).catch(() => undefined);
          reason = signal.reason;
          throw signal.reason;
        },
      }),
    );
    await world.say('U1', 'create churn numpy');
    await world.work('churn');
    const build = await world.newest('churn');
    assert.equal(build.failure?.code, 'unreadable-file');
    assert.match(String(reason), /A file cannot be read/);
    const stage = build.steps.find(({ name }) => name === 'stage');
    assert.deepEqual([stage?.status, stage?.startedAt], ['pending', null]);
  });

  test('travels to no edge that was frozen since it was asked for', async () => {
    let sent = 0;
    const world = worldWith(
      async () => undefined,
      () => ({
        async sendAhead() {
          sent += 1;
          return SENT;
        },
      }),
    );
    await world.say('U1', 'create churn numpy');
    await world.store.writeFreeze({ edge: null, why: 'a move', user: 'U0OMARHAD1', at: 0 });
    await world.work('churn');
    assert.equal((await world.newest('churn')).failure?.code, 'edge-frozen');
    assert.equal(sent, 0);
  });
});
