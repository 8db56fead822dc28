import { getCompileCacheDir } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Batch, CompressedBatch, PlacedBlock } from './compressing-thread.ts';
import {
  BLOCK_BYTES,
  type Block,
  type CompressedBlock,
  compressBlock,
  WINDOW_BYTES,
} from './deflate.ts';

/** Starting threads costs about as much as compressing this much on the spot. */
const ON_THE_SPOT_BYTES = 4 * 1024 * 1024;

/** Whoever reads and writes keeps about as many busy. */
const MOST_THREADS = 4;

/** Room for one block and its window, or for many small ones. */
const SLAB_BYTES = WINDOW_BYTES + BLOCK_BYTES;

interface Waiting {
  resolve(block: CompressedBlock): void;
  reject(error: unknown): void;
}

interface OpenBatch extends Batch {
  used: number;
  waiting: Waiting[];
}

interface Thread {
  worker: Worker;
  /** Those that it has, in order. */
  batches: OpenBatch[];
}

/**
 * Compresses blocks on threads of its own, which have no heap worth collecting: beside a packing's plan
 * what zlib allocates per file keeps the collector as busy as half of deflate. Small files travel
 * together, and buffers to and fro. Bytes are those that `compressBlock` gives.
 */
export class Compressor {
  readonly #level: number;
  readonly #threads: Thread[] = [];
  readonly #slabs: SharedArrayBuffer[] = [];
  #spotBytes = 0;
  #batch: OpenBatch | null = null;
  #isFlushPlanned = false;
  #failure: unknown = null;

  constructor(level: number) {
    this.#level = level;
  }

  /** The block's buffers may be used again at once. */
  compress(block: Block): CompressedBlock | Promise<CompressedBlock> {
    this.#spotBytes += block.bytes.length;
    if (this.#spotBytes <= ON_THE_SPOT_BYTES) return this.#onTheSpot(block);
    const compressed = new Promise<CompressedBlock>((resolve, reject) => {
      if (this.#failure === null) this.#add(block, { resolve, reject });
      else reject(this.#failure);
    });
    // Whoever stops early must not leave a rejection that nobody handles.
    compressed.catch(() => {});
    return compressed;
  }

  /** Ends the threads, with whatever they have. */
  async close(): Promise<void> {
    this.#batch = null;
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  #onTheSpot(block: Block): CompressedBlock {
    const compressed = compressBlock(block, this.#level);
    return compressed.method === 'stored'
      ? { ...compressed, data: Buffer.from(compressed.data) }
      : compressed;
  }

  #add({ bytes, window, isWhole }: Block, waiting: Waiting): void {
    const windowBytes = window?.length ?? 0;
    if (this.#batch && this.#batch.used + windowBytes + bytes.length > SLAB_BYTES) this.#send();
    this.#batch ??= {
      slab: this.#slabs.pop() ?? new SharedArrayBuffer(SLAB_BYTES),
      blocks: [],
      used: 0,
      waiting: [],
    };
    const batch = this.#batch;
    const slab = Buffer.from(batch.slab);
    const from = batch.used + windowBytes;
    window?.copy(slab, batch.used);
    bytes.copy(slab, from);
    const placed: PlacedBlock = { windowBytes, from, bytes: bytes.length, isWhole };
    batch.blocks.push(placed);
    batch.waiting.push(waiting);
    batch.used = from + bytes.length;
    if (this.#isFlushPlanned) return;
    this.#isFlushPlanned = true;
    // What nothing follows at once may be what is waited for.
    setImmediate(() => {
      this.#isFlushPlanned = false;
      if (this.#batch) this.#send();
    });
  }

  #send(): void {
    const batch = this.#batch as OpenBatch;
    const { slab, blocks } = batch;
    this.#batch = null;
    try {
      if (this.#failure !== null) throw this.#failure;
      const thread = this.#leastBusy();
      thread.worker.postMessage({ slab, blocks } satisfies Batch);
      thread.batches.push(batch);
    } catch (error) {
      // A host that is out of processes starts no thread; a thread that failed answers nobody.
      for (const { reject } of batch.waiting) reject(error);
      this.#fail(error);
    }
  }

  #leastBusy(): Thread {
    if (this.#threads.length === 0) {
      const count = Math.min(availableParallelism(), MOST_THREADS);
      for (let at = 0; at < count; at += 1) this.#threads.push(this.#start());
    }
    return this.#threads.reduce((best, thread) =>
      thread.batches.length < best.batches.length ? thread : best,
    );
  }

  #start(): Thread {
    const worker = new Worker(new URL('./compressing-thread.ts', import.meta.url), {
      workerData: this.#level,
      env: whereCompiled(),
    });
    const thread: Thread = { worker, batches: [] };
    worker.on('message', (reply: CompressedBatch) => this.#receive(thread, reply));
    worker.on('error', (error) => this.#fail(error));
    return thread;
  }

  #receive(thread: Thread, { output, blocks }: CompressedBatch): void {
    const batch = thread.batches.shift();
    if (!batch) return;
    const { slab, waiting } = batch;
    this.#slabs.push(slab);
    let from = 0;
    for (const [at, { bytes, crc, method }] of blocks.entries()) {
      waiting[at]?.resolve({ data: Buffer.from(output, from, bytes), crc, method });
      from += bytes;
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    for (const { batches } of this.#threads) {
      for (const { waiting } of batches) for (const { reject } of waiting) reject(error);
    }
  }
}

/** Where Node keeps what it compiled: a thread that does not know loads a compiler to take out types. */
function whereCompiled(): NodeJS.ProcessEnv {
  const place = getCompileCacheDir();
  // Node adds a folder for its version to what it is told.
  return place === undefined ? {} : { NODE_COMPILE_CACHE: dirname(place) };
}
