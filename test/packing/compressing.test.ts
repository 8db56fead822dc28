import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { syncBuiltinESMExports } from 'node:module';
import { type TestContext, test } from 'node:test';
import threads from 'node:worker_threads';
import { Compressor } from '../../src/packing/compressing.ts';
import { BLOCK_BYTES, type Block, compressBlock, WINDOW_BYTES } from '../../src/packing/deflate.ts';

const LEVEL = 2;

/** Enough for threads: small files, one that does not shrink, and a large one in blocks. */
function blocksOfFiles(): Block[] {
  const small = Array.from({ length: 500 }, (_, at) =>
    Buffer.from(`def f${at}(): pass\n`.repeat(at + 1)),
  );
  const large = Buffer.alloc(3 * BLOCK_BYTES + 12_345, 'all work and no play ');
  large.set(randomBytes(BLOCK_BYTES), BLOCK_BYTES / 2);
  const whole = (bytes: Buffer): Block => ({ bytes, window: null, isWhole: true });
  const parts: Block[] = [];
  for (let from = 0; from < large.length; from += BLOCK_BYTES) {
    const window = from === 0 ? null : large.subarray(from - WINDOW_BYTES, from);
    parts.push({ bytes: large.subarray(from, from + BLOCK_BYTES), window, isWhole: false });
  }
  const files = [...small.map(whole), whole(randomBytes(BLOCK_BYTES)), ...parts];
  return [...files, ...files];
}

test('threads give, in order, the bytes that compressing on the spot gives', async (context) => {
  const compressor = new Compressor(LEVEL);
  context.after(() => compressor.close());
  const blocks = blocksOfFiles();
  const room = { bytes: Buffer.alloc(BLOCK_BYTES), window: Buffer.alloc(WINDOW_BYTES) };
  const answers = blocks.map(({ bytes, window, isWhole }) => {
    // Readers use their buffers again at once.
    bytes.copy(room.bytes);
    window?.copy(room.window);
    return compressor.compress({
      bytes: room.bytes.subarray(0, bytes.length),
      window: window && room.window,
      isWhole,
    });
  });
  assert.ok(
    answers.some((answer) => answer instanceof Promise),
    'some of it is done on threads',
  );
  for (const [at, block] of blocks.entries()) {
    const [one, other] = [await answers[at], compressBlock(block, LEVEL)];
    assert.deepEqual({ ...one, data: null }, { ...other, data: null });
    // Compared so, as the difference of two megabytes takes minutes to be told.
    assert.ok(one?.data.equals(other.data), `block ${at}`);
  }
});

test('what a thread cannot do is told to whoever waits for it, and for what comes after', async (context) => {
  const compressor = new Compressor(99);
  context.after(() => compressor.close());
  const block = { bytes: Buffer.alloc(BLOCK_BYTES), window: null, isWhole: true };
  const onThread = () => {
    for (;;) {
      try {
        return compressor.compress(block);
      } catch {
        // Still on the spot.
      }
    }
  };
  await assert.rejects(async () => onThread(), RangeError);
  await assert.rejects(async () => onThread(), RangeError);
});

/** Puts a class of a test's own in the place of that of threads. */
function startThreadsAs(context: TestContext, thread: new () => unknown): void {
  context.mock.property(threads, 'Worker', thread as never);
  syncBuiltinESMExports();
  context.after(() => {
    context.mock.restoreAll();
    syncBuiltinESMExports();
  });
}

/** Of a compressor that compresses nothing on the spot any more. */
function onThreads(): () => Promise<unknown> {
  const compressor = new Compressor(LEVEL);
  const block = { bytes: Buffer.alloc(BLOCK_BYTES), window: null, isWhole: true };
  for (let at = 0; at < 4; at += 1) compressor.compress(block);
  return async () => compressor.compress(block);
}

test('a thread that cannot be started is told to whoever waits, and to nobody else', async (context) => {
  startThreadsAs(
    context,
    class {
      constructor() {
        throw new Error('no more processes');
      }
    },
  );
  await assert.rejects(onThreads(), /no more processes/);
});

test('what was gathered for a thread that has failed meanwhile is refused', async (context) => {
  const started: EventEmitter[] = [];
  startThreadsAs(
    context,
    class extends EventEmitter {
      constructor() {
        super();
        started.push(this);
      }
      postMessage() {}
    },
  );
  const compress = onThreads();
  const sent = compress();
  await new Promise(setImmediate);
  const both = Promise.allSettled([sent, compress()]);
  started.at(-1)?.emit('error', new Error('no memory'));
  assert.deepEqual(
    (await both).map(({ status }) => status),
    ['rejected', 'rejected'],
  );
});
