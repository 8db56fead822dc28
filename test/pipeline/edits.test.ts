import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { userError } from '../../src/domain/errors.ts';
import type { Lock, LockedPackage } from '../../src/domain/lock.ts';
import { formatRequirement } from '../../src/domain/pip.ts';
import type { Channels, Pip, SolveRequest } from '../../src/domain/ports.ts';
import type { Reply } from '../../src/domain/reply.ts';
import { formatSpec, meetsVersion } from '../../src/domain/spec.ts';
import { createWorld, engineSolving, locked, type World } from './world.ts';

/** Packages with their versions, the newest last, and what each needs. */
const CHANNEL: Readonly<Record<string, { versions: string[]; needs: string[] }>> = {
  python: { versions: ['3.11.3', '3.12.1'], needs: [] },
  numpy: { versions: ['1.26.4', '2.2.6'], needs: ['python', 'libblas'] },
  libblas: { versions: ['3.8.0', '3.9.0'], needs: [] },
  pandas: { versions: ['2.2.3'], needs: ['numpy', 'pytz'] },
  pytz: { versions: ['2025.2'], needs: ['python'] },
  scipy: { versions: ['1.15.3'], needs: ['numpy'] },
};

/** Chooses what is to stay, else the newest that the specs allow; numpy 2 needs libblas 3.9. */
function solve({ specs, keep }: SolveRequest, published: number): Lock {
  const chosen = new Map<string, LockedPackage>();
  const choose = (name: string) => {
    if (chosen.has(name)) return;
    const { versions = [], needs = [] } = CHANNEL[name] ?? {};
    const version = specs.find((spec) => spec.name === name)?.version ?? null;
    const kept = keep.find((entry) => entry.name === name)?.version ?? '';
    const allowed = versions.slice(0, published).filter((each) => meetsVersion(each, version));
    const best = allowed.includes(kept) ? kept : (allowed.at(-1) ?? '');
    chosen.set(name, locked(`${name} ${best}`));
    needs.forEach(choose);
  };
  for (const { name } of specs) choose(name);
  if (chosen.get('numpy')?.version === '2.2.6') chosen.set('libblas', locked('libblas 3.9.0'));
  const packages = [...chosen.values()];
  return { platform: 'linux-64', packages };
}

/** What is in `CHANNEL`, as the bot reads it. */
const channels: Channels = {
  read: async () => [
    {
      name: 'conda-forge',
      has: (name) => Object.hasOwn(CHANNEL, name),
      versions: (name) => CHANNEL[name]?.versions ?? [],
      names: () => Object.keys(CHANNEL),
    },
  ],
  close() {},
};

const OWNER = 'U0ANARUIZ1';

describe('an edit', () => {
  let world: World;
  let asked: SolveRequest[];
  /** How many versions of each package there are. */
  let published: number;
  beforeEach(async () => {
    asked = [];
    published = 2;
    world = createWorld({
      engine: engineSolving(async (request) => {
        asked.push(request);
        return solve(request, published);
      }),
    });
    await world.say(
      OWNER,
      'create churn python=3.11 numpy=1.26 pandas libblas=3.8 --layout global',
    );
    await world.work('churn');
    asked.length = 0;
  });

  const revisionOf = async (number: number) => world.services.findRevision('churn', number);
  const specsOf = async (number: number) =>
    (await revisionOf(number)).request.specs.map(formatSpec).join(' ');

  /** What is shown to change: `numpy 2.2.6`, `+scipy 1.15.3`, `-pytz`. */
  function shown(reply: Reply): string[] {
    assert.equal(reply.kind, 'edit', JSON.stringify(reply));
    if (reply.kind !== 'edit') return [];
    const before = new Map(reply.base.lock.packages.map(({ name, version }) => [name, version]));
    const after = reply.plan.lock.packages;
    return [
      ...after
        .filter(({ name, version }) => before.get(name) !== version)
        .map(({ name, version }) => `${before.has(name) ? '' : '+'}${name} ${version}`),
      ...[...before.keys()]
        .filter((name) => !after.some((entry) => entry.name === name))
        .map((name) => `-${name}`),
    ].sort();
  }

  async function press(reply: Reply, user = OWNER): Promise<Reply> {
    return world.say(user, `apply ${reply.kind === 'edit' ? reply.id : ''}`);
  }

  test('shows what would change, builds nothing, and then builds exactly that', async () => {
    const reply = await world.say(OWNER, 'add churn scipy');
    assert.deepEqual(shown(reply), ['+scipy 1.15.3']);
    assert.equal(world.store.builds.size, 1);
    const solves = asked.length;
    const built = await press(reply);
    assert.equal(built.kind, 'build');
    await world.work('churn');
    assert.equal(asked.length, solves, 'a build of a plan asks no engine');
    const revision = await revisionOf(2);
    assert.deepEqual(revision.lock, reply.kind === 'edit' && reply.plan.lock);
    assert.equal(revision.request.layout, 'global');
    assert.equal(await specsOf(2), 'python=3.11 numpy=1.26 pandas libblas=3.8 scipy');
  });

  test('is built at once with --yes', async () => {
    const built = await world.say(OWNER, 'add churn scipy --yes');
    assert.equal(built.kind === 'build' && built.audience, 'channel');
    await world.work('churn');
    assert.equal(await specsOf(2), 'python=3.11 numpy=1.26 pandas libblas=3.8 scipy');
  });

  test('that asks for another version takes the place of what was asked for', async () => {
    const reply = await world.say(OWNER, 'add churn "numpy>=2" "numpy<3" libblas');
    assert.deepEqual(shown(reply), ['libblas 3.9.0', 'numpy 2.2.6']);
    await press(reply);
    await world.work('churn');
    assert.equal(await specsOf(2), 'python=3.11 numpy>=2,<3 pandas libblas');
  });

  test('of a removal takes along what nothing else needs', async () => {
    const reply = await world.say(OWNER, 'remove churn pandas');
    assert.deepEqual(shown(reply), ['-pandas', '-pytz']);
  });

  test('of a removal says who needs what stays', async () => {
    const reply = await world.say(OWNER, 'remove churn numpy');
    assert.deepEqual(reply.kind === 'refusal' && [reply.error.code, reply.error.message], [
      'package-needed',
      '`numpy` cannot be left out: `pandas` needs it.',
    ]);
    assert.deepEqual(reply.kind === 'refusal' && reply.error.repairs, [
      { label: 'Remove numpy pandas', command: 'remove churn numpy pandas' },
    ]);
    assert.deepEqual(shown(await world.say(OWNER, 'remove churn numpy pandas')), [
      ...['-numpy', '-pandas', '-pytz'],
    ]);
  });

  test('lifts what is named with what that forces, within its constraint', async () => {
    await press(await world.say(OWNER, 'add churn numpy libblas=3.8'));
    await world.work('churn');
    const held = await world.say(OWNER, 'update churn pytz');
    assert.match(
      held.kind === 'notice' ? String(held.text) : '',
      /^Nothing changes: `churn@\d` has `pytz 2025\.2`\.$/,
    );
    const reply = await world.say(OWNER, 'update churn "numpy>=2"');
    assert.deepEqual(shown(reply), ['libblas 3.9.0', 'numpy 2.2.6']);
    const solves = asked.slice(-2).map(({ specs, keep }) => ({
      numpy: specs.map(formatSpec).find((spec) => spec.startsWith('numpy')),
      keep: keep.map(({ name }) => name).sort(),
    }));
    assert.deepEqual(solves, [
      { numpy: 'numpy>=2', keep: ['libblas', 'pandas', 'python'] },
      {
        numpy: 'numpy==2.2.6=0',
        keep: ['libblas', 'numpy', 'pandas', 'python', 'pytz'],
      },
    ]);
  });

  test('of everything moves what was asked for, and with --latest what came along, too', async () => {
    published = 1;
    await world.say(OWNER, 'create other python=3.11 numpy=1.26');
    await world.work('other');
    published = 2;
    const all = await world.say(OWNER, 'update other');
    assert.match(
      all.kind === 'notice' ? String(all.text) : '',
      /held by `python=3.11` and `numpy=1.26`/,
    );
    assert.deepEqual(shown(await world.say(OWNER, 'update other --latest')), ['libblas 3.9.0']);
  });

  test('that nothing newer lets through names what holds it, and what there is', async () => {
    Object.assign(world.services, { channels });
    const reply = await world.say(OWNER, 'update churn numpy');
    assert.deepEqual(
      reply.kind === 'notice' && reply.text,
      [
        'Nothing changes: `churn@1` has `numpy 1.26.4`, held by `numpy=1.26`.',
        'There is `numpy 2.2.6`: `update churn numpy=2.2`.',
      ].join(' '),
    );
    const lifted = await world.say(OWNER, 'update churn numpy=2.2');
    assert.deepEqual(shown(lifted), ['libblas 3.9.0', 'numpy 2.2.6']);
  });

  test('that nothing newer lets through offers no Python that the cluster does not run', async () => {
    Object.assign(world.services, { channels });
    const reply = await world.say(OWNER, 'update churn python');
    assert.equal(
      reply.kind === 'notice' && reply.text,
      'Nothing changes: `churn@1` has `python 3.11.3`, held by `python=3.11`.',
    );
  });

  test('of what is asked for alone changes no package and is kept for the next', async () => {
    const reply = await world.say(OWNER, 'add churn "numpy<2"');
    assert.deepEqual(shown(reply), []);
    await press(reply);
    await world.work('churn');
    assert.equal((await world.services.findEnvironment('churn')).revisions.length, 1);
    assert.equal(await specsOf(1), 'python=3.11 numpy<2 pandas libblas=3.8');
    assert.equal((await world.say(OWNER, 'add churn "numpy<2"')).kind, 'notice');
  });

  test('begins with the revision that is named', async () => {
    await world.say(OWNER, 'add churn scipy --yes');
    await world.work('churn');
    const reply = await world.say(OWNER, 'remove churn@1 pandas');
    assert.deepEqual(shown(reply), ['-pandas', '-pytz']);
    await press(reply);
    await world.work('churn');
    assert.equal(await specsOf(3), 'python=3.11 numpy=1.26 libblas=3.8');
  });

  test('that cannot be solved is refused with an edit that can', async () => {
    const { engine } = world.ports;
    world.ports.engine = engineSolving(async (request, progress) => {
      const specs = request.specs.map(formatSpec);
      if (specs.includes('numpy=1.26') && specs.includes('scipy')) {
        throw userError({ code: 'unsatisfiable', message: 'No.' });
      }
      return engine.solve(request, progress);
    });
    const reply = await world.say(OWNER, 'add churn scipy');
    const command = 'add churn@1 numpy=2.2 scipy';
    assert.deepEqual(reply.kind === 'refusal' && reply.error.repairs, [
      { label: command, command },
    ]);
    assert.deepEqual(shown(await world.say(OWNER, command)), [
      ...['+scipy 1.15.3', 'libblas 3.9.0', 'numpy 2.2.6'],
    ]);
  });

  test('to what the cluster does not run is for those who insist', async () => {
    const reply = await world.say(OWNER, 'add churn python=3.12');
    assert.ok(reply.kind === 'refusal', JSON.stringify(reply));
    const commands = ['add churn@1 python=3.12 setuptools<80', 'add churn@1 python=3.12 --force'];
    assert.deepEqual(
      reply.error.repairs.map(({ command }) => command),
      commands,
    );
    const forced = await world.say(OWNER, commands[1] ?? '');
    assert.deepEqual(shown(forced), ['python 3.12.1']);
    assert.equal(forced.kind === 'edit' && forced.plan.request.force, true);
  });

  test('that has been overtaken is planned again, not built', async () => {
    const reply = await world.say(OWNER, 'add churn scipy');
    await world.say(OWNER, 'remove churn pandas --yes');
    await world.work('churn');
    const late = await press(reply);
    assert.deepEqual(late.kind === 'refusal' && [late.error.code, late.error.repairs], [
      'plan-outdated',
      [{ label: 'Plan again', command: 'add churn scipy' }],
    ]);
    const unknown = await world.say(OWNER, 'apply nothing');
    assert.equal(unknown.kind === 'refusal' && unknown.error.code, 'plan-forgotten');
  });

  test('is told its id where that was mistyped, while others were planned since', async () => {
    const reply = await world.say(OWNER, 'add churn scipy');
    await world.say(OWNER, 'remove churn pandas');
    assert.ok(reply.kind === 'edit');
    const mistyped = await world.say(OWNER, `apply ${reply.id}-`);
    assert.equal(
      mistyped.kind === 'refusal' && mistyped.error.suggestion,
      `Did you mean \`${reply.id}\`?`,
    );
  });

  test('of somebody else’s environment is refused before anything is solved', async () => {
    const reply = await world.say('U2', 'add churn scipy');
    assert.deepEqual(reply.kind === 'refusal' && [reply.error.code, reply.error.repairs], [
      'name-taken',
      [
        { label: 'Copy it as churn-2', command: 'clone churn@1 as churn-2' },
        { label: 'Use churn', command: 'run churn' },
      ],
    ]);
    assert.deepEqual(asked, []);
    const shared = await press(await world.say(OWNER, 'add churn scipy'), 'U2');
    assert.equal(shared.kind === 'refusal' && shared.error.code, 'name-taken');
    assert.equal(world.store.builds.size, 1);
  });

  test('of packages of pip keeps the others, and lifts what is named', async () => {
    const kept: string[][] = [];
    const wheel = (name: string, version: string) => ({
      ...{ name, version, url: `https://index.example/${name}-${version}-py3-none-any.whl` },
      ...{ sha256: locked(`${name} ${version}`).sha256, size: 7 },
    });
    const pip: Pip = {
      indexes: ['pypi'],
      resolve: async ({ requirements, keep }) => {
        kept.push(keep.map(({ name, version }) => `${name} ${version}`));
        return requirements.map(
          ({ name }) => keep.find((each) => each.name === name) ?? wheel(name, '2.0'),
        );
      },
      fetch: async () => [],
    };
    world = createWorld({ engine: world.ports.engine, pip });
    await world.say(OWNER, 'create mixed python=3.11 --pip rich --pip click');
    await world.work('mixed');
    const shownOf = async (text: string) => {
      const reply = await world.say(OWNER, text);
      assert.equal(reply.kind, 'edit', JSON.stringify(reply));
      if (reply.kind !== 'edit') return null;
      return [
        ...reply.plan.request.specs.map(formatSpec),
        ...reply.plan.request.pip.map(formatRequirement),
      ].join(' ');
    };
    assert.equal(await shownOf('add mixed scipy'), 'python=3.11 scipy rich click');
    assert.deepEqual(kept.at(-1), ['rich 2.0', 'click 2.0']);
    assert.equal(await shownOf('add mixed --pip "rich>=1"'), 'python=3.11 click rich>=1');
    assert.equal(await shownOf('remove mixed rich'), 'python=3.11 click');
    await world.say(OWNER, 'update mixed click');
    assert.deepEqual(kept.at(-1), ['rich 2.0']);
    const other = await world.say(OWNER, 'update mixed "click>=2"');
    assert.equal(other.kind === 'refusal' && other.error.code, 'package-of-pip');
  });

  test('is compared with what was before it', async () => {
    await world.say(OWNER, 'add churn scipy --yes');
    await world.work('churn');
    await world.say(OWNER, 'tag churn@1 prod');
    const compared = async (text: string) => {
      const reply = await world.say('U2', text);
      assert.equal(reply.kind, 'revisions', JSON.stringify(reply));
      return reply.kind === 'revisions' && [reply.from.number, reply.to.number];
    };
    assert.deepEqual(await compared('diff churn'), [1, 2]);
    assert.deepEqual(await compared('diff churn@1'), [1, 2]);
    assert.deepEqual(await compared('diff churn churn:prod'), [2, 1]);
    assert.deepEqual(await compared('diff churn@1 churn@1'), [1, 1]);
    const first = await world.say('U2', 'diff churn:prod churn@9');
    assert.equal(first.kind === 'refusal' && first.error.code, 'revision-not-found');
  });

  test('that is the first has nothing to be compared with', async () => {
    const reply = await world.say('U2', 'diff churn');
    assert.deepEqual(reply.kind === 'refusal' && [reply.error.code, reply.error.message], [
      'first-revision',
      '`churn@1` is the first: there is no revision before it.',
    ]);
  });

  const mistakes: readonly (readonly [text: string, code: string, told: RegExp])[] = [
    ['remove churn nunpy', 'not-in-environment', /`nunpy` is not in `churn@1`/],
    ['update churn scipy', 'not-in-environment', /`scipy` is not in `churn@1`/],
    ['remove churn python', 'python-stays', /PySpark runs on it/],
    ['remove churn numpy pandas libblas python', 'python-stays', /without `python`/],
    ['update churn numpy --latest', 'latest-of-some', /some are named/],
    ['add chrun scipy', 'environment-not-found', /`chrun`/],
    ['add scipy to churn', 'other-order', /stands first/],
    ['install churn@7 scipy', 'revision-not-found', /no revision 7/],
    ['add churn "numpy>=2" "numpy=1.26=py311_0"', 'duplicate-package', /asked for twice/],
    ['add churn', 'missing-argument', /at least one package/],
  ];
  for (const [text, code, told] of mistakes) {
    test(`\`${text}\` is a mistake that says what is wrong`, async () => {
      const reply = await world.say(OWNER, text);
      assert.equal(reply.kind, 'refusal', JSON.stringify(reply));
      if (reply.kind !== 'refusal') return;
      assert.equal(reply.error.code, code, JSON.stringify(reply.error));
      assert.match(String(reply.error.message), told);
      assert.deepEqual(asked, []);
    });
  }
});
