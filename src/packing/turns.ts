import { setImmediate as nextTurn } from 'node:timers/promises';

/** Reading and hashing hold the thread; after this much others get their turn. */
const BYTES_PER_TURN = 4 * 1024 * 1024;

/** Lets others have their turn while a prefix is read. */
export class Turns {
  readonly #signal: AbortSignal | undefined;
  #bytes = 0;

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /** Called for `bytes` that are read. Rejects with the signal's reason. */
  async take(bytes: number): Promise<void> {
    this.#signal?.throwIfAborted();
    this.#bytes += bytes;
    if (this.#bytes < BYTES_PER_TURN) return;
    this.#bytes = 0;
    await nextTurn();
  }
}
