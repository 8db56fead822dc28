import type { Edited } from './edit.ts';
import type { Lock, Platform } from './lock.ts';
import type { Plan } from './plan.ts';
import type { FileAsker } from './ports.ts';
import type { BuildRequest } from './request.ts';
import type { SentError } from './sent-error.ts';

/**
 * Short work for a worker that is no build, so that nobody who asks for it waits behind one. A kind
 * of errand is a row here and a handler in `src/pipeline/errands/`; doing one twice must be the same
 * as doing it once.
 */
export interface ErrandTable {
  /**
   * Solves a request without building it; of a `lock` that somebody has, only what it lacks of pip's.
   * Left out, nobody asks: then no file of a conversation is taken.
   */
  plan: {
    asked: { request: BuildRequest; lock?: Lock | null; asker?: FileAsker };
    answer: Plan;
  };
  /** Has the edges know an environment's names as its record does; answers those it cannot tell. */
  point: { asked: { environment: string }; answer: { unreached: string[] } };
  /** Solves an edited request so that what was not edited stays where it is. */
  edit: { asked: Edited & { asker?: FileAsker }; answer: Plan };
  /** Removes what was let go of an environment from the edges; answers what is left, and why. */
  unstage: { asked: { environment: string }; answer: { left: Unreached[] } };
  /** Has the record know who uses an environment; answers the edges that do not say, and why. */
  uses: { asked: { environment: string }; answer: { unreached: Unreached[] } };
}

/** An edge that something could not be removed from, or learnt of. */
export interface Unreached {
  edge: string;
  /** For people, without a secret. */
  why: string;
}

export type ErrandKind = keyof ErrandTable;

/** An errand on its way to a worker. */
export interface Errand<K extends ErrandKind = ErrandKind> {
  /** Of this one question; an allowed name of a folder. */
  id: string;
  kind: K;
  asked: ErrandTable[K]['asked'];
}

/** What becomes of an errand, as plain values. */
export type Answered<K extends ErrandKind = ErrandKind> =
  | { answer: ErrandTable[K]['answer'] }
  | { error: SentError };

export interface ErrandOptions {
  /** Of the workers that may answer. */
  platform: Platform;
  /** The longest wait for an answer; a worker that has not begun by then will not begin. */
  waitMs: number;
  /** Takes the question back; the call rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** The asking side of errands. */
export interface Errands {
  /**
   * Rejects with the `FerryError` that the handler threw, with `errand-unanswered` when no worker
   * answered in time, and with `store-unavailable` or `store-full` when Redis cannot pass it on.
   */
  ask<K extends ErrandKind>(
    kind: K,
    asked: ErrandTable[K]['asked'],
    options: ErrandOptions,
  ): Promise<ErrandTable[K]['answer']>;
  /** Takes back what is still open. */
  close(): Promise<void>;
}
