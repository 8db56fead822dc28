import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { execute, review } from '../../../commands/execute.ts';
import { commandHelp, commands } from '../../../commands/registry.ts';
import { newEnvironment } from '../../../src/domain/environment.ts';
import { plainPhrase } from '../../../src/domain/phrase.ts';
import type { Channels } from '../../../src/domain/ports.ts';
import type { RefusalView } from '../../../src/domain/reply.ts';
import { revision, settings } from '../../answers/samples.ts';
import { createMemory } from '../../slack/memory.ts';

const HELD: Readonly<Record<string, readonly string[]>> = {
  python: ['3.10.2', '3.11.3', '3.13.5'],
  numpy: ['1.26.4', '2.2.6'],
  pandas: ['2.0.3', '2.2.3'],
  scipy: ['1.15.3'],
  'scikit-learn': ['1.5.0'],
  'python-dateutil': ['2.9.0'],
  'ruamel.yaml': ['0.18'],
  opencv: ['4.10'],
  pytz: ['2025.2'],
  flask: ['3.0'],
  click: ['8.1'],
};

/** Every configured channel holds the same. */
const channels: Channels = {
  read: async (names) =>
    names.map((name) => ({
      name,
      has: (wanted) => wanted in HELD,
      versions: (wanted) => HELD[wanted] ?? [],
      names: () => Object.keys(HELD),
    })),
  close() {},
};
const silent: Channels = { read: async () => null, close() {} };

function world(known = channels) {
  const memory = createMemory(known);
  const context = (user: string) => ({
    ...{ user, channel: 'C1', team: null },
    ...{ services: memory.services, commands: commandHelp },
  });
  return {
    ...memory,
    say: (text: string, user = 'U1') => execute(text, commands, context(user)),
    review: (text: string, user = 'U1') => review(text, commands, context(user)),
  };
}

/** What is refused: nothing is recorded, nothing waits, no name is taken. */
async function refused(text: string, known = channels): Promise<RefusalView> {
  const { say, store, queued } = world(known);
  const reply = await say(text);
  assert.equal(reply.kind, 'refusal', `${text} was not refused`);
  assert.equal(store.builds.size + store.environments.size + queued.length, 0);
  return (reply as { error: RefusalView }).error;
}

async function begun(text: string, known = channels): Promise<string> {
  const { say } = world(known);
  const reply = await say(text);
  assert.equal(reply.kind, 'build', JSON.stringify(reply));
  return (reply as { build: { request: { environment: string } } }).build.request.environment;
}

const [conda = ''] = settings.channels.map(({ name }) => name);

describe('a file of which not everything can be had', () => {
  const FILE =
    'name: churn\nchannels:\n  - nowhere\ndependencies:\n  - nunpy\n  - ./own.whl\n  - pandas';

  for (const verb of ['create', 'plan']) {
    test(`is answered to ${verb} with each thing by itself, and what is left with its names mended`, async () => {
      const { parts = [], repairs } = await refused(`${verb} churn\n${FILE}`);
      const said = parts.map(({ message }) => plainPhrase(message));
      assert.equal(said.length, 3);
      for (const name of ['nowhere', './own.whl', 'nunpy']) {
        assert.ok(
          said.some((text) => text.includes(name)),
          `${name} is not in ${said}`,
        );
      }
      assert.deepEqual(
        repairs.map(({ command }) => command),
        [`${verb} -p churn numpy pandas`],
      );
    });
  }
});

describe('packages that no channel has', () => {
  /** What is typed, what is said of it, and the command offered instead. */
  const cases: readonly (readonly [text: string, said: RegExp, instead: string | null])[] = [
    [
      'create churn pyton=3.11 nunpy pandas',
      /No package `pyton` or `nunpy` .* Did you mean `python` and `numpy`\?/,
      'create churn python=3.11 numpy pandas',
    ],
    [
      'create churn numpy=99',
      /`numpy=99`.* There is `2\.2\.6`, `1\.26\.4`/,
      'create churn numpy=2.2',
    ],
    ['create churn python=3.12', /`python=3\.12`/, 'create churn python=3.13'],
    ['create churn pandas=2.2.9', /There is `2\.2\.3`/, 'create churn pandas=2.2'],
    [
      'create churn nunpy=99 python=2.7',
      /`nunpy`.* No version .*`python=2\.7`/,
      'create churn numpy=2.2 python=3.10',
    ],
    ['create churn sklearn cv2', /`scikit-learn` and `opencv`/, 'create churn scikit-learn opencv'],
    ['create churn "numpy[version=\'>=99\']"', /There is `2\.2\.6`/, 'create churn numpy=2.2'],
    ['create churn numpy 3.*', /There is `2\.2\.6`/, 'create churn numpy=2.2'],
    ['create churn dateutil', /`python-dateutil`/, 'create churn python-dateutil'],
    ['create churn ruamel_yaml', /`ruamel\.yaml`/, 'create churn ruamel.yaml'],
    ['create churn python3.11 numpy', /`python3\.11`/, 'create churn python=3.11 numpy'],
    ['create churn numpy-1.26.4', /Did you mean `numpy==1\.26\.4`/, 'create churn numpy==1.26.4'],
    ['create churn py310', /`python`/, 'create churn python=3.10'],
    ['create churn xyzzy numpy', /`xyzzy`.*Check the name/, null],
    ['create churn torch', /`torch` is `pytorch` in conda, which is not there either/, null],
    [
      `create churn nunpy --channel ${conda.slice(0, -1)}`,
      /There is no channel .* No package `nunpy`/,
      `create churn numpy --channel ${conda}`,
    ],
    [
      'create churn nunpy --layout global --format zip',
      /nunpy/,
      'create churn numpy --layout global --format zip',
    ],
    ['create -n numpy nunpy', /`nunpy`/, 'create -n numpy numpy --layout global'],
  ];
  for (const [text, said, instead] of cases) {
    test(`\`${text}\` is answered with ${instead === null ? 'what is wrong' : `\`${instead}\``}`, async () => {
      const { message, suggestion, repairs } = await refused(text);
      assert.match(`${message} ${suggestion}`, said);
      assert.deepEqual(repairs[0]?.command ?? null, instead);
      if (instead !== null) assert.match(await begun(instead), /^(churn|numpy)$/);
    });
  }

  test('every mistake of spelling is told beside them', async () => {
    const { message } = await refused('create churn nunpy "numpy=>2"');
    assert.match(plainPhrase(message), /numpy=>2/);
    assert.match(plainPhrase(message), /No package `nunpy`/);
  });

  test('are nobody’s business while a channel does not answer', async () => {
    assert.equal(await begun('create churn nunpy', silent), 'churn');
  });

  test('are told before a form is taken, which names its environment itself', async () => {
    const { review: look } = world();
    assert.match(plainPhrase((await look('create -p churn nunpy'))?.suggestion ?? ''), /numpy/);
    assert.equal(await look('create -p numpy pandas'), null);
    assert.equal((await look('create -p churn'))?.code, 'missing-argument');
  });
});

describe('a name that may be none', () => {
  test('is refused as before when it can be neither name nor package', async () => {
    for (const text of ['create 9lives numpy', `create ${'x'.repeat(65)} numpy`]) {
      assert.equal((await refused(text)).code, 'bad-name');
    }
  });

  const asked: readonly (readonly [text: string, ...instead: string[]])[] = [
    [
      'create numpy pandas',
      'create numpy-pandas numpy pandas',
      'create numpy-env numpy pandas',
      'create -p numpy pandas',
    ],
    ['create numpy', 'create numpy-env numpy', 'create my-numpy numpy'],
    [
      'create python=3.11 numpy pandas',
      'create numpy-pandas python=3.11 numpy pandas',
      'create numpy-env python=3.11 numpy pandas',
    ],
    ['create my env numpy', 'create numpy-env numpy', 'create my-numpy numpy'],
    ['create an env with numpy', 'create numpy-env numpy', 'create my-numpy numpy'],
    ['create churn with numpy and pandas', 'create churn numpy pandas'],
    ['create an environment called churn with numpy, pandas', 'create churn numpy pandas'],
    ['create numpy and nunpy', 'create numpy-env numpy', 'create my-numpy numpy'],
    [
      'please make an environment for churn with python 3.11 and numpy',
      'create churn python=3.11 numpy',
    ],
    ['make churn numpy pandas', 'create churn numpy pandas'],
    ['I need numpy.', 'create numpy-env numpy', 'create my-numpy numpy'],
  ];
  for (const [text, ...instead] of asked) {
    test(`\`${text}\` is asked back, with ${instead.length} answers to press`, async () => {
      const { code, message, repairs } = await refused(text);
      assert.equal(code, 'name-missing');
      assert.match(plainPhrase(message), /Nothing has been started/);
      assert.deepEqual(
        repairs.map(({ command }) => command),
        instead,
      );
      for (const { command } of repairs) assert.ok(await begun(command));
    });
  }

  const plain = [
    'create churn numpy pandas',
    'create my-env numpy',
    'create env numpy pandas',
    'create test numpy',
    'create numpy numpy pandas',
    'create -n numpy pandas',
    'create -p my-numpy numpy',
    'create -n my numpy',
    'create with-numpy numpy',
  ];
  for (const text of plain) {
    test(`\`${text}\` is not asked back`, async () => {
      assert.ok(await begun(text));
    });
  }

  test('is one when it was one before', async () => {
    const { say } = world();
    assert.equal((await say('create -n flask click', 'U1')).kind, 'build');
    assert.equal((await say('create flask click --layout global', 'U1')).kind, 'build');
    assert.equal((await say('create flask click', 'U2')).kind, 'refusal');
  });

  test('is not proposed when an environment has it', async () => {
    const { say, store } = world();
    const name = 'numpy-pandas';
    store.environments.set(name, { ...newEnvironment(name, 'U2', 0), revisions: [revision()] });
    const reply = await say('create numpy pandas');
    assert.equal(
      reply.kind === 'refusal' && reply.error.repairs[0]?.command,
      'create numpy-pandas-2 numpy pandas',
    );
  });

  for (const text of ['thanks!', 'what does numpy need', 'please help', 'hello']) {
    test(`\`${text}\` asks for no environment`, async () => {
      assert.equal((await refused(text)).code, 'unknown-command');
    });
  }
});
