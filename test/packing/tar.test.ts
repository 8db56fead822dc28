import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { readTar } from '../../src/packing/lint/read-tar.ts';
import { TAR_END, type TarMember, tarHeader, tarPadding } from '../../src/packing/tar.ts';
import fc from '../harness/properties.ts';
import { temporaryFolder } from './fake-prefix.ts';
import { output, python } from './tools.ts';

function archive(members: readonly (TarMember & { content?: Buffer })[]): Buffer {
  const parts = members.flatMap((member) => [
    tarHeader(member),
    member.content ?? Buffer.alloc(0),
    tarPadding(member.bytes),
  ]);
  return Buffer.concat([...parts, TAR_END]);
}

function file(path: string, content = Buffer.from('x')): TarMember & { content: Buffer } {
  return { path, type: 'file', mode: 0o644, bytes: content.length, target: '', content };
}

/** Path components as file systems allow them, long and not only ASCII. */
const component = fc
  .oneof(
    fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' }),
    fc.stringMatching(/^[a-z_.-]{1,200}$/),
  )
  .map((text) => text.replace(/[\0/\n\\\ud800-\udfff]/g, '_'))
  .filter((text) => text !== '.' && text !== '..' && Buffer.byteLength(text) < 250);
const path = fc.array(component, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('/'));

test("Python's tarfile reads back any path, target and size", async (context) => {
  const folder = await temporaryFolder(context);
  const member = fc.record({
    path,
    type: fc.constantFrom('file' as const, 'link' as const, 'directory' as const),
    target: path,
  });
  await fc.assert(
    fc.asyncProperty(fc.array(member, { minLength: 1, maxLength: 30 }), async (wanted) => {
      const members = wanted.map((one) => ({
        ...one,
        mode: 0o755,
        target: one.type === 'link' ? one.target : '',
        bytes: one.type === 'file' ? 3 : 0,
        ...(one.type === 'file' && { content: Buffer.from('abc') }),
      }));
      const place = join(folder, 'any.tar');
      await writeFile(place, archive(members));
      const found = await python(
        `
import sys, json, tarfile
t = tarfile.open(sys.argv[1])
kind = lambda m: 'file' if m.isreg() else 'link' if m.issym() else 'directory'
print(json.dumps([[m.name, kind(m), m.linkname, m.mtime, m.uid, m.uname] for m in t]))
`,
        place,
      );
      const expected = members.map((one) => [
        one.path.replace(/\/+$/, ''),
        one.type,
        one.target,
        315532800,
        0,
        '',
      ]);
      assert.deepEqual(found, expected);
    }),
    { numRuns: 12 },
  );
});

test('our own reader reads back what was written', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ path, content: fc.uint8Array({ maxLength: 2000 }) }), { maxLength: 8 }),
      fc.integer({ min: 1, max: 700 }),
      async (wanted, chunkBytes) => {
        const bytes = archive(wanted.map((one) => file(one.path, Buffer.from(one.content))));
        async function* chunks() {
          for (let at = 0; at < bytes.length; at += chunkBytes) {
            yield bytes.subarray(at, at + chunkBytes);
          }
        }
        const found: { path: string; content: Uint8Array }[] = [];
        for await (const member of readTar(chunks())) {
          const parts: Buffer[] = [];
          for await (const part of member.content()) parts.push(part);
          found.push({ path: member.path, content: new Uint8Array(Buffer.concat(parts)) });
        }
        assert.deepEqual(
          found,
          wanted.map((one) => ({ path: one.path, content: new Uint8Array(one.content) })),
        );
      },
    ),
    { numRuns: 40 },
  );
});

test('GNU tar lists paths around the limits of ustar', async (context) => {
  const place = join(await temporaryFolder(context), 'limits.tar');
  const paths = [99, 100, 101, 155, 156, 200, 256, 257, 300].flatMap((length) => [
    `${'d'.repeat(50)}/`
      .repeat(6)
      .slice(0, length - 2)
      .padEnd(length, 'f'),
    'n'.repeat(length),
  ]);
  const clean = paths.map((one) => one.replace(/\/f*$/, (end) => 'f'.repeat(end.length)));
  await writeFile(place, archive(clean.map((one) => file(one))));
  assert.deepEqual((await output('tar', 'tf', place)).trimEnd().split('\n'), clean);
});

test('a plain header needs one block and has no trace of the host', () => {
  const header = tarHeader(file('churn/bin/tool'));
  assert.equal(header.length, 512);
  assert.equal(header.toString('latin1', 257, 265), 'ustar\x0000');
  assert.equal(header.toString('latin1', 108, 124), '0000000\x000000000\x00');
  assert.equal(header.toString('latin1', 265, 329), '\0'.repeat(64));
});

test('sizes above 8 GiB go into a pax header', () => {
  const bytes = 9 * 2 ** 30;
  const header = tarHeader({ ...file('big'), bytes });
  assert.equal(header.length, 1536);
  assert.match(header.toString('latin1', 512, 1024), /^\d+ size=9663676416\n/);
});
