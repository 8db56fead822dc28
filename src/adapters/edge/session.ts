import { setTimeout as delay } from 'node:timers/promises';
import { FerryError, outsideError, throwIfStopped } from '../../domain/errors.ts';
import { duration } from '../../domain/figures.ts';
import { NO_SPANS, type Span } from '../../domain/spans.ts';
import type { Connections } from './connections.ts';
import { loginRefused, scriptError } from './failures.ts';
import { TextTail } from './output.ts';
import { composeScript, type Script, ScriptFailure, type ScriptOutput } from './script.ts';
import { DeadlineExceeded, LinkCut, type SshConnection } from './ssh.ts';
import { type SshTarget, unreachable } from './target.ts';

/**
 * One task's conversation with an edge node: a connection that is opened when needed, opened again
 * when it is cut, and shell programs that are sent over it.
 */

export interface SessionSettings {
  target: SshTarget;
  /** Where connections come from. */
  connections: Connections;
  /** Exported before every program. */
  environment: Readonly<Record<string, string>>;
  /** Attempts in a row that bring nothing before a cut link is given up. */
  attempts: number;
  /** It tries less than others would: what it gives up is not given up for them. */
  isBrief?: boolean;
  /** Wait before the second attempt; doubles up to 16 times this. */
  backoffMilliseconds: number;
  log: (line: string) => void;
  /** Hears, in few words for people, that the edge does not answer, and for how long it is tried again. */
  detail?: ((text: string) => void) | undefined;
  signal: AbortSignal;
  observer?: EdgeObserver | undefined;
}

/** Hears, for figures, what of an edge comes by the way. */
export interface EdgeObserver {
  /** So many bytes of an archive have gone to it. */
  sent(bytes: number): void;
  /** So many bytes are free where it has its environments. */
  free(bytes: number): void;
  /** For traces: a program runs there, or an archive goes there. */
  span: Span;
}

export interface Session {
  readonly settings: SessionSettings;
  /**
   * Calls `task` with a connection, and again with a fresh one when the link is cut under it. So
   * a task must be one that may be repeated. `attempt` counts from 1; `onProgress` starts it anew.
   */
  withConnection<T>(
    task: (connection: SshConnection, onProgress: () => void) => Promise<T>,
  ): Promise<T>;
  /** Runs a program that may be repeated. A failing one throws the error its exit code stands for. */
  script(script: Script): Promise<ScriptOutput>;
  /** The same without retries over a connection of its own, whatever state this session is in. */
  detached(script: Script): Promise<ScriptOutput>;
  /** Nothing is at work on its connection any more, which another task may have. */
  done(): void;
  close(): void;
}

/** The code of the error that what a program said is not all there. */
export const ANSWER_LOST = 'edge-answer-lost';

/** More than programs say; how many applications a ResourceManager tells of, nobody knows before. */
const LONGEST_OUTPUT = 4 * 1024 * 1024;

export function openSession(settings: SessionSettings): Session {
  const { target, connections, signal, log } = settings;
  const span = settings.observer?.span ?? NO_SPANS;
  let connection: SshConnection | null = null;

  async function withConnection<T>(
    task: (connection: SshConnection, onProgress: () => void) => Promise<T>,
  ): Promise<T> {
    let failures = 0;
    const onProgress = () => {
      failures = 0;
    };
    for (;;) {
      const begunAt = performance.now();
      try {
        connection ??= await connections.open(signal);
        return await task(connection, onProgress);
      } catch (error) {
        signal.throwIfAborted();
        const isAway = connection === null;
        connection?.close();
        connection = null;
        if (!isCut(error)) throw error instanceof DeadlineExceeded ? slow(target, error) : error;
        failures += 1;
        const reason = error instanceof Error ? error.message : String(error);
        const most = Math.min(settings.attempts, attemptsWorth(error));
        const isLast = failures >= most || (isAway && connections.isGivenUp());
        if (isAway) {
          const lasted = performance.now() - begunAt;
          const left = isLast ? 0 : timeLeft(settings, { failures, most, lasted });
          settings.detail?.(notAnswering(error, left));
        }
        if (isLast) {
          if (isAway && (!settings.isBrief || connections.isGivenUp())) connections.giveUp();
          throw givenUp(target, failures, error, reason);
        }
        const wait = waitAfter(settings, failures);
        log(`edge ${target.edge}: ${reason}; trying again in ${wait / 1000} s`);
        // Node's own error would say only that it was stopped.
        await delay(wait, undefined, { signal }).catch(() => throwIfStopped(signal));
      }
    }
  }

  return {
    settings,
    withConnection,
    async detached(script) {
      const limit = AbortSignal.timeout((script.deadlineSeconds ?? 60) * 1000);
      const other = openSession({ ...settings, attempts: 1, isBrief: true, signal: limit });
      try {
        return await other.script(script);
      } finally {
        other.close();
      }
    },
    async script(script) {
      try {
        const output = await span(`ssh ${script.name}`, { edge: target.edge }, () =>
          withConnection((current) => runScript(current, script, settings, signal)),
        );
        const free = Number(output.facts.get('free'));
        if (free >= 0) settings.observer?.free(free);
        return output;
      } catch (error) {
        throw error instanceof ScriptFailure ? scriptError(target.edge, script, error) : error;
      }
    },
    done() {
      if (connection) connections.giveBack(connection);
      connection = null;
    },
    close() {
      connection?.close();
      connection = null;
    },
  };
}

async function runScript(
  connection: SshConnection,
  script: Script,
  { environment, target }: Pick<SessionSettings, 'environment' | 'target'>,
  signal: AbortSignal,
): Promise<ScriptOutput> {
  const { text, marker } = composeScript(script, environment);
  const said = new TextTail(LONGEST_OUTPUT);
  const complaints = new TextTail(LONGEST_OUTPUT);
  const { code } = await connection.execute('sh -s', {
    signal,
    deadlineMilliseconds: (script.deadlineSeconds ?? 60) * 1000,
    onStdout: (chunk) => said.add(chunk),
    onStderr: (chunk) => complaints.add(chunk),
    input: (write) => write(text),
  });
  const stderr = complaints.text;
  const [before = '', stdout = null] = split(said.text, `${marker}\n`);
  // The marker comes before anything that may fail.
  if (stdout === null && code !== 0) throw loginRefused(target, code, `${before}\n${stderr}`);
  if (code !== 0) throw new ScriptFailure(code, stdout ?? '', stderr);
  // No answer is not the answer that there is nothing.
  if (stdout === null)
    throw answerLost(target.edge, script.name, said.text.length >= LONGEST_OUTPUT);
  return { facts: parseFacts(stdout), stdout, before, stderr };
}

function answerLost(edge: string, program: string, isLong: boolean): FerryError {
  const why = isLong
    ? `it says more than ${LONGEST_OUTPUT / 1024 ** 2} MB`
    : 'a start-up file of the login shell ended it';
  return outsideError({
    code: ANSWER_LOST,
    message: `What the program \`${program}\` says on edge ${edge} cannot be read: ${why}.`,
  });
}

/** What stands before the marker and behind it; without a marker all stands before it. */
function split(text: string, marker: string): [before: string, after?: string] {
  const index = text.indexOf(marker);
  return index < 0 ? [text] : [text.slice(0, index), text.slice(index + marker.length)];
}

function parseFacts(stdout: string): Map<string, string> {
  return new Map(
    stdout.split('\n').flatMap((line) => {
      const space = line.indexOf(' ');
      return space > 0 ? [[line.slice(0, space), line.slice(space + 1)] as const] : [];
    }),
  );
}

/** Milliseconds. */
function waitAfter({ backoffMilliseconds }: SessionSettings, failures: number): number {
  return backoffMilliseconds * 2 ** Math.min(failures - 1, 4);
}

/** Milliseconds until it is given up, where each further try lasts as long as this one. */
function timeLeft(
  settings: SessionSettings,
  { failures, most, lasted }: { failures: number; most: number; lasted: number },
): number {
  const tries = Array.from({ length: most - failures }, (_, index) => failures + index);
  return tries.reduce((sum, before) => sum + waitAfter(settings, before) + lasted, 0);
}

function notAnswering(error: unknown, left: number): string {
  const why = error instanceof FerryError ? lastReason(error) : String(error);
  return `does not answer (${why})${left > 0 ? `; tried again for ${duration(left)}` : ''}`;
}

/**
 * Tries that are worth it where it is told that nobody can be there; a name that is not known does not come with
 * the next try, a host that is down not within seconds. A refused or broken connection is what a restart of its
 * sshd looks like, and silence what a busy network does: those are tried as often as is configured.
 */
const ATTEMPTS_WORTH: Readonly<Record<string, number>> = {
  ENOTFOUND: 2,
  EHOSTUNREACH: 3,
  ENETUNREACH: 3,
};

function attemptsWorth(error: unknown): number {
  const { code = '' } = (error instanceof Error && (error.cause as { code?: string })) || {};
  return ATTEMPTS_WORTH[code] ?? Number.POSITIVE_INFINITY;
}

function isCut(error: unknown): boolean {
  return error instanceof LinkCut || (error instanceof FerryError && error.retryable);
}

function slow(target: SshTarget, error: DeadlineExceeded) {
  return unreachable(target, `a step on it did not end, ${error.message}`, error);
}

function givenUp(target: SshTarget, attempts: number, error: unknown, reason: string) {
  if (attempts === 1 && error instanceof FerryError) return error;
  return unreachable(
    target,
    `${error instanceof FerryError ? lastReason(error) : reason} (${attempts} attempts)`,
    error,
  );
}

/** The part after `cannot be reached:`, so that giving up does not say it twice. */
function lastReason(error: FerryError): string {
  return /cannot be reached: (.*)\.$/s.exec(error.message)?.[1] ?? error.message;
}
