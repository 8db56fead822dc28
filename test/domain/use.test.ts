import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type Application,
  agoInWords,
  lastUse,
  PROOF_PREFIX,
  useTag,
} from '../../src/domain/use.ts';

const HOUR = 3_600_000;
const tag = useTag('Churn', 2);

function application(id: string, change: Partial<Application> = {}): Application {
  return {
    ...{ id, name: 'nightly', user: 'ana', tags: ['team-a', tag] },
    ...{ startedAt: 10 * HOUR, seenAt: 11 * HOUR },
    ...change,
  };
}

const last = (...applications: Application[]) =>
  lastUse(applications, { edge: 'lab', tag, since: 9 * HOUR })?.application ?? null;

describe('the last use of a revision', () => {
  test('is the application with its tag that was seen last', () => {
    const found = lastUse([application('a', { seenAt: 20 * HOUR }), application('b')], {
      ...{ edge: 'lab', tag, since: 9 * HOUR },
    });
    assert.deepEqual(found, { application: 'a', user: 'ana', edge: 'lab', at: 20 * HOUR });
  });

  test('is no proof of ours, no other revision, and none of what had the name before', () => {
    assert.equal(last(application('a', { name: `${PROOF_PREFIX}churn@2` })), null);
    assert.equal(last(application('a', { tags: [useTag('churn', 22)] })), null);
    assert.equal(last(application('a', { startedAt: 8 * HOUR })), null);
    assert.equal(last(), null);
  });

  test('is said as people say it', () => {
    const said = [0, 59, 60, 130, 24 * 60, 49 * 60].map((minutes) => agoInWords(minutes * 60_000));
    assert.deepEqual(said, [
      ...['within the last hour', 'within the last hour', '1 hour ago', '2 hours ago'],
      ...['1 day ago', '2 days ago'],
    ]);
  });
});
