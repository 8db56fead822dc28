/** What a role names is for its people, whichever way it is asked for. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { plainPhrase } from '../../src/domain/phrase.ts';
import type { Reply } from '../../src/domain/reply.ts';
import type { Role } from '../../src/domain/roles.ts';
import { build, environment, settings } from '../answers/samples.ts';
import { createWorld, type World } from './world.ts';

const [OPERATOR = ''] = settings.operators;
const ANA = 'U0ANARUIZ1';
const BEN = 'U0BENOKAF1';
const GROUP = 'S0614TZR7';
const by = (user: string) => ({ user, channel: 'C1', team: null });

function worldWith(change: Partial<Role>, login: string | null = null): World {
  const role: Role = {
    ...{ name: 'release', members: [ANA], commands: [], edges: [], channels: [] },
    ...{ indexes: [], projects: [], tags: [], ...change },
  };
  return createWorld({}, { settings: { ...settings, roles: [role] }, login });
}

function codeOf(reply: Reply): string {
  return reply.kind === 'refusal' ? reply.error.code : reply.kind;
}

const said = (reply: Reply): string =>
  reply.kind === 'refusal'
    ? `${plainPhrase(reply.error.message)} ${plainPhrase(reply.error.suggestion ?? '')}`
    : reply.kind;

describe('what a role names', () => {
  test('names each of those who could once', async () => {
    const world = worldWith({ edges: ['madrid'], members: [ANA, OPERATOR] });
    const refused = said(await world.say(BEN, 'create churn numpy --edge madrid'));
    assert.ok(refused.endsWith(` Ask @${ANA} or @${OPERATOR}.`), refused);
  });

  test('is for its members and operators, and a refusal names the rule and who could', async () => {
    const world = worldWith({ edges: ['madrid'] });
    const text = 'create churn numpy --edge madrid';
    const refused = await world.say(BEN, text);
    assert.equal(
      said(refused),
      `The edge \`madrid\` is for the role \`release\` and operators. Ask @${ANA} or @${OPERATOR}.`,
    );
    assert.equal(world.store.builds.size, 0);
    assert.equal(world.store.audit.at(-1)?.outcome, 'not-allowed');
    assert.equal(codeOf(await world.say(BEN, 'create sales numpy')), 'build');
    assert.equal(codeOf(await world.say(ANA, text)), 'build');
    assert.equal(codeOf(await world.say(OPERATOR, text.replace('churn', 'fraud'))), 'build');
  });

  test('holds for every way to a build', async () => {
    const { services, store } = worldWith({ edges: ['madrid'] });
    const request = { ...build('failed').request, edges: ['madrid'] };
    const failed = build('failed', { request, requester: by(BEN) });
    await store.createBuild(failed);
    store.environments.set('churn', { ...environment('churn'), owner: BEN });
    const lock = { platform: 'linux-64' as const, packages: [] };
    for (const way of [
      () => services.create(request, by(BEN)),
      () => services.create(request, by(BEN), { lock }),
      () => services.rebuild(failed, by(BEN)),
      () => services.retry(failed, by(BEN)),
      () => services.verify(build('ready', { request }), by(BEN)),
      () => services.plan(request, by(BEN)),
      () => services.clone({ name: 'churn', which: null }, 'copy', ['madrid'], by(BEN)),
    ]) {
      await assert.rejects(way, { code: 'not-allowed' }, String(way));
    }
    assert.deepEqual([...store.builds.values()], [failed]);
  });

  test('is found where a request says nothing: in the defaults', async () => {
    const world = worldWith({ edges: ['lab'] });
    assert.match(said(await world.say(BEN, 'create churn numpy')), /^The edge `lab` is for/);
    const other = worldWith({ channels: ['conda-forge'] });
    assert.match(said(await other.say(BEN, 'create churn numpy')), /^The channel `conda-forge`/);
  });

  test('is found in packages that name a channel, and in projects', async () => {
    const world = worldWith({ channels: ['internal'], projects: ['features'] });
    assert.match(
      said(await world.say(BEN, 'create churn internal::pandas')),
      /^The channel `internal` is for/,
    );
    assert.match(
      said(await world.say(BEN, 'create churn pandas --project features@main')),
      /^The project `features` is for/,
    );
  });

  test('is found in packages of pip, whichever index they come from', async () => {
    const world = worldWith({ indexes: ['pypi'] });
    const text = 'create churn numpy --pip requests';
    assert.match(said(await world.say(BEN, text)), /^The index of pip packages `pypi` is for/);
    assert.match(said(await world.say(BEN, text.replace('create', 'plan'))), /`pypi` is for/);
    assert.equal(codeOf(await world.say(BEN, 'create sales numpy')), 'build');
    // The world's engine has no Python for pip: past the door all the same.
    assert.equal(codeOf(await world.say(ANA, text)), 'no-python');
    const terminal = worldWith({ indexes: ['pypi'] }, 'ops');
    assert.match(said(await terminal.say(ANA, text)), /a terminal cannot prove who asks/);
  });

  test('may be logs: others’ ones are for its members, and one’s own for everybody', async () => {
    const world = worldWith({ commands: ['logs'] });
    await world.say(BEN, 'create churn numpy');
    assert.equal(codeOf(await world.say(BEN, 'logs churn')), 'log');
    assert.equal(codeOf(await world.say(ANA, 'logs churn')), 'log');
    assert.match(said(await world.say('U0EVALIND1', 'logs churn')), /^The command `logs` is for/);
    const open = worldWith({});
    await open.say(BEN, 'create churn numpy');
    assert.equal(codeOf(await open.say('U0EVALIND1', 'logs churn')), 'not-allowed');
  });

  test('holds for folders however they are written', async () => {
    const { services } = worldWith({ projects: ['/srv/projects/secret'] });
    const { request } = build('queued');
    const at = (path: string) =>
      services.create({ ...request, projects: [{ kind: 'path', path }] }, by(BEN));
    // A folder above brings it along.
    for (const path of ['/srv/projects/secret', '/srv//projects/./secret/x', '/srv/projects']) {
      await assert.rejects(at(path), { code: 'not-allowed' }, path);
    }
    await at('/srv/projects/secrets');
  });

  test('gives a command to its members, and takes it from everybody else', async () => {
    const freezers = worldWith({ commands: ['freeze'] });
    assert.equal(codeOf(await freezers.say(ANA, 'freeze lab --why Disks')), 'notice');
    assert.equal(codeOf(await freezers.say(BEN, 'freeze lab --why Disks')), 'not-allowed');
    assert.equal(codeOf(await freezers.say(ANA, 'thaw lab')), 'not-allowed');
    const builders = worldWith({ commands: ['create'] });
    assert.equal(codeOf(await builders.say(BEN, 'build churn numpy')), 'not-allowed');
    assert.equal(codeOf(await builders.say(ANA, 'build churn numpy')), 'build');
  });

  test('keeps a tag for those who may give it', async () => {
    const world = worldWith({ tags: ['prod'] });
    world.store.environments.set('churn', { ...environment('churn'), owner: BEN });
    assert.match(said(await world.say(BEN, 'tag churn@3 prod')), /^The tag `prod` is for/);
    assert.equal(codeOf(await world.say(BEN, 'untag churn prod')), 'not-allowed');
    assert.notEqual(codeOf(await world.say(BEN, 'tag churn@3 good')), 'not-allowed');
  });

  test('leaves names to their owners', async () => {
    const world = worldWith({ edges: ['lab'] });
    world.store.environments.set('churn', { ...environment('churn'), owner: BEN });
    assert.equal(codeOf(await world.say(ANA, 'create churn numpy')), 'name-taken');
  });

  test('cannot be had at a terminal by saying who one is', async () => {
    const world = worldWith({ edges: ['madrid'] }, 'ops');
    for (const user of [ANA, OPERATOR]) {
      const refused = await world.say(user, 'create churn numpy --edge madrid');
      assert.match(said(refused), /a terminal cannot prove who asks\. Ask in Slack/);
    }
    assert.equal(codeOf(await world.say(BEN, 'create churn numpy')), 'build');
  });
});

describe('a user group of Slack', () => {
  const DAY_MS = 24 * 3600_000;

  test('counts as Slack has last said, for a day', async () => {
    const world = worldWith({ members: [GROUP], edges: ['lab'] });
    await world.store.writeGroup({ id: GROUP, members: [ANA], at: Date.now() - DAY_MS + 60_000 });
    assert.equal(codeOf(await world.say(ANA, 'create churn numpy')), 'build');
    assert.match(said(await world.say(BEN, 'create sales numpy')), new RegExp(`Ask @${ANA}`));
    await world.store.writeGroup({ id: GROUP, members: [ANA], at: Date.now() - DAY_MS - 1 });
    assert.match(
      said(await world.say(ANA, 'create sales numpy')),
      /Slack has not said lately who is in S0614TZR7/,
    );
  });

  test('has nobody in it while Slack has said nothing, and operators still may', async () => {
    const world = worldWith({ members: [GROUP], edges: ['lab'] });
    assert.equal(codeOf(await world.say(ANA, 'create churn numpy')), 'not-allowed');
    assert.equal(codeOf(await world.say(OPERATOR, 'create churn numpy')), 'build');
  });

  test('that cannot be read refuses what is restricted', async () => {
    const { services, store } = worldWith({ members: [GROUP], edges: ['lab'] });
    store.readGroups = async () => Promise.reject(new Error('Redis is away'));
    await assert.rejects(services.create(build('queued').request, by(ANA)), /Redis is away/);
    assert.equal(store.builds.size, 0);
  });
});

describe('what somebody may', () => {
  test('is what help lists', async () => {
    const world = worldWith({ commands: ['create', 'thaw'] });
    const listed = async (user: string) => {
      const reply = await world.say(user, 'help');
      assert.ok(reply.kind === 'help');
      return reply.commands.map(({ name }) => name);
    };
    const hidden = (names: string[]) =>
      ['create', 'freeze', 'thaw', 'cancel'].filter((name) => !names.includes(name));
    assert.deepEqual(hidden(await listed(BEN)), ['create', 'freeze', 'thaw']);
    assert.deepEqual(hidden(await listed(ANA)), ['freeze']);
    assert.deepEqual(hidden(await listed(OPERATOR)), []);
  });

  test('is to approve only where a rule asks it of them', async () => {
    const role = { name: 'release', members: [ANA], commands: [], edges: [], channels: [] };
    const roles = [{ ...role, indexes: [], projects: [], tags: [] }];
    const rule = {
      edges: ['lab'],
      channels: [],
      tags: [],
      projects: false,
      by: 'release',
      count: 1,
    };
    const approvals = [{ ...rule, where: null }];
    const worlds = [[], approvals].map((rules) =>
      createWorld({}, { settings: { ...settings, roles, approvals: rules } }),
    );
    const offered = await Promise.all(
      worlds.flatMap((world) =>
        [ANA, BEN].map(async (user) => {
          const reply = await world.say(user, 'help');
          const names = reply.kind === 'help' ? reply.commands.map(({ name }) => name) : [];
          return names.filter((name) => name === 'approve' || name === 'refuse').join(' ');
        }),
      ),
    );
    assert.deepEqual(offered, ['', '', 'approve refuse', 'refuse']);
  });

  test('is everything in help while it cannot be known', async () => {
    const world = worldWith({ members: [GROUP], commands: ['create'] });
    world.store.away = true;
    const reply = await world.say(BEN, 'help');
    assert.ok(reply.kind === 'help' && reply.commands.some(({ name }) => name === 'create'));
  });

  test('is told by whoami, with the roles one has', async () => {
    const world = worldWith({ edges: ['madrid'] });
    const told = async (user: string) => {
      const reply = await world.say(user, 'whoami');
      return reply.kind === 'notice' ? plainPhrase(reply.text) : reply.kind;
    };
    assert.match(await told(ANA), / Your roles: `release`\.$/);
    assert.match(await told(BEN), / For other roles only: the edge `madrid`\.$/);
  });
});
