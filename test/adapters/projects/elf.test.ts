import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { compareVersions, glibcNeeded } from '../../../src/adapters/projects/elf.ts';

const folder = mkdtempSync(join(tmpdir(), 'elf-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A library with one section of versions: what it needs of each file, and how; and their names. */
function library(needed: readonly (readonly { name: string; isWeak?: boolean }[])[]): Buffer {
  const names = ['', ...new Set(needed.flat().map(({ name }) => name))];
  const at = (name: string) =>
    Buffer.byteLength(names.slice(0, names.indexOf(name)).join('\0')) + 1;
  const versions = Buffer.alloc(needed.reduce((sum, { length }) => sum + 16 * (1 + length), 0));
  let file = 0;
  for (const [index, entries] of needed.entries()) {
    const end = file + 16 * (1 + entries.length);
    versions.writeUInt16LE(1, file);
    versions.writeUInt16LE(entries.length, file + 2);
    versions.writeUInt32LE(16, file + 8);
    versions.writeUInt32LE(index === needed.length - 1 ? 0 : end - file, file + 12);
    for (const [count, { name, isWeak = false }] of entries.entries()) {
      const entry = file + 16 * (1 + count);
      versions.writeUInt16LE(isWeak ? 2 : 0, entry + 4);
      versions.writeUInt32LE(at(name), entry + 8);
      versions.writeUInt32LE(count === entries.length - 1 ? 0 : 16, entry + 12);
    }
    file = end;
  }
  const strings = Buffer.from(`${names.join('\0')}\0`);
  const header = Buffer.alloc(64);
  Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]).copy(header);
  header.writeBigUInt64LE(64n, 40);
  header.writeUInt16LE(64, 58);
  header.writeUInt16LE(2, 60);
  const sections = Buffer.alloc(128);
  const describeSection = (section: number, [kind, offset, size, link]: number[]) => {
    sections.writeUInt32LE(kind ?? 0, section * 64 + 4);
    sections.writeBigUInt64LE(BigInt(offset ?? 0), section * 64 + 24);
    sections.writeBigUInt64LE(BigInt(size ?? 0), section * 64 + 32);
    sections.writeUInt32LE(link ?? 0, section * 64 + 40);
  };
  describeSection(0, [3, 192, strings.length, 0]);
  describeSection(1, [0x6ffffffe, 192 + strings.length, versions.length, 0]);
  return Buffer.concat([header, sections, strings, versions]);
}

async function neededBy(content: Buffer): Promise<string | null> {
  const path = join(folder, 'library.so');
  writeFileSync(path, content);
  return glibcNeeded(path);
}

describe('the glibc that a compiled file needs', () => {
  it('is the newest of all files it names, but for what the loader goes on without', async () => {
    const libc = [{ name: 'GLIBC_2.9' }, { name: 'GLIBC_2.17' }, { name: 'GLIBC_2.2.5' }];
    const others = [{ name: 'GLIBCXX_3.4.30' }, { name: 'GLIBC_PRIVATE' }];
    assert.equal(await neededBy(library([libc, others])), '2.17');
    assert.equal(await neededBy(library([others, [{ name: 'GLIBC_2.34' }], libc])), '2.34');
    const weak = { name: 'GLIBC_2.38', isWeak: true };
    assert.equal(await neededBy(library([[...libc, weak]])), '2.17');
    assert.equal(await neededBy(library([[...libc, { name: 'GLIBC_ABI_DT_RELR' }]])), '2.36');
    assert.equal(await neededBy(library([others])), null);
  });

  it('is known of real programs', async () => {
    const needed = await glibcNeeded(process.execPath);
    assert.ok(needed !== null && compareVersions(needed, '2.17') >= 0, `${needed}`);
  });

  it('is none of what is no such file, or is damaged, and looking at it ends', async () => {
    for (const text of ['', '#!/bin/sh', '\x7fELF', `\x7fELF${'x'.repeat(200)}`]) {
      assert.equal(await neededBy(Buffer.from(text)), null);
    }
    const whole = library([[{ name: 'GLIBC_2.17' }, { name: 'GLIBC_2.34' }]]);
    for (let at = 0; at < whole.length; at += 1) {
      const found = [await neededBy(whole.subarray(0, at))];
      for (const value of [0, 0xff]) {
        const damaged = Buffer.from(whole);
        damaged[at] = value;
        found.push(await neededBy(damaged));
      }
      for (const each of found) assert.ok(each === null || /^\d+\.\d+$/.test(each), `${each}`);
    }
  });

  it('is found in no more memory than the file, however long and many the names are', async () => {
    const name = 'x'.repeat(16 * 1024 ** 2);
    const before = process.resourceUsage().maxRSS;
    assert.equal(
      await neededBy(library([Array(40).fill({ name }), [{ name: 'GLIBC_2.17' }]])),
      '2.17',
    );
    assert.ok(process.resourceUsage().maxRSS - before < 400 * 1024, 'in KB');
  });
});
