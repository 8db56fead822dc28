import { setTimeout as delay } from 'node:timers/promises';
import type { Client, ClientChannel } from 'ssh2';
import { type Line, logIn } from './login.ts';
import type { SshTarget } from './target.ts';

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
 * Connects, through a jump host where there is one. Errors: those of `logIn`.
 */
export async function connect(target: SshTarget, signal: AbortSignal): Promise<SshConnection> {
  const { client, line } = await logIn(target, signal);
  return overClient(client, line, target);
}

function overClient(client: Client, line: Line, target: SshTarget): SshConnection {
  let reason = 'the connection was closed';
  // node-ssh takes its error listener away once connected; without one a reset would end the process.
  client.on('error', (error) => {
    reason = error.message;
  });
  const cut = new Promise<never>((_, reject) => {
    client.once('close', () => reject(new LinkCut(reason)));
    line.stream.once('close', () => reject(new LinkCut(reason)));
  });
  const ended = cut.catch(() => {});
  watchSilence(line, target.silenceMilliseconds, (seconds) => {
    reason = `nothing came for ${seconds} s`;
  });
  return {
    execute: (command, operation) => execute(client, cut, command, operation),
    ended,
    close() {
      client.end();
      // A frozen link never answers the goodbye.
      setTimeout(() => line.destroy(), 2_000).unref();
    },
  };
}

/** Cuts the line when no byte came for `limit` milliseconds; pings make a healthy link talk. */
function watchSilence(line: Line, limit: number, onSilence: (seconds: number) => void): void {
  let last = { bytes: -1, at: Date.now() };
  const timer = setInterval(() => {
    const bytes = line.bytesRead();
    if (bytes !== last.bytes) last = { bytes, at: Date.now() };
    else if (Date.now() - last.at >= limit) {
      onSilence(Math.round(limit / 1000));
      line.destroy();
    }
  }, limit / 6);
  line.stream.once('close', () => clearInterval(timer));
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
