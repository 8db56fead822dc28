import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PackagesFile, ParsedArguments } from '../../../commands/command.ts';
import { requestOf } from '../../../commands/create/arguments.ts';
import { parseCommand } from '../../../commands/grammar/parse.ts';
import { commands } from '../../../commands/registry.ts';
import { createCommand } from '../../../src/domain/request.ts';
import { settings } from '../../answers/samples.ts';

const url = 'https://conda.anaconda.org/conda-forge';
const file = (name: string | null, text: string): PackagesFile => ({
  name,
  bytes: new TextEncoder().encode(text),
});
const requestIn = (args: ParsedArguments) =>
  createCommand(requestOf(args as unknown as Parameters<typeof requestOf>[0]));

function read(text: string, attached: PackagesFile | null = null, known = settings) {
  const parsed = parseCommand(text, commands, known, attached);
  assert.ok(parsed.kind === 'command', JSON.stringify(parsed));
  const { command, arguments: args } = parsed;
  return { says: `${command.name}: ${requestIn(args)}`, lock: args.lock };
}

function refused(text: string, attached: PackagesFile | null = null, known = settings) {
  const parsed = parseCommand(text, commands, known, attached);
  assert.ok(parsed.kind === 'error', JSON.stringify(parsed));
  const { code, message, suggestion, repairs } = parsed.error;
  return { code, message, suggestion, command: repairs[0]?.command ?? null };
}

const RISK = [
  ...['name: risk', 'channels:', '  - conda-forge', 'dependencies:'],
  ...['  - python=3.11', '  - "numpy>=1.26"  # fast', '  - pip:', '    - torch==2.1', '  - scipy'],
].join('\n');
const RISK_ASKED =
  'create risk python=3.11 numpy>=1.26 scipy --pip torch==2.1 --channel conda-forge';

describe('a file of packages', () => {
  const cases: readonly (readonly [text: string, attached: PackagesFile | null, says: string])[] = [
    [RISK, null, `plan: ${RISK_ASKED}`],
    [`create ${RISK}`, null, `create: ${RISK_ASKED}`],
    [`create churn\n${RISK}`, null, `create: ${RISK_ASKED.replace('risk', 'churn')}`],
    [`create\n\`\`\`\n${RISK}\n\`\`\``, null, `create: ${RISK_ASKED}`],
    [
      'create -n churn dependencies: - python=3.11 - pip - pip: - rich',
      null,
      'create: create churn python=3.11 pip --pip rich --layout global',
    ],
    ['', file('environment.yml', RISK), `plan: ${RISK_ASKED}`],
    ['create', file('environment.yml', RISK), `create: ${RISK_ASKED}`],
    [
      'create churn six --layout global',
      file('environment.yml', RISK),
      'create: create churn python=3.11 numpy>=1.26 scipy six --pip torch==2.1 --channel conda-forge --layout global',
    ],
    [
      'plan churn python=3.11',
      file('requirements.txt', 'rich>=13\nrequests\n'),
      'plan: create churn python=3.11 --pip rich>=13 --pip requests',
    ],
    ['list', file('environment.yml', RISK), 'list'],
  ];
  for (const [text, attached, says] of cases) {
    test(`is what is asked for: ${text.slice(0, 40).replaceAll('\n', ' ') || 'the file alone'}`, () => {
      if (says !== 'list') return assert.equal(read(text, attached).says, says);
      const parsed = parseCommand(text, commands, settings, attached);
      assert.equal(parsed.kind === 'command' && parsed.command.name, 'list');
    });
  }

  test('is refused with every row that cannot be had, and the command of the rest', () => {
    const odd = RISK.replace('- conda-forge', '- conda-forge\n  - nowhere').replace(
      '- scipy',
      '- "sci py("',
    );
    const { code, message, command } = refused('create', file('environment.yml', odd));
    assert.equal(code, 'file-rows');
    assert.match(message, /line 4, `- nowhere`: There is no channel `nowhere`/);
    assert.match(message, /line 10, .*sci py\(/);
    assert.equal(
      command,
      'create -p risk python=3.11 numpy>=1.26 --pip torch==2.1 --channel conda-forge',
    );
  });

  test('that asks pip where no index is configured has these rows refused, too', () => {
    const none = { ...settings, indexes: [] };
    const { message, command } = refused('create', file('environment.yml', RISK), none);
    assert.match(message, /`torch==2\.1`: No index of pip packages is configured here/);
    assert.equal(command, 'create -p risk python=3.11 numpy>=1.26 scipy --channel conda-forge');
  });

  test('without a name is asked for one', () => {
    const { code, command } = refused('create', file('requirements.txt', 'rich\n'));
    assert.deepEqual([code, command], ['name-missing', null]);
    const nameless = refused('', file('environment.yml', RISK.replace('name: risk\n', '')));
    assert.equal(nameless.command, RISK_ASKED.replace('create risk', 'create -p my-env'));
  });

  test('that cannot be read says so', () => {
    assert.equal(
      refused('create churn', file('notes.docx', 'Dear all, \nthis is it.')).code,
      'file-unknown',
    );
    assert.equal(refused('create churn', file('environment.yml', ' ')).code, 'file-empty');
  });

  test('that is longer than a command may be is taken all the same', () => {
    const names = Array.from({ length: 900 }, (_, index) => `package${index}`);
    const text = `name: risk\ndependencies:\n${names.map((name) => `  - ${name}=1.0`).join('\n')}`;
    assert.match(read('create', file('environment.yml', text)).says, /package899=1\.0/);
  });

  test('asks for what it has for the platform of the edges it is to go to', () => {
    const edges = settings.edges.map((edge) =>
      edge.name === 'madrid' ? { ...edge, platform: 'linux-aarch64' as const } : edge,
    );
    const text =
      'name: risk\ndependencies:\n  - numpy\n  - mkl  # [x86_64]\n  - acl  # [aarch64]\n  - pip:\n    - one; platform_machine == "aarch64"\n';
    const asked = (said: string) =>
      read(said, file('environment.yml', text), { ...settings, edges }).says;
    assert.match(asked('create'), /risk numpy mkl$/);
    assert.match(asked('create --edge madrid'), /risk numpy acl --pip one .*--edge madrid/);
  });
});

describe('a lock', () => {
  const sha256 = 'a'.repeat(64);
  const lock = (channel: string, digest = `#sha256:${sha256}`) =>
    file(
      'explicit.txt',
      `@EXPLICIT\n${channel}/linux-64/python-3.11.9-h1_0_cpython.conda${digest}\n${channel}/noarch/six-1.17.0-pyhd8ed1ab_0.conda${digest}\n`,
    );

  test('means exactly its packages, from the configured channels', () => {
    const { lock: found } = read('create churn', lock(url));
    assert.deepEqual(
      found?.packages.map((entry) => [entry.name, entry.version, entry.build, entry.url]),
      [
        ['python', '3.11.9', 'h1_0_cpython', `${url}/linux-64/python-3.11.9-h1_0_cpython.conda`],
        ['six', '1.17.0', 'pyhd8ed1ab_0', `${url}/noarch/six-1.17.0-pyhd8ed1ab_0.conda`],
      ],
    );
    assert.ok(found?.packages.every((entry) => entry.sha256 === sha256));
  });

  test('is solved where more is asked for, and where it knows no sha256', () => {
    assert.equal(read('create churn numpy', lock(url)).lock, null);
    assert.equal(read('create churn', lock(url, `#${'b'.repeat(32)}`)).lock, null);
  });

  test('of a channel that is not configured is refused with its rows', () => {
    const { code, message, command } = refused('create churn', lock('https://evil.example/own'));
    assert.deepEqual([code, command], ['file-rows', null]);
    assert.match(message, /line 2, .*line 3, /);
  });
});
