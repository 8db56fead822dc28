/**
 * The one error family of the product. Every message a person sees says what is wrong, where,
 * and what to type instead; the `kind` decides the exit code and whether trying again can help.
 */
import { type Phrase, plainPhrase } from './phrase.ts';

/** Who has to act: the person who typed, the operator of something outside, or us. */
export type ErrorKind = 'user' | 'outside' | 'defect';

/** Exit codes of the command line, but for one (`exitCodeFor`): 1 the user's mistake, 2 a failure outside, 70 a defect. */
export const EXIT_CODES: Readonly<Record<ErrorKind, number>> = { user: 1, outside: 2, defect: 70 };

/** `EX_CONFIG` of sysexits.h, as 70 is its `EX_SOFTWARE`: the units of systemd do not start a service again then. */
const EXIT_HERE = 78;

/**
 * Failures outside that stay until somebody changes a secret, a program or the configuration of this very host. Not
 * those that may be mended elsewhere, after which starting again is all that is needed: Redis has another password
 * or becomes the primary, Socket Mode is turned on, a proxy lets us through, a port or a folder is free.
 */
const MENDED_HERE: ReadonlySet<string> = new Set([
  ...['slack-token-rejected', 'slack-app-token-rejected', 'store-newer', 'bad-config'],
  ...['engine-missing', 'python-missing', 'venv-missing', 'redis-missing'],
]);

export function exitCodeFor({ kind, code }: { kind: ErrorKind; code: string }): number {
  return kind === 'outside' && MENDED_HERE.has(code) ? EXIT_HERE : EXIT_CODES[kind];
}

/** A command that would go through, offered as a button and, in a terminal, as text to type. */
export interface Repair {
  /** What the button says: `Build python=3.11 numpy`. */
  label: string;
  /** The text after the slash command: `create churn python=3.11 numpy`. */
  command: string;
}

/** Another text for a part of the typed one: offsets in UTF-16 units, end exclusive. */
export interface Replacement {
  text: string;
  start: number;
  end: number;
}

export interface ErrorFields {
  /** A stable identifier in kebab-case, e.g. `bad-name`. */
  code: string;
  /** One sentence in plain words. */
  message: Phrase;
  /** What to do or type next. */
  suggestion?: Phrase | null;
  /** Commands that would go through instead, the likeliest first. */
  repairs?: readonly Repair[];
  /** What to type instead, and in place of what. */
  replacement?: Replacement | null;
  /** Further mistakes in the same text, in its order. */
  others?: readonly FerryError[];
  /** Where one message says several things: each by itself, for where they are shown apart. */
  parts?: readonly FerryError[];
  /** The package that it is about. */
  about?: string | null;
  /** Where in the typed text: offsets in UTF-16 units, end exclusive. */
  position?: { start: number; end: number } | null;
  /** The whole story (solver output, remote stderr): for the log, never for a message. */
  details?: string | null;
  /** True when the same call may succeed later without anybody changing anything. */
  retryable?: boolean;
}

/** What is stored on a failed build and rendered in replies. */
export interface Failure {
  code: string;
  kind: ErrorKind;
  message: string;
  suggestion: string | null;
  details: string | null;
  retryable: boolean;
  /** Absent on records of an older version. */
  repairs?: readonly Repair[];
}

export class FerryError extends Error {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly suggestion: string | null;
  /** Message and suggestion with the people they name as values. */
  readonly said: { message: Phrase; suggestion: Phrase | null };
  readonly position: { start: number; end: number } | null;
  readonly details: string | null;
  readonly retryable: boolean;
  readonly repairs: readonly Repair[];
  readonly replacement: Replacement | null;
  readonly others: readonly FerryError[];
  readonly parts: readonly FerryError[];
  readonly about: string | null;

  constructor(kind: ErrorKind, fields: ErrorFields, options?: { cause?: unknown }) {
    super(plainPhrase(fields.message), options);
    this.name = 'FerryError';
    this.kind = kind;
    this.code = fields.code;
    const { message, suggestion = null } = fields;
    this.said = { message, suggestion };
    this.suggestion = suggestion === null ? null : plainPhrase(suggestion);
    // A token may stand in for its position; only the offsets are kept.
    this.position = fields.position
      ? { start: fields.position.start, end: fields.position.end }
      : null;
    this.details = fields.details ?? null;
    this.retryable = fields.retryable ?? false;
    this.repairs = fields.repairs ?? [];
    this.replacement = fields.replacement ?? null;
    this.others = fields.others ?? [];
    this.parts = fields.parts ?? [];
    this.about = fields.about ?? null;
  }
}

/** Everything that an error says, each by itself. */
export function partsOf(error: FerryError): FerryError[] {
  return [error, ...error.others].flatMap((each) =>
    each.parts.length > 0 ? each.parts.flatMap(partsOf) : [each],
  );
}

/** The person typed or chose something that cannot work. */
export function userError(fields: ErrorFields): FerryError {
  return new FerryError('user', fields);
}

/** Something we depend on (a host, a channel, a disk) did not do its part. */
export function outsideError(fields: ErrorFields, cause?: unknown): FerryError {
  return new FerryError('outside', fields, { cause });
}

/** Raised when work stops because a person cancelled it or the process is shutting down. */
export class Cancelled extends Error {
  readonly reason: 'cancelled' | 'shutdown' | 'lock-lost';

  constructor(reason: 'cancelled' | 'shutdown' | 'lock-lost') {
    super(`stopped: ${reason}`);
    this.name = 'Cancelled';
    this.reason = reason;
  }
}

/** The reason of a signal that is aborted. */
export function stoppedBy({ reason }: AbortSignal): Cancelled {
  return reason instanceof Cancelled ? reason : new Cancelled('cancelled');
}

/** Throws the signal's reason as a `Cancelled`, once it is aborted. */
export function throwIfStopped(signal: AbortSignal): void {
  if (signal.aborted) throw stoppedBy(signal);
}

/** Redis being away is no verdict on anything: the queue tries again. */
export function isStoreError(error: unknown): boolean {
  return error instanceof FerryError && ['store-unavailable', 'store-full'].includes(error.code);
}

/** Whether what threw it ended for no reason of its own, and is done again: nothing came of it yet. */
export function isDoneAgain(error: unknown): boolean {
  return (error instanceof Cancelled && error.reason !== 'cancelled') || isStoreError(error);
}

/** Turns anything thrown into the record that is stored and shown. Unknown errors are defects. */
export function toFailure(error: unknown): Failure {
  if (error instanceof FerryError) {
    const { code, kind, details, retryable, repairs } = error;
    // A record has one message; it says every mistake.
    const all = [error, ...error.others];
    const message = all.map((each) => each.message).join(' ');
    const suggestion = all.flatMap((each) => each.suggestion ?? []).join(' ') || null;
    return {
      ...{ code, kind, message, suggestion, details, retryable },
      ...(repairs.length > 0 ? { repairs } : {}),
    };
  }
  return {
    code: 'defect',
    kind: 'defect',
    message: 'Conda Ferry met an error it does not know.',
    suggestion: 'Tell the operator the build id: the log of the worker has the whole story.',
    details: error instanceof Error ? (error.stack ?? error.message) : String(error),
    retryable: false,
  };
}
