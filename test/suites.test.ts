import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import {
  groupOf,
  inOrder,
  LONGEST,
  nextOf,
  preparationFor,
  SHARES,
  SUITES,
  testFiles,
  WHOLE,
} from './suites.ts';

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

  test('those that take long begin first, and each of them is there', () => {
    const missing = LONGEST.filter((file) => !files.includes(file));
    assert.deepEqual(missing, []);
    const order = inOrder(files);
    assert.deepEqual(order.slice(0, LONGEST.length), LONGEST);
    assert.deepEqual(order.toSorted(), files.toSorted());
  });

  test('each begins as soon as there is room beside those that run, and the machine is never overfull', () => {
    const waiting = inOrder(files);
    const running: string[] = [];
    const begun: string[] = [];
    while (waiting.length > 0 || running.length > 0) {
      const next = nextOf(waiting, running);
      if (next === null) {
        const room = WHOLE - running.reduce((sum, file) => sum + SHARES[groupOf(file)], 0);
        assert.ok(room >= 0, running.join(' '));
        assert.ok(waiting.every((file) => SHARES[groupOf(file)] > room));
        running.shift();
        continue;
      }
      waiting.splice(waiting.indexOf(next), 1);
      running.push(next);
      begun.push(next);
      assert.ok(running.filter((file) => groupOf(file) === 'busy').length <= 1);
    }
    assert.deepEqual(begun.toSorted(), files.toSorted());
  });

  test('what there is no room for lets others go before it', () => {
    const [busy = ''] = files.filter((file) => groupOf(file) === 'busy');
    const [product = ''] = files.filter((file) => groupOf(file) === 'product');
    assert.equal(nextOf([busy], [product, product]), null);
    assert.equal(nextOf([busy, product], [product, product]), product);
    assert.equal(nextOf([busy], []), busy);
    assert.equal(nextOf([], []), null);
  });
});
