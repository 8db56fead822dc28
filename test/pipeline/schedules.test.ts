/** A scheduled environment is built by itself where packages change; its owner hears of that once. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isSettled } from '../../src/domain/build.ts';
import { defaultRevision, type Environment, isThere } from '../../src/domain/environment.ts';
import { outsideError, userError } from '../../src/domain/errors.ts';
import type { Lock } from '../../src/domain/lock.ts';
import type { Notice } from '../../src/domain/ports.ts';
import { days } from '../../src/domain/retention.ts';
import { isScheduled } from '../../src/domain/schedule.ts';
import { keepRetention } from '../../src/pipeline/retention.ts';
import { abandonBuild } from '../../src/pipeline/run.ts';
import { keepSchedules } from '../../src/pipeline/schedules.ts';
import { environment, settings } from '../answers/samples.ts';
import { createWorld, engineSolving, jobFor, locked } from './world.ts';

const OWNER = 'U0ANARUIZ1';
const BEN = 'U0BENOKAF1';
const [OPERATOR = ''] = settings.operators;
const lockOf = (...texts: string[]): Lock => ({
  platform: 'linux-64',
  packages: ['python 3.11.9', ...texts].map(locked),
});
const same = () => lockOf('numpy 1.26.4');
const newer = () => lockOf('numpy 2.2.6');
const CHANGES = '1 changed: `numpy 1.26.4` → `2.2.6`.';

type Options = Parameters<typeof createWorld>[1];

/** `churn` with numpy 1.26.4, scheduled every week by its owner; `on` does the duty on a day. */
async function scheduled(say = 'schedule churn weekly', services: Options = {}) {
  const now = { ms: Date.now() };
  const clock = { now: () => now.ms };
  let answer: () => Lock = same;
  let solves = 0;
  const engine = engineSolving(async () => {
    solves += 1;
    return answer();
  });
  const world = createWorld({ clock, engine }, { clock, ...services });
  const known = environment();
  const revisions = known.revisions.map((revision) => ({ ...revision, lock: same() }));
  world.store.environments.set('churn', { ...known, revisions });
  const reply = await world.say(OWNER, say);
  assert.equal(reply.kind, 'notice', JSON.stringify(reply));
  const began = now.ms + 1000;
  const reporting = { signal: new AbortController().signal, log: () => undefined };
  const read = () => world.store.environments.get('churn') as Environment;
  return {
    ...{ world, reporting, read },
    solves: () => solves,
    at: (day: number) => {
      now.ms = began + days(day);
    },
    /** Does the duty on that day; what is begun is built, but where that is left out. */
    async on(day: number, solve: () => Lock, isBuilt = true): Promise<void> {
      now.ms = began + days(day);
      answer = solve;
      await keepSchedules(world.ports, reporting);
      const [newest] = await world.store.listBuilds({ environment: 'churn', limit: 1 });
      if (isBuilt && newest && !isSettled(newest)) await world.work('churn');
    },
    /** All notices there were for its owner, of what was built by the state of the build. */
    told(): string[] {
      return [...world.store.notices.values()].flatMap((notice: Notice) => {
        if (notice.kind === 'newer') return notice.text;
        if (notice.kind !== 'scheduled') return [];
        return `scheduled: ${world.store.builds.get(notice.buildId)?.state}`;
      });
    },
    last: () => read().schedule?.last,
    means: () => defaultRevision(read())?.number,
  };
}

type Scheduled = Awaited<ReturnType<typeof scheduled>>;

/** Executors that do not have what they should. */
function breakProofs({ world }: Scheduled): void {
  world.ports.verification = { enabled: true, timeoutSeconds: 1, executors: 1 };
}

describe('a scheduled environment', () => {
  test('is neither built nor spoken of while nothing newer would come', async () => {
    const { on, told, last, world } = await scheduled();
    await on(0, same);
    assert.deepEqual(told(), []);
    assert.equal(last()?.outcome, 'same');
    assert.equal(world.store.builds.size, 0);
  });

  test('is built as its owner where packages change, and its owner hears once what changed', async () => {
    const { on, told, last, means, world } = await scheduled();
    await on(0, newer);
    const build = await world.newest('churn');
    assert.deepEqual([build.requester.user, build.state], [OWNER, 'ready']);
    assert.deepEqual(told(), ['scheduled: ready']);
    assert.equal(means(), 4);
    assert.equal(last()?.text, `Built \`churn@4\`: ${CHANGES}`);
    await on(0.1, newer);
    await on(8, newer);
    assert.deepEqual(told(), ['scheduled: ready']);
    assert.equal(world.store.builds.size, 1);
  });

  test('is in the audit as what its schedule asked for', async () => {
    const { on, world } = await scheduled();
    await on(0, newer);
    const entry = world.store.audit.at(-1);
    assert.deepEqual(
      [entry?.deed, entry?.requester.user, entry?.requester.channel, entry?.outcome],
      ['create', OWNER, 'schedule', 'done'],
    );
  });

  test('is looked at when its time has come, and not before', async () => {
    const { on, solves, told } = await scheduled();
    await on(0, same);
    await on(6.9, newer);
    assert.equal(solves(), 1);
    await on(7.1, newer);
    assert.deepEqual(told(), ['scheduled: ready']);
  });

  test('means what it meant where the proof fails, which is told once', async () => {
    const schedule = await scheduled();
    const { on, told, last, means, read } = schedule;
    breakProofs(schedule);
    await on(0, newer);
    assert.equal(last()?.outcome, 'broken');
    assert.match(last()?.reason ?? '', /^verification-failed: 1 changed/);
    assert.equal(means(), 3);
    assert.equal(read().revisions.length, 3);
    await on(8, newer);
    assert.deepEqual(told(), ['scheduled: failed']);
    await on(16, () => lockOf('numpy 2.3.0'));
    assert.deepEqual(told(), ['scheduled: failed', 'scheduled: failed']);
  });

  test('tells once why it cannot be solved any more, with what to do', async () => {
    const { on, told, last } = await scheduled();
    const broken = () => {
      const suggestion = 'Leave numpy out.';
      throw userError({
        code: 'package-not-found',
        message: 'numpy is gone: hunter2.',
        suggestion,
      });
    };
    await on(0, broken);
    await on(8, broken);
    assert.equal(told().length, 1);
    assert.match(told().join(), /numpy is gone: «secret»\. Leave numpy out\./);
    assert.equal(last()?.outcome, 'broken');
  });

  test('tells once that a rule refuses it, and builds once it may', async () => {
    const { on, told, world } = await scheduled();
    await world.say(OPERATOR, 'freeze --why audit');
    await on(0, newer);
    await on(8, newer);
    assert.equal(told().length, 1);
    assert.match(told().join(), /Newer packages: 1 changed.*audit/);
    assert.equal(world.store.audit.at(-1)?.outcome, 'edge-frozen');
    await world.say(OPERATOR, 'thaw');
    await on(16, newer);
    assert.equal(told().at(-1), 'scheduled: ready');
  });

  test('waits for approval where a rule wants it, and is told of when that is there', async () => {
    const roles = [
      {
        ...{ name: 'release', members: [BEN], commands: [], edges: [], channels: [] },
        ...{ projects: [], tags: [], indexes: [] },
      },
    ];
    const rule = { channels: [], tags: [], projects: false, by: 'release', count: 1, where: null };
    const edges = environment().revisions[0]?.request.edges ?? [];
    const approvals = [{ ...rule, edges: edges.length > 0 ? edges : ['lab'] }];
    const { on, told, last, world } = await scheduled(undefined, {
      settings: { ...settings, roles, approvals },
    });
    await on(0, newer);
    await on(8, newer);
    assert.equal(last()?.outcome, 'waiting');
    assert.equal(told().filter((text) => /waits for approval/.test(text)).length, 1);
    const approved = await world.say(BEN, 'approve churn');
    assert.ok(approved.kind === 'notice', 'no message of its own');
    await world.work('churn');
    assert.equal(told().at(-1), 'scheduled: ready');
    assert.equal(last()?.outcome, 'built');
  });

  test('is left alone where its schedule is ended while others are looked at', async () => {
    const { on, world, read, solves } = await scheduled();
    const { schedule } = read();
    const later = schedule && { ...schedule, dueAt: schedule.dueAt + 1 };
    world.store.environments.set('scoring', { ...read(), name: 'scoring', schedule: later });
    await on(0, () => {
      world.store.environments.set('scoring', { ...read(), name: 'scoring', schedule: null });
      return same();
    });
    assert.equal(solves(), 1);
  });

  test('is left to the workers of its own platform', async () => {
    const { on, solves, world } = await scheduled();
    world.ports.platform = 'linux-aarch64';
    await on(0, newer);
    assert.equal(solves(), 0);
  });

  test('is put off while somebody builds it, and only then is solved', async () => {
    const { on, solves, told, world } = await scheduled();
    await world.say(OWNER, 'create churn numpy pandas --edge madrid');
    const before = solves();
    await on(0, newer, false);
    assert.equal(solves(), before);
    await world.work('churn');
    await on(0.001, () => lockOf('numpy 2.3.0'));
    assert.equal([...world.store.builds.values()].filter(isScheduled).length, 0);
    await on(0.02, () => lockOf('numpy 2.3.0'));
    assert.equal(told().at(-1), 'scheduled: ready');
  });

  test('leaves build hosts to people: one scheduled build is at work at a time', async () => {
    const { on, world, read } = await scheduled();
    const { schedule } = read();
    world.store.environments.set('scoring', { ...read(), name: 'scoring', schedule });
    await on(0, newer, false);
    await on(0.01, newer, false);
    assert.equal([...world.store.builds.values()].filter(isScheduled).length, 1);
  });

  test('is not built again where a worker went away after it had asked', async () => {
    const { on, told, world, last } = await scheduled();
    const { updateEnvironment } = world.store;
    await on(0, newer, false);
    await on(0.01, newer, false);
    assert.equal(world.store.builds.size, 1);
    // The worker that makes it ends before it can record what became of the schedule.
    world.store.updateEnvironment = async (name, change) => {
      const changed = await updateEnvironment.call(world.store, name, change);
      if (changed.schedule?.last?.outcome !== 'built') return changed;
      throw outsideError({ code: 'store-unavailable', message: 'Away.', suggestion: null });
    };
    await assert.rejects(world.work('churn'), /Away/);
    world.store.updateEnvironment = updateEnvironment;
    await world.work('churn');
    await on(0.02, newer);
    assert.deepEqual(told(), ['scheduled: ready']);
    assert.equal(last()?.outcome, 'built');
    assert.equal(world.store.builds.size, 1);
  });

  test('is told of where every worker that took it has ended', async () => {
    const { on, told, world, last } = await scheduled();
    await on(0, newer, false);
    await abandonBuild(world.ports, jobFor((await world.newest('churn')).id), new Error('gone'));
    assert.deepEqual(told(), ['scheduled: failed']);
    assert.match(last()?.reason ?? '', /^abandoned/);
  });

  test('goes on at its next time where somebody has stopped its build', async () => {
    const { on, told, world, last, read } = await scheduled();
    await on(0, newer, false);
    const { id } = await world.newest('churn');
    await world.store.updateBuild(id, (build) => ({
      ...build,
      state: 'cancelled',
      finishedAt: build.createdAt + 1,
    }));
    await on(0.01, newer, false);
    assert.deepEqual([told(), last()?.outcome], [[], 'broken']);
    assert.ok((read().schedule?.dueAt ?? 0) > Date.now() + days(6));
    assert.equal(world.store.builds.size, 1);
  });

  test('does not undo that somebody went back from what is newest', async () => {
    const { on, told, means, world } = await scheduled();
    await on(0, newer);
    await world.say(OWNER, 'rollback churn');
    await on(8, newer);
    assert.equal(means(), 3);
    assert.deepEqual(told(), ['scheduled: ready']);
    await on(16, () => lockOf('numpy 2.3.0'));
    assert.equal(means(), 5);
  });

  test('is tried again within the day where a channel was away, without a word', async () => {
    const { on, told } = await scheduled();
    await on(0, () => {
      throw outsideError({ code: 'channel-away', message: 'Away.', suggestion: null });
    });
    assert.deepEqual(told(), []);
    await on(0.1, newer);
    assert.deepEqual(told(), ['scheduled: ready']);
  });

  test('is not deleted as a whole until the schedule is ended', async () => {
    const { world } = await scheduled();
    const refused = await world.say(OWNER, 'delete churn --yes');
    assert.ok(refused.kind === 'refusal' && refused.error.code === 'in-use');
    assert.deepEqual(
      refused.error.repairs.map(({ command }) => command),
      ['schedule churn off'],
    );
    assert.equal((await world.say(OWNER, 'delete churn@1 --yes')).kind, 'left');
    await world.say(OWNER, 'schedule churn off');
    assert.equal((await world.say(OWNER, 'delete churn --yes')).kind, 'left');
  });

  test('is none any more once all of it is let go, and cannot become one until it is back', async () => {
    const { world, at, reporting, read } = await scheduled();
    world.ports.retention = { expireDays: 30, remindDays: 7, keepRevisions: null, usedDays: 0 };
    for (const day of [1000, 1008]) {
      at(day);
      await keepRetention(world.ports, reporting);
    }
    assert.deepEqual([read().revisions.filter(isThere), read().schedule], [[], null]);
    const refused = await world.say(OWNER, 'schedule churn weekly');
    assert.ok(refused.kind === 'refusal' && refused.error.code === 'let-go');
    assert.deepEqual(
      refused.error.repairs.map(({ command }) => command),
      ['restore churn@3'],
    );
  });

  test('is its owner’s to begin and to end', async () => {
    const { world, on, solves } = await scheduled();
    const denied = await world.say('U01', 'schedule churn off');
    assert.ok(denied.kind === 'refusal' && denied.error.code === 'not-allowed');
    await world.say(OWNER, 'schedule churn off');
    await on(30, newer);
    assert.equal(solves(), 0);
  });

  test('of which its owner is only told is never built', async () => {
    const { on, told, world } = await scheduled('schedule churn weekly --tell-only');
    await on(0, newer);
    await on(8, newer);
    assert.deepEqual(told(), [`Newer packages: ${CHANGES}`]);
    await on(16, () => lockOf('numpy 2.3.0'));
    assert.equal(told().length, 2);
    assert.equal(world.store.builds.size, 0);
  });
});
