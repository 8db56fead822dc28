import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { buildFailed, lastWords } from '../../../src/adapters/projects/errors.ts';

describe('what a project’s own code prints', () => {
  for (const word of ['c', 'Error ', 'Some build dependencies for  are missing']) {
    test(`is looked at as fast as any other, also lines of nothing but ${JSON.stringify(word)}`, () => {
      const tail = Array.from({ length: 20 }, () => word.repeat(16_000 / word.length));
      const before = process.cpuUsage();
      lastWords(tail);
      buildFailed('churn', tail);
      const { user } = process.cpuUsage(before);
      assert.ok(user < 3_000_000, `${user / 1000} ms`);
    });
  }

  test('is told by its last error', () => {
    assert.equal(
      lastWords(['at work', 'ValueError: no such thing', 'done']),
      'ValueError: no such thing',
    );
  });
});
