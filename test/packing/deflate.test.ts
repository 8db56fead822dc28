import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32, inflateRawSync } from 'node:zlib';
import {
  combineCrc,
  compressBlock,
  DEFLATE_END,
  deflateSmall,
  storedBlocks,
  WINDOW_BYTES,
} from '../../src/packing/deflate.ts';
import fc from '../harness/properties.ts';

const bytes = fc.uint8Array({ maxLength: 3000 }).map((array) => Buffer.from(array));

test('two checksums combine into that of the whole', () => {
  fc.assert(
    fc.property(bytes, bytes, (first, second) => {
      const whole = crc32(Buffer.concat([first, second]));
      assert.equal(combineCrc(crc32(first), crc32(second), second.length), whole);
    }),
  );
});

test('checksums combine over gigabytes without reading them', () => {
  const zeros = Buffer.alloc(1 << 20);
  let whole = crc32(Buffer.from('head'));
  for (let index = 0; index < 16; index += 1) whole = crc32(zeros, whole);
  let doubled = { crc: crc32(zeros), bytes: zeros.length };
  for (let index = 0; index < 4; index += 1) {
    const { crc, bytes: length } = doubled;
    doubled = { crc: combineCrc(crc, crc, length), bytes: 2 * length };
  }
  assert.equal(combineCrc(crc32(Buffer.from('head')), doubled.crc, doubled.bytes), whole);
});

/** Deflate of a block that is never stored. */
const run = (content: Buffer, window: Buffer | null = null) =>
  compressBlock({ bytes: content, window, isWhole: false }, 4).data;

test('runs of deflate put one behind the other inflate to the contents in order', () => {
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 6 }), bytes, (contents, stored) => {
      const runs: Buffer[] = [];
      for (const content of contents) {
        runs.push(run(content), deflateSmall(content));
      }
      const spliced = Buffer.concat([...runs, ...storedBlocks(stored), DEFLATE_END]);
      const expected = Buffer.concat([...contents.flatMap((one) => [one, one]), stored]);
      assert.deepEqual(inflateRawSync(spliced), expected);
    }),
    { numRuns: 50 },
  );
});

test('blocks of one file, compressed apart, are one stream and use what stood before', () => {
  const content = Buffer.from(Array.from({ length: 200_000 }, (_, at) => (at * at) % 251));
  const blocks = [content.subarray(0, 100_000), content.subarray(100_000)] as const;
  const primed = run(blocks[1], blocks[0].subarray(-WINDOW_BYTES));
  const stream = Buffer.concat([run(blocks[0]), primed, DEFLATE_END]);
  assert.deepEqual(inflateRawSync(stream), content);
  const alone = run(blocks[1]);
  assert.ok(primed.length < alone.length, `${primed.length} < ${alone.length}`);
});

test('stored blocks may be longer than one block can be', () => {
  const content = Buffer.alloc(200_000, 'ab');
  const stream = Buffer.concat([...storedBlocks(content), DEFLATE_END]);
  assert.deepEqual(inflateRawSync(stream), content);
});
