import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { crc32, deflateRawSync } from 'node:zlib';
import type { Entry } from '../../src/packing/members.ts';
import { type ZipMember, zipCentralHeader, zipEnd, zipLocalHeader } from '../../src/packing/zip.ts';
import { ZipWriter } from '../../src/packing/zip-writer.ts';
import fc from '../harness/properties.ts';
import { temporaryFolder } from './fake-prefix.ts';
import { output, python } from './tools.ts';

const GIB = 2 ** 30;

function zipOf(files: readonly { path: string; content: Buffer; stored: boolean }[]): Buffer {
  const writer = new ZipWriter('env');
  const parts: Buffer[] = [...writer.add({ kind: 'directory', path: '' }, null)];
  for (const { path, content, stored } of files) {
    const entry: Entry = {
      kind: 'file',
      path,
      executable: true,
      source: { kind: 'memory', bytes: content },
    };
    const raw = stored ? content : deflateRawSync(content, { finishFlush: 2 });
    const method = stored ? ('stored' as const) : ('deflate' as const);
    const sizes = { bytes: content.length, compressedBytes: raw.length, crc: crc32(content) };
    parts.push(
      ...writer.add(entry, content.length > 0 ? { ...sizes, method, read: () => [raw] } : null),
    );
  }
  return Buffer.concat([...parts, ...writer.end()]);
}

const files = fc.uniqueArray(
  fc.record({
    path: fc
      .string({ minLength: 1, maxLength: 40, unit: 'grapheme' })
      .map((text) => text.replace(/[\0/\\\ud800-\udfff]/g, '_')),
    content: fc.uint8Array({ maxLength: 3000 }).map((array) => Buffer.from(array)),
    stored: fc.boolean(),
  }),
  { maxLength: 12, selector: (one) => one.path },
);

test("Python's zipfile reads back any names and contents", async (context) => {
  const place = join(await temporaryFolder(context), 'any.zip');
  await fc.assert(
    fc.asyncProperty(files, async (wanted) => {
      await writeFile(place, zipOf(wanted));
      const found = await python(
        `
import sys, json, zipfile
z = zipfile.ZipFile(sys.argv[1])
print(json.dumps([[i.filename, i.flag_bits & ~0x800, i.date_time, i.create_system, oct(i.external_attr >> 16), z.read(i).hex()] for i in z.infolist()]))
`,
        place,
      );
      const time = [1980, 1, 1, 0, 0, 0];
      assert.deepEqual(found, [
        ['env/', 0, time, 3, '0o40755', ''],
        ...wanted.map(({ path, content }) => [
          `env/${path}`,
          0,
          time,
          3,
          '0o100755',
          content.toString('hex'),
        ]),
      ]);
    }),
    { numRuns: 12 },
  );
});

test('unzip agrees, and shows the Unix modes', async (context) => {
  const place = join(await temporaryFolder(context), 'one.zip');
  const content = Buffer.from('hello '.repeat(100));
  await writeFile(place, zipOf([{ path: 'bin/python', content, stored: false }]));
  await output('unzip', '-tq', place);
  const listing = await output('unzip', '-Z', '-v', place);
  assert.match(listing, /Unix file attributes \(100755 octal\): +-rwxr-xr-x/);
  assert.match(listing, /minimum software version required to extract: +2\.0/);
  assert.match(listing, /extended local header: +no/);
});

function member(fields: Partial<ZipMember>): ZipMember {
  const sizes = { bytes: 10, compressedBytes: 10, offset: 0, crc: 1 };
  return { path: 'a', mode: 0o100644, method: 8, ...sizes, ...fields };
}

test('zip64 appears only where a number does not fit', () => {
  assert.equal(zipLocalHeader(member({})).length, 31);
  assert.equal(zipLocalHeader(member({ bytes: 4 * GIB - 2 })).length, 31);
  assert.equal(zipLocalHeader(member({ bytes: 4 * GIB - 1 })).length, 31 + 20);
  assert.equal(zipCentralHeader(member({})).length, 47);
  assert.equal(zipCentralHeader(member({ offset: 4 * GIB - 1 })).length, 47 + 12);
  assert.equal(zipCentralHeader(member({ bytes: 5 * GIB, offset: 5 * GIB })).length, 47 + 28);
  assert.equal(zipEnd({ members: 65534, bytes: 1, offset: 1 }).length, 22);
  assert.equal(zipEnd({ members: 65535, bytes: 1, offset: 1 }).length, 98);
  assert.equal(zipEnd({ members: 1, bytes: 1, offset: 4 * GIB }).length, 98);
});

test('large members and offsets read back through zip64', async (context) => {
  const place = join(await temporaryFolder(context), 'large.zip');
  const large = member({ bytes: 6 * GIB, compressedBytes: 5 * GIB, offset: 7 * GIB });
  const central = zipCentralHeader(large);
  // Only the end of such a zip is written: Python reads no further for a listing.
  const end = zipEnd({ members: 1, bytes: central.length, offset: 0 });
  await writeFile(place, Buffer.concat([central, end]));
  const found = await python(
    `
import sys, json, zipfile
i = zipfile.ZipFile(sys.argv[1]).infolist()[0]
print(json.dumps([i.file_size, i.compress_size, i.header_offset, i.extract_version]))
`,
    place,
  );
  assert.deepEqual(found, [6 * GIB, 5 * GIB, 7 * GIB, 45]);
});

test('a link never gets into a zip', () => {
  const entry: Entry = { kind: 'link', path: 'bin/python', target: 'python3' };
  assert.throws(() => [...new ZipWriter('env').add(entry, null)], /a link in a zip/);
});
