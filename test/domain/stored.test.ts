import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readBuild, readEnvironment, type StoredStaging } from '../../src/domain/stored.ts';
import { build, environment, revision, staging } from '../answers/samples.ts';

/** As it was stored before a staging said what it is of, and what it is called in either layout. */
function older(layout: 'local' | 'global', alias: string): StoredStaging {
  const { environment: _, revision: __, aliases: ___, ...rest } = staging('lab', layout);
  return { ...rest, alias };
}

/** A record of an older version, where the types only know this one's. */
const stored = (stagings: StoredStaging[]) => stagings as ReturnType<typeof staging>[];

describe('a record of an older version', () => {
  test('of a build has stagings that say what they are of, and both aliases', () => {
    const stagings = stored([older('local', 'churn_zip'), older('global', 'FOO')]);
    const [local, global] = readBuild(build('ready', { stagings, revision: 7 })).stagings;
    assert.deepEqual([local?.environment, local?.revision], ['churn', 7]);
    assert.deepEqual(local?.aliases, { local: 'churn_zip', global: 'MYGLOBALENV' });
    assert.deepEqual(global?.aliases, { local: 'churn_zip', global: 'FOO' });
    assert.ok(!('alias' in (global ?? {})));
  });

  test('of an environment has them in each of its revisions', () => {
    const revisions = [1, 2].map((number) => ({
      ...revision(number),
      stagings: stored([older('local', 'churn_zip')]),
    }));
    const read = readEnvironment({ ...environment('churn', 0), revisions });
    assert.deepEqual(
      read.revisions.map(({ stagings: [first] }) => [first?.environment, first?.revision]),
      [
        ['churn', 1],
        ['churn', 2],
      ],
    );
  });

  test('of this version is as it was', () => {
    const ready = build('ready');
    assert.deepEqual(readBuild(ready), ready);
    assert.deepEqual(readEnvironment(environment()), environment());
  });
});
