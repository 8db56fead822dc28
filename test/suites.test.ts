import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { groupOf, preparationFor, SUITES, testFiles } from './suites.ts';

const ROOT = join(import.meta.dirname, '..');
const files = testFiles();

describe('how test files are run', () => {
  test('every test file there is is run, once', () => {
    const found = globSync('{commands,deploy,src,test}/**/*.test.ts', {
      cwd: ROOT,
      exclude: ['**/node_modules/**'],
    });
    assert.deepEqual(files, found.sort());
  });

  test('every row is the first that fits some file', () => {
    const used = new Set(files.map((file) => SUITES.find(({ begins }) => file.startsWith(begins))));
    const unused = SUITES.filter((suite) => !used.has(suite)).map(({ begins }) => begins);
    assert.deepEqual(unused, []);
  });

  test('what is fast needs neither Spark nor a channel', () => {
    const fast = files.filter((file) => groupOf(file) === 'fast');
    assert.ok(fast.length > 0);
    assert.ok(['npm', 'python'].includes(preparationFor(fast)));
  });

  test('several files are prepared for as the most demanding of them', () => {
    assert.equal(preparationFor(['test/domain/spec.test.ts']), 'npm');
    assert.equal(preparationFor(['test/domain/spec.test.ts', 'test/path/life.test.ts']), 'demo');
    assert.equal(preparationFor(files), 'test');
  });
});
