import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { KnownFiles } from '../../src/packing/memory/known-files.ts';
import {
  FIELDS,
  isUnchanged,
  observe,
  type PrefixState,
  unchangedFiles,
} from '../../src/packing/memory/state.ts';
import { fakePrefix, PYTHON, temporaryFolder } from './fake-prefix.ts';

/** A state with these files: path, and when it changed. */
function stateOf(takenAt: number, files: Record<string, number>): PrefixState {
  const rows = Object.values(files).flatMap((at) => [1, 2, 0o100644, 3, at, at]);
  return { takenAt, paths: Object.keys(files), marks: Float64Array.from(rows) };
}

test('a file that may have changed once more within the same tick of the clock is not trusted', () => {
  const files = { old: 1_000_000, young: 1_990_000 };
  const now = stateOf(3_000_000, files);
  assert.ok(isUnchanged(stateOf(2_000_000, files), now));
  assert.ok(!isUnchanged(stateOf(1_991_000, files), now));
  assert.deepEqual([...unchangedFiles(stateOf(1_991_000, files), now).keys()], ['old']);
  // A clock that went back makes nothing look old.
  assert.deepEqual([...unchangedFiles(stateOf(500_000, files), now).keys()], []);
});

test('each number that the file system tells of a file counts', () => {
  const files = { a: 1000, b: 1000 };
  for (let field = 0; field < FIELDS; field += 1) {
    const now = stateOf(1_000_000, files);
    now.marks[FIELDS + field] = (now.marks[FIELDS + field] ?? 0) + 0.25;
    const before = stateOf(1_000_000, files);
    assert.ok(!isUnchanged(before, now));
    assert.deepEqual([...unchangedFiles(before, now).keys()], ['a']);
  }
});

test('a state has everything but what archives never have, the same in every look', async (context) => {
  const folder = await temporaryFolder(context);
  const prefix = await fakePrefix(join(folder, 'prefix'), { python: PYTHON });
  await mkdir(join(prefix, 'pkgs'));
  await writeFile(join(prefix, 'pkgs/a'), '');
  const { paths, marks } = await observe(prefix);
  assert.deepEqual(paths, [
    '',
    ...['bin', 'conda-meta', 'lib', 'lib/python3.11', 'lib/python3.11/os.py'],
    ...['conda-meta/history', 'conda-meta/python-1.0-0.json', 'bin/python', 'bin/python3.11'],
  ]);
  assert.deepEqual((await observe(prefix)).marks, marks);
});

test('a file is known only for the place, the record and the header it was read with', () => {
  const file = { path: 'a.py', kind: 'file', executable: false, bytes: 3, modified: 0, target: '' };
  const record = { sha256: 'aa', mode: null, placeholderBytes: 0 };
  const source = { kind: 'disk', file: { ...file, kind: 'file' }, record, uncheck: false } as const;
  const entry = { kind: 'file', path: 'a.py', executable: false, source } as const;
  const scan = { bytes: 3, sha256: 'aa', rewritten: false, clobbered: false, record: null };
  const first = new KnownFiles([], new Map());
  first.learn(source, { entry, ...scan, faults: [], large: null });
  const known = new KnownFiles(first.learnt, new Map([['a.py', { bytes: 3, modified: 0 }]]));
  assert.equal(known.recall(entry, source)?.sha256, 'aa');
  const others = [
    { ...source, record: null },
    { ...source, record: { ...record, mode: 'text' as const } },
    { ...source, record: { ...record, sha256: 'bb' } },
    { ...source, record: { ...record, placeholderBytes: 9 } },
    { ...source, uncheck: true },
    { ...source, file: { ...source.file, path: 'b.py' } },
    { ...source, file: { ...source.file, bytes: 4 } },
    // Written between the look at the prefix and its listing.
    { ...source, file: { ...source.file, modified: 1 } },
  ];
  for (const other of others) assert.equal(known.recall(entry, other), null);
  assert.equal(new KnownFiles(first.learnt, new Map()).recall(entry, source), null);
});
