import {
  Cancelled,
  type FerryError,
  outsideError,
  stoppedBy,
  throwIfStopped,
} from '../../domain/errors.ts';
import { number, object, or, parseJson, string } from '../../domain/shape.ts';
import { type Conversation, converse } from '../host/conversation.ts';
import type { Program, ServiceEnd } from '../host/process.ts';

/** Bounds of a helper, and how long one is given. */
export interface ResidentLimits {
  /** After so many answers another process takes its place: whatever it leaks goes with it. */
  answers: number;
  /** Bytes of its own it may have between two questions, mapped files not counted. */
  bytes: number;
  /** Milliseconds in which a question that nobody waits for any more may still be answered. */
  grace: number;
}

const LIMITS: ResidentLimits = { answers: 2_000, bytes: 800e6, grace: 1_000 };

export interface ResidentOptions {
  /** What is started: a program that answers a line with lines that have its `id`. */
  launch(): Promise<Program>;
  /** What it means that it ended without an answer. */
  explain(end: ServiceEnd): FerryError;
  limits?: Partial<ResidentLimits>;
}

/** What every line of an answer has. */
interface Line {
  id: number;
  type: string;
  /** Bytes of its own that the process has now. */
  memory: number;
}

const LINE = object<Line>({ id: number, type: string, memory: or(number, 0) });

const LONGEST_NOISE = 500;

interface Question {
  resolve(answer: string): void;
  isAwaited: boolean;
}

/**
 * A helper that stays: one process, started with the first question and again when it has ended,
 * become too large or old, or works on what nobody waits for. It answers many questions at a time;
 * one that is to go takes no more, and is ended once nobody waits for what it still does.
 */
export class Resident {
  readonly #options: ResidentOptions;
  readonly #limits: ResidentLimits;
  readonly #helpers = new Set<Helper>();
  #current: Promise<Helper> | null = null;
  #lastId = 0;
  #isClosed = false;

  constructor(options: ResidentOptions) {
    this.#options = options;
    this.#limits = { ...LIMITS, ...options.limits };
  }

  /**
   * The line that answers. A helper that ends in the middle is asked once more, as a new process: a
   * kill or what somebody else asked may have ended it. Throws `Cancelled`, `program-hung` after
   * `seconds`, and what `explain` makes of its second end.
   */
  async ask(request: object, seconds: number, signal: AbortSignal): Promise<string> {
    throwIfStopped(signal);
    this.#lastId += 1;
    const id = this.#lastId;
    const line = JSON.stringify({ ...request, id });
    const first = await this.#put(id, line, seconds, signal);
    const last = typeof first === 'string' ? first : await this.#put(id, line, seconds, signal);
    if (typeof last === 'string') return last;
    throw this.#options.explain(last);
  }

  /** The next question goes to a new process; this one answers what it has been asked. */
  renew(): void {
    for (const helper of this.#helpers) helper.leave();
  }

  /** Ends every process; whoever still waits is told so. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled([...this.#helpers].map((helper) => helper.stop()));
  }

  async #put(
    id: number,
    line: string,
    seconds: number,
    signal: AbortSignal,
  ): Promise<string | ServiceEnd> {
    this.#current ??= this.#start();
    const helper = await this.#current;
    throwIfStopped(signal);
    // Retired while it was waited for: nothing more is asked of it.
    if (helper.isLeaving) return this.#put(id, line, seconds, signal);
    return helper.ask(id, line, seconds, signal);
  }

  async #start(): Promise<Helper> {
    const forget = () => {
      this.#current = null;
    };
    try {
      const program = await this.#options.launch();
      if (this.#isClosed) throw new Cancelled('shutdown');
      const helper = new Helper(program, this.#limits, forget);
      this.#helpers.add(helper);
      const drop = () => this.#helpers.delete(helper);
      void helper.ended.then(drop, drop);
      return helper;
    } catch (error) {
      forget();
      throw error;
    }
  }
}

/** One process and what it has been asked. */
class Helper {
  readonly ended: Promise<ServiceEnd>;
  readonly #program: Conversation;
  readonly #limits: ResidentLimits;
  readonly #onLeaving: () => void;
  readonly #asked = new Map<number, Question>();
  /** What it said that is no answer. */
  #noise: string | null = null;
  #answers = 0;
  isLeaving = false;

  constructor(program: Program, limits: ResidentLimits, onLeaving: () => void) {
    this.#limits = limits;
    this.#onLeaving = onLeaving;
    this.#program = converse({ ...program, onLine: (line) => this.#hear(line) });
    // Also of one that could not even begin, as on a host that has no room for another process.
    this.ended = this.#program.ended
      .finally(() => this.leave())
      // What ended it for what it said was we, and nothing from outside.
      .then((end) =>
        this.#noise === null ? end : { ...end, signal: null, tail: [...end.tail, this.#noise] },
      );
  }

  /** The answer, or how the process ended before it. */
  async ask(
    id: number,
    line: string,
    seconds: number,
    signal: AbortSignal,
  ): Promise<string | ServiceEnd> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const question: Question = { resolve, isAwaited: true };
    this.#asked.set(id, question);
    const onAbort = () => reject(stoppedBy(signal));
    signal.addEventListener('abort', onAbort);
    const deadline = setTimeout(() => reject(hung(seconds)), seconds * 1000);
    this.#program.hold(true);
    this.#program.say(line);
    try {
      return await Promise.race([promise, this.ended]);
    } finally {
      clearTimeout(deadline);
      signal.removeEventListener('abort', onAbort);
      question.isAwaited = false;
      if (this.#asked.has(id)) this.#expectSoon(id);
      this.#rest();
    }
  }

  stop(): Promise<ServiceEnd> {
    this.leave();
    return this.#program.stop();
  }

  #hear(line: string): void {
    const heard = parseJson(line, LINE);
    // Whose answer that was to be nobody knows, so nobody waits for theirs any longer.
    if (!heard) {
      this.#noise ??= line.slice(0, LONGEST_NOISE);
      return void this.stop();
    }
    const question = this.#asked.get(heard.id);
    if (!question) return;
    this.#asked.delete(heard.id);
    this.#answers += 1;
    question.resolve(line);
    const { answers, bytes } = this.#limits;
    if (this.#answers >= answers || heard.memory > bytes) this.leave();
  }

  /** What nobody waits for any more must not keep a processor busy: nothing but an end stops it. */
  #expectSoon(id: number): void {
    setTimeout(() => {
      if (this.#asked.has(id)) this.leave();
    }, this.#limits.grace).unref();
  }

  leave(): void {
    if (!this.isLeaving) this.#onLeaving();
    this.isLeaving = true;
    this.#rest();
  }

  /** Nobody waits: our own process may end without it, and it ends itself where it is to go. */
  #rest(): void {
    const isAwaited = [...this.#asked.values()].some((question) => question.isAwaited);
    if (isAwaited) return;
    this.#program.hold(false);
    if (this.isLeaving) void this.#program.stop();
  }
}

function hung(seconds: number): FerryError {
  return outsideError({
    code: 'program-hung',
    message: `it was not done after ${seconds} s and was ended.`,
    retryable: true,
  });
}
