import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  accepts,
  endProcesses,
  freePorts,
  type LabProcess,
  startProcess,
  waitUntil,
} from '../../deploy/lab/processes.ts';
import { createEdge } from '../../src/adapters/edge/edge.ts';
import { execFileSync, run } from '../harness/command.ts';

const SCRIPT = join(import.meta.dirname, '../../deploy/edge-account.sh');
const USER = `ferry-test-${process.pid}`;
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEcHeR0MWoL8v6lM4c4dkVtFpK36wk2y5MipaIOC4MTH';

const isRoot = process.getuid?.() === 0;
const programs = ['/usr/sbin/useradd', '/usr/sbin/userdel', '/usr/sbin/sshd'];
const missing = programs.find((program) => !existsSync(program));
const skip = !isRoot
  ? 'only root may make accounts'
  : missing !== undefined && `${missing} is not installed`;

const folder = mkdtempSync(join(tmpdir(), 'ferry-account-'));
chmodSync(folder, 0o755);
const root = join(folder, 'data', 'stage');
after(() => rmSync(folder, { recursive: true, force: true }));

function script(words: readonly string[], path = process.env.PATH ?? '') {
  const { status, stdout, stderr } = spawnSync('sh', [SCRIPT, ...words], {
    encoding: 'utf8',
    env: { ...process.env, PATH: path },
  });
  return { status, stdout, stderr };
}

describe('the script that sets up an account on an edge', () => {
  const refused: Readonly<Record<string, readonly string[]>> = {
    'no folder': ['--key', KEY],
    'a folder that is not absolute': ['--root', 'data', '--key', KEY],
    'a folder with a blank': ['--root', '/data/a b', '--key', KEY],
    'a folder that leads up': ['--root', '/data/../etc', '--key', KEY],
    'no key': ['--root', '/data/ferry'],
    'a private key': ['--root', '/data/ferry', '--key', '-----BEGIN OPENSSH PRIVATE KEY-----'],
    'two lines for a key': ['--root', '/data/ferry', '--key', `${KEY}\n${KEY}`],
    'a key with options': ['--root', '/data/ferry', '--key', `command="sh" ${KEY}`],
    'a name with a shell’s words': ['--root', '/data/ferry', '--key', KEY, '--user', 'a;id'],
    root: ['--root', '/data/ferry', '--key', KEY, '--user', 'root'],
    'a place with a quote': ['--root', '/data/ferry', '--key', KEY, '--from', 'a",command="id'],
    'a quota without a folder': ['--root', '/data/ferry', '--key', KEY, '--hdfs-quota', '5g'],
    'an unknown option': ['--root', '/data/ferry', '--key', KEY, '--force'],
    'an option without its value': ['--root'],
  };
  for (const [what, words] of Object.entries(refused)) {
    test(`refuses ${what} with a word, and does nothing`, () => {
      const { status, stdout, stderr } = script([...words, '--dry-run']);
      assert.equal(status, 1, stdout);
      assert.equal(stdout, '');
      assert.match(stderr, /^edge-account\.sh: \S.*\./);
    });
  }

  test('refuses a folder that others could replace', () => {
    const open = join(folder, 'open');
    execFileSync('mkdir', ['-m', '0777', open]);
    const { status, stderr } = script(['--root', join(open, 'stage'), '--key', KEY, '--dry-run']);
    assert.equal(status, 1);
    assert.match(stderr, /others may write in \S+open \(mode 0777\).*\n.*chmod go-w/);
  });
});

describe('an account that it sets up', { skip }, () => {
  const key = join(folder, 'key');
  const words = ['--root', root, '--user', USER];
  let server: LabProcess;
  let port = 0;
  let hostKey = '';

  before(async () => {
    for (const file of ['key', 'host', 'stranger']) {
      await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, file)]);
    }
    hostKey = readFileSync(join(folder, 'host.pub'), 'utf8');
    [port = 0] = await freePorts(1);
    const lines = [
      'ListenAddress 127.0.0.1',
      `Port ${port}`,
      `HostKey ${join(folder, 'host')}`,
      `AllowUsers ${USER}`,
      'PidFile none',
      'UsePAM no',
      'PasswordAuthentication no',
    ];
    writeFileSync(join(folder, 'sshd_config'), `${lines.join('\n')}\n`);
    execFileSync('mkdir', ['-p', '-m', '0755', '/run/sshd']);
    const logFile = join(folder, 'sshd.log');
    server = await startProcess({
      name: 'sshd',
      command: '/usr/sbin/sshd',
      args: ['-D', '-e', '-f', join(folder, 'sshd_config')],
      env: { PATH: process.env.PATH },
      logFile,
      mark: join(folder, 'sshd_config'),
      owner: 'parent',
    });
    await waitUntil(() => accepts(port), { process: server, logFile, seconds: 10 });
  });
  after(async () => {
    await endProcesses([server]);
    script([...words, '--undo', '--purge']);
  });

  const account = () => spawnSync('getent', ['passwd', USER], { encoding: 'utf8' }).stdout;
  const ssh = (...args: string[]) =>
    spawnSync(
      'ssh',
      [
        ...['-F', 'none', '-p', `${port}`, '-i', key, '-o', 'IdentitiesOnly=yes'],
        ...['-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=no'],
        ...['-o', 'UserKnownHostsFile=/dev/null', ...args],
      ],
      { encoding: 'utf8', timeout: 20_000 },
    );

  test('is only told of by --dry-run', () => {
    const { status, stdout } = script([...words, '--key', `${key}.pub`, '--dry-run']);
    assert.equal(status, 0);
    assert.match(stdout, /^would run: useradd /m);
    assert.equal(account(), '');
    assert.ok(!existsSync(root));
  });

  test('is not made where its folder is somebody else’s, and not empty', () => {
    const taken = join(folder, 'taken');
    execFileSync('mkdir', [taken]);
    writeFileSync(join(taken, 'theirs'), '');
    const { status, stdout, stderr } = script(['--root', taken, '--user', USER, '--key', KEY]);
    assert.equal(status, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /taken belongs to root and is not empty\.\n.*another --root/);
    assert.equal(account(), '');
  });

  test('logs in from where it may, for commands alone, and is what the product asks of an edge', async () => {
    const made = script([...words, '--key', `${key}.pub`, '--from', '127.0.0.1']);
    assert.equal(made.status, 0, made.stderr);
    assert.equal(ssh(`${USER}@127.0.0.1`, 'id -un').stdout, `${USER}\n`);
    assert.match(ssh('-tt', `${USER}@127.0.0.1`, 'tty').stderr, /PTY allocation request failed/);
    const forwarded = ssh(
      '-o',
      'ExitOnForwardFailure=yes',
      '-W',
      `127.0.0.1:${port}`,
      `${USER}@127.0.0.1`,
    );
    assert.notEqual(forwarded.status, 0);
    assert.match(forwarded.stderr, /administratively prohibited|forwarding failed/);
    const edge = createEdge(
      {
        ...{ name: 'edge', default: true, host: '127.0.0.1', port, user: USER, root, hostKey },
        ...{
          privateKeyFile: key,
          alias: 'GLOBAL',
          hdfs: null,
          env: {},
          cluster: { manager: 'yarn' },
        },
        connectTimeoutSeconds: 10,
      },
      { log: () => undefined },
    );
    const { signal } = new AbortController();
    const profile = await edge.profile({ signal, log: () => undefined });
    assert.notEqual(profile.glibc, null);
  });

  test('is left as it is by a second run, and has the new key and no old one by another', async () => {
    const again = script([...words, '--key', `${key}.pub`, '--from', '127.0.0.1']);
    assert.equal(again.stdout.match(/is there already/g)?.length, 3, again.stdout);
    const other = script([...words, '--key', join(folder, 'stranger.pub'), '--from', '127.0.0.1']);
    assert.equal(other.status, 0);
    assert.match(ssh(`${USER}@127.0.0.1`, 'id').stderr, /Permission denied/);
    assert.equal(script([...words, '--key', `${key}.pub`, '--from', '192.0.2.7']).status, 0);
    assert.match(ssh(`${USER}@127.0.0.1`, 'id').stderr, /Permission denied/);
  });

  test('has a folder in HDFS with a quota where one is wanted, and one of its own for what Spark uploads', () => {
    const asked = join(folder, 'hdfs.txt');
    writeFileSync(asked, '');
    chmodSync(asked, 0o666);
    writeFileSync(join(folder, 'hdfs'), `#!/bin/sh\necho "$(id -un): $*" >>${asked}\n`);
    chmodSync(join(folder, 'hdfs'), 0o755);
    const hadoop = ['--hdfs', '/user/ferry/envs', '--hdfs-quota', '500g', '--hdfs-as', 'nobody'];
    const path = `${folder}:${process.env.PATH}`;
    assert.equal(script([...words, ...hadoop, '--key', `${key}.pub`], path).status, 0);
    assert.equal(script([...words, ...hadoop, '--undo', '--dry-run'], path).status, 0);
    assert.deepEqual(readFileSync(asked, 'utf8').trim().split('\n'), [
      `nobody: dfs -mkdir -p /user/${USER} /user/ferry/envs`,
      `nobody: dfs -chown ${USER} /user/${USER} /user/ferry/envs`,
      'nobody: dfs -chmod 755 /user/ferry/envs',
      'nobody: dfsadmin -setSpaceQuota 500g /user/ferry/envs',
    ]);
  });

  test('goes with its key by --undo, but not what is staged', () => {
    writeFileSync(join(root, 'staged'), '');
    const undone = script([...words, '--undo']);
    assert.equal(undone.status, 0, undone.stderr);
    assert.match(undone.stdout, /The folder stays: /);
    assert.equal(account(), '');
    assert.ok(existsSync(join(root, 'staged')));
    assert.ok(!existsSync(`/var/lib/${USER}`));
  });

  test('is not removed where somebody else made it', () => {
    execFileSync('useradd', ['--system', '--no-create-home', USER]);
    try {
      assert.match(script([...words, '--undo']).stdout, /The account stays/);
      assert.notEqual(account(), '');
    } finally {
      execFileSync('userdel', [USER]);
    }
  });
});
