import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { describeDifference } from '../../src/answers/difference.ts';
import { compareLocks, type Lock } from '../../src/domain/lock.ts';
import { locked } from '../pipeline/world.ts';

const lockOf = (packages: Lock['packages']): Lock => ({ platform: 'linux-64', packages });
const shown = (before: Lock, after: Lock, most?: number) =>
  JSON.stringify(describeDifference(compareLocks(before, after), 'Since churn@1', most));

describe('a difference of locks', () => {
  test('names the builds of one version, and the channel where only that changed', () => {
    const one = locked('numpy 2.2.6');
    const rebuilt = { ...one, build: '1', sha256: 'c'.repeat(64), channel: 'internal' };
    assert.match(shown(lockOf([one]), lockOf([rebuilt])), /numpy 2\.2\.6 0 → 1.*from internal/);
  });

  test('counts what does not fit, and says so where nothing changed', () => {
    const many = lockOf(['a', 'b', 'c'].map((name) => locked(name)));
    assert.match(shown(lockOf([]), many, 1), /3 added.*added .*"a 1\.0".*and 2 more changes/);
    assert.match(shown(many, many), /Since churn@1: .*the same packages/);
  });
});
