import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type PackReport, type PackRequest, pack } from '../../src/packing/pack.ts';
import { fakePrefix, PYTHON, temporaryFolder } from './fake-prefix.ts';

const NUMPY = {
  'lib/numpy/core.so': Buffer.alloc(3 << 20, 'numpy code '),
  'lib/numpy/a.py': 'a = 1\n',
  'lib/numpy/paths.py': 'home = "{prefix}/share"\n',
  'lib/numpy/core.so.1': { link: 'core.so' },
  'bin/f2py': '#!{prefix}/bin/python\nprint()\n',
};

/** As a package has it; in seconds since 1970. */
const LONG_AGO = 1_000_000;

/** A prefix that was left alone for long: the clock of this process goes an hour ahead of its files. */
export async function workbench(context: TestContext) {
  context.mock.timers.enable({ apis: ['Date'], now: Date.now() + 3_600_000 });
  const folder = await temporaryFolder(context);
  const prefix = await fakePrefix(
    join(folder, 'prefix'),
    { python: PYTHON, numpy: NUMPY },
    { 'lib/own.py': 'own' },
  );
  for (const place of ['lib/own.py', 'lib/numpy/a.py', 'lib/numpy/paths.py']) {
    await utimes(join(prefix, place), LONG_AGO, LONG_AGO);
  }
  const cache = join(folder, 'cache');
  let number = 0;
  const packIt = async (more: Partial<PackRequest> = {}) => {
    number += 1;
    const output = join(folder, `${number}`);
    const request = { prefix, output, format: 'zip', root: 'churn', cache } as const;
    const report = await pack({ ...request, recall: 'unchanged', ...more });
    // What is told of an archive is true of the bytes that lie there.
    assert.equal(hash('sha256', await readFile(output)), report.sha256);
    return report;
  };
  /** What packing gives that knows nothing. */
  const plain = (more: Partial<PackRequest> = {}) => packIt({ cache: null, ...more });
  const kept = async (ending: string) => {
    const names = (await readdir(cache)).filter((name) => name.endsWith(ending));
    return names.map((name) => join(cache, name));
  };
  /** Without them only a copy of the archive that was kept takes no compressing. */
  const forgetSegments = async () => {
    for (const name of await readdir(cache)) {
      if (/^[0-9a-f]{64}$/.test(name)) await rm(join(cache, name));
    }
  };
  return { folder, prefix, cache, packIt, plain, kept, forgetSegments };
}

/** What a report says of the archive, wherever it was written and however. */
export function facts({ path: _path, seconds: _seconds, cache: _cache, ...rest }: PackReport) {
  return rest;
}

/** Returns when the file system's clock has moved on, so that a change leaves a trace. */
export function untilNextTick(folder: string): void {
  const probe = join(folder, 'clock');
  mkdirSync(folder, { recursive: true });
  writeFileSync(probe, '');
  const before = lstatSync(probe).ctimeMs;
  while (lstatSync(probe).ctimeMs === before) writeFileSync(probe, 'x');
}

/** Writes a file so that its size and mtime tell nothing. */
export async function keepingTime(place: string, content: string): Promise<void> {
  await writeFile(place, content);
  await utimes(place, LONG_AGO, LONG_AGO);
}
