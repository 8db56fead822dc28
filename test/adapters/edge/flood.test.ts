/** An edge that somebody else has taken over may answer with anything, as much of it as it likes. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readProfile } from '../../../src/adapters/edge/profile.ts';
import type { Session } from '../../../src/adapters/edge/session.ts';
import type { SshConnection } from '../../../src/adapters/edge/ssh.ts';
import { type Upload, upload } from '../../../src/adapters/edge/upload.ts';

const settings = { target: { edge: 'lab' }, environment: {}, signal: AbortSignal.timeout(60_000) };

describe('a flood from an edge', () => {
  test('in what it says of its cluster is looked at no further than a fact is long', async () => {
    const facts = new Map([
      ['yarn_site', 'x'],
      ...['spark_version', 'glibc', 'site_archives'].map((name) => [name, '0'.repeat(60_000)]),
    ] as [string, string][]);
    const session = { settings, script: async () => ({ facts, stdout: '', stderr: '' }) };
    const before = process.cpuUsage();
    const { cluster } = await readProfile(session as unknown as Session, '/srv/ferry', {});
    const { user } = process.cpuUsage(before);
    assert.equal(cluster.spark, null);
    assert.ok(user < 2_000_000, `${user / 1000} ms`);
  });

  test('before the size of what has arrived is not kept, and not looked at for long', async () => {
    const chunk = Buffer.alloc(32 * 1024, '0');
    const connection = {
      async execute(_: string, { onStdout }: { onStdout: (chunk: Buffer) => void }) {
        for (let at = 0; at < 4; at += 1) onStdout(chunk);
        onStdout(Buffer.from('\n1000\nferry'));
      },
    };
    const session = {
      settings,
      withConnection: (run: (connection: SshConnection, onProgress: () => void) => unknown) =>
        run(connection as unknown as SshConnection, () => {}),
    };
    const before = process.cpuUsage();
    await upload(session as unknown as Session, {
      ...{ localPath: '/none', ranges: [{ offset: 0, bytes: 1000 }], remotePath: '/srv/x.part' },
      ...{ edge: 'lab', onSent: () => {}, arriving: null },
    } satisfies Upload);
    const { user } = process.cpuUsage(before);
    assert.ok(user < 1_000_000, `${user / 1000} ms`);
  });
});
