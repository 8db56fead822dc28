import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { PackageCache } from '../../../src/adapters/engines/package-cache.ts';
import type { LockedPackage } from '../../../src/domain/lock.ts';

const folder = mkdtempSync(join(tmpdir(), 'package-cache-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const HOUR = 3600_000;
const KILOBYTES_100 = Buffer.alloc(100_000);

/** Packages of 100 KB, and what engines have beside them; the clock stands at `now`. */
function cacheOf(...names: string[]) {
  const home = mkdtempSync(join(folder, 'cache-'));
  for (const name of names) {
    mkdirSync(join(home, name, 'lib'), { recursive: true });
    writeFileSync(join(home, name, 'lib/content'), KILOBYTES_100);
    writeFileSync(join(home, `${name}.lock`), '');
  }
  writeFileSync(join(home, 'urls.txt'), '');
  const clock = { now: Date.now() };
  const cache = new PackageCache(home, 250_000, () => clock.now);
  const left = () => readdirSync(home).filter((name) => !/\.lock$|^urls/.test(name));
  return { home, cache, clock, left };
}

const linked = (name: string, ending = 'conda') =>
  [{ url: `https://conda.example.com/linux-64/${name}.${ending}` }] as unknown as LockedPackage[];

describe('packages that an engine keeps', () => {
  test('go where they are too many, those first that were not linked for longest', async () => {
    const { home, cache, clock, left } = cacheOf('a-1-0', 'b-1-0', 'c-1-0', 'd-1-0');
    clock.now += 10 * HOUR;
    await cache.markUsed(linked('a-1-0'));
    clock.now += HOUR;
    await cache.markUsed(linked('c-1-0', 'tar.bz2'));
    clock.now += 10 * HOUR;
    await cache.prune();
    assert.deepEqual(left(), ['a-1-0', 'c-1-0']);
    // None of an engine's own files.
    assert.equal(readdirSync(home).filter((name) => /\.lock$|^urls/.test(name)).length, 5);
  });

  test('stay while a process may be linking them, however many they are', async () => {
    const { cache, clock, left } = cacheOf('a-1-0', 'b-1-0', 'c-1-0');
    clock.now += 10 * HOUR;
    for (const name of left()) await cache.markUsed(linked(name));
    clock.now += HOUR;
    await cache.prune();
    assert.deepEqual(left(), ['a-1-0', 'b-1-0', 'c-1-0']);
  });

  test('go with their archives, and with what a killed removal has left', async () => {
    const { home, cache, clock, left } = cacheOf('a-1-0', 'b-1-0');
    writeFileSync(join(home, 'a-1-0.conda'), KILOBYTES_100);
    mkdirSync(join(home, '.removed-1-x-1-0/lib'), { recursive: true });
    clock.now += HOUR / 2;
    await cache.markUsed(linked('b-1-0'));
    clock.now += 10 * HOUR;
    await cache.prune();
    assert.deepEqual(left(), ['b-1-0']);
  });

  test('are marked in their folder alone, whatever their addresses say', async () => {
    const { home, cache } = cacheOf('a-1-0');
    const beside = `${home}-beside`;
    writeFileSync(beside, '');
    utimesSync(beside, 1, 1);
    for (const name of [`..%2F${basename(beside)}`, '100%-1-0']) {
      await cache.markUsed([{ url: `https://x.example.com/linux-64/${name}` }] as LockedPackage[]);
    }
    assert.equal(statSync(beside).mtimeMs, 1000);
  });

  test('are counted once an hour', async () => {
    const { home, cache, clock, left } = cacheOf('a-1-0');
    clock.now += 10 * HOUR;
    await cache.prune();
    for (const name of ['b-1-0', 'c-1-0']) {
      mkdirSync(join(home, name));
      writeFileSync(join(home, name, 'content'), KILOBYTES_100);
    }
    clock.now += HOUR / 2;
    await cache.prune();
    assert.equal(left().length, 3);
    clock.now += 10 * HOUR;
    await cache.prune();
    assert.equal(left().length, 2);
  });
});
