import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createEdge, type EdgeConfig, type EdgeTiming } from '../../src/adapters/edge.ts';
import type { Archive } from '../../src/domain/build.ts';
import type { StageRequest } from '../../src/domain/ports.ts';

/** A real OpenSSH server on 127.0.0.1 for the current user, behind a link that can be made bad. */
export interface World {
  directory: string;
  /** Root folder of the stagings on the edge. */
  root: string;
  link: Link;
  config: EdgeConfig;
  log: string[];
  edge(change?: Partial<EdgeConfig>, timing?: Partial<EdgeTiming>): ReturnType<typeof createEdge>;
  progress: { signal: AbortSignal; log(line: string): void; detail(text: string): void };
  /** Whatever the SSH server said. */
  serverLog(): string;
  /** Replaces the server's host key and starts it again. */
  changeHostKey(): Promise<void>;
  close(): Promise<void>;
}

export const hasSshd = (() => {
  try {
    execFileSync('/usr/sbin/sshd', ['-V'], { stdio: 'ignore' });
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
})();

export async function startWorld(): Promise<World> {
  const directory = mkdtempSync(join(tmpdir(), 'edge-test-'));
  const root = join(directory, 'root');
  const log: string[] = [];
  const key = (name: string) =>
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(directory, name)]);
  key('host');
  key('user');
  let server = await startServer(directory);
  const link = await startLink(() => server.port);
  const config: EdgeConfig = {
    name: 'edge1',
    host: '127.0.0.1',
    port: link.port,
    user: userInfo().username,
    privateKeyFile: join(directory, 'user'),
    hostKey: readFileSync(join(directory, 'host.pub'), 'utf8'),
    root,
    alias: 'MYGLOBALENV',
    hdfs: null,
    cluster: { manager: 'yarn' },
    env: {},
    connectTimeoutSeconds: 5,
  };
  return {
    directory,
    root,
    link,
    config,
    log,
    edge: (change, timing) =>
      createEdge(
        { ...config, ...change },
        {
          log: (line) => log.push(line),
          timing: { attempts: 3, backoffMilliseconds: 20, silenceMilliseconds: 1_500, ...timing },
        },
      ),
    progress: {
      signal: new AbortController().signal,
      log: (line) => log.push(line),
      detail: () => {},
    },
    serverLog: () => readFileSync(join(directory, 'sshd.log'), 'utf8'),
    async changeHostKey() {
      await stop(server.process);
      rmSync(join(directory, 'host'));
      key('host');
      server = await startServer(directory);
    },
    async close() {
      await link.close();
      await stop(server.process);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function startServer(directory: string) {
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, 'close');
  writeFileSync(join(directory, 'authorized_keys'), readFileSync(join(directory, 'user.pub')));
  writeFileSync(
    join(directory, 'sshd_config'),
    [
      `ListenAddress 127.0.0.1:${port}`,
      `HostKey ${directory}/host`,
      'PidFile none',
      `AuthorizedKeysFile ${directory}/authorized_keys`,
      'StrictModes no',
      'UsePAM no',
      'PasswordAuthentication no',
      'PermitRootLogin prohibit-password',
      'UseDNS no',
      'LogLevel VERBOSE',
      'MaxStartups 100',
      '',
    ].join('\n'),
  );
  const process = spawn(
    '/usr/sbin/sshd',
    ['-D', '-f', `${directory}/sshd_config`, '-E', `${directory}/sshd.log`],
    { stdio: 'ignore' },
  );
  for (;;) {
    if (process.exitCode !== null) {
      throw new Error(`sshd: ${readFileSync(join(directory, 'sshd.log'), 'utf8')}`);
    }
    const socket = dial(port, '127.0.0.1');
    const up = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (up) return { process, port };
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function stop(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null) return;
  process.kill('SIGTERM');
  await once(process, 'exit');
}

export type Fault = 'fin' | 'rst' | 'freeze';

/** A TCP proxy that counts what passes and can end or freeze connections. */
export interface Link {
  port: number;
  /** Bytes sent towards the server so far, over all connections. */
  sent: number;
  connections: number;
  /** The next `times` connections suffer the fault once `after` bytes went towards the server. */
  fail(fault: Fault, after: number, times?: number): void;
  /** Refuses every new connection and cuts the open ones. */
  down: boolean;
  /** Limits what goes towards the server. Bytes per second; 0: no limit. */
  rate: number;
  cut(): void;
  close(): Promise<void>;
}

async function startLink(target: () => number): Promise<Link> {
  const open = new Set<Socket>();
  let planned: { fault: Fault; after: number; times: number } | null = null;
  const server = createServer((client) => {
    if (link.down) {
      client.destroy();
      return;
    }
    link.connections += 1;
    const upstream = dial(target(), '127.0.0.1');
    const fault = planned && planned.times > 0 ? planned : null;
    if (fault) fault.times -= 1;
    let passed = 0;
    let frozen = false;
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => {
        open.delete(socket);
        if (frozen) return;
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', async (chunk: Buffer) => {
      if (frozen) return;
      passed += chunk.length;
      if (fault && passed > fault.after) {
        if (fault.fault === 'fin') client.end();
        else if (fault.fault === 'rst') client.resetAndDestroy();
        else {
          frozen = true;
          return;
        }
        upstream.destroy();
        return;
      }
      link.sent += chunk.length;
      const more = upstream.write(chunk);
      if (link.rate > 0 || !more) {
        client.pause();
        if (link.rate > 0) {
          await new Promise((resolve) => setTimeout(resolve, (chunk.length / link.rate) * 1000));
        } else await Promise.race([once(upstream, 'drain'), once(upstream, 'close')]);
        client.resume();
      }
    });
    upstream.on('data', (chunk: Buffer) => {
      if (!frozen) client.write(chunk);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const link: Link = {
    port: (server.address() as AddressInfo).port,
    sent: 0,
    connections: 0,
    down: false,
    rate: 0,
    fail(fault, after, times = 1) {
      planned = { fault, after, times };
    },
    cut() {
      for (const socket of open) socket.destroy();
    },
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return link;
}

/** A tiny packed environment: a `python` that is a shell script, and `padding` bytes of noise. */
export function makeArchive(
  directory: string,
  options: {
    environment?: string;
    format?: 'zip' | 'tar.gz';
    padding?: number;
    files?: Record<string, string>;
    revision?: number;
    layout?: 'local' | 'global';
  } = {},
): StageRequest {
  const { environment = 'churn', format = 'tar.gz', padding = 0, revision = 1 } = options;
  const work = mkdtempSync(join(directory, 'pack-'));
  const prefix = join(work, environment);
  const files: Record<string, string> = {
    'bin/python': '#!/bin/sh\nexec python3 "$@"\n',
    'lib/module.py': `answer = ${revision}\n`,
    ...options.files,
  };
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(prefix, name, '..'), { recursive: true });
    writeFileSync(join(prefix, name), content);
    chmodSync(join(prefix, name), name.startsWith('bin/') ? 0o755 : 0o644);
  }
  if (padding > 0) writeFileSync(join(prefix, 'padding'), randomBytes(padding));
  const name = `${environment}.${format}`;
  const path = join(work, name);
  if (format === 'zip') execFileSync('zip', ['-q', '-r', path, environment], { cwd: work });
  else execFileSync('tar', ['-czf', path, environment], { cwd: work });
  const bytes = readFileSync(path);
  const archive: Archive = {
    name,
    format,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    bytes: bytes.length,
    files: Object.keys(files).length,
  };
  const layout = options.layout ?? 'local';
  return {
    environment,
    revision,
    archivePath: path,
    archive,
    layout,
    alias: layout === 'global' ? 'MYGLOBALENV' : `${environment}_${format.replace('.', '_')}`,
    manifest: { environment, revision, sha256: archive.sha256 },
  };
}
