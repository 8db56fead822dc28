import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { execute } from '../../commands/execute.ts';
import { parseCommand } from '../../commands/grammar/parse.ts';
import { commandHelp, commands } from '../../commands/registry.ts';
import type { Staging } from '../../src/domain/environment.ts';
import type { LockedPackage } from '../../src/domain/lock.ts';
import { plainPhrase } from '../../src/domain/phrase.ts';
import type { Reply } from '../../src/domain/reply.ts';
import { environment, revision, settings, staging } from '../answers/samples.ts';
import { createMemory } from '../slack/memory.ts';

/** What `text` answers where `churn@3` holds these packages. */
const answer = (text: string, ...packages: string[]): Promise<Reply> =>
  answerOf(text, packages, [staging()]);

async function answerOf(text: string, packages: string[], stagings: Staging[]): Promise<Reply> {
  const { services, store } = createMemory();
  const { lock, ...known } = revision(3);
  const [sample] = lock.packages;
  assert.ok(sample);
  const entries = packages.map((name): LockedPackage => ({ ...sample, name }));
  store.environments.set('churn', {
    ...environment('churn', 0),
    revisions: [{ ...known, stagings, lock: { ...lock, packages: entries } }],
  });
  const place = { user: 'U1', channel: 'C1', team: null };
  return execute(text, commands, { ...place, services, commands: commandHelp });
}

describe('an application', () => {
  test('whose dashes are missing is offered with them', async () => {
    const reply = await answer('run churn spark-submit app.py --date today', 'python');
    assert.equal(reply.kind, 'refusal');
    assert.match(plainPhrase(reply.error.message), /come after `--`.* none before `app\.py`/);
    const whole = await answer('run churn spark-submit app.py', 'python');
    assert.deepEqual(
      whole.kind === 'refusal' && whole.error.repairs.map(({ command }) => command),
      ['run churn spark-submit -- app.py'],
    );
  });
});

describe('a notebook kernel', () => {
  test('is not offered for an environment that cannot start one, but the build that could is', async () => {
    const reply = await answer('run churn --for jupyter', 'python', 'numpy');
    assert.equal(reply.kind, 'refusal');
    const { message, repairs } = reply.error;
    assert.match(plainPhrase(message), /`churn@3` has no `ipykernel`/);
    assert.deepEqual(
      repairs.map(({ label }) => label),
      ['Build it with ipykernel'],
    );
    const parsed = parseCommand(repairs[0]?.command ?? '', commands, settings);
    assert.equal(parsed.kind, 'command');
    const { environment: name, specs } = parsed.arguments;
    assert.equal(name, 'churn');
    const names = (specs as { name: string }[]).map((spec) => spec.name);
    assert.deepEqual(names, [...revision(3).request.specs.map((spec) => spec.name), 'ipykernel']);
  });

  test('is given where the environment has what it needs', async () => {
    const reply = await answer('run churn --for jupyter', 'python', 'ipykernel');
    assert.equal(reply.kind, 'invocation', JSON.stringify(reply));
    assert.deepEqual(reply.lines[0]?.language, 'json');
  });
});

describe('an edge with a name of its own for the global layout', () => {
  const place = { ...staging(), aliases: { local: 'churn_zip', global: 'FOO' } };
  const textOf = async (text: string, layout: Staging['layout']) => {
    const reply = await answerOf(text, ['python'], [{ ...place, layout }]);
    assert.equal(reply.kind, 'invocation', JSON.stringify(reply));
    return reply.lines[0]?.text ?? '';
  };

  for (const layout of ['local', 'global'] as const) {
    test(`gives it to lines of an archive built for the ${layout} layout`, async () => {
      const global = await textOf('run churn --layout global', layout);
      assert.match(global, /PYSPARK_PYTHON=\.\/FOO\/churn\/bin\/python/);
      assert.match(global, /churn\.zip#FOO'?$/);
      assert.match(await textOf('run churn --layout local', layout), /churn\.zip#churn_zip'?$/);
    });
  }
});

describe('the short line', () => {
  const cases: [text: string, short: string | null][] = [
    ['run churn', '/srv/ferry/run churn@3 pyspark'],
    ['run churn spark-submit', '/srv/ferry/run churn@3 spark-submit'],
    [
      "run churn --mode cluster -- 'my app.py' --day 2026-01-31",
      "/srv/ferry/run churn@3 spark-submit --deploy-mode cluster 'my app.py' --day 2026-01-31",
    ],
    [
      'run churn --conf spark.executor.memory=4g --conf spark.archives=/a.zip#a',
      "/srv/ferry/run churn@3 pyspark --conf spark.executor.memory=4g --archives '/a.zip#a'",
    ],
    ['run churn --for spark-defaults', null],
    ['run churn --layout global', null],
  ];
  for (const [text, short] of cases) {
    test(`${short === null ? 'is not there' : 'stands'} for \`${text}\``, async () => {
      const reply = await answer(text, 'python');
      assert.equal(reply.kind, 'invocation', JSON.stringify(reply));
      assert.equal(reply.lines[0]?.short, short);
      assert.ok((short ?? '').length <= 120);
    });
  }

  test('is not there where an older version staged it, and the whole one is', async () => {
    const reply = await answerOf('run churn', ['python'], [{ ...staging(), archiveLink: null }]);
    assert.equal(reply.kind, 'invocation');
    assert.deepEqual(
      reply.lines.map(({ short, text }) => [short, text.includes('pyspark --master')]),
      [[null, true]],
    );
  });
});
