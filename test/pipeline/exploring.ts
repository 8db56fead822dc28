/**
 * Explores in which orders processes can do what they do to what they share. A process runs until it is
 * about to make a call; then it is decided who makes the next one. Without surprises each process goes
 * on for as long as it can. A surprise lets another one go first, or is a mishap: a process is killed, a
 * job is given to somebody else as well. All ways with so many surprises are gone, but none twice from
 * the same state.
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

export interface Bounds {
  surprises: number;
  mishaps: number;
}

export interface Explored {
  begun: number;
  ways: number;
  calls: number;
  states: number;
}

/** So many calls are made on no way that ends. */
const MOST_CALLS = 3_000;

interface Way {
  /** Who made which call instead of the one whose turn it was: by the number of the call. */
  turns: readonly (readonly [call: number, choice: string])[];
  surprises: number;
  mishaps: number;
}

/** Throws what is wrong, with the calls that led there. */
export async function explore(
  create: () => Promise<Subject>,
  { surprises, mishaps }: Bounds,
): Promise<Explored> {
  const known = new Map<string, number>();
  const left: Way[] = [{ turns: [], surprises: 0, mishaps: 0 }];
  const explored = { begun: 0, ways: 0, calls: 0, states: 0 };
  for (let way = left.pop(); way; way = left.pop()) {
    const { turns, ...spent } = way;
    explored.begun += 1;
    const walk = new Walk(await create());
    const last = turns.at(-1)?.[0] ?? -1;
    try {
      const end = await walk.walk(new Map(turns), (call, options) => {
        if (call <= last) return true;
        const budget = surprises - spent.surprises;
        const key = `${walk.digest()} ${spent.mishaps}`;
        if ((known.get(key) ?? -1) >= budget) return false;
        known.set(key, budget);
        for (const { choice, cost, isMishap } of options.slice(1)) {
          const next = {
            turns: [...turns, [call, choice] as const],
            surprises: spent.surprises + cost,
            mishaps: spent.mishaps + (isMishap ? 1 : 0),
          };
          if (next.surprises <= surprises && next.mishaps <= mishaps) left.push(next);
        }
        return true;
      });
      explored.calls += walk.calls.length;
      if (end) explored.ways += 1;
    } catch (error) {
      const calls = walk.calls.map((each, index) => `${String(index).padStart(4)} ${each}`);
      throw new Error(`${calls.join('\n')}\n${(error as Error).stack}`, { cause: error });
    }
  }
  return { ...explored, states: known.size };
}

interface Option {
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

/** One way, from the beginning to its end. */
class Walk {
  readonly calls: string[] = [];
  readonly #subject: Subject;
  readonly #walkers: Walker[] = [];
  #current: Walker | null = null;
  #passed = 0;

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  /** Who stands where, and what they share. */
  digest(): string {
    const walkers = this.#walkers.map(({ digest, isKilled }) => [digest, isKilled]);
    const current = this.#current === null ? -1 : this.#walkers.indexOf(this.#current);
    return hashed(`${this.#subject.state()} ${walkers.join()} ${current}`);
  }

  /** False when `look` found that nothing new comes of it. */
  async walk(
    turns: ReadonlyMap<number, string>,
    look: (call: number, options: readonly Option[]) => boolean,
  ): Promise<boolean> {
    const undo = this.#takeTimers();
    try {
      for (const process of this.#subject.processes) await this.#begin(process);
      this.#current = null;
      for (let call = 0; ; call += 1) {
        const options = this.#options();
        if (options.length === 0 && !this.#passTime()) break;
        if (options.length === 0) continue;
        if (!look(call, options)) return false;
        const choice = turns.get(call);
        const option = choice ? options.find((each) => each.choice === choice) : options[0];
        if (!option) throw new Error(`there is no ${choice} at ${call}`);
        option.take();
        await drained();
        this.#subject.look();
        if (call > MOST_CALLS) throw new Error('it goes on for ever');
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
          const made = (async () => call())();
          const note = (result: unknown) => {
            walker.digest = hashed(`${walker.digest} ${name} ${digestOf(result)}`);
          };
          made.then(note, (error) => note(String(error)));
          made.then(resolve, reject);
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
      else if (this.#passed++ < MOST_CALLS) {
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
