import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Reply } from '../../src/domain/reply.ts';
import { sharedBy } from '../../src/slack/conversation/shared-by.ts';
import { samples } from '../answers/samples.ts';

const shared = (name: string, asked: string) => sharedBy(samples[name] as Reply, asked);

describe('a private answer', () => {
  test('that others could want is shown to them by the command that was asked', () => {
    for (const name of [
      'edit',
      'plan',
      'revisions',
      'search',
      'invocation',
      'environment',
      'file-long',
    ])
      assert.equal(shared(name, 'asked'), 'asked', name);
  });

  test('of something that was asked to be made is shown by a command that makes nothing', () => {
    assert.equal(shared('known', 'create churn numpy'), 'run churn@3');
    assert.equal(shared('build-joined', 'create churn numpy'), 'status b4k7q2');
  });

  test('of nothing, of people and their deeds, or of what was done is not shared', () => {
    const kept = ['environments-none', 'search-nobody', 'audit', 'approvals'];
    for (const name of [
      ...kept,
      'move-tag',
      'left',
      'leaving',
      'refusal',
      'notice-success',
      'help',
    ])
      assert.equal(shared(name, 'asked'), null, name);
  });
});
