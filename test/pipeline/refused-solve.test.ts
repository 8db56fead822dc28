import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { execute } from '../../commands/execute.ts';
import { commandHelp, commands } from '../../commands/registry.ts';
import { type FerryError, outsideError, userError } from '../../src/domain/errors.ts';
import type { Channels, Engine, SolveRequest } from '../../src/domain/ports.ts';
import { formatSpec } from '../../src/domain/spec.ts';
import { createLoneWorld } from './world.ts';

/** What py-rattler says of scipy, which there is for Python 3.11 only. */
const SCIPY = `Cannot solve the request because of: scipy * cannot be installed because there are no viable options:
└─ scipy 1.15.3 would require
   └─ python >=3.11,<3.12.0a0, for which no candidates were found.`;

function refusing(text: string, passes: (asked: string) => boolean = () => false) {
  const solved: string[] = [];
  const { engine } = createLoneWorld().ports;
  const solve: Engine['solve'] = async (request: SolveRequest) => {
    const asked = request.specs.map(formatSpec).join(' ');
    solved.push(asked);
    if (!passes(asked)) throw userError({ code: 'unsatisfiable', message: 'raw', details: text });
    return {
      platform: 'linux-64',
      packages: ['python 3.11.3', 'scipy 1.15.3'].map((entry) => {
        const [name = '', version = ''] = entry.split(' ');
        const url = `https://channel.example/${name}`;
        return {
          ...{ name, version, url, build: '0', subdir: 'linux-64', channel: 'main' },
          ...{ sha256: 'a'.repeat(64), md5: null, size: null },
        };
      }),
    };
  };
  return { engine: { ...engine, solve }, solved };
}

async function failureOf(text: string, engine: Engine, more = {}) {
  const world = createLoneWorld({ engine, ...more });
  await execute(text, commands, {
    ...{ user: 'U1', channel: 'C1', team: null },
    ...{ services: world.services, commands: commandHelp },
  });
  await world.work('churn');
  const [build] = await world.store.listBuilds({ environment: 'churn', limit: 1 });
  assert.equal(build?.state, 'failed');
  return { failure: build?.failure, log: await world.store.readLog(build?.id ?? '', 99) };
}

describe('a solve that cannot be', () => {
  test('says what needs what, and offers the nearest that goes together', async () => {
    const { engine, solved } = refusing(SCIPY, (asked) => asked === 'python<3.12 scipy');
    const { failure, log } = await failureOf('create churn python=3.10 scipy', engine);
    assert.equal(failure?.code, 'unsatisfiable');
    assert.match(
      failure?.message ?? '',
      /`scipy` 1\.15\.3 needs `python` >=3\.11,<3\.12, and `python=3\.10` is/,
    );
    assert.equal(failure?.suggestion, 'The nearest that goes together: `python=3.11` `scipy`.');
    assert.deepEqual(failure?.repairs, [
      { label: 'Build python=3.11 scipy', command: 'create churn python=3.11 scipy --edge lab' },
    ]);
    assert.deepEqual(solved, ['python=3.10 scipy', 'python<3.12 scipy']);
    assert.ok(log.join('\n').includes('no candidates were found'));
  });

  test('lets go of other constraints before Python’s, then of all', async () => {
    const { engine, solved } = refusing(SCIPY);
    const { failure } = await failureOf('create churn python=3.10 scipy=1.15', engine);
    assert.deepEqual(solved.slice(1), [
      ...['python=3.10 scipy', 'python<3.12 scipy=1.15', 'python<3.12 scipy'],
    ]);
    assert.deepEqual(failure?.repairs ?? [], []);
    assert.match(failure?.suggestion ?? '', /Loosen or leave out/);
  });

  test('for a reason nobody knows is tried without each constraint that was typed, and no other', async () => {
    const { engine, solved } = refusing('a story', (asked) => asked === 'python=3.11 numpy scipy');
    const { failure } = await failureOf('create churn python=3.11 numpy scipy=1.15', engine);
    assert.deepEqual(solved, ['python=3.11 numpy scipy=1.15', 'python=3.11 numpy scipy']);
    assert.match(failure?.suggestion ?? '', /`python=3\.11` `numpy` `scipy=1\.15`/);
  });

  test('for a reason nobody knows is not tried again where nothing constrains it', async () => {
    const { engine, solved } = refusing('a story');
    const { failure } = await failureOf('create churn python numpy', engine);
    assert.deepEqual(
      [solved, failure?.repairs?.map(({ label }) => label)],
      [['python<3.12 numpy'], ['Build it anyway']],
    );
  });

  test('is not tried again when the first try took long', async () => {
    let now = 0;
    const { engine, solved } = refusing(SCIPY);
    const clock = { now: () => now };
    const slow: Engine = {
      ...engine,
      solve: (request, progress) => {
        now += 20_000;
        return engine.solve(request, progress);
      },
    };
    await failureOf('create churn python=3.10 scipy', slow, { clock });
    assert.equal(solved.length, 1);
  });

  test('is said in the solver’s words where they are of no known kind, without secrets', async () => {
    const { engine } = refusing('a story of hunter2');
    const told: Engine = {
      ...engine,
      solve: async () => {
        throw userError({
          code: 'unsatisfiable',
          message: 'No: hunter2',
          details: 'token hunter2',
        });
      },
    };
    const { failure, log } = await failureOf('create churn scipy', told);
    assert.match(failure?.message ?? '', /^No: «secret» `python<3\.12` was added: /);
    assert.equal(failure?.details, 'token «secret»');
    assert.doesNotMatch(log.join('\n'), /hunter2/);
  });

  test('names every package the channels do not have, where the bot could not ask them', async () => {
    const { engine } = refusing(
      'Cannot solve the request because of: No candidates were found for nunpy *.',
    );
    const contents: Channels = {
      read: async (names) =>
        names.map((name) => ({
          name,
          has: (wanted) => ['python', 'numpy'].includes(wanted),
          versions: () => ['3.11.3'],
          names: () => ['python', 'numpy'],
        })),
      close() {},
    };
    const { failure } = await failureOf('create churn pyton nunpy', engine, { contents });
    assert.equal(failure?.code, 'package-not-found');
    assert.match(failure?.message ?? '', /`pyton` or `nunpy`/);
    assert.equal(failure?.repairs?.[0]?.command, 'create churn python numpy --edge lab');
  });

  test('says what was added where no version meets it, and lets people insist', async () => {
    const { engine } = refusing('');
    const message = 'No version in the channel `main` meets `python <3.12`.';
    const error = userError({ code: 'package-not-found', message, suggestion: 'There is `3.13`.' });
    const narrow: Engine = { ...engine, solve: async () => Promise.reject(error) };
    const contents: Channels = {
      read: async (names) =>
        names.map((name) => ({
          ...{ name, has: () => true, versions: () => ['3.13'], names: () => ['python'] },
        })),
      close() {},
    };
    const { failure } = await failureOf('create churn python', narrow, { contents });
    assert.match(failure?.message ?? '', /<3\.12`\. `python<3\.12` was added: Spark 3\.5 on `lab`/);
    assert.deepEqual(
      failure?.repairs?.map(({ label }) => label),
      ['Build it anyway'],
    );
  });

  test('that another thing stopped is told as that', async () => {
    const { engine } = refusing('');
    const error: FerryError = outsideError({ code: 'channel-unreachable', message: 'Gone.' });
    const gone: Engine = { ...engine, solve: async () => Promise.reject(error) };
    const { failure } = await failureOf('create churn scipy', gone);
    assert.equal(failure?.code, 'channel-unreachable');
  });
});
