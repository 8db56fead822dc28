import { open } from 'node:fs/promises';
import { connect as connectSocket, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type Config, NodeSSH } from 'node-ssh';
import type { Client, ClientChannel } from 'ssh2';
import { outsideError } from '../../domain/errors.ts';
import { whyNotPrivate } from '../../domain/private-file.ts';
import {
  expectedHostKey,
  fingerprintOf,
  hostKeyError,
  hostKeyLine,
  signatureAlgorithms,
} from './host-key.ts';
import { type SshTarget, unreachable } from './target.ts';

/**
 * SSH connections on which every operation settles: with a result, or with an error when the link
 * is cut, when the other side falls silent, when time is up or when the caller stops it.
 */

/** Thrown when the link ends under an operation: what the other side did meanwhile is unknown. */
export class LinkCut extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'LinkCut';
  }
}

/** Thrown when an operation took longer than its deadline. */
export class DeadlineExceeded extends Error {
  constructor(milliseconds: number) {
    super(`it took longer than ${milliseconds / 1000} s`);
    this.name = 'DeadlineExceeded';
  }
}

export interface SshOperation {
  signal: AbortSignal;
  deadlineMilliseconds: number;
  onStdout?: (chunk: Buffer) => void;
  onStderr?: (chunk: Buffer) => void;
  /**
   * Writes the standard input. What it returns is awaited, then the input is closed; an input kept
   * open on purpose is one that does not resolve before `ended` does.
   */
  input?: (write: (chunk: Buffer | string) => Promise<void>, ended: Promise<void>) => Promise<void>;
}

/** `code` is null when a signal ended the command. */
export interface SshResult {
  code: number | null;
  signal: string | null;
}

export interface SshConnection {
  /**
   * Runs one command through the user's shell. Throws `LinkCut`, `DeadlineExceeded` or the
   * signal's reason; a command that ended never throws, whatever its exit code.
   */
  execute(command: string, operation: SshOperation): Promise<SshResult>;
  /** Settles once the link has ended, in whatever way. */
  readonly ended: Promise<void>;
  close(): void;
}

/**
 * Connects, checks the host key before any authentication, and authenticates by key.
 * Errors: `edge-unreachable` (retryable), `edge-denied`, `host-key-mismatch`, `host-key-unknown`.
 */
export async function connect(target: SshTarget, signal: AbortSignal): Promise<SshConnection> {
  signal.throwIfAborted();
  const authentication = await authenticationOf(target);
  const socket = await openSocket(target, signal);
  const ssh = new NodeSSH();
  const hostKey = expectedHostKey(target);
  let seen: Buffer | null = null;
  const stop = () => socket.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    await ssh.connect({
      ...authentication,
      sock: socket,
      username: target.user,
      readyTimeout: target.connectTimeoutMilliseconds,
      // The link is judged by `watchSilence`: the library counts only answers to its own pings,
      // which on a slow link wait behind megabytes of data.
      keepaliveInterval: Math.ceil(target.silenceMilliseconds / 3),
      keepaliveCountMax: Number.MAX_SAFE_INTEGER,
      ...(hostKey?.type
        ? { algorithms: { serverHostKey: signatureAlgorithms(hostKey.type) } }
        : {}),
      hostVerifier: (key: Buffer) => {
        seen = key;
        return hostKey?.fingerprint === fingerprintOf(key);
      },
    } as Config);
  } catch (error) {
    socket.destroy();
    signal.throwIfAborted();
    throw connectError(target, error, hostKey?.fingerprint ?? null, seen);
  } finally {
    signal.removeEventListener('abort', stop);
  }
  const client = ssh.connection;
  if (!client) {
    socket.destroy();
    throw unreachable(target, 'it closed the connection right after the login');
  }
  return overClient(client, socket, target);
}

/** The kinds of host key that are asked for, the one that most hosts have first. */
const HOST_KEYS = ['ssh-ed25519', 'ecdsa-sha2-nistp256', ...signatureAlgorithms('ssh-rsa')];

/**
 * The host key that is shown, and nothing more: nobody logs in. `line`: as `ssh-keyscan` prints it.
 * Errors: `edge-unreachable`.
 */
export async function lookAtHostKey(
  target: SshTarget,
  signal: AbortSignal,
): Promise<{ line: string; fingerprint: string }> {
  const socket = await openSocket(target, signal);
  let seen: Buffer | null = null;
  const look = (key: Buffer) => {
    seen = key;
    return false;
  };
  try {
    const ways = { serverHostKey: HOST_KEYS };
    const readyTimeout = target.connectTimeoutMilliseconds;
    const { user: username } = target;
    const wish = { sock: socket, username, readyTimeout, algorithms: ways, hostVerifier: look };
    await new NodeSSH().connect(wish as Config);
  } catch (error) {
    if (seen === null) throw unreachable(target, messageOf(error), error);
  } finally {
    socket.destroy();
  }
  if (seen === null) throw unreachable(target, 'it shows no host key');
  return { line: hostKeyLine(seen), fingerprint: fingerprintOf(seen) };
}

function overClient(client: Client, socket: Socket, target: SshTarget): SshConnection {
  let reason = 'the connection was closed';
  // node-ssh takes its error listener away once connected; without one a reset would end the process.
  client.on('error', (error) => {
    reason = error.message;
  });
  const cut = new Promise<never>((_, reject) => {
    client.once('close', () => reject(new LinkCut(reason)));
    socket.once('close', () => reject(new LinkCut(reason)));
  });
  const ended = cut.catch(() => {});
  watchSilence(socket, target.silenceMilliseconds, (seconds) => {
    reason = `nothing came for ${seconds} s`;
  });
  return {
    execute: (command, operation) => execute(client, cut, command, operation),
    ended,
    close() {
      client.end();
      // A frozen link never answers the goodbye.
      setTimeout(() => socket.destroy(), 2_000).unref();
    },
  };
}

/** Destroys the socket when no byte came for `limit` milliseconds; pings make a healthy link talk. */
function watchSilence(socket: Socket, limit: number, onSilence: (seconds: number) => void): void {
  let last = { bytes: -1, at: Date.now() };
  const timer = setInterval(() => {
    if (socket.bytesRead !== last.bytes) last = { bytes: socket.bytesRead, at: Date.now() };
    else if (Date.now() - last.at >= limit) {
      onSilence(Math.round(limit / 1000));
      socket.destroy();
    }
  }, limit / 6);
  socket.once('close', () => clearInterval(timer));
}

async function execute(
  client: Client,
  cut: Promise<never>,
  command: string,
  operation: SshOperation,
): Promise<SshResult> {
  const { signal, deadlineMilliseconds } = operation;
  signal.throwIfAborted();
  let opened: Opened | null = null;
  let timer: NodeJS.Timeout | undefined;
  let stop: (() => void) | undefined;
  const interrupted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    timer = setTimeout(
      () => reject(new DeadlineExceeded(deadlineMilliseconds)),
      deadlineMilliseconds,
    );
  });
  interrupted.catch(() => {});
  try {
    opened = await Promise.race([openInTime(client, command), cut, interrupted]);
    return await Promise.race([drive(opened, cut, operation), cut, interrupted]);
  } finally {
    clearTimeout(timer);
    if (stop) signal.removeEventListener('abort', stop);
    // Closing the channel closes the command's input, which ends a command that watches it.
    opened?.channel.close();
  }
}

/** Pauses, in milliseconds, after which a command is asked for again that the other side had no room for. */
const NO_ROOM = { pause: 50, most: 10 };

/**
 * An edge runs only so many commands at once over one connection (`MaxSessions` of sshd_config), and counts
 * one for a moment after it has told of its end. Where there is no room in time, another connection has it.
 */
async function openInTime(client: Client, command: string): Promise<Opened> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await openChannel(client, command);
    } catch (error) {
      if (!(error instanceof Error && 'reason' in error)) throw error;
      if (tries > NO_ROOM.most) throw new LinkCut(error.message);
      await delay(NO_ROOM.pause);
    }
  }
}

interface Opened {
  channel: ClientChannel;
  /** How the command ended, once the other side has said so. */
  exit: { result: SshResult | null };
}

/**
 * Listens before anything else can happen: when the whole answer of a quick command comes in one
 * piece, its end is told before a promise goes on, and is told once.
 */
function openChannel(client: Client, command: string): Promise<Opened> {
  return new Promise((resolve, reject) => {
    try {
      client.exec(command, (error, channel) => {
        if (error) return reject(error);
        const exit: Opened['exit'] = { result: null };
        channel.on('exit', (code: number | null, signal?: string) => {
          exit.result = { code, signal: signal ?? null };
        });
        resolve({ channel, exit });
      });
    } catch (error) {
      reject(new LinkCut(error instanceof Error ? error.message : String(error)));
    }
  });
}

async function drive(
  { channel, exit }: Opened,
  cut: Promise<never>,
  operation: SshOperation,
): Promise<SshResult> {
  channel.on('error', () => {});
  channel.on('data', (chunk: Buffer) => operation.onStdout?.(chunk));
  channel.stderr.on('data', (chunk: Buffer) => operation.onStderr?.(chunk));
  const ended = new Promise<void>((resolve) => channel.once('close', resolve));
  const write = async (chunk: Buffer | string) => {
    if (!channel.writable || channel.write(chunk)) return;
    await Promise.race([
      new Promise<void>((resolve) => channel.once('drain', resolve)),
      ended,
      cut,
    ]);
  };
  const input = (operation.input?.(write, ended) ?? Promise.resolve()).then(() => {
    if (channel.writable) channel.end();
  });
  // A failing input (a local file that cannot be read) must not wait for the command to end.
  await Promise.race([ended, input.then(() => ended)]);
  if (!exit.result) throw new LinkCut('the command ended without an exit code');
  return exit.result;
}

async function authenticationOf(target: SshTarget): Promise<Pick<Config, 'agent' | 'privateKey'>> {
  if (target.privateKeyFile === null) {
    const agent = process.env.SSH_AUTH_SOCK;
    if (agent) return { agent };
    throw outsideError({
      code: 'edge-denied',
      message: `There is no key to log in to edge ${target.edge} with.`,
      suggestion: 'Set `privateKeyFile` for this edge, or start an SSH agent (SSH_AUTH_SOCK).',
    });
  }
  return { privateKey: await readPrivateKey(target.edge, target.privateKeyFile) };
}

async function readPrivateKey(edge: string, file: string): Promise<string> {
  let fault: string | null;
  try {
    const handle = await open(file);
    try {
      fault = whyNotPrivate(await handle.stat(), process.geteuid?.());
      if (fault === null) return await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw outsideError(
      {
        code: 'edge-denied',
        message: `The private key for edge ${edge} cannot be read: ${messageOf(error)}.`,
        suggestion: 'Correct `privateKeyFile` for this edge, or the permissions of the file.',
      },
      error,
    );
  }
  throw outsideError({
    code: 'edge-denied',
    message: `The private key for edge ${edge} is not used, as ssh would not: ${fault}.`,
    suggestion: `\`chmod 600 ${file}\` on the build host.`,
  });
}

function openSocket(target: SshTarget, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket({ host: target.host, port: target.port, noDelay: true });
    const settle = (finish: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      finish();
    };
    const fail = (error: unknown) =>
      settle(() => {
        // From here on nobody listens, and a late error must not become an uncaught one.
        socket.on('error', () => {});
        socket.destroy();
        reject(error);
      });
    const stop = () => fail(signal.reason);
    const timer = setTimeout(
      () => fail(unreachable(target, 'it does not answer')),
      target.connectTimeoutMilliseconds,
    );
    signal.addEventListener('abort', stop, { once: true });
    socket.once('error', (error) => fail(unreachable(target, messageOf(error), error)));
    socket.once('connect', () =>
      settle(() => {
        socket.removeAllListeners('error');
        socket.on('error', () => {});
        resolve(socket);
      }),
    );
  });
}

function connectError(
  target: SshTarget,
  error: unknown,
  expected: string | null,
  seen: Buffer | null,
) {
  if (seen && fingerprintOf(seen) !== expected) return hostKeyError(target, expected, seen);
  const { level, message } = error as { level?: string; message?: string };
  if (level === 'client-authentication') {
    return outsideError(
      {
        code: 'edge-denied',
        message: `Edge ${target.edge} does not let \`${target.user}\` in with the configured key.`,
        suggestion: `Add the public key to ~${target.user}/.ssh/authorized_keys on ${target.host}, and see its sshd log.`,
        details: message ?? null,
      },
      error,
    );
  }
  if (/private ?key|passphrase|parse/i.test(message ?? '') && level === undefined) {
    return outsideError(
      {
        code: 'edge-denied',
        message: `The private key for edge ${target.edge} cannot be used: ${message}.`,
        suggestion: 'Use an unencrypted OpenSSH key readable by the worker, or an SSH agent.',
      },
      error,
    );
  }
  return unreachable(target, message ?? String(error), error);
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(', ');
  return error instanceof Error ? error.message : String(error);
}
