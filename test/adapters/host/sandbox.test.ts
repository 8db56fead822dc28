import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { groupKind } from '../../../src/adapters/host/cgroup.ts';
import {
  available,
  runSandboxed,
  type SandboxedCommand,
  type SandboxLimits,
} from '../../../src/adapters/host/sandbox.ts';

const folder = mkdtempSync(join(tmpdir(), 'sandbox-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const problem = await available();
const skip = problem ?? false;
const noGroup = (await groupKind()) === null ? 'this host gives no group of processes' : false;

const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];

let count = 0;
function shell(script: string, limits: Partial<SandboxLimits> = {}, lines: string[] = []) {
  count += 1;
  const directory = join(folder, `${count}`);
  mkdirSync(directory);
  const command: SandboxedCommand = {
    file: '/bin/sh',
    args: ['-c', script],
    readable: [],
    directory,
    named: {},
    signal: new AbortController().signal,
    log: (line) => lines.push(line),
    limits: { seconds: 20, ...limits },
  };
  return command;
}

async function say(script: string, limits?: Partial<SandboxLimits>): Promise<string> {
  const { tail } = await runSandboxed(shell(script, limits), 'required');
  return tail.join('\n');
}

describe('sandbox', { skip }, () => {
  test('has no home, no secrets and no other user’s files', async () => {
    const secret = join(folder, 'secret');
    writeFileSync(secret, 'xoxb-1', { mode: 0o644 });
    process.env.SANDBOX_TEST_SECRET = 'xoxb-2';
    const said = await say(`cat ${secret} /etc/shadow ${homedir()}/.ssh/* ~/.ssh/*; ls /home; env`);
    delete process.env.SANDBOX_TEST_SECRET;
    assert.doesNotMatch(said, /xoxb|root:/);
    assert.match(said, /No such file/);
  });

  test('has no network, not even to this machine', async () => {
    const server = createServer((socket) => socket.end('reached'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const script = `exec 3<>/dev/tcp/127.0.0.1/${port} && cat <&3`;
    const said = await say(`bash -c '${script}'; ls /sys/class/net`);
    server.close();
    assert.match(said, /Connection refused|Network is unreachable/);
    assert.doesNotMatch(said, /reached/);
  });

  test('writes only into its folder and has no rights', async () => {
    const command = shell(
      'touch mine /usr/theirs /etc/theirs; id -u; grep CapEff /proc/self/status',
    );
    const { tail } = await runSandboxed(command, 'required');
    const said = tail.join('\n');
    assert.deepEqual(readdirSync(command.directory), ['mine']);
    assert.match(said, /CapEff:\s+0{16}/);
    if (process.getuid?.() === 0) assert.match(said, /^65534$/m);
  });

  test('a fork bomb meets its limit and nothing of it is left', async () => {
    const marker = `bomb${process.pid}`;
    const script = `f() { f ${marker} & f ${marker} & }; f; sleep 30`;
    await assert.rejects(runSandboxed(shell(script, { seconds: 2 }), 'required'), {
      code: 'program-hung',
    });
    const alive = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && isOf(pid, marker));
    assert.deepEqual(alive, []);
  });

  test('a fork bomb takes no processes from what runs beside it', async () => {
    const end = new AbortController();
    const full = Promise.withResolvers<string>();
    const bomb = runSandboxed(
      {
        ...shell(
          `perl -e '$| = 1; while (1) { defined fork or print "full\\n"; select undef, undef, undef, 0.2 }'`,
        ),
        ...{ signal: end.signal, log: full.resolve },
      },
      'required',
    ).catch((error: Error) => error);
    try {
      assert.equal(await Promise.race([full.promise, bomb]), 'full');
      assert.equal(await say('(echo has one)'), 'has one');
    } finally {
      end.abort();
      await bomb;
    }
  });

  test('one file, all files and the temporary folder are limited', async () => {
    assert.match(
      await say('head -c 50000000 /dev/zero > big; wc -c big', { fileBytes: 10e6 }),
      /^10000000 big$/m,
    );
    const many = 'i=0; while :; do i=$((i+1)); head -c 4000000 /dev/zero > f$i; done';
    const flood = runSandboxed(shell(many, { directoryBytes: 40e6 }), 'required');
    await assert.rejects(flood, { code: 'project-too-large' });
    const names = 'i=0; while :; do i=$((i+1)); : > f$i; done';
    const litter = runSandboxed(shell(names, { directoryEntries: 1000 }), 'required');
    await assert.rejects(litter, { code: 'project-too-large' });
  });

  test('no file can be kept in memory without a limit, whoever we are', async () => {
    const script = `for f in /dev/shm/f /dev/f /f; do head -c 100000000 /dev/zero >$f; done 2>&1;
      stat -c 'has %s' /dev/shm/f`;
    const program = join(import.meta.dirname, 'sandboxed-shell.ts');
    // As root we become nobody inside; an ordinary user has the sandbox's root as their own.
    const ways = process.getuid?.() === 0 ? [[], [...NOBODY]] : [[]];
    for (const way of ways) {
      const directory = mkdtempSync(join(tmpdir(), 'sandbox-'));
      chmodSync(directory, 0o777);
      const words = [...way, process.execPath, program, directory, script];
      const { stdout, stderr } = spawnSync('/usr/bin/env', words, { encoding: 'utf8' });
      rmSync(directory, { recursive: true });
      assert.match(stdout, /has 67108864/, stderr);
      assert.equal(stdout.match(/Read-only file system/g)?.length, 2, stdout);
    }
  });

  test('memory is limited', async () => {
    const script = `perl -e '$x = "x" x 6e8; print "had it"' 2>&1 || echo refused`;
    assert.match(await say(script), /had it/);
    assert.match(await say(script, { memoryBytes: 500e6 }), /Out of memory|refused/);
  });
});

describe('memory of all processes of a sandbox together', { skip }, () => {
  const bounded = { seconds: 30, totalBytes: 300 * 2 ** 20, memoryBytes: 2 ** 30 };
  const one = `perl -e '$x = "x" x 6e7; sleep 20'`;

  async function isHeld(ways: Parameters<typeof runSandboxed>[2]) {
    const flood = shell(`for i in $(seq 12); do ${one} & done; wait; exit 1`, bounded);
    await assert.rejects(runSandboxed(flood, 'required', ways), {
      code: 'project-too-much-memory',
      message: /0\.3 GB for all its processes together/,
    });
    // Above the limit if what they share counted for each of them.
    const family = `if (!fork) { select undef, undef, undef, 0.3; exit }`;
    const modest = shell(
      `perl -e '$x = "x" x 5e7; for (1..6) { ${family} } 1 while wait > 0'; echo had it`,
      bounded,
    );
    assert.deepEqual((await runSandboxed(modest, 'required', ways)).tail, ['had it']);
  }

  test('is limited by a group of the kernel’s', { skip: noGroup }, () => isHeld({}));

  test('is limited by looking where there is no group', () =>
    isHeld({ openGroup: async () => null }));
});

describe('sandbox policy', () => {
  const absent = async () => 'bwrap not found on this build host';

  test('required refuses to run anything without a sandbox', async () => {
    const command = shell('touch ran');
    await assert.rejects(runSandboxed(command, 'required', { lookForProblem: absent }), {
      code: 'sandbox-missing',
    });
    assert.deepEqual(readdirSync(command.directory), []);
  });

  test('preferred goes on without one and says so; off does not look', async () => {
    for (const policy of ['preferred', 'off'] as const) {
      const lines: string[] = [];
      const command = shell('touch ran', {}, lines);
      const { code } = await runSandboxed(command, policy, { lookForProblem: absent });
      assert.equal(code, 0);
      assert.deepEqual(readdirSync(command.directory), ['ran']);
      assert.match(lines.join(), /no sandbox: /);
    }
  });
});

function isOf(pid: string, marker: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(marker);
  } catch {
    return false;
  }
}
