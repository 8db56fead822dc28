import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mayBuild, requireMayActOn } from '../../src/domain/policy.ts';
import { build, environment } from '../answers/samples.ts';

const settings = { operators: ['OPERATOR'] };
const owned = { ...environment('churn', 1), owner: 'OWNER' };
/** Its first build has not ended: nobody's yet. */
const tried = { ...environment('churn', 0), owner: 'OWNER' };

describe('a name', () => {
  test('that nobody has, or that has no revision yet, may be built by everybody', () => {
    for (const known of [null, tried]) assert.equal(mayBuild(known, ['SOMEBODY'], settings), true);
  });

  test('that has a revision may be built by its owner and by operators alone', () => {
    const allowed = (...people: string[]) => mayBuild(owned, people, settings);
    assert.deepEqual(
      [allowed('OWNER'), allowed('OPERATOR'), allowed('SOMEBODY'), allowed()],
      [true, true, false, false],
    );
  });

  test('may be built again where one of the two people behind a retry may', () => {
    assert.equal(mayBuild(owned, ['OWNER', 'SOMEBODY'], settings), true);
    assert.equal(mayBuild(owned, ['SOMEBODY', 'OPERATOR'], settings), true);
    assert.equal(mayBuild(owned, ['SOMEBODY', 'ANOTHER'], settings), false);
  });
});

describe('a build', () => {
  const asked = build('running', { requester: { user: 'OWNER', channel: 'C1', team: null } });

  test('is acted on by who asked for it and by operators, whoever owns the name', () => {
    for (const user of ['OWNER', 'OPERATOR']) requireMayActOn(asked, 'cancel', user, settings);
    assert.throws(() => requireMayActOn(asked, 'cancel', 'SOMEBODY', settings), {
      code: 'not-allowed',
    });
  });
});
