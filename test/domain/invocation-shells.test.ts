import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import {
  type Invocation,
  InvocationRefusal,
  type InvocationRequest,
  invoke,
} from '../../src/domain/invocation.ts';
import fc from '../harness/properties.ts';
import { CHURN, KUBERNETES, TGZ } from './invocation-requests.ts';

/** What a person's shell may have exported; all of it would break an environment. */
const LEAKS = {
  PYTHONHOME: '/usr/leak',
  PYTHONPATH: '/home/ana/leak',
  PYSPARK_DRIVER_PYTHON: '/usr/bin/leak',
  PYSPARK_PYTHON: '/usr/bin/leak',
  PYSPARK_DRIVER_PYTHON_OPTS: 'notebook',
  SPARK_REMOTE: 'sc://127.0.0.1:15002',
};

/** Every shell with the options that make most characters special. */
const SHELLS: Record<string, { argv: string[]; setup: string }> = {
  sh: { argv: ['sh', '-s'], setup: ':' },
  bash: { argv: ['bash', '--norc', '-s'], setup: 'shopt -s extglob; set -o history -o histexpand' },
  zsh: {
    argv: ['zsh', '-f', '-s'],
    setup: 'setopt extendedglob kshglob magicequalsubst rcquotes banghist globassign braceccl',
  },
};

const folder = mkdtempSync(join(tmpdir(), 'invocation-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const bin = join(folder, 'bin');
const RECORD_END = '---end of record---';
// Arguments and variables exactly as the process got them, NUL after each.
const RECORDER = `#!/bin/sh
{ printf '%s\\0' "$#" "\${0##*/}" "$@"; env -0; printf '%s\\0' '${RECORD_END}'; } >> "$RECORD"
`;
mkdirSync(bin);
for (const tool of ['pyspark', 'spark-submit']) {
  writeFileSync(join(bin, tool), RECORDER);
  chmodSync(join(bin, tool), 0o755);
}

interface Recorded {
  argv: string[];
  environment: Record<string, string>;
}

/** Runs every line in one shell and returns what the tools were started with, in order. */
function run(shell: string, lines: readonly string[]): Recorded[] {
  const { argv, setup } = SHELLS[shell] ?? assert.fail();
  const record = join(folder, `record-${shell}`);
  writeFileSync(record, '');
  const result = spawnSync(argv[0] ?? '', argv.slice(1), {
    input: [setup, ...lines, ''].join('\n'),
    env: { PATH: `${bin}:/usr/bin:/bin`, RECORD: record, LC_ALL: 'C.UTF-8', ...LEAKS },
    encoding: 'utf8',
  });
  assert.equal(result.stderr, '', `${shell}: ${result.stderr}`);
  return readFileSync(record, 'utf8')
    .split(`${RECORD_END}\0`)
    .slice(0, -1)
    .map((text) => {
      const fields = text.split('\0').slice(0, -1);
      const count = Number(fields[0]);
      return {
        argv: fields.slice(1, count + 2),
        environment: Object.fromEntries(
          fields.slice(count + 2).map((field) => {
            const at = field.indexOf('=');
            return [field.slice(0, at), field.slice(at + 1)];
          }),
        ),
      };
    });
}

const FROM_THE_SHELL = new Set([
  'PATH',
  'RECORD',
  'LC_ALL',
  'PWD',
  'OLDPWD',
  'SHLVL',
  '_',
  'HOME',
  'LOGNAME',
]);

function assertRuns(shell: string, invocations: readonly Invocation[]): void {
  assertRecords(shell, invocations, ({ text }) => text);
  assertRecords(shell, invocations, ({ rows }) => rows ?? assert.fail());
}

function assertRecords(
  shell: string,
  invocations: readonly Invocation[],
  pasted: (invocation: Invocation) => string,
): void {
  const recorded = run(shell, invocations.map(pasted));
  assert.equal(recorded.length, invocations.length);
  for (const [index, invocation] of invocations.entries()) {
    const { argv, environment } = invocation;
    const text = pasted(invocation);
    const got = recorded[index] ?? assert.fail();
    assert.deepEqual(got.argv, [...argv], `${shell}: ${text}`);
    const own = Object.entries(got.environment).filter(
      ([name]) =>
        !FROM_THE_SHELL.has(name) &&
        // spark-submit does not read it.
        !(name === 'PYSPARK_DRIVER_PYTHON_OPTS' && argv[0] === 'spark-submit'),
    );
    assert.deepEqual(Object.fromEntries(own), { ...environment }, `${shell}: ${text}`);
  }
}

describe('a site’s spark-env.sh', () => {
  // What Spark's own bin/load-spark-env.sh does, once.
  const sparkHome = join(folder, 'spark');
  mkdirSync(join(sparkHome, 'bin'), { recursive: true });
  writeFileSync(
    join(sparkHome, 'bin/load-spark-env.sh'),
    `if [[ -z "$SPARK_ENV_LOADED" ]]; then
  export SPARK_ENV_LOADED=1
  set -a; PYTHONPATH=/opt/site; PYSPARK_PYTHON=/opt/site/python; SITE_NEEDS=kept; set +a
fi
`,
  );
  const cluster = { ...CHURN.cluster, sparkHome, siteVariables: ['PYTHONPATH'] };
  for (const shell of Object.keys(SHELLS)) {
    it(`is read before the line's own variables and not again, in ${shell}`, (test) => {
      if (spawnSync(shell, ['-c', ':']).error) return test.skip(`no ${shell} here`);
      const { text, argv, environment } = invoke({ ...CHURN, cluster });
      const [got] = run(shell, [text]);
      assert.deepEqual(got?.argv, [...argv]);
      assert.equal(got.environment.PYTHONPATH, undefined);
      assert.equal(got.environment.PYSPARK_PYTHON, environment.PYSPARK_PYTHON);
      assert.equal(got.environment.SITE_NEEDS, 'kept');
      assert.equal(got.environment.SPARK_ENV_LOADED, '1');
    });
  }
});

/** Text that shells, Spark or people could trip over; control characters are refused elsewhere. */
const hostileText = fc.oneof(
  fc.string({
    unit: fc.constantFrom(
      ...'abZ09 \'"`$\\!#~*?[]{}()<>|&;=^%@:,./+-_',
      ...['\u00a0', 'é', 'ß', '日', '😀', "''", '$(', '${', '!!', '=ls', '~/', '#(', "'\\''"],
    ),
    maxLength: 24,
  }),
  fc.constantFrom(
    "a'; rm -rf ~",
    '$(id)',
    '`id`',
    '!!',
    '!$',
    '^a^b',
    '=ls',
    'a==ls',
    'a:=ls',
    '~root',
    'a=~root',
    '-u',
    '--',
    '*',
    '(#i)*',
    '{a,b}',
    '%1',
    '\\',
    "'",
    "''",
    '"',
    '',
    ' ',
    '#',
    ';',
    '&',
    '\u00a0',
  ),
);
const pathText = fc
  .string({ unit: fc.constantFrom(..."abc/'$!&;()~=+@:._- ", ':=', '=/'), maxLength: 16 })
  .map((text) => `/srv/${text}`);
const nameText = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,20}(\.[A-Za-z0-9_-]{1,8})?$/);

const requests: fc.Arbitrary<InvocationRequest> = fc
  .record({
    environment: nameText,
    alias: nameText,
    layout: fc.constantFrom('local', 'global'),
    mode: fc.constantFrom('client', 'cluster'),
    path: pathText,
    driverPrefix: pathText,
    sparkHome: fc.option(pathText),
    application: fc.option(hostileText.map((text) => `x${text}.py`)),
    arguments: fc.array(hostileText, { maxLength: 4 }),
    conf: fc.dictionary(fc.stringMatching(/^spark\.test\.[a-z]{1,8}$/), hostileText, {
      maxKeys: 3,
    }),
  })
  .map(({ path, sparkHome, application, arguments: args, ...rest }) => ({
    ...rest,
    archive: { path: `${path}x.zip` },
    cluster: { manager: 'yarn', spark: '3.5.9', hadoop: '3.3.6', sparkHome },
    tool: application === null && rest.mode === 'client' ? 'pyspark' : 'spark-submit',
    application,
    arguments: application === null ? [] : args,
  }));

function served(request: InvocationRequest): Invocation | null {
  try {
    return invoke(request);
  } catch (error) {
    if (error instanceof InvocationRefusal) return null;
    throw error;
  }
}

for (const shell of Object.keys(SHELLS)) {
  const missing = spawnSync(shell, ['-c', ':']).error !== undefined;
  describe(`${shell} starts exactly what the answer says`, {
    skip: missing && `${shell} is not installed`,
  }, () => {
    it('for the lines people get', () => {
      assertRuns(
        shell,
        [
          CHURN,
          { ...CHURN, layout: 'global', alias: null },
          { ...CHURN, tool: 'spark-submit', application: 'app.py', arguments: ["it's", ''] },
          { ...CHURN, tool: 'spark-submit', mode: 'cluster', application: 'app.py' },
          { ...CHURN, cluster: { ...CHURN.cluster, sparkHome: null } },
          { ...CHURN, cluster: KUBERNETES, archive: TGZ, activation: { GDAL_DATA: 'share/gdal' } },
          {
            ...CHURN,
            archive: TGZ,
            cluster: {
              manager: 'local-cluster',
              spark: '3.5.9',
              master: 'local-cluster[2,1,1024]',
            },
          } as const,
        ].map((request) => invoke(request as InvocationRequest)),
      );
    });

    it('whatever the values hold, or the request is refused', () => {
      // A failure names the line, so the sample needs no seed.
      const invocations = fc
        .sample(requests, 300)
        .map(served)
        .filter((answer) => answer !== null);
      assert.ok(invocations.length > 50, `only ${invocations.length} of 300 were served`);
      assertRuns(shell, invocations);
    });
  });
}
