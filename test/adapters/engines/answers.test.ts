import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { CondaEngine } from '../../../src/adapters/engines/conda.ts';
import {
  answerError,
  isFailure,
  missingSpec,
  parseAnswer,
  recordsOf,
  versionsIn,
} from '../../../src/adapters/engines/conda-answer.ts';
import { RattlerEngine } from '../../../src/adapters/engines/rattler.ts';
import { FerryError } from '../../../src/domain/errors.ts';
import type { Lock } from '../../../src/domain/lock.ts';
import type { SolveRequest } from '../../../src/domain/ports.ts';
import fc from '../../harness/properties.ts';
import { recordProgress } from './lab.ts';

const folder = mkdtempSync(join(tmpdir(), 'answers-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** What conda and its kin write into these fields, and what they never should. */
const package_ = fc.record(
  {
    name: fc.oneof(fc.constant('six'), fc.jsonValue()),
    version: fc.oneof(fc.constant('1.0'), fc.jsonValue()),
    url: fc.oneof(fc.constant('file:///c/six-1.0-0.conda'), fc.jsonValue()),
  },
  { requiredKeys: [] },
);
const answer = fc.oneof(
  fc.json(),
  fc.string(),
  fc
    .record(
      {
        exception_name: fc.oneof(fc.constant('PackagesNotFoundError'), fc.jsonValue()),
        error: fc.oneof(fc.string(), fc.jsonValue()),
        errors: fc.oneof(fc.array(fc.jsonValue()), fc.jsonValue()),
        packages: fc.oneof(fc.array(fc.string()), fc.jsonValue()),
        actions: fc.oneof(fc.record({ LINK: fc.array(package_) }), fc.jsonValue()),
        result: fc.oneof(fc.record({ pkgs: fc.array(package_) }), fc.jsonValue()),
        six: fc.oneof(fc.array(package_), fc.jsonValue()),
      },
      { requiredKeys: [] },
    )
    .map((value) => JSON.stringify(value)),
);

describe('an answer of conda', () => {
  test('is read, or refused in plain words, whatever stands in it', () => {
    fc.assert(
      fc.property(answer, (stdout) => {
        try {
          const read = parseAnswer(stdout, 'conda');
          if (read === null) return;
          if (isFailure(read)) assert.ok(answerError(read, [], 'conda') instanceof FerryError);
          missingSpec(read);
          for (const version of versionsIn(read, 'six')) assert.equal(typeof version, 'string');
          for (const { url } of recordsOf(read)) assert.equal(typeof url, 'string');
        } catch (error) {
          assert.ok(error instanceof FerryError, String(error));
          assert.equal(error.code, 'engine-failed');
        }
      }),
      { numRuns: 500 },
    );
  });

  test('that does not fit is refused with its place', () => {
    const link = { name: 'six', version: 1.17, url: 'file:///c/six.conda' };
    const stdout = JSON.stringify({ success: true, actions: { LINK: [link] } });
    assert.throws(() => parseAnswer(stdout, 'micromamba'), {
      code: 'engine-failed',
      message:
        'micromamba failed: its answer cannot be read: actions.LINK[0].version is a number, not text',
    });
  });
});

const cacheBytes = Number.POSITIVE_INFINITY;
const limits = { solveSeconds: 60, createSeconds: 60, idleSeconds: 60 };
const lock: Lock = {
  platform: 'linux-64',
  packages: [
    {
      ...{ name: 'six', version: '1', build: '0', subdir: 'noarch', channel: 'c' },
      ...{ url: 'http://localhost/c/noarch/six-1-0.conda', sha256: 'a'.repeat(64) },
      ...{ md5: null, size: 1 },
    },
  ],
};

function program(name: string, script: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

describe('an engine that something else ends', () => {
  const FETCHING = `printf '{"fetch":"six-1 | 8 MB","finished":false,"maxval":1,"progress":0.4}\\0'`;
  const WORKING = `echo '{"type": "progress", "detail": "4 MB of 80 MB"}'`;
  const common = {
    dataDirectory: join(folder, 'data'),
    network: {},
    reason: 'chosen',
    limits,
    sandbox: 'required' as const,
    cacheBytes,
  };
  const conda = (script: string) =>
    new CondaEngine({ ...common, executable: program('conda', script) });
  const rattler = (script: string) =>
    new RattlerEngine({ ...common, python: async () => program('python', script) });
  for (const [name, engine, script] of [
    ['conda', conda, `${FETCHING}\nkill -9 $$`],
    ['conda', conda, `${FETCHING}\nexit 137`],
    ['rattler', rattler, `${WORKING}\nkill -9 $$`],
  ] as const) {
    test(`is told as that, not by its reports of progress (${script.split('\n')[1]} in ${name})`, async () => {
      const creating = engine(script).create({ lock, prefix: join(folder, 'prefix') }, silent());
      await assert.rejects(creating, (error: FerryError) => {
        assert.equal(error.code, 'engine-killed');
        assert.match(error.message, new RegExp(`^${name} was ended from outside \\(SIGKILL\\)`));
        assert.doesNotMatch(`${error.message} ${error.details}`, /[{}]/);
        assert.equal(error.retryable, true);
        return true;
      });
    });
  }
});

const silent = () => recordProgress().progress;

describe('an answer of rattler', () => {
  const engineSaying = (line: string) => {
    const python = program('python', `read -r question\ncat <<'END'\n${line}\nEND`);
    return new RattlerEngine({
      python: async () => python,
      dataDirectory: folder,
      network: {},
      reason: 'chosen',
      ...{ limits, cacheBytes },
      sandbox: 'required',
    });
  };
  const six = { name: 'six', version: '1', build: '0', subdir: 'noarch', url: 'file:///c/s.conda' };
  const wrong: [string, unknown, RegExp][] = [
    ['no document', '{', /rattler failed: \{/],
    ['a document of another program', { type: 7 }, /rattler failed: /],
    ['packages that are no list', { id: 1, type: 'result', packages: {} }, /packages is an object/],
    [
      'a package without a version',
      { id: 1, type: 'result', packages: [{ ...six, version: null }] },
      /packages\[0\]\.version is null, not text/,
    ],
    [
      'a refusal without a message',
      { id: 1, type: 'error', code: 'bad-spec' },
      /message is missing/,
    ],
  ];
  for (const [what, document, reason] of wrong) {
    test(`that is ${what} is a failure that says so`, async () => {
      const line = typeof document === 'string' ? document : JSON.stringify(document);
      const request: SolveRequest = {
        ...{ specs: [], channels: [], platform: 'linux-64', glibc: null, keep: [] },
      };
      await assert.rejects(engineSaying(line).solve(request, recordProgress().progress), {
        code: 'engine-failed',
        message: reason,
      });
    });
  }
});
