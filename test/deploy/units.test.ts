import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { bubblewrap, NEEDED, PROGRAMS } from '../../src/adapters/host/bubblewrap.ts';
import { findExecutable } from '../../src/adapters/host/process.ts';
import { EXIT_CODES, exitCodeFor } from '../../src/domain/errors.ts';
import { CATALOGUE } from '../../src/terminal/catalogue.ts';

const UNITS = join(import.meta.dirname, '../../deploy/systemd');
const folder = mkdtempSync(join(tmpdir(), 'ferry-units-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Each instance, and the exposure that `systemd-analyze security` may give it: 0 is none, 10 all. */
const INSTANCES = { start: 3.2, bot: 1.2, worker: 3.2, check: 3.2 };

/** Keys that systemd knows since a version that many hosts are older than; they are passed over with a warning. */
const NEWER = { DelegateSubgroup: 254 };

const isRoot = process.getuid?.() === 0;
const has = (program: string): boolean => findExecutable(program, PROGRAMS) !== null;
const lacks = (...programs: string[]): string | false => {
  const missing = programs.filter((program) => !has(program));
  return missing.length > 0 && `${missing.join(' and ')} not found on this host`;
};

/** What systemd-analyze says of an instance whose program is one that is there. */
function analyze(...words: string[]): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync('systemd-analyze', words, {
    encoding: 'utf8',
    // The colon at its end: and where units usually are.
    env: { ...process.env, SYSTEMD_UNIT_PATH: `${folder}:`, SYSTEMD_COLORS: '0' },
  });
  return { status, said: `${stdout}${stderr}` };
}

function version(): number {
  return Number(/systemd (\d+)/.exec(analyze('--version').said)?.[1]);
}

describe('the units of systemd', { skip: lacks('systemd-analyze') }, () => {
  cpSync(UNITS, folder, { recursive: true });
  const template = join(folder, 'conda-ferry@.service');
  const text = readFileSync(template, 'utf8');
  const [, program] = /^ExecStart=(\S+) %i /m.exec(text) ?? [];
  writeFileSync(template, text.replace(program ?? 'none', '/bin/true'));
  const unit = (instance: string): string => join(folder, `conda-ferry@${instance}.service`);
  for (const instance of Object.keys(INSTANCES)) symlinkSync(template, unit(instance));

  for (const [instance, most] of Object.entries(INSTANCES)) {
    test(`${instance} is a unit without a mistake, for a command there is`, () => {
      assert.ok(Object.hasOwn(CATALOGUE, instance));
      const { status, said } = analyze('verify', '--man=no', unit(instance));
      const newer = Object.entries(NEWER)
        .filter(([, since]) => version() < since)
        .map(([key]) => `Unknown key '${key}'`);
      const lines = said.split('\n').filter((line) => line.includes(folder));
      const mistakes = lines.filter((line) => !newer.some((words) => line.includes(words)));
      assert.deepEqual(mistakes, []);
      assert.equal(status, 0, said);
    });

    test(`${instance} is exposed no more than at ${most} of 10`, () => {
      const { said } = analyze('security', '--offline=yes', unit(instance));
      const [, exposure] = /exposure level for \S+: ([\d.]+)/.exec(said) ?? [];
      assert.ok(Number(exposure) <= most, said.slice(-500));
    });
  }
});

/** All calls of a filter's line, with its sets resolved. */
function callsOf(filter: string): Set<string> {
  const calls = filter.split(' ').flatMap((word): string[] => {
    if (!word.startsWith('@')) return [word];
    const lines = analyze('syscall-filter', word).said.split('\n').slice(1);
    const members = lines.map((line) => line.trim()).filter((line) => /^@?[a-z0-9_]/.test(line));
    return [...callsOf(members.join(' '))];
  });
  return new Set(calls);
}

/** What the filters of a unit and its drop-ins let through, line after line, as systemd reads them. */
function allowedBy(...files: string[]): Set<string> {
  const allowed = new Set<string>();
  const lines = files.flatMap((file) => readFileSync(join(UNITS, file), 'utf8').split('\n'));
  for (const line of lines) {
    const [, not, filter] = /^SystemCallFilter=(~?)(.*)$/.exec(line) ?? [];
    if (filter === '') allowed.clear();
    for (const call of filter ? callsOf(filter) : []) {
      if (not) allowed.delete(call);
      else allowed.add(call);
    }
  }
  return allowed;
}

const WORKER = ['conda-ferry@.service'];
const BOT = [...WORKER, 'conda-ferry@bot.service.d/bot.conf'];
const SANDBOX = bubblewrap(
  { readable: [], writable: [], directory: null, hasNetwork: false },
  'ourselves',
);
/** As programs are started, so that they end with us. */
const TIED = ['/usr/bin/setpriv', '--pdeathsig', 'KILL', '--'];

const FILTERED: Readonly<Record<string, [units: string[], words: string[], call: string]>> = {
  'a worker make the sandbox': [WORKER, [...TIED, ...SANDBOX, '/bin/true'], 'pivot_root'],
  'a bot start Node and other programs': [BOT, [...TIED, process.execPath, '-e', '0'], 'capset'],
};

test('a service is started again but where only somebody on this host mends what ended it', () => {
  const unit = readFileSync(join(UNITS, 'conda-ferry@.service'), 'utf8');
  const kept = /^RestartPreventExitStatus=(.*)$/m.exec(unit)?.[1]?.split(' ').map(Number);
  const outside = (code: string) => exitCodeFor({ kind: 'outside', code });
  assert.deepEqual(kept, [EXIT_CODES.user, outside('slack-token-rejected')]);
  for (const code of ['slack-app-token-rejected', 'store-newer', 'python-missing']) {
    assert.ok(kept?.includes(outside(code)), code);
  }
  for (const code of [
    'redis-refused',
    'slack-elsewhere',
    'slack-socket-refused',
    'cannot-listen',
  ]) {
    assert.ok(!kept?.includes(outside(code)), code);
  }
});

describe('the filter of system calls', {
  skip: lacks('systemd-analyze', 'strace', 'setpriv', ...NEEDED),
}, () => {
  for (const [what, [units, words, call]] of Object.entries(FILTERED)) {
    test(`lets ${what}`, () => {
      const traced = join(folder, 'trace');
      const { status, stderr } = spawnSync('strace', ['-f', '-qq', '-o', traced, ...words], {
        encoding: 'utf8',
      });
      assert.equal(status, 0, stderr);
      const allowed = allowedBy(...units);
      const called = readFileSync(traced, 'utf8')
        .split('\n')
        .flatMap((line) => /^\d+ +([a-z]\w+)\(/.exec(line)?.[1] ?? []);
      assert.ok(called.includes(call), call);
      assert.deepEqual(
        [...new Set(called)].filter((each) => !allowed.has(each)),
        [],
      );
    });
  }

  test('lets a bot make no mounts', () => {
    const allowed = allowedBy(...BOT);
    assert.deepEqual(
      ['mount', 'chown', 'setuid'].filter((call) => allowed.has(call)),
      [],
    );
  });
});

describe('what bubblewrap cannot work under', () => {
  const unit = readFileSync(join(UNITS, 'conda-ferry@.service'), 'utf8');
  for (const setting of [
    ...['RestrictNamespaces', 'ProtectHostname', 'ProtectKernelTunables', 'ProtectKernelLogs'],
    ...['ProtectControlGroups', 'ProcSubset', 'PrivateUsers', 'MemoryDenyWriteExecute'],
  ]) {
    test(`is not set for a worker: ${setting}`, () => {
      assert.doesNotMatch(unit, new RegExp(`^${setting}=`, 'm'));
    });
  }
});

const notMade = isRoot
  ? lacks('systemd-sysusers', 'systemd-tmpfiles')
  : 'only root may make accounts';

describe('accounts and folders', { skip: notMade }, () => {
  test('are files that systemd reads', () => {
    const root = join(folder, 'root');
    mkdirSync(join(root, 'etc'), { recursive: true });
    for (const [program, file] of [
      ['systemd-sysusers', 'sysusers.conf'],
      ['systemd-tmpfiles', 'tmpfiles.conf'],
    ] as const) {
      const create = program === 'systemd-tmpfiles' ? ['--create'] : [];
      const { status, stderr } = spawnSync(
        program,
        [`--root=${root}`, ...create, join(UNITS, file)],
        { encoding: 'utf8' },
      );
      assert.equal(status, 0, stderr);
    }
    assert.match(
      readFileSync(join(root, 'etc/passwd'), 'utf8'),
      /^conda-ferry:.*:\/var\/lib\/conda-ferry:/m,
    );
    assert.ok(existsSync(join(root, 'etc/conda-ferry/secrets')));
  });
});
