/** Answers wait here for their turn, so that what Slack waits three seconds for is done before them. */
import type { Log } from './log.ts';

export interface Lane {
  /** Begins a task soon; what it throws is logged, for nobody waits for it. */
  add(task: () => Promise<unknown>): void;
  /** There are so many that another one would be answered too late to be of use. */
  isFull(): boolean;
  /** Resolves when all that was added has ended. */
  settled(): Promise<void>;
}

export interface LaneOptions {
  log: Log;
  /** Tasks at work together. */
  width?: number;
  /** Tasks there may be, at work or not. */
  most?: number;
  /** Milliseconds after which a task is taken to wait for others (a solve, Slack), and holds up none. */
  patience?: number;
}

export function createLane({ log, width = 32, most = 2_000, patience = 1_000 }: LaneOptions): Lane {
  const waiting: (() => Promise<unknown>)[] = [];
  const begun = new Set<Promise<unknown>>();
  let atWork = 0;
  let isTurning = false;

  /** One begins in each turn of the loop: what has come from Slack meanwhile is read between two. */
  function turn(): void {
    if (isTurning || waiting.length === 0 || atWork >= width) return;
    isTurning = true;
    setImmediate(() => {
      isTurning = false;
      const task = waiting.shift();
      if (task) begin(task);
      turn();
    });
  }

  function begin(task: () => Promise<unknown>): void {
    atWork += 1;
    let isAtWork = true;
    const leave = () => {
      if (!isAtWork) return;
      isAtWork = false;
      atWork -= 1;
      turn();
    };
    const timer = setTimeout(leave, patience).unref();
    const tracked = (async () => task())()
      .catch((error) => log.error({ error: String(error?.stack ?? error) }, 'an answer failed'))
      .finally(() => {
        clearTimeout(timer);
        begun.delete(tracked);
        leave();
      });
    begun.add(tracked);
  }

  return {
    add(task) {
      waiting.push(task);
      turn();
    },
    isFull: () => waiting.length + begun.size >= most,
    async settled() {
      while (waiting.length + begun.size > 0) {
        await Promise.allSettled(begun.size > 0 ? begun : [new Promise(setImmediate)]);
      }
    },
  };
}
