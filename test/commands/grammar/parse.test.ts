import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCommand } from '../../../commands/grammar/parse.ts';
import { commandHelp, commands } from '../../../commands/registry.ts';
import { USUAL } from '../../../src/domain/defaults.ts';
import { formatRequirement, type PipRequirement } from '../../../src/domain/pip.ts';
import type { Settings } from '../../../src/domain/services.ts';

const settings: Settings = {
  command: '/conda-env',
  channels: [
    { name: 'lab', default: true },
    { name: 'conda-forge', default: false },
  ],
  edges: [{ name: 'edge', default: true }],
  indexes: ['pypi'],
  projects: { repositories: ['model'], paths: ['/srv/projects'] },
  operators: ['U0OMAR'],
  roles: [],
  approvals: [],
  ...USUAL,
};

function parsed(text: string) {
  const result = parseCommand(text, commands, settings);
  assert.equal(result.kind, 'command', JSON.stringify(result));
  return result as Extract<typeof result, { kind: 'command' }>;
}

function mistake(text: string) {
  const result = parseCommand(text, commands, settings);
  assert.equal(result.kind, 'error', JSON.stringify(result));
  return (result as Extract<typeof result, { kind: 'error' }>).error;
}

describe('what people type', () => {
  it('is a command with its arguments', () => {
    const { command, arguments: args } = parsed(
      'create churn python=3.11 numpy&gt;=1.26 -c lab --layout global --format tar.gz',
    );
    assert.equal(command.name, 'create');
    assert.equal(args.environment, 'churn');
    assert.deepEqual(args.channel, ['lab']);
    assert.equal(args.layout, 'global');
    assert.equal(args.format, 'tar.gz');
    assert.equal((args.specs as unknown[]).length, 2);
  });

  it('may be the article’s own words', () => {
    assert.equal(
      parsed('create -n my-global-env --copy -y python=3.11 numpy').arguments.name,
      'my-global-env',
    );
    assert.equal(parsed('create -p my-local-env --yes numpy').arguments.prefix, 'my-local-env');
  });

  it('keeps everything after -- for the application', () => {
    const { arguments: args } = parsed('run churn@3 spark-submit -- app.py --mode x "a b"');
    assert.deepEqual(args.revision, { environment: 'churn', revision: 3 });
    assert.deepEqual(args.rest, ['app.py', '--mode', 'x', 'a b']);
  });

  it('may begin with our own name', () => {
    for (const before of ['/conda-env', '/Conda-Env', '@Conda Ferry', '@U0FERRY', '@ferry:']) {
      const { command, arguments: args } = parsed(`${before} create churn numpy`);
      assert.equal(`${command.name} ${args.environment}`, 'create churn', before);
    }
    assert.equal(parsed('/conda-env diagnose a b').arguments.raw, 'a b');
    assert.equal(parsed('create churn: numpy').arguments.environment, 'churn');
  });

  it('may have options of one letter together with each other and their value', () => {
    for (const options of ['-yn x', '-nx', '-n=x', '-ynx', '-qyn x', '--name=x']) {
      assert.equal(parsed(`create ${options} numpy`).arguments.name, 'x', options);
    }
    for (const options of ['-clab', '-c=lab', '--channel=lab', '-yc lab']) {
      assert.deepEqual(parsed(`create x numpy ${options}`).arguments.channel, ['lab'], options);
    }
    assert.equal(mistake('create -name x numpy').code, 'unknown-option');
  });

  it('may ask pip for packages, as pip writes them', () => {
    const texts = ['requests>=2', 'Rich', 'dask[array]==2.0', 'x; extra == "y"'];
    const options = texts.map((text) => `--pip '${text}'`).join(' ');
    const { pip } = parsed(`create churn numpy ${options} --pip rich`).arguments;
    assert.deepEqual((pip as PipRequirement[]).map(formatRequirement), [
      ...['requests>=2', 'rich', 'dask[array]==2.0', 'x; extra == "y"', 'rich'],
    ]);
  });

  it('has a place for what is no requirement of pip', () => {
    const typed = 'create churn numpy --pip requests=2';
    const { code, position, suggestion } = mistake(typed);
    assert.equal(code, 'bad-requirement');
    assert.equal(suggestion, 'Write `requests==2`.');
    assert.deepEqual(position, { start: typed.indexOf('requests'), end: typed.length });
    assert.match(
      mistake('create churn numpy --pip "x @ https://a.example/x.whl"').message,
      /address/,
    );
    assert.match(
      mistake('create churn numpy --pip python==3.11').suggestion ?? '',
      /`python==3.11`/,
    );
    const none = parseCommand(typed, commands, { ...settings, indexes: [] });
    assert.equal(none.kind === 'error' && none.error.code, 'no-index');
  });

  it('may be an alias or in capitals', () => {
    assert.equal(parsed('LS').command.name, 'list');
    assert.equal(parsed('build churn numpy').command.name, 'create');
  });

  it('is empty when there is nothing', () => {
    assert.equal(parseCommand('  ', commands, settings).kind, 'empty');
  });

  it('goes to diagnose as it is', () => {
    assert.equal(parsed('diagnose Error: a "b').arguments.raw, 'Error: a "b');
  });
});

describe('a mistake has a code, a position and a suggestion', () => {
  for (const [text, code, start, suggestion] of [
    ['craete churn', 'unknown-command', 0, /create/],
    ['create 1churn numpy', 'bad-name', 7, /churn/],
    ['create a..b numpy', 'bad-name', 7, /a\.b/],
    ['create', 'missing-argument', 6, /numpy/],
    ['create churn', 'missing-argument', 12, /numpy/],
    ['create -n churn', 'missing-argument', 15, /numpy/],
    ['create churn numpy -c evil', 'unknown-channel', 22, /lab/],
    ['create churn evil::numpy', 'unknown-channel', 13, /lab/],
    ['create churn numpy --edge egde', 'unknown-edge', 26, /edge/],
    ['create churn numpy --layuot global', 'unknown-option', 19, /--layout/],
    ['create churn numpy --layout', 'missing-value', 19, /--layout/],
    ['create churn numpy --layout global --layout local', 'repeated-option', 44, /once/],
    ['create churn numpy --format rar', 'unknown-format', 28, /zip/],
    ['create churn --project ../x numpy', 'unknown-repository', 23, /model/],
    ['create churn --project /etc numpy', 'project-not-allowed', 23, /srv/],
    ['create churn --project /srv/projects/../x numpy', 'project-not-allowed', 23, /srv/],
    ['create churn --project model@--upload-pack=x numpy', 'bad-ref', 29, /model@/],
    ['run churn@0', 'bad-revision', 10, /churn@1/],
    ['run churn --conf x=1', 'bad-conf', 17, /spark\./],
    ['status a b', 'unexpected-argument', 9, /status/],
    ['logs churn --last many', 'bad-count', 18, /number/],
  ] as const) {
    it(text, () => {
      const error = mistake(text);
      assert.equal(error.code, code);
      assert.equal(error.position?.start, start);
      assert.match(error.suggestion ?? '', suggestion);
    });
  }

  it('never crashes, whatever is typed', () => {
    for (const text of [
      '-',
      '--',
      '"',
      'create --',
      'create a --=x',
      'run @',
      'help --help',
      '\\',
    ]) {
      assert.ok(
        ['error', 'command', 'empty'].includes(parseCommand(text, commands, settings).kind),
      );
    }
    assert.equal(mistake('create a --nope').code, 'unknown-option');
  });
});

describe('help', () => {
  it('has a runnable example for every command', () => {
    for (const help of commandHelp) {
      assert.ok(help.summary && help.usage.startsWith(help.name), help.name);
      for (const example of help.examples) parsed(example);
    }
  });
});

it('a repair that would be refused again is not offered', () => {
  for (const [text, offered] of [
    ['creat churn numpy', 1],
    ['creat churn "numpy', 0],
  ] as const) {
    const parsed = parseCommand(text, commands, settings);
    if (parsed.kind !== 'error') assert.fail(text);
    assert.equal(parsed.error.repairs.length, offered, text);
  }
});
