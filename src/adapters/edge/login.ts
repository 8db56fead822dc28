import { open } from 'node:fs/promises';
import { connect as connectSocket, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Config, NodeSSH } from 'node-ssh';
import type { Client } from 'ssh2';
import { outsideError } from '../../domain/errors.ts';
import { whyNotPrivate } from '../../domain/private-file.ts';
import {
  expectedHostKey,
  fingerprintOf,
  hostKeyError,
  hostKeyLine,
  signatureAlgorithms,
} from './host-key.ts';
import { calledOf, capital, type SshTarget, unreachable } from './target.ts';

/** What carries a connection: a socket, or what a jump host forwards. */
export interface Line {
  stream: Duplex;
  bytesRead(): number;
  /** With all that it is carried by. */
  destroy(): void;
}

/**
 * Logs in to a host, and before that to the jump host that leads there: checks each one's host key before any
 * authentication, and authenticates by key. Each hop has its own time to connect.
 * Errors: `edge-unreachable` (retryable), `edge-denied`, `host-key-mismatch`, `host-key-unknown`.
 */
export async function logIn(
  target: SshTarget,
  signal: AbortSignal,
): Promise<{ client: Client; line: Line }> {
  signal.throwIfAborted();
  const authentication = await authenticationOf(target);
  const line = target.jump
    ? await openThrough(target.jump, target, signal)
    : lineOf(await openSocket(target, signal));
  const ssh = new NodeSSH();
  const hostKey = expectedHostKey(target);
  let seen: Buffer | null = null;
  const stop = () => line.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    await ssh.connect({
      ...authentication,
      sock: line.stream,
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
    line.destroy();
    signal.throwIfAborted();
    throw connectError(target, error, hostKey?.fingerprint ?? null, seen);
  } finally {
    signal.removeEventListener('abort', stop);
  }
  const client = ssh.connection;
  if (!client) {
    line.destroy();
    throw unreachable(target, 'it closed the connection right after the login');
  }
  return { client, line };
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

function lineOf(socket: Socket): Line {
  return {
    stream: socket,
    bytesRead: () => socket.bytesRead,
    destroy: () => void socket.destroy(),
  };
}

/** Has the jump host connect to the target (`ssh -J`); the connection to it ends with what it carries. */
async function openThrough(jump: SshTarget, target: SshTarget, signal: AbortSignal): Promise<Line> {
  const { client, line } = await logIn(jump, signal);
  // node-ssh takes its error listener away once connected; without one a reset would end the process.
  client.on('error', () => {});
  const leave = () => {
    client.end();
    line.destroy();
  };
  let stop: (() => void) | undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    const stream = await new Promise<Duplex>((resolve, reject) => {
      stop = () => reject(signal.reason);
      signal.addEventListener('abort', stop, { once: true });
      timer = setTimeout(
        () => reject(new Error('it does not answer')),
        target.connectTimeoutMilliseconds,
      );
      client.once('close', () => reject(new Error('the connection to it was closed')));
      client.forwardOut('127.0.0.1', 0, target.host, target.port, (error, channel) =>
        error ? reject(error) : resolve(channel),
      );
    });
    let bytes = 0;
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    // Nothing is lost before somebody else listens.
    stream.pause();
    stream.on('error', () => {});
    stream.once('close', leave);
    line.stream.once('close', () => stream.destroy());
    return { stream, bytesRead: () => bytes, destroy: leave };
  } catch (error) {
    leave();
    signal.throwIfAborted();
    throw unreachable(target, `through ${calledOf(jump)}: ${messageOf(error)}`, error);
  } finally {
    clearTimeout(timer);
    if (stop) signal.removeEventListener('abort', stop);
  }
}

async function authenticationOf(
  target: SshTarget,
): Promise<Pick<Config, 'agent' | 'privateKey' | 'passphrase'>> {
  if (target.privateKeyFile === null) {
    const agent = process.env.SSH_AUTH_SOCK;
    if (agent) return { agent };
    throw outsideError({
      code: 'edge-denied',
      message: `There is no key to log in to ${calledOf(target)} with.`,
      suggestion: 'Set `privateKeyFile` for it, or start an SSH agent (SSH_AUTH_SOCK).',
    });
  }
  const privateKey = await readSecret(target, 'privateKeyFile', target.privateKeyFile);
  if (!target.passphraseFile) return { privateKey };
  const passphrase = await readSecret(target, 'passphraseFile', target.passphraseFile);
  return { privateKey, passphrase: passphrase.replace(/\r?\n$/, '') };
}

const SECRETS = { privateKeyFile: 'private key', passphraseFile: 'passphrase of the key' } as const;

async function readSecret(
  target: SshTarget,
  key: keyof typeof SECRETS,
  file: string,
): Promise<string> {
  const what = `The ${SECRETS[key]} for ${calledOf(target)}`;
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
        message: `${what} cannot be read: ${messageOf(error)}.`,
        suggestion: `Correct its \`${key}\`, or the permissions of the file.`,
      },
      error,
    );
  }
  throw outsideError({
    code: 'edge-denied',
    message: `${what} is not used, as ssh would not: ${fault}.`,
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
        message: `${capital(calledOf(target))} does not let \`${target.user}\` in with the configured key.`,
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
        message: `The private key for ${calledOf(target)} cannot be used: ${message}.`,
        suggestion:
          'Use an OpenSSH key without a passphrase, name a file that holds it in `passphraseFile`, or use an SSH agent.',
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
