/** What a rule holds for is built only after others have approved exactly that, and never by who asked. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ApprovalRule } from '../../src/domain/approval.ts';
import type { Environment, Revision } from '../../src/domain/environment.ts';
import { plainPhrase } from '../../src/domain/phrase.ts';
import type { Quota } from '../../src/domain/quota.ts';
import type { Reply } from '../../src/domain/reply.ts';
import type { Role } from '../../src/domain/roles.ts';
import { parseSpec } from '../../src/domain/spec.ts';
import { environment, settings } from '../answers/samples.ts';
import { createWorld, engineSolving, locked, type World } from './world.ts';

const ANA = 'U0ANARUIZ1';
const BEN = 'U0BENOKAF1';
const EVA = 'U0EVALIND1';
const [OPERATOR = ''] = settings.operators;
const CREATE = 'create churn numpy --edge madrid';
const by = (user: string) => ({ user, channel: 'C1', team: null });

interface Options {
  /** Further roles than the one that approves. */
  roles?: Partial<Role>[];
  rule?: Partial<ApprovalRule>;
  /** What the next solve has. */
  versions?: { numpy: string };
  /** How many a person may wait for, and how many that are closed are kept. */
  waiting?: number;
  closed?: number;
  quota?: Partial<Quota>;
  /** Of the role that approves. */
  members?: string[];
  login?: string | null;
}

function worldWith(options: Options = {}): World {
  const { rule = {}, roles = [], versions = { numpy: '1.0' }, login = null } = options;
  const { waiting = 10, closed = 500, quota = {}, members = [BEN, EVA] } = options;
  const role: Role = {
    ...{ name: 'release', members, commands: [], edges: [], channels: [] },
    ...{ indexes: [], projects: [], tags: [] },
  };
  const approvals: ApprovalRule[] = [
    {
      ...{ edges: ['madrid'], channels: [], tags: [], projects: false },
      ...{ by: 'release', count: 1, where: null, ...rule },
    },
  ];
  const engine = engineSolving(async () => ({
    platform: 'linux-64',
    packages: [locked(`numpy ${versions.numpy}`)],
  }));
  const theirs = {
    roles: [role, ...roles.map((more) => ({ ...role, ...more }))],
    ...{
      approvals,
      quota: { ...settings.quota, approvals: waiting, ...quota },
      closedApprovals: closed,
    },
  };
  return createWorld({ engine }, { settings: { ...settings, ...theirs }, login });
}

const codeOf = (reply: Reply) => (reply.kind === 'refusal' ? reply.error.code : reply.kind);

const said = (reply: Reply): string =>
  reply.kind === 'refusal'
    ? plainPhrase(reply.error.message)
    : reply.kind === 'notice'
      ? plainPhrase(reply.text)
      : reply.kind;

/** The one approval there is. */
function only({ store }: World) {
  const [approval, ...more] = [...store.approvals.values()];
  assert.ok(approval && more.length === 0, `${store.approvals.size} approvals`);
  return approval;
}

describe('a build that needs approval', () => {
  test('waits, says for whom, and is built once it is approved', async () => {
    const world = worldWith();
    const waiting = await world.say(ANA, CREATE);
    assert.match(
      said(waiting),
      /^`churn` waits for approval by 1 of the role `release`: the edge `madrid` needs it\./,
    );
    assert.equal(world.store.builds.size, 0);
    assert.equal(said(await world.say(BEN, 'approve churn')), 'build');
    const build = await world.newest('churn');
    assert.deepEqual(
      [build.requester.user, build.lock?.packages[0]?.name, only(world).buildId],
      [ANA, 'numpy', build.id],
    );
    await world.work('churn');
    assert.equal((await world.newest('churn')).state, 'ready');
    assert.deepEqual(
      world.store.audit.map(({ approval }) => approval),
      [null, { id: only(world).id, by: [BEN] }, null],
    );
    assert.deepEqual(
      world.store.audit.map(({ requester, deed, outcome, build: id }) => [
        ...[requester.user, deed, outcome, id],
      ]),
      [
        [ANA, 'create', 'waiting-for-approval', null],
        [ANA, 'create', 'done', build.id],
        [BEN, 'approve', 'done', build.id],
      ],
    );
  });

  test('is asked for once, however often it is said', async () => {
    const world = worldWith();
    for (let time = 0; time < 3; time += 1) await world.say(ANA, CREATE);
    only(world);
    assert.deepEqual(
      [...world.store.notices.values()].map(({ kind }) => kind),
      ['approval', 'approval'],
    );
  });

  test('is named as that where somebody looks for it, until it is decided', async () => {
    const world = worldWith();
    await world.say(ANA, 'create churn numpy --edge madrid');
    for (const text of ['status churn', 'show churn', `status ${only(world).id}`]) {
      assert.match(
        said(await world.say(ANA, text)),
        /There is no .* yet: it waits for approval\.$/,
      );
    }
    await world.say(BEN, 'refuse churn');
    assert.match(said(await world.say(ANA, 'status churn')), /There is no build `churn`\.$/);
  });

  test('is never approved by who asked, an operator without the role, or a terminal', async () => {
    const world = worldWith();
    await world.say(BEN, CREATE);
    assert.match(said(await world.say(BEN, 'approve churn')), /^Who asked cannot approve it/);
    assert.match(said(await world.say(OPERATOR, 'approve churn')), /^Only the role `release`/);
    assert.equal(world.store.builds.size, 0);
    const terminal = worldWith({ login: 'ops' });
    assert.match(said(await terminal.say(ANA, CREATE)), /a terminal cannot prove who asks/);
    terminal.store.approvals.set(only(world).id, only(world));
    assert.match(said(await terminal.say(EVA, 'approve churn')), /^A terminal cannot prove/);
  });

  test('is nothing for others who ask for the same, however it was approved', async () => {
    const world = worldWith();
    await world.say(ANA, CREATE);
    await world.say(BEN, 'approve churn');
    const { id } = await world.newest('churn');
    await world.store.updateBuild(id, (current) => ({ ...current, state: 'failed' }));
    await world.say(OPERATOR, CREATE);
    assert.equal(codeOf(await world.say(OPERATOR, CREATE)), 'waiting-for-approval');
  });

  test('needs as many people as the rule says, each once', async () => {
    const world = worldWith({ rule: { count: 2 } });
    await world.say(ANA, CREATE);
    assert.match(said(await world.say(BEN, 'approve churn')), /others have to, too/);
    assert.match(said(await world.say(BEN, 'approve churn')), /You have approved this already/);
    assert.equal(world.store.builds.size, 0);
    await world.say(EVA, 'approve churn');
    assert.equal(world.store.builds.size, 1);
  });

  test('needs another approval for other packages, and none for what is staged', async () => {
    const versions = { numpy: '1.0' };
    const world = worldWith({ versions });
    await world.say(ANA, CREATE);
    await world.say(BEN, 'approve churn');
    await world.work('churn');
    assert.equal(codeOf(await world.say(ANA, CREATE)), 'known');
    versions.numpy = '2.0';
    assert.equal(codeOf(await world.say(ANA, CREATE)), 'waiting-for-approval');
    const ready = await world.newest('churn');
    await assert.rejects(world.services.rebuild(ready, by(ANA)), { code: 'waiting-for-approval' });
    await assert.rejects(
      world.services.clone({ name: 'churn', which: null }, 'copy', ['madrid'], by(ANA)),
      { code: 'waiting-for-approval' },
    );
  });

  test('needs another approval once the rules ask for more than it has', async () => {
    const world = worldWith();
    await world.say(ANA, CREATE);
    await world.say(BEN, 'approve churn');
    const stricter = worldWith({ rule: { count: 2 } });
    stricter.store.approvals.set('before', { ...only(world), id: 'before' });
    assert.match(said(await stricter.say(ANA, CREATE)), /waits for approval by 2 of the role/);
    assert.equal(stricter.store.approvals.size, 2);
    await stricter.say(BEN, 'approve churn');
    assert.equal(said(await stricter.say(EVA, 'approve churn')), 'build');
  });

  test('is retried as it was approved, and not at all when it was not', async () => {
    const world = worldWith();
    await world.say(ANA, CREATE);
    await world.say(BEN, 'approve churn');
    const build = await world.newest('churn');
    await world.store.updateBuild(build.id, (current) => ({ ...current, state: 'failed' }));
    assert.equal(codeOf(await world.say(ANA, 'retry churn')), 'build');
    await world.store.updateBuild(build.id, (current) => ({ ...current, state: 'failed' }));
    world.store.approvals.clear();
    assert.equal(codeOf(await world.say(ANA, 'retry churn')), 'not-approved');
  });

  test('can be refused, which is told to who asked, and taken back by them', async () => {
    const world = worldWith({ rule: { where: 'C0RELEASES' } });
    await world.say(ANA, CREATE);
    assert.equal(codeOf(await world.say(BEN, 'refuse churn --why Use openssl 3.5')), 'notice');
    assert.equal(only(world).refused?.why, 'Use openssl 3.5');
    assert.match(said(await world.say(EVA, `approve ${only(world).id}`)), /is refused already/);
    const told = [...world.store.notices.values()].map((notice) =>
      notice.kind === 'approval' ? notice.to : '',
    );
    assert.deepEqual(told, ['C0RELEASES', 'C0RELEASES', ANA]);
    await world.say(ANA, CREATE);
    assert.equal(world.store.approvals.size, 2);
    assert.equal(codeOf(await world.say(ANA, 'refuse churn')), 'notice');
    assert.equal(world.store.builds.size, 0);
  });

  test('is meant by a slip in its name', async () => {
    const world = worldWith();
    await world.say(ANA, CREATE);
    const reply = await world.say(BEN, 'approve chrun');
    assert.ok(reply.kind === 'refusal');
    assert.match(String(reply.error.suggestion), /^Did you mean `churn`\?/);
  });

  test('lapses when nobody approves it in time', async () => {
    const world = worldWith();
    await world.say(ANA, CREATE);
    const { id } = only(world);
    await world.store.updateApproval(id, (current) => ({ ...current, expiresAt: Date.now() - 1 }));
    assert.equal(codeOf(await world.say(BEN, `approve ${id}`)), 'already-decided');
    assert.equal(codeOf(await world.say(BEN, 'approve churn')), 'approval-not-found');
    assert.equal(world.store.builds.size, 0);
  });

  test('that could not begin when it was approved begins when it is approved again', async () => {
    const world = worldWith();
    await world.say(ANA, CREATE);
    await world.store.writeFreeze({ edge: 'madrid', why: 'Disks', user: OPERATOR, at: 1 });
    assert.equal(codeOf(await world.say(BEN, 'approve churn')), 'edge-frozen');
    await world.store.removeFreeze('madrid');
    await world.say(BEN, `approve ${only(world).id}`);
    assert.equal(world.store.builds.size, 1);
  });

  test('is refused in words once its packages are blocked, and never begun', async () => {
    const world = worldWith();
    await world.say(ANA, CREATE);
    await world.store.writeBlock({ spec: parseSpec('numpy<2'), why: 'CVE', user: OPERATOR, at: 1 });
    assert.equal(codeOf(await world.say(BEN, 'approve churn')), 'package-blocked');
    assert.equal(world.store.builds.size, 0);
    await world.store.removeBlock(parseSpec('numpy<2'));
    assert.equal(said(await world.say(BEN, `approve ${only(world).id}`)), 'build');
  });

  test('tells who approves that it is the quota of who asked that is full', async () => {
    const world = worldWith({ quota: { builds: 1 } });
    await world.say(ANA, CREATE);
    await world.say(ANA, 'create sales numpy --edge lab');
    const refused = await world.say(BEN, 'approve churn');
    assert.equal(codeOf(refused), 'quota');
    assert.match(said(refused), new RegExp(`^@${ANA}, who asked, has no room for it: 1 build`));
    assert.ok(refused.kind === 'refusal' && refused.error.repairs.length === 0);
  });

  test('says so where nobody could be asked, and why', async () => {
    const told = async (members: string[]) => {
      const reply = await worldWith({ members }).say(ANA, CREATE);
      assert.equal(codeOf(reply), 'waiting-for-approval');
      return reply.kind === 'refusal' ? plainPhrase(reply.error.suggestion ?? '') : '';
    };
    assert.match(await told([BEN]), /^They have been asked\./);
    assert.match(
      await told(['S0614TZR7']),
      /^Slack has not said lately who is in S0614TZR7, so nobody has been asked: tell somebody/,
    );
    assert.match(await told([ANA]), /^Nobody else is of the role `release`/);
  });

  test('that is a tag is not given by its old place once somebody has moved it', async () => {
    const world = worldWith({ rule: { edges: [], tags: ['prod'] } });
    const churn = { ...environment('churn', 3), owner: ANA, tags: { prod: 3 } };
    world.store.environments.set('churn', churn);
    const { updateEnvironment } = world.store;
    // Somebody moves it between the look at it and the move.
    world.store.updateEnvironment = async (name, change) => {
      world.store.environments.set('churn', { ...churn, tags: { prod: 2 } });
      return updateEnvironment.call(world.store, name, change);
    };
    assert.equal(codeOf(await world.say(ANA, 'tag churn@3 prod')), 'tag-moved');
    assert.equal(world.store.environments.get('churn')?.tags.prod, 2);
  });

  test('may be a tag: it is given to the revision that was shown, whatever comes meanwhile', async () => {
    const world = worldWith({ rule: { edges: [], tags: ['prod'] } });
    const churn = { ...environment('churn', 3), owner: ANA };
    world.store.environments.set('churn', churn);
    const last = churn.revisions.at(-1) as Revision;
    const waiting = await world.say(ANA, 'tag churn prod');
    assert.match(said(waiting), /^`churn:prod` waits for approval by .* the tag `prod` needs it/);
    assert.equal(codeOf(await world.say(ANA, 'tag churn good')), 'move');
    await world.store.updateEnvironment('churn', (current) => ({
      ...current,
      revisions: [...current.revisions, { ...last, number: last.number + 1 }],
    }));
    assert.match(said(await world.say(ANA, 'approve churn')), /^Who asked cannot/);
    assert.match(
      said(await world.say(BEN, 'approve churn')),
      /^Approved: `churn:prod` is `churn@3`/,
    );
    const { tags, moves } = world.store.environments.get('churn') as Environment;
    assert.deepEqual([tags.prod, moves.at(-1)?.by], [3, ANA]);
    assert.equal(codeOf(await world.say(ANA, 'tag churn prod')), 'waiting-for-approval');
  });

  test('is done only while who asked may do it, and is refused in words to who approves', async () => {
    const deeds = [
      { ask: 'tag churn prod', role: { tags: ['prod'] }, rule: { edges: [], tags: ['prod'] } },
      { ask: 'tag churn prod', role: { commands: ['tag'] }, rule: { edges: [], tags: ['prod'] } },
      { ask: CREATE, role: { edges: ['madrid'] }, rule: {} },
      { ask: CREATE, role: { commands: ['create'] }, rule: {} },
      { ask: 'clone churn as copy --edge madrid', role: { edges: ['madrid'] }, rule: {} },
    ] as const;
    for (const { ask, role, rule } of deeds) {
      const members = [ANA, BEN];
      const before = worldWith({ rule, roles: [{ ...role, name: 'theirs', members }] });
      before.store.environments.set('churn', { ...environment('churn', 3), owner: ANA });
      assert.equal(codeOf(await before.say(ANA, ask)), 'waiting-for-approval', ask);
      const after = worldWith({ rule, roles: [{ ...role, name: 'theirs', members: [BEN] }] });
      after.store.approvals.set('same', { ...only(before), id: 'same' });
      after.store.environments.set('churn', { ...environment('churn', 3), owner: ANA });
      const refused = await after.say(BEN, 'approve same');
      assert.equal(codeOf(refused), 'not-allowed', ask);
      assert.match(said(refused), new RegExp(`^@${ANA}, who asked, may not do it any more: The `));
      assert.equal(after.store.builds.size, 0);
      assert.equal(after.store.environments.get('churn')?.tags.prod, undefined);
      assert.deepEqual(
        after.store.audit.map(({ requester, outcome }) => [requester.user, outcome]),
        [
          [ANA, 'not-allowed'],
          [BEN, 'not-allowed'],
        ],
      );
    }
  });

  test('that is a tag is good for giving it once, whoever says so again', async () => {
    const world = worldWith({ rule: { edges: [], tags: ['prod'] } });
    world.store.environments.set('churn', { ...environment('churn', 3), owner: ANA });
    await world.say(ANA, 'tag churn prod');
    const { id } = only(world);
    await world.say(BEN, 'approve churn');
    assert.equal(codeOf(await world.say(ANA, 'tag churn prod')), 'move');
    await world.store.updateEnvironment('churn', (current) => ({ ...current, tags: { prod: 2 } }));
    for (const user of [BEN, EVA, OPERATOR]) {
      assert.equal(codeOf(await world.say(user, `approve ${id}`)), 'already-decided');
    }
    assert.equal(world.store.environments.get('churn')?.tags.prod, 2);
    assert.equal(codeOf(await world.say(ANA, 'tag churn prod')), 'waiting-for-approval');
  });

  test('that could not begin is begun by nobody who has not approved it', async () => {
    const world = worldWith();
    await world.say(ANA, CREATE);
    await world.store.writeFreeze({ edge: 'madrid', why: 'Disks', user: OPERATOR, at: 1 });
    await world.say(BEN, 'approve churn');
    await world.store.removeFreeze('madrid');
    const { id } = only(world);
    assert.equal(codeOf(await world.say(OPERATOR, `approve ${id}`)), 'already-decided');
    assert.equal(world.store.builds.size, 0);
  });

  test('is named by its id where several wait under one name', async () => {
    const world = worldWith();
    await world.say(ANA, CREATE);
    await world.say(ANA, `${CREATE} pandas`);
    const [first, second] = [...world.store.approvals.keys()];
    for (const verb of ['approve churn', 'refuse churn --why No']) {
      const refused = await world.say(BEN, verb);
      assert.equal(codeOf(refused), 'several-wait');
      assert.match(said(refused), /^2 requests wait for approval as `churn`/);
    }
    assert.equal(codeOf(await world.say(BEN, `refuse ${second} --why No`)), 'notice');
    assert.equal(codeOf(await world.say(BEN, 'approve churn')), 'build');
    assert.equal(world.store.approvals.get(first ?? '')?.given.length, 1);
  });

  test('is no more than a person may wait for, who is offered to take one back', async () => {
    const world = worldWith({ waiting: 2 });
    for (const name of ['churn', 'sales']) await world.say(ANA, CREATE.replace('churn', name));
    const refused = await world.say(ANA, CREATE.replace('churn', 'fraud'));
    assert.equal(said(refused), '2 requests of yours wait for approval, and 2 may.');
    const [first = ''] = world.store.approvals.keys();
    assert.ok(refused.kind === 'refusal');
    assert.deepEqual(refused.error.repairs.at(0), {
      ...{ label: 'Take back churn', command: `refuse ${first}` },
    });
    // What waits already is no further one, and others have their own.
    assert.equal(codeOf(await world.say(ANA, CREATE)), 'waiting-for-approval');
    assert.equal(
      codeOf(await world.say(EVA, 'create eva numpy --edge madrid')),
      'waiting-for-approval',
    );
    assert.equal(codeOf(await world.say(ANA, `refuse ${first}`)), 'notice');
    const again = await world.say(ANA, CREATE.replace('churn', 'fraud'));
    assert.equal(codeOf(again), 'waiting-for-approval');
  });

  test('is forgotten once nothing comes of it and there are newer ones', async () => {
    const world = worldWith({ closed: 1 });
    const refusedOf = () =>
      [...world.store.approvals.values()].filter(({ refused }) => refused !== null).length;
    await world.say(BEN, CREATE.replace('churn', 'waits'));
    await world.say(ANA, CREATE.replace('churn', 'given'));
    await world.say(EVA, 'approve given');
    for (let time = 0; time < 4; time += 1) {
      assert.equal(codeOf(await world.say(ANA, CREATE)), 'waiting-for-approval');
      assert.equal(codeOf(await world.say(ANA, 'refuse churn')), 'notice');
      assert.ok(refusedOf() <= 2, `${refusedOf()} are kept`);
    }
    const names = [...world.store.approvals.values()].map(({ request }) => request.environment);
    assert.deepEqual(names.slice(0, 2), ['waits', 'given']);
  });

  test('is none where no rule holds', async () => {
    const world = worldWith({ rule: { projects: true } });
    assert.equal(codeOf(await world.say(ANA, 'create churn numpy')), 'build');
    const other = worldWith({ rule: { edges: [], channels: ['internal'] } });
    assert.equal(codeOf(await other.say(ANA, CREATE)), 'build');
    assert.equal(
      codeOf(await other.say(ANA, 'create sales internal::numpy')),
      'waiting-for-approval',
    );
  });
});
