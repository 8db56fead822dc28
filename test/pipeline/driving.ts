/**
 * Drives processes that share something: one runs until it is about to make a call; then it is decided
 * who makes the next one. A process may be killed before it makes its call, or meet with a mishap.
 */
import { hash } from 'node:crypto';

/** Makes a call once it is this process' turn; `isReady` says whether it could be made now. */
export type Gate = <T>(
  name: string,
  call: () => T | Promise<T>,
  isReady?: () => boolean,
) => Promise<T>;

export interface Process {
  name: string;
  /** What is thrown ends it, and is judged in the end. */
  begin(gate: Gate): Promise<unknown>;
  /** What becomes of the others when it is killed. */
  killed?(): void;
  /** Somebody else takes its place once it is killed. */
  isReplaced?: boolean;
  mishaps?: readonly { name: string; canHappen(): boolean; happen(): void }[];
}

export interface Subject {
  processes: readonly Process[];
  /** The same text for the same of all that they share. */
  state(): string;
  /** Throws where something is that may never be. */
  look(): void;
  /** Passes so much time that what is waited for by the clock comes about. */
  passTime(): void;
  /** Has everything done that is done unasked, and judges what has come of it all. */
  end(ended: readonly Ended[]): Promise<void>;
}

/** How a process has ended: what it answered, or what was thrown; neither where it was killed. */
export interface Ended {
  name: string;
  answer?: unknown;
  error?: unknown;
}

/** What may happen next. */
export interface Option {
  choice: string;
  cost: number;
  isMishap: boolean;
  take(): void;
}

interface Waiting {
  name: string;
  go(): void;
  isReady(): boolean;
}

interface Timer {
  fire(): void;
  /** How many calls had been made when it was set. */
  since: number;
}

class Walker {
  readonly process: Process;
  waiting: Waiting[] = [];
  timers: Timer[] = [];
  digest = '';
  isKilled = false;
  ended: Ended | null = null;

  constructor(process: Process) {
    this.process = process;
  }
}

/** Which of the options it is; null gives the way up. The first is what happens without a surprise. */
export type Choose = (call: number, options: readonly Option[]) => Option | null;

/** So many calls are made on no way that ends. */
const MOST_CALLS = 3_000;

/** One way, from the beginning to its end. */
export class Drive {
  readonly calls: string[] = [];
  readonly #subject: Subject;
  readonly #walkers: Walker[] = [];
  #current: Walker | null = null;
  #passed = 0;

  readonly #mostCalls: number;
  readonly #isCompared: boolean;

  /** `isCompared`: where it stands is asked for with `digest`. */
  constructor(subject: Subject, { mostCalls = MOST_CALLS, isCompared = true } = {}) {
    this.#subject = subject;
    this.#mostCalls = mostCalls;
    this.#isCompared = isCompared;
  }

  /** Who stands where, and what they share. */
  digest(): string {
    const walkers = this.#walkers.map(({ digest, isKilled }) => [digest, isKilled]);
    const current = this.#current === null ? -1 : this.#walkers.indexOf(this.#current);
    return hashed(`${this.#subject.state()} ${walkers.join()} ${current}`);
  }

  /** False when it was given up. */
  async drive(choose: Choose): Promise<boolean> {
    const undo = this.#takeTimers();
    try {
      for (const process of this.#subject.processes) await this.#begin(process);
      this.#current = null;
      for (let call = 0; ; call += 1) {
        const options = this.#options();
        if (options.length === 0 && !this.#passTime()) break;
        if (options.length === 0) continue;
        const option = choose(call, options);
        if (option === null) return false;
        option.take();
        await drained();
        this.#subject.look();
        if (call > this.#mostCalls) throw new Error('it goes on for ever');
      }
      this.#current = null;
      const hanging = this.#walkers.filter(
        ({ isKilled, ended, waiting }) => !isKilled && !ended && waiting.length === 0,
      );
      if (hanging.length > 0) throw new Error(`${hanging[0]?.process.name} waits for nothing`);
      await this.#subject.end(this.#walkers.flatMap(({ ended }) => ended ?? []));
      return true;
    } finally {
      for (const walker of this.#walkers) walker.isKilled = true;
      undo();
    }
  }

  async #begin(process: Process): Promise<void> {
    const walker = new Walker(process);
    this.#walkers.push(walker);
    this.#current = walker;
    const { name } = process;
    process.begin(this.#gateOf(walker)).then(
      (answer) => {
        walker.ended = { name, answer };
      },
      (error) => {
        walker.ended = { name, error };
      },
    );
    await drained();
  }

  #gateOf(walker: Walker): Gate {
    return (name, call, isReady = () => true) =>
      new Promise((resolve, reject) => {
        if (walker.isKilled) return;
        const go = () => {
          this.calls.push(`${walker.process.name}: ${name}`);
          // A call may ask for others before it is over: where it stands then is not where it stood before.
          if (this.#isCompared) walker.digest = hashed(`${walker.digest} begins ${name}`);
          const made = (async () => call())();
          made.then(resolve, reject);
          if (!this.#isCompared) return;
          const note = (result: unknown) => {
            walker.digest = hashed(`${walker.digest} ${name} ${digestOf(result)}`);
          };
          made.then(note, (error) => note(String(error)));
        };
        walker.waiting.push({ name, go, isReady });
      });
  }

  /** The first one is what happens without a surprise. */
  #options(): Option[] {
    const ready = this.#walkers.filter((walker) => this.#isReady(walker));
    const current = this.#current;
    const goesOn = current !== null && ready.includes(current);
    const order = goesOn ? [current, ...ready.filter((each) => each !== current)] : ready;
    const options: Option[] = order.map((walker, index) => ({
      choice: walker.process.name,
      cost: goesOn && index > 0 ? 1 : 0,
      isMishap: false,
      take: () => this.#step(walker),
    }));
    if (current && goesOn) options.push(...this.#mishapsOf(current));
    return options;
  }

  #mishapsOf(walker: Walker): Option[] {
    const { name, mishaps = [] } = walker.process;
    const rest = { cost: 1, isMishap: true };
    const kill = () => this.#kill(walker);
    return [
      { choice: `kill ${name}`, ...rest, take: kill },
      ...mishaps
        .filter((mishap) => mishap.canHappen())
        .map((mishap) => ({
          ...{ choice: `${mishap.name} ${name}`, ...rest },
          take: () => {
            this.calls.push(`${mishap.name} ${name}`);
            this.#current = null;
            mishap.happen();
          },
        })),
    ];
  }

  #kill(walker: Walker): void {
    const { process } = walker;
    this.calls.push(`kill ${process.name}`);
    walker.isKilled = true;
    process.killed?.();
    if (process.isReplaced) void this.#begin(process);
    this.#current = null;
  }

  /** Nothing but time is waited for where it has a timer alone, and nobody has made a call since. */
  #isReady({ isKilled, ended, waiting, timers }: Walker): boolean {
    if (isKilled || ended) return false;
    if (waiting.length > 0) return waiting.some((call) => call.isReady());
    return timers.some(({ since }) => since < this.calls.length);
  }

  #step(walker: Walker): void {
    this.#current = walker;
    const index = walker.waiting.findIndex((call) => call.isReady());
    const [call] = index < 0 ? [] : walker.waiting.splice(index, 1);
    if (call) call.go();
    else this.#fire(walker);
  }

  #fire(walker: Walker): void {
    this.#current = walker;
    const [timer] = walker.timers.splice(0, 1);
    timer?.fire();
  }

  /** False when nobody waits for it. */
  #passTime(): boolean {
    const waiting = this.#walkers.find(
      ({ isKilled, ended, timers }) => !isKilled && !ended && timers.length > 0,
    );
    if (!waiting) return false;
    this.#subject.passTime();
    for (const timer of waiting.timers) timer.since = -1;
    return true;
  }

  /** Timers are those of whoever is at work; in the end time passes by itself. */
  #takeTimers(): () => void {
    const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
    const { randomUUID } = crypto;
    let ids = 0;
    // By the same calls the same state comes about.
    crypto.randomUUID = () => `0-0-0-0-${++ids}`;
    const put = (fire: () => void) => {
      const timer = { fire, since: this.calls.length, unref: () => timer, ref: () => timer };
      if (this.#current) this.#current.timers.push(timer);
      else if (this.#passed++ < this.#mostCalls) {
        this.#subject.passTime();
        setImmediate(fire);
      } else throw new Error('it is waited for ever');
      return timer;
    };
    const take = (timer: unknown) => {
      for (const walker of this.#walkers) {
        walker.timers = walker.timers.filter((each) => each !== timer);
      }
    };
    const never = () => ({ unref: () => undefined, ref: () => undefined });
    Object.assign(globalThis, {
      ...{
        setTimeout: put,
        clearTimeout: take,
        setInterval: never,
        clearInterval: () => undefined,
      },
    });
    return () => {
      crypto.randomUUID = randomUUID;
      Object.assign(globalThis, { setTimeout, clearTimeout, setInterval, clearInterval });
    };
  }
}

const known = new WeakMap<object, string>();

/** The same for what is the same; an object may not change once it was asked for. */
export function digestOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const digest = known.get(value) ?? hashed(JSON.stringify(value));
  known.set(value, digest);
  return digest;
}

const hashed = (text: string): string => hash('sha1', text, 'base64').slice(0, 12);

/** All that follows from a call without another one has been done by then. */
const drained = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
