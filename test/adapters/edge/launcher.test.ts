/** The program `run` of an edge, in every shell an edge may have as `sh`, with recorders for Spark. */
import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { launcherProgram } from '../../../src/adapters/edge/launching.ts';
import type { Staging } from '../../../src/domain/environment.ts';
import { launchFile } from '../../../src/domain/launch-file.ts';
import { lineFor } from '../../../src/domain/lines.ts';
import { staging as sample } from '../../answers/samples.ts';

const directory = mkdtempSync(join(tmpdir(), 'launcher-'));
after(() => rmSync(directory, { recursive: true, force: true }));
const root = join(directory, 'root');
const bin = join(directory, 'bin');
const record = join(directory, 'record');

const ours = (layout: 'local' | 'global', change: Partial<Staging> = {}): Staging => ({
  ...sample('lab', layout),
  ...{ root, hdfs: null, driverPrefix: `${root}/envs/churn/3` },
  archiveLink: `${root}/envs/churn/3/churn.zip`,
  ...change,
});
const site = { ...ours('local').cluster, sparkHome: join(directory, 'spark') };

mkdirSync(join(root, 'launch'), { recursive: true });
mkdirSync(bin);
mkdirSync(join(directory, 'spark/bin'), { recursive: true });
const write = (path: string, text: string, mode = 0o644) => writeFileSync(path, text, { mode });
const launched = (reference: string, staging: Staging) =>
  write(join(root, 'launch', reference), launchFile(staging));
write(join(root, 'run'), launcherProgram(root), 0o755);
launched('churn@2', ours('local', { revision: 2, driverPrefix: `${root}/envs/churn/2` }));
launched('churn@3', ours('local'));
launched('everywhere@1', ours('global', { environment: 'everywhere' }));
launched('site@1', ours('local', { cluster: { ...site, siteVariables: ['PYTHONPATH'] } }));
symlinkSync('churn@3', join(root, 'launch/churn'));
symlinkSync('churn@2', join(root, 'launch/churn:prod'));
write(
  join(directory, 'spark/bin/load-spark-env.sh'),
  'if [ -z "$SPARK_ENV_LOADED" ]; then export SPARK_ENV_LOADED=1 PYTHONPATH=/opt/site; fi\n',
);
// Arguments and variables exactly as the process got them, NUL after each.
const RECORDER = `#!/bin/sh
{ printf '%s\\0' "$#" "\${0##*/}" "$@"; env -0; } > "$RECORD"
`;
for (const tool of ['pyspark', 'spark-submit']) write(join(bin, tool), RECORDER, 0o755);

/** What a person's shell may have exported. */
const LEAKS = {
  PYTHONHOME: '/usr/leak',
  PYTHONPATH: '/home/ana/leak',
  PYSPARK_DRIVER_PYTHON: '/usr/bin/leak',
  PYSPARK_DRIVER_PYTHON_OPTS: 'notebook',
  SPARK_REMOTE: 'sc://127.0.0.1:15002',
};

interface Recorded {
  argv: string[];
  environment: Record<string, string>;
}

function call(command: string, args: readonly string[]): SpawnSyncReturns<string> {
  rmSync(record, { force: true });
  return spawnSync(command, [...args], {
    env: { PATH: `${bin}:/usr/bin:/bin`, RECORD: record, ...LEAKS },
    encoding: 'utf8',
  });
}

function recorded(result: SpawnSyncReturns<string>): Recorded {
  assert.deepEqual([result.stderr, result.status], ['', 0]);
  const fields = readFileSync(record, 'utf8').split('\0').slice(0, -1);
  const count = Number(fields[0]);
  const pairs = fields.slice(count + 2).map((field) => {
    const at = field.indexOf('=');
    return [field.slice(0, at), field.slice(at + 1)] as const;
  });
  const noise = ['_', 'PWD', 'OLDPWD', 'SHLVL', 'HOME', 'LOGNAME'];
  return {
    argv: fields.slice(1, count + 2),
    environment: Object.fromEntries(pairs.filter(([name]) => !noise.includes(name))),
  };
}

const isMissing = (shell: string) => spawnSync(shell, ['--help']).error !== undefined;
/** Settings a line to read leaves out; see `CONTAINER_DEFAULTS`. */
const COMFORT = /^spark\.(executorEnv|yarn\.appMasterEnv)\.(NUMBA|MPL|XDG|LANG|PYTHONHASHSEED)/;
const withoutComfort = (argv: readonly string[]) =>
  argv.filter((word, at) => !COMFORT.test(word) && !COMFORT.test(argv[at + 1] ?? ''));

const HOSTILE = [
  'a b',
  "it's",
  '',
  '$(id)',
  '`id`',
  '*',
  'two\nlines',
  '\\',
  '--deploy-mode',
  '!!',
];

for (const [name, argv] of [
  ['dash', ['dash']],
  ['bash', ['bash', '--posix']],
  ['busybox', ['busybox', 'sh']],
] as const) {
  const [command, ...options] = argv;
  describe(`the program run, in ${name}`, {
    skip: isMissing(command) && `${name} is not installed`,
  }, () => {
    const run = (...args: string[]) => call(command, [...options, join(root, 'run'), ...args]);

    it('starts exactly what the whole line starts, and the comforts besides', () => {
      for (const tool of ['pyspark', 'spark-submit'] as const) {
        const { text, short } = lineFor({ staging: ours('local') }, null, { tool });
        assert.equal(short, `${root}/run churn@3 ${tool}`);
        const line = recorded(call('sh', ['-c', text]));
        const launch = recorded(run('churn@3', tool));
        assert.deepEqual(withoutComfort(launch.argv), line.argv);
        assert.ok(launch.argv.includes('spark.executorEnv.NUMBA_CACHE_DIR=./.numba'));
        assert.deepEqual(launch.environment, line.environment);
        assert.equal(launch.environment.PYTHONPATH, undefined);
      }
    });

    it('takes the form of cluster mode when the arguments ask for it', () => {
      const staging = ours('local');
      const options = { tool: 'spark-submit', mode: 'cluster' } as const;
      const line = recorded(call('sh', ['-c', lineFor({ staging }, null, options).text]));
      for (const asked of [['--deploy-mode', 'cluster'], ['--deploy-mode=cluster']]) {
        const words = ['--name', 'x', ...asked, 'app.py'];
        const launch = recorded(run('churn@3', 'spark-submit', ...words));
        assert.deepEqual(withoutComfort(launch.argv), [...line.argv, ...words]);
        assert.equal(launch.environment.PYSPARK_DRIVER_PYTHON, undefined);
      }
    });

    it('takes no option of the application for one of Spark', () => {
      const words = ['--verbose', 'app.py', '--deploy-mode', 'cluster', '--archives', 'x'];
      const { argv: got } = recorded(run('churn@3', 'spark-submit', ...words));
      assert.deepEqual(got.slice(-words.length), words);
      assert.equal(got[got.indexOf('--deploy-mode') + 1], 'client');
      assert.ok(!got.includes(`${root}/envs/churn/3/churn.zip#churn_zip,x`));
    });

    it('passes arguments on as they are', () => {
      const words = ['--name', 'a $(b) \n c', 'app.py', ...HOSTILE];
      const { argv: got } = recorded(run('churn@3', 'spark-submit', ...words));
      assert.deepEqual(got.slice(-words.length), words);
    });

    it('adds a person’s archives to the environment’s', () => {
      const words = ['--archives', 'a.zip#a', '--archives=b c.zip', '--name', 'x'];
      const { argv: got } = recorded(run('churn@3', 'pyspark', ...words));
      assert.deepEqual(got.slice(-4), [
        ...['--archives', `${root}/envs/churn/3/churn.zip#churn_zip,a.zip#a,b c.zip`],
        ...['--name', 'x'],
      ]);
    });

    it('uses the edge’s own Python on a local master', () => {
      const python = `${root}/envs/churn/3/bin/python`;
      const words = ['--master', 'local[2]', '--archives', 'a.zip'];
      const { argv: got, environment } = recorded(run('churn@3', 'pyspark', ...words));
      assert.deepEqual(got, [
        ...['pyspark', '--conf', `spark.pyspark.driver.python=${python}`],
        ...['--conf', `spark.pyspark.python=${python}`],
        ...['--archives', 'a.zip', '--master', 'local[2]'],
      ]);
      assert.equal(environment.PYSPARK_PYTHON, python);
    });

    it('starts the global layout from any folder', () => {
      const { argv: got, environment } = recorded(run('everywhere@1', 'pyspark'));
      assert.equal(environment.PYSPARK_DRIVER_PYTHON, `${root}/envs/churn/3/bin/python`);
      assert.equal(environment.PYSPARK_PYTHON, './MYGLOBALENV/everywhere/bin/python');
      assert.equal(got.at(-1), `${root}/envs/churn/3/churn.zip#MYGLOBALENV`);
    });

    it('reads a site’s spark-env.sh first where only that beats it', () => {
      const { environment } = recorded(run('site@1', 'pyspark'));
      assert.equal(environment.SPARK_ENV_LOADED, '1');
      assert.equal(environment.PYTHONPATH, undefined);
    });

    it('knows revisions, tags and the default one', () => {
      const revisionOf = (reference: string) => {
        const { environment } = recorded(run(reference, 'pyspark'));
        return environment.PYSPARK_DRIVER_PYTHON?.replace(/.*churn\/(\d)\/.*/, '$1');
      };
      assert.deepEqual(['churn', 'churn@2', 'churn:prod'].map(revisionOf), ['3', '2', '2']);
    });

    it('prints a command that starts the same when it is pasted', () => {
      for (const words of [
        [],
        ['--name', "it's", 'app.py', ...HOSTILE.filter((w) => w !== '!!')],
      ]) {
        const shown = run('--print', 'churn@3', 'spark-submit', ...words);
        assert.equal(shown.status, 0);
        const started = recorded(run('churn@3', 'spark-submit', ...words));
        for (const [shell, ...options] of [['dash'], ['bash', '--norc'], ['zsh', '-f']] as const) {
          if (isMissing(shell)) continue;
          const pasted = recorded(call(shell, [...options, '-c', shown.stdout]));
          assert.deepEqual(pasted, started, shell);
        }
      }
    });

    const wrong: [string[], RegExp][] = [
      [[], /^Usage: .*\n[\s\S]*Environments here: churn everywhere site\n$/],
      [
        ['chrn@2', 'pyspark'],
        /^There is no environment chrn here\.\nThere are: churn everywhere site\n$/,
      ],
      [['chur', 'pyspark'], /^There is no environment chur here\./],
      [
        ['churn@9', 'pyspark'],
        /^There is no churn@9 here\.\nThere are: churn@2 churn@3 churn:prod\n$/,
      ],
      [['churn:dev', 'pyspark'], /^There is no churn:dev here\.\nThere are: churn@2/],
      [['everywhere', 'pyspark'], /^There is no everywhere here\.\nThere are: everywhere@1\n$/],
      [['../run', 'pyspark'], /cannot be the name of an environment/],
      [['churn@3/../churn@2', 'pyspark'], /cannot be the name/],
      [['.', 'pyspark'], /cannot be the name/],
      [['churn\n', 'pyspark'], /cannot be the name/],
      [['churn@3'], /^Say what to start: \S+\/run churn@3 pyspark, or spark-submit\.\n$/],
      [['churn@3', 'ipython'], /^run starts pyspark and spark-submit, not ipython\.\n$/],
      [
        ['churn@3', 'pyspark', '--deploy-mode', 'cluster'],
        /^The pyspark shell cannot run in cluster/,
      ],
    ];
    for (const [words, said] of wrong) {
      it(`says what there is to ${JSON.stringify(words)}, with exit code 2`, () => {
        const { status, stderr, stdout } = run(...words);
        assert.match(stderr, said);
        assert.deepEqual([status, stdout], [2, '']);
      });
    }
  });
}
