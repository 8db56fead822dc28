import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
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

  test('memory is limited', async () => {
    const script = `perl -e '$x = "x" x 6e8; print "had it"' 2>&1 || echo refused`;
    assert.match(await say(script), /had it/);
    assert.match(await say(script, { memoryBytes: 500e6 }), /Out of memory|refused/);
  });
});

describe('sandbox policy', () => {
  const absent = async () => 'bwrap not found on this build host';

  test('required refuses to run anything without a sandbox', async () => {
    const command = shell('touch ran');
    await assert.rejects(runSandboxed(command, 'required', absent), { code: 'sandbox-missing' });
    assert.deepEqual(readdirSync(command.directory), []);
  });

  test('preferred goes on without one and says so; off does not look', async () => {
    for (const policy of ['preferred', 'off'] as const) {
      const lines: string[] = [];
      const command = shell('touch ran', {}, lines);
      const { code } = await runSandboxed(command, policy, absent);
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
