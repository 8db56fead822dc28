/** What each command lets whom do: everybody, an owner, an operator, and those a role names. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { commandHelp } from '../../commands/registry.ts';
import { plainPhrase } from '../../src/domain/phrase.ts';
import type { Reply } from '../../src/domain/reply.ts';
import { RESTRICTABLE, type Restrictable, type Role } from '../../src/domain/roles.ts';
import type { Services } from '../../src/domain/services.ts';
import { parseSpec } from '../../src/domain/spec.ts';
import { DEEDS, type DeedName } from '../../src/pipeline/services/deeds.ts';
import { build, environment, settings } from '../answers/samples.ts';
import { createWorld, engineSolving, locked, type World } from './world.ts';

const [OPERATOR = ''] = settings.operators;
const PEOPLE = { nobody: 'U0NOBODY01', owner: 'U0OWNER001', operator: OPERATOR } as const;
type Person = keyof typeof PEOPLE;

/** Who may, where no role says otherwise. */
const EVERYBODY: readonly Person[] = ['nobody', 'owner', 'operator'];
const OWNERS: readonly Person[] = ['owner', 'operator'];
const OPERATORS: readonly Person[] = ['operator'];

/** A row for each command: what is said, who may, and what a role names to keep it for its people. */
const ROWS: Readonly<
  Record<string, { say: string; may: readonly Person[]; named?: Restrictable }[]>
> = {
  add: [
    { say: 'add churn scipy', may: OWNERS },
    { say: 'add churn scipy --yes', may: OWNERS, named: 'create' },
  ],
  apply: [{ say: 'apply PLAN', may: OWNERS, named: 'create' }],
  approve: [
    { say: 'approve', may: EVERYBODY },
    { say: 'approve WAITING', may: [] },
  ],
  audit: [{ say: 'audit', may: EVERYBODY }],
  block: [
    { say: 'block', may: EVERYBODY },
    { say: 'block openssl --why CVE', may: OPERATORS, named: 'block' },
  ],
  cancel: [{ say: 'cancel busy', may: OWNERS, named: 'cancel' }],
  clone: [{ say: 'clone churn as copy', may: EVERYBODY, named: 'create' }],
  create: [
    { say: 'create fresh numpy', may: EVERYBODY, named: 'create' },
    { say: 'create churn numpy', may: OWNERS, named: 'create' },
  ],
  delete: [{ say: 'delete churn@1 --yes', may: OWNERS, named: 'delete' }],
  diagnose: [{ say: 'diagnose ModuleNotFoundError: No module named pandas', may: EVERYBODY }],
  diff: [{ say: 'diff churn@1 churn@2', may: EVERYBODY }],
  freeze: [
    { say: 'freeze', may: EVERYBODY },
    { say: 'freeze lab --why Disks', may: OPERATORS, named: 'freeze' },
  ],
  help: [{ say: 'help', may: EVERYBODY }],
  keep: [{ say: 'keep churn --days 9', may: OWNERS, named: 'delete' }],
  list: [{ say: 'list', may: EVERYBODY }],
  lock: [{ say: 'lock churn', may: EVERYBODY }],
  logs: [{ say: 'logs busy', may: OWNERS }],
  plan: [
    { say: 'plan fresh numpy', may: EVERYBODY },
    { say: 'plan churn numpy', may: OWNERS },
  ],
  rebuild: [
    { say: 'rebuild churn', may: OWNERS, named: 'create' },
    { say: 'rebuild --affected numpy', may: OPERATORS, named: 'rebuild' },
  ],
  // Taking back what one has asked for.
  refuse: [{ say: 'refuse WAITING', may: ['owner'] }],
  remove: [{ say: 'remove churn pandas --yes', may: OWNERS, named: 'create' }],
  restore: [{ say: 'restore gone@1', may: OWNERS, named: 'create' }],
  retry: [{ say: 'retry broken', may: OWNERS, named: 'create' }],
  rollback: [{ say: 'rollback churn', may: OWNERS, named: 'rollback' }],
  run: [{ say: 'run churn', may: EVERYBODY }],
  schedule: [{ say: 'schedule churn weekly', may: OWNERS }],
  search: [{ say: 'search numpy', may: EVERYBODY }],
  show: [{ say: 'show churn', may: EVERYBODY }],
  status: [
    { say: 'status churn', may: EVERYBODY },
    { say: 'status --all', may: OPERATORS },
  ],
  subscribe: [{ say: 'subscribe churn', may: EVERYBODY, named: 'subscribe' }],
  tag: [{ say: 'tag churn@1 good', may: OWNERS, named: 'tag' }],
  thaw: [{ say: 'thaw madrid', may: OPERATORS, named: 'thaw' }],
  unblock: [{ say: 'unblock zlib', may: OPERATORS, named: 'unblock' }],
  unsubscribe: [{ say: 'unsubscribe churn', may: EVERYBODY, named: 'subscribe' }],
  untag: [{ say: 'untag churn:prod', may: OWNERS, named: 'tag' }],
  update: [{ say: 'update churn numpy --yes', may: OWNERS, named: 'create' }],
  verify: [{ say: 'verify churn@3', may: OWNERS, named: 'verify' }],
  whoami: [{ say: 'whoami', may: EVERYBODY }],
};
const EVERY_ROW = Object.values(ROWS).flat();

const role = (change: Partial<Role>): Role => ({
  ...{ name: 'release', members: ['U0DECIDES1'], commands: [], edges: [], channels: [] },
  ...{ indexes: [], projects: [], tags: [], ...change },
});

/** A world in which each command has something to do. */
async function worldWith(roles: Role[] = []): Promise<World> {
  const rule = { edges: [], channels: [], tags: ['prod'], projects: false, by: 'release' };
  const approvals = [{ ...rule, count: 1, where: null }];
  const packages = ['numpy 2.2', 'scipy 1.15', 'python 3.11'].map(locked);
  const world = createWorld(
    { engine: engineSolving(async () => ({ platform: 'linux-64', packages })) },
    { settings: { ...settings, approvals, roles: [role({}), ...roles] } },
  );
  const { store } = world;
  const requester = { user: PEOPLE.owner, channel: 'C1', team: null };
  const owned = (name: string) => ({ ...environment(name), owner: PEOPLE.owner });
  const churn = owned('churn');
  store.environments.set('churn', { ...churn, tags: { prod: 2 } });
  const gone = owned('gone');
  const revisions = gone.revisions.map((each) => ({ ...each, letGo: { at: 1, by: null } }));
  store.environments.set('gone', { ...gone, revisions });
  const { request } = build('queued');
  const made = [
    build('ready', { id: churn.revisions.at(-1)?.buildId ?? '', requester, revision: 3 }),
    build('running', { id: 'b1', requester, request: { ...request, environment: 'busy' } }),
    build('failed', { id: 'b2', requester, request: { ...request, environment: 'broken' } }),
  ];
  for (const each of made) await store.createBuild(each);
  await store.writeFreeze({ edge: 'madrid', why: 'Disks', user: OPERATOR, at: 1 });
  await store.writeBlock({ spec: parseSpec('zlib'), why: 'CVE', user: OPERATOR, at: 1 });
  return world;
}

/** What is answered to the person; ids in capitals are those of what the owner has asked for. */
async function answered(world: World, person: Person, say: string): Promise<Reply> {
  let text = say;
  if (say.includes('PLAN')) {
    const plan = await world.say(PEOPLE.owner, 'add churn scipy');
    assert.ok(plan.kind === 'edit', JSON.stringify(plan));
    text = say.replace('PLAN', plan.id);
  }
  if (say.startsWith('unsubscribe')) await world.say(PEOPLE[person], 'subscribe churn');
  if (say.includes('WAITING')) {
    await world.say(PEOPLE.owner, 'tag churn@3 prod');
    text = say.replace('WAITING', [...world.store.approvals.keys()][0] ?? '');
  }
  return world.say(PEOPLE[person], text);
}

const isRefused = (reply: Reply) =>
  reply.kind === 'refusal' && ['not-allowed', 'name-taken'].includes(reply.error.code);

describe('a command', () => {
  test('has a row here', () => {
    assert.deepEqual(Object.keys(ROWS).sort(), commandHelp.map(({ name }) => name).sort());
    const named = new Set(EVERY_ROW.flatMap((row) => row.named ?? []));
    assert.deepEqual(
      [...RESTRICTABLE].filter((name) => !named.has(name)),
      ['logs'],
    );
  });

  for (const { say, may } of EVERY_ROW) {
    test(`${say}: is for ${may.length === 3 ? 'everybody' : may.join(' and ') || 'others'}`, async () => {
      for (const person of EVERYBODY) {
        const world = await worldWith();
        const audited = world.store.audit.length;
        const reply = await answered(world, person, say);
        const isLet = !isRefused(reply);
        assert.equal(isLet, may.includes(person), `${person}: ${JSON.stringify(reply)}`);
        // Let through, it is done: nothing else stands in the way.
        if (isLet) assert.notEqual(reply.kind, 'refusal', `${person}: ${JSON.stringify(reply)}`);
        if (isLet || world.store.audit.length === audited) continue;
        assert.ok(['not-allowed', 'name-taken'].includes(world.store.audit.at(-1)?.outcome ?? ''));
      }
    });
  }

  for (const { say, named } of EVERY_ROW) {
    if (named === undefined) continue;
    test(`${say}: is for whom a role gives ${named}, whoever owns what`, async () => {
      const theirs = role({ name: 'theirs', members: ['U0THEIRS01'], commands: [named] });
      const refused = await answered(await worldWith([theirs]), 'owner', say);
      assert.ok(isRefused(refused) && refused.kind === 'refusal', JSON.stringify(refused));
      assert.match(
        plainPhrase(refused.error.message),
        new RegExp(`^The command \`${named}\` is for the role \`theirs\` and operators`),
      );
      assert.equal(isRefused(await answered(await worldWith([theirs]), 'operator', say)), false);
    });
  }

  test('is in help where something of it may be done, and else not', async () => {
    for (const commands of [[], ...RESTRICTABLE.map((name) => [name])]) {
      const theirs = role({ name: 'theirs', members: ['U0THEIRS01'], commands });
      const world = await worldWith([theirs]);
      for (const person of EVERYBODY) {
        const help = await world.say(PEOPLE[person], 'help all');
        assert.ok(help.kind === 'help');
        const shown = new Set(help.commands.map(({ name }) => name));
        for (const [name, rows] of Object.entries(ROWS)) {
          const acts = rows.filter(({ named }) => named !== undefined);
          if (acts.length === 0 || person === 'operator') continue;
          // Whoever owns nothing yet may own something soon.
          const isOpen = acts.some(
            ({ may, named }) => may !== OPERATORS && !commands.some((each) => each === named),
          );
          assert.equal(shown.has(name), isOpen, `${name} for ${person} where ${commands} is kept`);
        }
      }
    }
  });
});

/** What changes nothing for others. The compiler misses a new method here, unless it is a deed. */
const LOOKING: Readonly<Record<Exclude<keyof Services, DeedName>, true>> = {
  ...{ attachMessage: true, audit: true, blocks: true, builds: true },
  ...{ channels: true, environments: true, estimate: true, findBuild: true },
  ...{ countEnvironments: true, environmentsNamed: true, environmentsWithArchive: true },
  ...{ namesTaken: true, scheduled: true, search: true },
  ...{ findEnvironment: true, findRevision: true, freezes: true, keepDiagnosis: true },
  ...{ keepPlan: true, keptDiagnosis: true, keptPlan: true, leaving: true },
  ...{ log: true, operations: true, outlook: true, packagesOf: true, plan: true },
  ...{ planEdit: true, settings: true, standing: true, subscriptions: true },
  ...{ sparks: true, suggest: true, waitingApprovals: true },
};

describe('a method of the services', () => {
  test('that changes something goes through the door', async () => {
    const { services } = await worldWith();
    const others = Object.keys(services).filter((name) => !Object.hasOwn(DEEDS, name));
    assert.deepEqual(others.sort(), Object.keys(LOOKING).sort());
  });
});
