import assert from 'node:assert/strict';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { findMentions, needlesOf } from '../../src/packing/mentions.ts';
import { pack } from '../../src/packing/pack.ts';
import { cutPieces } from '../../src/packing/pieces.ts';
import fc from '../harness/properties.ts';
import { fakePrefix, PLACEHOLDER, PYTHON, temporaryFolder } from './fake-prefix.ts';
import { listWithPython, python } from './tools.ts';

test('pieces are all of the file, and no path of it lies in two', () => {
  const word = fc.constantFrom('/e', '/e/lib:/e/x', '\n', '\0', '\0\0\0', 'ab', '/usr/e', ' ');
  fc.assert(
    fc.property(
      fc.array(word, { maxLength: 200 }),
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom('text' as const, 'binary' as const),
      (words, size, kind) => {
        const whole = Buffer.from(words.join(''));
        const blocks = Array.from({ length: Math.ceil(whole.length / size) }, (_, index) =>
          whole.subarray(index * size, (index + 1) * size),
        );
        const pieces = [...cutPieces(blocks, kind)];
        assert.deepEqual(Buffer.concat(pieces), whole);
        const places = (content: Buffer) =>
          findMentions(content, needlesOf(['/e'])[kind], kind).map(({ at }) => at);
        let from = 0;
        const found = pieces.flatMap((piece) => {
          const here = places(piece).map((at) => at + from);
          from += piece.length;
          return here;
        });
        assert.deepEqual(found, places(whole));
      },
    ),
  );
});

const LARGE_BYTES = 66 * 1024 * 1024;
const SEAM = 33 * 1024 * 1024;

/** Writes `text` at each place of a file that is zeros, or spaces and line breaks, elsewhere. */
async function sparse(path: string, text: string, at: readonly number[]): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.truncate(LARGE_BYTES);
    for (const place of at) await file.write(Buffer.from(text), 0, text.length, place);
  } finally {
    await file.close();
  }
}

test('a file too large for memory is recorded, or rewritten with every offset kept', async (context) => {
  const folder = await temporaryFolder(context);
  const prefix = await fakePrefix(
    join(folder, 'p'),
    {
      python: PYTHON,
      model: { 'lib/declared.bin': { content: 'x', mode: 'binary' } },
    },
    { 'lib/foreign.bin': 'x' },
  );
  const places = [1000, SEAM - 5, LARGE_BYTES - 400];
  for (const name of ['declared.bin', 'foreign.bin']) {
    await sparse(join(prefix, 'lib', name), `${prefix}/lib`, places);
  }
  const archive = join(folder, 'a.zip');
  const request = { prefix, output: archive, format: 'zip' as const, root: 'e', level: 1 };
  const report = await pack(request);
  const kept = report.warnings.filter(({ id }) => id === 'prefix-in-data');
  assert.deepEqual(
    kept.map(({ path }) => path),
    ['lib/foreign.bin'],
  );
  const members = await listWithPython(archive);
  assert.ok('e/lib/declared.bin' in members);
  await pack({ ...request, targetPrefix: '/opt/e' });
  const facts = await python(
    `
import sys, json, zipfile
data = zipfile.ZipFile(sys.argv[1]).read("e/lib/declared.bin")
at = [i for i in range(0, 0)]
i = data.find(b"/opt/e/lib\\0")
while i >= 0: at.append(i); i = data.find(b"/opt/e/lib\\0", i + 1)
print(json.dumps([len(data), at, data.count(sys.argv[2].encode())]))
`,
    archive,
    prefix,
  );
  assert.deepEqual(facts, [LARGE_BYTES, places, 0]);
  assert.ok((await stat(archive)).size < LARGE_BYTES / 10);
  assert.ok(PLACEHOLDER.length > prefix.length);
});
