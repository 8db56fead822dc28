/** A site of two platforms: what is asked for goes to workers of its edges' platform. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { describeBuild } from '../../src/answers/build.ts';
import { describeLive } from '../../src/answers/live.ts';
import { describeOperations } from '../../src/answers/operations.ts';
import { textOf } from '../../src/answers/text.ts';
import type { Build } from '../../src/domain/build.ts';
import type { Errands } from '../../src/domain/errands.ts';
import { FerryError, outsideError } from '../../src/domain/errors.ts';
import { createEvents } from '../../src/domain/events.ts';
import type { Lock, Platform } from '../../src/domain/lock.ts';
import type { Presence } from '../../src/domain/presence.ts';
import type { Settings } from '../../src/domain/services.ts';
import { createServices } from '../../src/pipeline/services.ts';
import { build, environment, revision, settings, staging } from '../answers/samples.ts';
import { MemoryStore } from '../slack/memory.ts';
import { createWorld, engineSolving, locked } from './world.ts';

const ANA = { user: 'U1', channel: 'C1', team: null };
const NOW = 1_000_000;
const { request } = build('queued');
const onto = (...edges: string[]) => ({ ...request, edges });
const lockOf = (platform: Platform): Lock => ({ platform, packages: [locked('numpy 2.2.6')] });

/** Services of such a site; `tells`: workers that have told of themselves so many seconds ago. */
function site(tells: Readonly<Partial<Record<Platform, number>>> = {}) {
  const store = new MemoryStore();
  for (const [platform, seconds] of Object.entries(tells)) {
    const at = NOW - seconds * 1000;
    const presence = {
      ...{ id: `${platform}:1`, host: platform, version: '0.1.0', concurrency: 1, work: [] },
      ...{ startedAt: 0, at, isDraining: false, isOver: false },
    };
    store.presences.set(presence.id, { ...presence, platform: platform as Platform } as Presence);
  }
  const queued: string[] = [];
  const asked: string[] = [];
  const errands: Errands = {
    async ask(kind, _asked, { platform }) {
      asked.push(`${kind} ${platform}`);
      throw outsideError({ code: 'errand-unanswered', message: 'No build host has answered.' });
    },
    async close() {},
  };
  let ids = 0;
  const services = createServices({
    ...{ store, errands, clock: { now: () => NOW }, events: createEvents([]) },
    queue: {
      enqueue: async ({ id }, platform, purpose) =>
        void queued.push(`${id} ${platform} ${purpose}`),
      cancel: async (_build, platform) => {
        queued.push(`cancelled ${platform}`);
        return { isAtWork: true };
      },
      standing: async () => 'queued',
      order: async (platform) => {
        const own = [...store.builds.values()].filter((each) => each.platform === platform);
        const waiting = own.map((each) => ({
          ...{ buildId: each.id, purpose: 'build' as const, build: each },
        }));
        return { active: [], waiting };
      },
      close: async () => undefined,
    },
    settings: {
      ...settings,
      retention: { ...settings.retention, usedDays: 1 },
      edges: [
        { name: 'lab', default: true },
        { name: 'madrid', default: false, platform: 'linux-aarch64' },
      ],
    },
    newId: () => `b${++ids}`,
  });
  return { store, services, queued, asked };
}

/** An environment of Ana's with one revision. */
function keep(store: MemoryStore, asked: typeof request, lock: Lock) {
  const known = { ...revision(1), request: asked, lock };
  store.environments.set('churn', { ...environment(), owner: ANA.user, revisions: [known] });
  return known;
}

async function refusal(asking: Promise<unknown>): Promise<FerryError> {
  const error = await asking.then(
    () => null,
    (error: unknown) => error,
  );
  assert.ok(error instanceof FerryError, 'nothing was refused');
  return error;
}

describe('what is asked for', () => {
  test('is queued for the platform of its edge, and says so in its record', async () => {
    const { services, store, queued } = site();
    const { build: one } = await services.create(onto('lab'), ANA);
    const other = { ...onto('madrid'), environment: 'fraud' };
    const { build: two } = await services.create(other, ANA);
    assert.deepEqual(queued, ['b1 linux-64 build', 'b2 linux-aarch64 build']);
    assert.deepEqual(
      [one, two].map(({ id }) => store.builds.get(id)?.platform),
      ['linux-64', 'linux-aarch64'],
    );
  });

  test('is solved by a worker of that platform: a create, a plan and an edit', async () => {
    const { services, store, asked, queued } = site();
    const arm = keep(store, onto('madrid'), lockOf('linux-aarch64'));
    await refusal(services.plan(onto('madrid'), ANA));
    await services.createPlanned({ ...onto('madrid'), environment: 'fraud' }, ANA);
    const edit = { revision: arm.number, drop: [], lift: [] };
    await refusal(services.planEdit({ request: arm.request, edit }, ANA));
    assert.deepEqual(asked, ['plan linux-aarch64', 'plan linux-aarch64', 'edit linux-aarch64']);
    assert.deepEqual(queued, ['b1 linux-aarch64 build']);
  });

  test('for edges of two platforms is refused before anything is asked or recorded', async () => {
    const { services, store, asked } = site();
    const both = onto('lab', 'madrid');
    const refused = [
      await refusal(services.create(both, ANA)),
      await refusal(services.createPlanned(both, ANA)),
      await refusal(services.plan(both, ANA)),
    ];
    for (const { code } of refused) assert.equal(code, 'several-platforms');
    assert.deepEqual([store.builds.size, store.environments.size, asked], [0, 0, []]);
  });

  test('with packages of another platform is refused: a lock, a clone and an edit', async () => {
    const { services, store, queued, asked } = site();
    const churn = keep(store, onto('lab'), lockOf('linux-64'));
    const edit = { revision: churn.number, drop: [], lift: [] };
    const refused = [
      await refusal(services.create(onto('madrid'), ANA, { lock: lockOf('linux-64') })),
      await refusal(services.clone({ name: 'churn', which: null }, 'other', ['madrid'], ANA)),
      await refusal(services.planEdit({ request: onto('madrid'), edit }, ANA)),
    ];
    for (const { code, repairs } of refused) {
      assert.equal(code, 'other-platform');
      assert.match(repairs[0]?.command ?? '', /^create \w+ .* --edge madrid$/);
    }
    assert.deepEqual([queued, asked], [[], []]);
  });

  test('again goes where it went: a retry, a proof and a cancellation', async () => {
    const { services, store, queued } = site();
    const failed = build('failed', { id: 'f', request: onto('madrid'), lock: null });
    await store.createBuild({ ...failed, platform: 'linux-aarch64' });
    const again = await services.retry(await read(store, 'f'), failed.requester);
    assert.equal(again.platform, 'linux-aarch64');
    await services.cancel(again, failed.requester);
    const ready = build('ready', { id: 'r', request: { ...onto('madrid'), environment: 'fraud' } });
    await store.createBuild({ ...ready, platform: 'linux-aarch64' });
    await services.verify(await read(store, 'r'), ready.requester);
    assert.deepEqual(queued, [
      'f linux-aarch64 build',
      'cancelled linux-aarch64',
      'r linux-aarch64 verify',
    ]);
  });

  test('again is refused where its edges have become of another platform since', async () => {
    const { services, store, queued } = site();
    const failed = build('failed', { id: 'f', request: onto('madrid'), lock: null });
    await store.createBuild({ ...failed, platform: 'linux-64' });
    const { code, repairs } = await refusal(
      services.retry(await read(store, 'f'), failed.requester),
    );
    assert.equal(code, 'other-platform');
    assert.match(repairs[0]?.command ?? '', /^create churn .* --edge madrid$/);
    assert.deepEqual(queued, []);
  });

  test('of whichever worker goes to a platform of which one takes work', async () => {
    const { services, store, asked } = site({ 'linux-aarch64': 1 });
    store.environments.set('churn', { ...environment(), owner: ANA.user });
    await services.rollback('churn', 1, ANA).catch(() => undefined);
    await services.tag('churn', null, 'prod', ANA);
    await services.letGo('churn', 1, false, ANA).catch(() => undefined);
    assert.ok(asked.length > 0);
    for (const errand of asked) assert.match(errand, /^(point|uses|unstage) linux-aarch64$/);
  });
});

describe('a build', () => {
  test('is refused before it is solved where the edge says that it is of another platform', async () => {
    const edges = new Map(createWorld().ports.edges);
    const [lab] = edges.values();
    assert.ok(lab);
    const cluster = { ...staging().cluster, architecture: 'aarch64' as const };
    edges.set('lab', { ...lab, profile: async () => cluster });
    let solves = 0;
    const engine = engineSolving(async ({ platform }) => {
      solves += 1;
      return { platform, packages: [] };
    });
    const world = createWorld({ edges, engine });
    world.errands.worker = null;
    await world.say('U1', 'create churn numpy');
    await world.work('churn');
    const { state, failure } = await world.newest('churn');
    assert.deepEqual([state, failure?.code, solves], ['failed', 'edge-other-platform', 0]);
    assert.match(failure?.suggestion ?? '', /`cluster\.architecture: aarch64`.*linux-aarch64/);
  });

  test('says its platform where the edges are of several, and nothing of it else', () => {
    const told = (edges: Settings['edges']) =>
      textOf(
        describeBuild(
          { kind: 'build', build: build('queued'), audience: 'channel' },
          { ...settings, edges },
        ),
      );
    assert.match(
      told([...settings.edges, { name: 'arm', default: false, platform: 'linux-aarch64' }]),
      /for linux-64/,
    );
    assert.doesNotMatch(told(settings.edges), /linux-/);
  });

  test('that waits while no worker is there says for which it waits', () => {
    const outlook = { position: 2, seconds: null, awaits: 'linux-aarch64' as const };
    const told = textOf(describeLive(build('queued'), settings, outlook));
    assert.match(told, /2nd in the queue: no worker of linux-aarch64 is there at present/);
  });
});

describe('where nobody builds for a platform', () => {
  test('a request for it is refused, once others have told of themselves', async () => {
    const { services, store } = site({ 'linux-64': 1 });
    const error = await refusal(services.create(onto('madrid'), ANA));
    assert.equal(error.code, 'nobody-builds');
    assert.match(error.message, /Nobody builds for `linux-aarch64`, which `madrid` must have/);
    assert.match(error.suggestion ?? '', /worker\.platform: linux-aarch64.*`lab`/);
    assert.equal(store.builds.size, 0);
    await services.create(onto('lab'), ANA);
  });

  test('a request waits while a worker begins again, and says what it waits for', async () => {
    const { services } = site({ 'linux-64': 1, 'linux-aarch64': 600 });
    const { build: waiting } = await services.create(onto('madrid'), ANA);
    assert.deepEqual(await services.outlook(waiting), {
      ...{ position: 1, seconds: null, awaits: 'linux-aarch64' },
    });
    const { build: other } = await services.create({ ...onto('lab'), environment: 'two' }, ANA);
    assert.equal(await services.outlook(other), null);
  });

  test('`status --all` says so', async () => {
    const { services } = site({ 'linux-64': 1, 'linux-aarch64': 20 });
    const operations = await services.operations({ user: settings.operators[0] ?? '' });
    const told = textOf(describeOperations({ kind: 'operations', operations }, settings));
    assert.match(told, /No worker takes builds for linux-aarch64\./);
    assert.doesNotMatch(told, /No worker takes builds for linux-64/);
  });

  test('nobody is refused while no worker at all has told of itself', async () => {
    const { services, queued } = site();
    const { build: made } = await services.create(onto('madrid'), ANA);
    assert.deepEqual(queued, ['b1 linux-aarch64 build']);
    assert.equal(await services.outlook(made), null);
  });
});

async function read(store: MemoryStore, id: string): Promise<Build> {
  const known = await store.readBuild(id);
  assert.ok(known);
  return known;
}
