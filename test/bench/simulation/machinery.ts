/** Time, chance and what can serve only so many at once: the parts of which the simulation is made. */
import { randomFrom } from '../../harness/random.ts';

/** What happens when; times are seconds. A heap by time, and of one time in the order they came. */
export class Events {
  readonly #heap: { at: number; order: number; happen(): void }[] = [];
  #count = 0;
  now = 0;

  at(at: number, happen: () => void): void {
    const heap = this.#heap;
    heap.push({ at, order: this.#count, happen });
    this.#count += 1;
    for (let child = heap.length - 1; child > 0; ) {
      const parent = (child - 1) >> 1;
      if (!this.#isBefore(child, parent)) break;
      this.#swap(child, parent);
      child = parent;
    }
  }

  after(seconds: number, happen: () => void): void {
    this.at(this.now + seconds, happen);
  }

  /** Until nothing is left to happen by then. */
  run(until: number): void {
    for (let first = this.#take(until); first; first = this.#take(until)) {
      this.now = first.at;
      first.happen();
    }
    this.now = until;
  }

  #take(until: number) {
    const heap = this.#heap;
    const [first] = heap;
    if (first === undefined || first.at > until) return null;
    const last = heap.pop();
    if (heap.length > 0 && last) {
      heap[0] = last;
      for (let parent = 0; ; ) {
        const [left, right] = [2 * parent + 1, 2 * parent + 2];
        let least = parent;
        if (left < heap.length && this.#isBefore(left, least)) least = left;
        if (right < heap.length && this.#isBefore(right, least)) least = right;
        if (least === parent) break;
        this.#swap(least, parent);
        parent = least;
      }
    }
    return first;
  }

  #isBefore(one: number, other: number): boolean {
    const [left, right] = [this.#heap[one], this.#heap[other]];
    if (!left || !right) return false;
    return left.at < right.at || (left.at === right.at && left.order < right.order);
  }

  #swap(one: number, other: number): void {
    const [left, right] = [this.#heap[one], this.#heap[other]];
    if (!left || !right) return;
    this.#heap[one] = right;
    this.#heap[other] = left;
  }
}

/** So many can be served at a time; `demand` is the seconds of service begun or asked for. */
export class Servers {
  readonly count: number;
  readonly #waiting: (() => void)[] = [];
  readonly #since: number[] = [];
  free: number;
  demand = 0;

  constructor(count: number) {
    this.count = count;
    this.free = count;
  }

  /** For as long as nobody knows how long it takes. */
  take(now: number): void {
    this.free -= 1;
    this.#since.push(now);
  }

  release(now: number): void {
    this.free += 1;
    // Which of them ends does not matter to their sum.
    this.demand += now - (this.#since.shift() ?? now);
  }

  /** In the order they came. */
  serve(events: Events, seconds: number, then: () => void): void {
    this.demand += seconds;
    const begin = () => {
      this.free -= 1;
      events.after(seconds, () => {
        this.free += 1;
        this.#waiting.shift()?.();
        then();
      });
    };
    if (this.free > 0) begin();
    else this.#waiting.push(begin);
  }
}

/** Chance by a seed. */
export class Random {
  /** At least 0, less than 1. */
  readonly next: () => number;

  constructor(seed: number) {
    this.next = randomFrom(seed);
  }

  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  /** A factor around 1 whose logarithm is spread so far. */
  spread(deviation: number): number {
    const normal = Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
    return Math.exp(deviation * normal);
  }

  /** So many moments within so many seconds, at random, in order. */
  moments(count: number, seconds: number, each: (at: number) => void): void {
    let at = 0;
    for (;;) {
      at += (-Math.log(1 - this.next()) * seconds) / count;
      if (at >= seconds) return;
      each(at);
    }
  }
}
