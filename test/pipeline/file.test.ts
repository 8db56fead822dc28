import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { execute } from '../../commands/execute.ts';
import { commandHelp, commands } from '../../commands/registry.ts';
import { describePlan } from '../../src/answers/plan.ts';
import { settings } from '../answers/samples.ts';
import { createLoneWorld, createWorld, engineSolving, locked, type World } from './world.ts';

const URL = 'https://conda.anaconda.org/conda-forge';
const LIST = `@EXPLICIT
${URL}/linux-64/python-3.11.9-h1_0_cpython.conda#sha256:${'a'.repeat(64)}
${URL}/noarch/six-1.17.0-pyhd8ed1ab_0.conda#sha256:${'b'.repeat(64)}
`;

const RICH = `# pip rich @ https://pypi.example.com/rich-13.7.1-py3-none-any.whl --hash=sha256:${'c'.repeat(64)}\n`;

/** What is answered to a text with a file attached. */
const say = (world: World, text: string, list: string, name = 'explicit.txt') =>
  execute(text, commands, {
    ...{ user: 'U1', channel: 'C1', team: null, services: world.services, commands: commandHelp },
    file: { name, bytes: new TextEncoder().encode(list) },
  });

/** An engine that leaves what is to stay, and puts pip beside it. */
const withPip = engineSolving(async ({ platform, keep }) => ({
  platform,
  packages: [...keep, locked('pip 24.0')],
}));

/** An index with one wheel, whose digest is this digit over and over. */
const pipWith = (digit: string) => ({
  indexes: ['pypi'],
  resolve: async () => [
    {
      ...{ name: 'rich', version: '13.7.1', sha256: digit.repeat(64), size: null },
      url: 'https://pypi.example.com/rich-13.7.1-py3-none-any.whl',
    },
  ],
  fetch: async () => [],
});

describe('a build of a lock that somebody has', () => {
  test('has exactly its packages, and asks no engine', async () => {
    const engine = engineSolving(async () => assert.fail('nothing is left to solve'));
    const world = createWorld({ engine });
    const reply = await say(world, 'create churn', LIST);
    assert.equal(reply.kind, 'build', JSON.stringify(reply));
    await world.work('churn');
    const { state, lock, failure } = await world.newest('churn');
    assert.equal(state, 'ready', JSON.stringify(failure));
    assert.deepEqual(
      lock?.packages.map(({ name, sha256 }) => `${name} ${sha256[0]}`),
      ['python a', 'six b'],
    );
  });

  test('has none of a channel that is not asked for, so nobody gets around its role', async () => {
    const lock = { platform: 'linux-64' as const, packages: [locked('python 3.11.9')] };
    const address = 'https://conda.example.com/internal';
    const channels = [settings.channels[0], { name: 'internal', default: false, url: address }];
    const world = createWorld(
      { engine: engineSolving(async () => lock) },
      { settings: { ...settings, channels: channels.filter((each) => each !== undefined) } },
    );
    await say(world, 'create churn --channel conda-forge', LIST.replaceAll(URL, address));
    const { request, lock: built } = await world.newest('churn');
    assert.deepEqual(request.channels, ['conda-forge']);
    assert.deepEqual(built, lock);
  });

  test('has those of pip, too, which are resolved beside it', async () => {
    const world = createWorld({ engine: withPip, pip: pipWith('c') });
    const reply = await say(world, 'create churn', LIST + RICH);
    assert.equal(reply.kind, 'build', JSON.stringify(reply));
    await world.work('churn');
    const { lock, failure } = await world.newest('churn');
    assert.deepEqual(
      [...(lock?.packages ?? []), ...(lock?.wheels ?? [])].map(
        ({ name, sha256 }) => `${name} ${sha256[0]}`,
      ),
      ['python a', 'six b', 'pip 7', 'rich c'],
      JSON.stringify(failure),
    );
  });

  test('is refused where pip does not go beside its packages, naming those that would move', async () => {
    const engine = engineSolving(async ({ platform }) => ({
      platform,
      packages: [locked('python 3.12.1'), locked('six 1.17.0'), locked('pip 24.0')],
    }));
    const world = createWorld({ engine, pip: pipWith('c') });
    const reply = await say(world, 'create churn', LIST + RICH);
    assert.deepEqual(
      reply.kind === 'refusal' && [reply.error.code, world.queued.length],
      ['lock-incomplete', 0],
      JSON.stringify(reply),
    );
  });

  test('is refused where the index has other bytes of a wheel than it names', async () => {
    const world = createWorld({ engine: withPip, pip: pipWith('d') });
    const reply = await say(world, 'create churn', LIST + RICH);
    assert.equal(reply.kind === 'refusal' && reply.error.code, 'requirement-not-found');
    assert.match(JSON.stringify(reply), /rich 13\.7\.1/);
    assert.equal(world.queued.length, 0);
  });

  test('with wheels is not guessed at where nobody answers; without, it is built as it is', async () => {
    for (const [text, kind] of [
      [LIST, 'build'],
      [LIST + RICH, 'refusal'],
    ] as const) {
      const world = createLoneWorld({ pip: pipWith('c') });
      assert.equal((await say(world, 'create churn', text)).kind, kind);
      assert.equal(world.queued.length, kind === 'build' ? 1 : 0);
    }
  });
});

describe('diff with a file', () => {
  const diff = (world: World, text: string, content: string) =>
    say(world, text, content, 'environment.yml');
  const FILE = 'name: churn\ndependencies:\n  - numpy>=3\n  - pip:\n    - -e .\n';

  test('judges its constraints by the revision that is named, or by the environment that it names', async () => {
    const packages = [locked('numpy 2.2.6')];
    const engine = engineSolving(async ({ platform }) => ({ platform, packages }));
    const world = createWorld({ engine });
    await world.say('U1', 'create churn numpy');
    await world.work('churn');
    for (const text of ['diff churn@1', 'diff']) {
      const reply = await diff(world, text, FILE);
      assert.ok(reply.kind === 'comparison', JSON.stringify(reply));
      assert.deepEqual(
        [reply.from.label, reply.from.left.length, reply.to.label, reply.compared],
        [
          ...['environment.yml', 1, 'churn@1'],
          {
            ...{ kind: 'constraints', others: 0 },
            judged: [{ asked: 'numpy>=3', found: 'numpy 2.2.6', isMet: false }],
          },
        ],
      );
    }
    const pasted = await world.say('U1', `diff churn@1\n${FILE}`);
    assert.equal(pasted.kind, 'comparison');
  });

  test('is read for the platform of the revision', async () => {
    const world = createWorld();
    await world.say('U1', 'create churn numpy');
    await world.work('churn');
    await world.store.updateEnvironment('churn', (known) => ({
      ...known,
      revisions: known.revisions.map((each) => ({
        ...each,
        lock: { ...each.lock, platform: 'linux-aarch64' },
      })),
    }));
    const rows = 'dependencies:\n  - mkl  # [x86_64]\n  - acl  # [aarch64]\n';
    const reply = await diff(world, 'diff churn@1', rows);
    assert.ok(reply.kind === 'comparison' && reply.compared.kind === 'constraints');
    assert.deepEqual(
      reply.compared.judged.map(({ asked }) => asked),
      ['acl'],
    );
  });

  test('that names no environment, or beside two revisions, is asked back', async () => {
    const world = createWorld();
    const codes = await Promise.all(
      [
        ['diff', 'dependencies: [numpy]'],
        ['diff churn@1 churn@2', FILE],
      ].map(async ([text = '', content = '']) => {
        const reply = await diff(world, text, content);
        return reply.kind === 'refusal' && reply.error.code;
      }),
    );
    assert.deepEqual(codes, ['nothing-to-compare', 'too-much-to-compare']);
  });
});

describe('a plan of a lock that somebody has', () => {
  test('shows its packages, and what its button says builds exactly those', async () => {
    const engine = engineSolving(async () => assert.fail('nothing is left to solve'));
    const world = createWorld({ engine });
    const reply = await say(world, 'plan churn', LIST);
    assert.ok(reply.kind === 'plan' && reply.id !== null, JSON.stringify(reply));
    assert.deepEqual(
      describePlan(reply, settings).parts.flatMap((part) =>
        part.kind === 'buttons' ? part.buttons.map(({ command }) => command) : [],
      ),
      [`apply ${reply.id}`],
    );
    const pressed = await world.say('U1', `apply ${reply.id}`);
    assert.equal(pressed.kind, 'build', JSON.stringify(pressed));
    await world.work('churn');
    const { state, lock } = await world.newest('churn');
    assert.equal(state, 'ready');
    assert.deepEqual(
      lock?.packages.map(({ url, sha256 }) => [url, sha256]),
      LIST.split('\n')
        .slice(1, 3)
        .map((row) => row.split('#sha256:')),
    );
  });

  test('with an md5 alone asks the engine for these bytes and no others', async () => {
    const asked: (string | undefined)[] = [];
    const engine = engineSolving(async ({ specs, platform }) => {
      asked.push(...specs.map(({ md5 }) => md5));
      return { platform, packages: [locked('python 3.11.9'), locked('six 1.17.0')] };
    });
    await say(createWorld({ engine }), 'plan churn', LIST.replace(/#sha256:(.{32}).*/g, '#$1'));
    assert.deepEqual(asked, ['a'.repeat(32), 'b'.repeat(32)]);
  });

  test('of a channel that is not configured is refused, row by row', async () => {
    const world = createWorld();
    const reply = await say(world, 'plan churn', LIST.replaceAll('conda-forge', 'elsewhere'));
    assert.equal(reply.kind === 'refusal' && reply.error.code, 'file-rows');
    assert.match(JSON.stringify(reply), /line 2.*elsewhere.*line 3/);
  });
});
