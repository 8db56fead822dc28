import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Environment } from '../../src/domain/environment.ts';
import { FerryError } from '../../src/domain/errors.ts';
import { type Quota, requireWithin, type Usage } from '../../src/domain/quota.ts';
import { archive, build, environment, staging } from '../answers/samples.ts';

const USER = 'U0ANARUIZ1';
const NONE: Quota = {
  builds: null,
  environments: null,
  gigabytes: null,
  environmentGigabytes: null,
  approvals: 10,
};

/** An environment whose revisions have archives of so many megabytes, each on one edge. */
function of(name: string, megabytes: readonly number[], change: Partial<Environment> = {}) {
  const known = environment(name, megabytes.length);
  return {
    ...known,
    revisions: known.revisions.map((revision, index) => ({
      ...revision,
      stagings: [stagingOf(megabytes[index] ?? 0)],
      createdAt: index,
    })),
    ...change,
  };
}

function stagingOf(megabytes: number, edge?: string) {
  return { ...staging(edge), archive: { ...archive, bytes: megabytes * 1e6 } };
}

/** The commands that are offered instead; null where it is within the quota. */
function refused(quota: Partial<Quota>, usage: Partial<Usage>): string[] | null {
  try {
    const asked = { user: USER, environment: 'next', environments: [], builds: [], ...usage };
    requireWithin({ ...NONE, ...quota }, asked);
    return null;
  } catch (error) {
    assert.ok(error instanceof FerryError && error.code === 'quota', String(error));
    return error.repairs.map(({ command }) => command);
  }
}

describe('a quota', () => {
  test('that is not configured limits nothing', () => {
    const environments = [of('churn', [900_000])];
    assert.equal(refused({}, { environments, builds: [build('running')] }), null);
  });

  test('of builds names those at work', () => {
    const builds = [build('running', { id: 'b1' }), build('queued', { id: 'b2' })];
    assert.equal(refused({ builds: 3 }, { builds }), null);
    assert.deepEqual(refused({ builds: 2 }, { builds }), ['cancel b1', 'cancel b2']);
  });

  test('of environments counts those with anything there, and lets one grow', () => {
    const gone = of('gone', [1]);
    const letGo = { at: 1, by: null };
    const environments = [
      of('churn', [1, 1]),
      of('etl', [1]),
      of('tagged', [1], { tags: { prod: 1 } }),
      of('other', [1], { owner: 'U9' }),
      { ...gone, revisions: gone.revisions.map((each) => ({ ...each, letGo })) },
    ];
    assert.equal(refused({ environments: 4 }, { environments }), null);
    assert.deepEqual(refused({ environments: 3 }, { environments }), [
      'delete etl',
      'delete churn',
    ]);
    assert.equal(refused({ environments: 3 }, { environments, environment: 'churn' }), null);
    assert.notEqual(refused({ environments: 3 }, { environments, environment: 'gone' }), null);
  });

  test('of room offers the largest first, but nothing that somebody means', () => {
    const environments = [
      of('churn', [300, 500, 200], { tags: { prod: 2 } }),
      of('etl', [400, 100]),
      of('other', [9000], { owner: 'U9' }),
    ];
    assert.equal(refused({ gigabytes: 2 }, { environments }), null);
    assert.deepEqual(refused({ gigabytes: 1 }, { environments }), [
      'delete etl@1',
      'delete churn@1',
      'delete etl',
    ]);
  });

  test('of room counts every edge, and of one environment only its own', () => {
    const twice = of('churn', [300, 300]);
    const revisions = twice.revisions.map((revision) => ({
      ...revision,
      stagings: [stagingOf(310), stagingOf(290, 'madrid')],
    }));
    const environments = [{ ...twice, revisions }, of('etl', [5000])];
    const asked = { environments, environment: 'churn' };
    assert.equal(refused({ environmentGigabytes: 2 }, asked), null);
    assert.deepEqual(refused({ environmentGigabytes: 1 }, asked), [
      'delete churn@1',
      'delete churn',
    ]);
    assert.equal(refused({ environmentGigabytes: 1 }, { environments, environment: 'new' }), null);
  });
});
