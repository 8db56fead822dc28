/** `--json` of every sub-command: one document on standard output, also when it fails. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { EXIT_CODES, type FerryError } from '../../src/domain/errors.ts';
import { CATALOGUE } from '../../src/terminal/catalogue.ts';
import { PRINTED } from '../../src/terminal/printed.ts';
import { CHURN } from '../domain/invocation-requests.ts';
import { documentIn, printedBy, typed } from '../harness/typed.ts';
import { fakePrefix, PYTHON } from '../packing/fake-prefix.ts';

const NAMES = Object.keys(CATALOGUE);

/** What a sub-command is asked, and where else its document is looked at: it needs a store, or an edge. */
const ASKED: Readonly<Record<string, readonly string[] | string>> = {
  init: 'test/terminal/init.test.ts',
  drain: 'test/faults/drain.test.ts',
  check: 'test/path/doctor.test.ts',
  backup: 'test/path/restore.test.ts',
  restore: 'test/path/restore.test.ts',
  exec: 'test/path/terminal.test.ts',
  parse: ['--', 'create churn numpy'],
  read: ['a.yml'],
  diff: ['a.yml', 'b.yml'],
  pack: ['prefix', '-o', 'a.zip'],
  lint: ['a.zip'],
  'verify-archive': ['a.zip', '--manifest', 'manifest.json'],
  invoke: ['request.json'],
  diagnose: ['job.log'],
  lab: ['status'],
};

const MANIFEST = {
  ...{ environment: 'churn', revision: 3, fingerprint: 'f'.repeat(64), builtAt: 1 },
  archive: { name: 'a.zip', sha256: 'a'.repeat(64), bytes: 1 },
};
const ROOT = join(import.meta.dirname, '../..');

/** What sub-commands are refused with, of which none may write anything itself: the document is made of that. */
function refusals(
  asked: readonly (readonly [name: string, words: readonly string[]])[],
): Refused[] {
  const { stdout, stderr, output } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, 'refusals.ts')],
    {
      ...{ encoding: 'utf8', input: JSON.stringify(asked) },
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    },
  );
  assert.deepEqual([stdout, stderr], ['', '']);
  return JSON.parse(output[3] ?? '');
}

type Refused = Pick<FerryError, 'name' | 'code' | 'kind' | 'message' | 'suggestion'>;

describe('--json', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ferry-json-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  before(async () => {
    const files = {
      'a.yml': 'dependencies:\n  - python=3.11\n',
      'b.yml': 'dependencies:\n  - python=3.12\n',
      'job.log': "ModuleNotFoundError: No module named 'sklearn'\n",
      'request.json': JSON.stringify(CHURN),
      // Of another archive: what is compared is no matter here.
      'manifest.json': JSON.stringify(MANIFEST),
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    await fakePrefix(join(folder, 'prefix'), { python: PYTHON });
  });

  test('is an option of all whose document is described, and of no other', async () => {
    assert.deepEqual(Object.keys(PRINTED), NAMES);
    for (const name of NAMES) {
      const { options } = (await CATALOGUE[name]?.load())?.command ?? { options: {} };
      assert.equal('json' in options, typeof PRINTED[name] === 'object', name);
    }
  });

  test('prints what is described, and nothing else', () => {
    const described = NAMES.filter((name) => typeof PRINTED[name] === 'object');
    assert.deepEqual(Object.keys(ASKED), described);
    for (const [name, words] of Object.entries(ASKED)) {
      if (typeof words === 'string') {
        const text = readFileSync(join(ROOT, words), 'utf8');
        assert.ok(text.includes(`printedBy('${name}'`), `${words} looks at ${name}`);
        continue;
      }
      const { stdout, stderr } = typed([name, '--json', ...words], { folder });
      printedBy(name, stdout);
      assert.equal(stderr, '', name);
    }
  });

  const WRONG = ['--json', '--no-such-option'];
  const UNREAD = ['--config', join(folder, 'none.yaml')];

  // What makes the document of a refusal is one for all; a service begins in another way than a command.
  for (const name of ['worker', 'lint']) {
    test(`of a wrong option of ${name} says it in the document, with 1`, () => {
      const { status, stdout, stderr } = typed([name, ...WRONG], { folder });
      const { error } = documentIn(stdout);
      assert.deepEqual([status, stderr], [EXIT_CODES.user, '']);
      assert.equal(error.code, 'usage');
      assert.ok(error.message && error.suggestion);
    });
  }

  for (const name of ['check', 'exec']) {
    test(`of a configuration that is not there says ${name} so in the document, with 1`, () => {
      const { status, stdout, stderr } = typed([name, '--json', ...UNREAD], { folder });
      const { error } = documentIn(stdout);
      assert.deepEqual(
        [status, stderr, Object.keys(error).slice(0, 2)],
        [1, '', ['code', 'message']],
      );
    });
  }

  test('of a wrong option is made of a refusal by every sub-command', () => {
    const refused = refusals(NAMES.map((name) => [name, WRONG]));
    assert.deepEqual(
      refused.map(({ name, code }) => [name, code]),
      NAMES.map((name) => [name, 'usage']),
    );
    for (const { name, message, suggestion } of refused) assert.ok(message && suggestion, name);
  });

  test('of a configuration that is not there is made of a refusal by every sub-command that has one', () => {
    const NEEDED: Readonly<Record<string, readonly string[]>> = {
      ...{ drain: ['host'], backup: ['file'], diff: ['churn@1', 'churn@2'] },
    };
    const names = NAMES.filter(
      (name) => name !== 'init' && /--config FILE/.test(CATALOGUE[name]?.words ?? ''),
    );
    const refused = refusals(names.map((name) => [name, [...(NEEDED[name] ?? []), ...UNREAD]]));
    assert.deepEqual(
      refused.map(({ name, kind }) => [name, kind]),
      names.map((name) => [name, 'user']),
    );
    for (const { name, message } of refused) assert.match(message, /none\.yaml/, name);
  });

  test('is understood before a sub-command is, and with help and the version', () => {
    for (const [words, status, key] of [
      [['lnt', '--json'], 1, 'error'],
      [['--json'], 1, 'error'],
      [['help', 'lnt', '--json'], 1, 'error'],
      [['--version', '--json'], 0, 'version'],
      [['help', '--json'], 0, 'commands'],
      [['--help', '--json'], 0, 'commands'],
      [['help', 'lint', '--json'], 0, 'prints'],
      [['lint', '--json', '--help'], 0, 'prints'],
    ] as const) {
      const { status: ended, stdout, stderr } = typed(words, { folder });
      assert.deepEqual([ended, stderr], [status, ''], words.join(' '));
      assert.ok(key in documentIn(stdout), words.join(' '));
    }
  });

  test('behind -- is text', () => {
    const { status, stdout, stderr } = typed(['parse', '--', 'creat', '--json'], { folder });
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(stderr, /no command/);
  });
});

test('what is said to the bot and typed as a sub-command is told how it is said here, with a slip, too', () => {
  for (const word of ['create', 'creat']) {
    const { status, stderr } = typed([word, 'churn', 'numpy>=2']);
    assert.equal(status, 1);
    assert.match(stderr, /conda-ferry exec -- 'create churn numpy>=2'/);
  }
  assert.match(typed(['restor']).stderr, /Did you mean `conda-ferry restore`\?/);
});
