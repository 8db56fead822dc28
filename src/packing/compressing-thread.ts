import { parentPort, workerData } from 'node:worker_threads';
import { type CompressedBlock, compressBlock } from './deflate.ts';

/** A thread of `compressing.ts`: takes batches of blocks, one after the other, and gives them back. */

/** Where in a slab a block lies; its window ends where it begins. */
export interface PlacedBlock {
  windowBytes: number;
  from: number;
  bytes: number;
  isWhole: boolean;
}

export interface Batch {
  /** Shared: what is passed to and fro counts as allocated anew each time, and is collected for it. */
  slab: SharedArrayBuffer;
  blocks: PlacedBlock[];
}

export interface CompressedBatch {
  /** What became of its blocks, one behind the other. */
  output: ArrayBuffer;
  blocks: { bytes: number; crc: number; method: CompressedBlock['method'] }[];
}

const level = workerData as number;

parentPort?.on('message', ({ slab, blocks }: Batch) => {
  const compressed = blocks.map(({ windowBytes, from, bytes, isWhole }) => {
    const window = windowBytes > 0 ? Buffer.from(slab, from - windowBytes, windowBytes) : null;
    return compressBlock({ bytes: Buffer.from(slab, from, bytes), window, isWhole }, level);
  });
  const output = Buffer.allocUnsafeSlow(compressed.reduce((sum, { data }) => sum + data.length, 0));
  let end = 0;
  for (const { data } of compressed) end += data.copy(output, end);
  const reply: CompressedBatch = {
    output: output.buffer as ArrayBuffer,
    blocks: compressed.map(({ data, crc, method }) => ({ bytes: data.length, crc, method })),
  };
  parentPort?.postMessage(reply, [reply.output]);
});
