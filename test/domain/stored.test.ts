import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { newBuild } from '../../src/domain/build.ts';
import type { Lock } from '../../src/domain/lock.ts';
import { type Outline, outlineOf } from '../../src/domain/outline.ts';
import { createCommand } from '../../src/domain/request.ts';
import { fitOrNull, Misfit } from '../../src/domain/shape.ts';
import {
  OUTLINE,
  readBuild,
  readEnvironment,
  type StoredStaging,
} from '../../src/domain/stored.ts';
import { archive, build, environment, revision, staging } from '../answers/samples.ts';
import fc from '../harness/properties.ts';

/** As it was stored before a staging said what it is of, and what it is called in either layout. */
function older(layout: 'local' | 'global', alias: string): StoredStaging {
  const { environment, revision, aliases, archiveLink, globalFolder, ...rest } = staging(
    'lab',
    layout,
  );
  assert.ok(environment && revision && aliases && archiveLink && globalFolder);
  return { ...rest, alias } as StoredStaging;
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
    assert.deepEqual([local?.archiveLink, local?.globalFolder], [null, null]);
  });

  test('has with each staging the bytes that its path names, whichever its revision was made with last', () => {
    const bytes = (sha256: string) => {
      const { archive: _, ...before } = staging();
      return { ...before, archivePath: `/srv/ferry/archives/${sha256}/churn.zip` };
    };
    const [same, former] = [archive.sha256, 'd'.repeat(64)];
    const stagings = stored([bytes(same), bytes(former)]);
    const revisions = [{ ...revision(1), stagings }];
    const [read] = readEnvironment({ ...environment('churn', 0), revisions }).revisions;
    const expected = [archive, { ...archive, sha256: former }];
    assert.deepEqual(read?.archive, archive);
    assert.deepEqual(
      read?.stagings.map((staging) => staging.archive),
      expected,
    );
    const built = readBuild(build('ready', { stagings, archive: null })).stagings;
    assert.deepEqual(
      built.map((staging) => [
        staging.archive.name,
        staging.archive.format,
        staging.archive.sha256,
      ]),
      expected.map(({ name, format, sha256 }) => [name, format, sha256]),
    );
  });

  test('of an outline has one archive for all edges, and keeps those that it names', () => {
    const outline = outlineOf(environment('churn', 1));
    const archives = (read: Outline) =>
      read.revisions.flatMap(({ stagings }) => stagings.map((staging) => staging.archive.sha256));
    const older = outline.revisions.map((each) => ({
      ...each,
      archive: { ...each.archive, sha256: 'd'.repeat(64) },
      stagings: each.stagings.map(({ archive: _, ...staging }) => staging),
    }));
    assert.deepEqual(archives(OUTLINE(outline)), [archive.sha256]);
    assert.deepEqual(archives(OUTLINE({ ...outline, revisions: older })), ['d'.repeat(64)]);
  });

  test('says since when something was removed, which nobody else did for half an hour', () => {
    const [known] = stored([{ ...older('local', 'churn_zip'), leavingSince: 5 }]);
    assert.ok(known);
    const read = readBuild(build('ready', { stagings: [known] })).stagings[0];
    assert.deepEqual(read?.leaving, { by: '', until: 5 + 30 * 60_000 });
    assert.ok(read && !('leavingSince' in read));
  });

  test('has begun on edges what it staged, of which nothing is a revision yet', () => {
    const { begun, ...older } = build('failed', {
      stagings: [staging('lab'), staging('madrid')],
      archive: build('ready').archive,
    });
    assert.deepEqual(begun, []);
    const read = readBuild(older);
    assert.deepEqual(
      read.begun.map(({ edge, archive }) => [edge, archive.sha256]),
      [
        ['lab', read.archive?.sha256],
        ['madrid', read.archive?.sha256],
      ],
    );
    assert.deepEqual(read.begun[0]?.driverPrefix, staging('lab').driverPrefix);
    for (const change of [{ state: 'ready' }, { archive: null }] as const) {
      assert.deepEqual(readBuild({ ...older, ...change }).begun, []);
    }
    assert.deepEqual(readBuild({ ...older, begun: [] }).begun, [], 'this version says so itself');
    assert.deepEqual(readBuild(read), read);
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

  test('has no notes, and its request forces nothing and asks nothing of pip', () => {
    const without = (record: object, ...fields: string[]) =>
      Object.fromEntries(Object.entries(record).filter(([field]) => !fields.includes(field)));
    const older = (record: { request: object }) => ({
      ...without(record, 'notes'),
      request: without(record.request, 'force', 'pip'),
    });
    assert.deepEqual(readBuild(older(build('ready'))), build('ready'));
    const revisions = environment().revisions.map(older);
    assert.deepEqual(readEnvironment({ ...environment(), revisions }), environment());
  });

  test('was asked for outside of a thread, and keeps the thread where there is one', () => {
    const { requester } = readBuild(build('ready'));
    assert.ok(!('thread' in requester));
    const inThread = { ...requester, thread: '1700000000.000100' };
    assert.deepEqual(readBuild(build('ready', { requester: inThread })).requester, inThread);
  });

  test('has wheels alone of pip, and keeps what an sdist is built with', () => {
    const lock: Lock = { platform: 'linux-64', packages: [] };
    const tools = { name: 'tools', version: '1', url: 'file:///t.whl', sha256: 'a', size: null };
    for (const wheel of [tools, { ...tools, builtWith: [] }, { ...tools, builtWith: [tools] }]) {
      const known = build('ready', { lock: { ...lock, wheels: [wheel] } });
      assert.deepEqual(readBuild(known).lock?.wheels, [wheel]);
    }
    const odd = { ...tools, builtWith: [{ name: 'tools' }] } as unknown as typeof tools;
    assert.throws(() => readBuild(build('ready', { lock: { ...lock, wheels: [odd] } })), Misfit);
  });

  test('has nothing that was let go, and keeps what was', () => {
    const { letGo, ...older } = revision();
    assert.equal(letGo, null);
    assert.deepEqual(readEnvironment({ ...environment(), revisions: [older] }).revisions, [
      revision(),
    ]);
    const { letGo: _, ...build3 } = build('ready');
    assert.equal(readBuild(build3).letGo, null);
    const { keptUntil, reminded, ...before } = environment();
    assert.deepEqual([keptUntil, reminded], [null, null]);
    assert.deepEqual(readEnvironment(before), environment());
    const kept = { ...environment(), keptUntil: 7, reminded: { of: 9, at: 8 } };
    assert.deepEqual(readEnvironment(kept), kept);
    const gone = { ...revision(), letGo: { at: 7, by: 'U1' } };
    assert.deepEqual(readEnvironment({ ...environment(), revisions: [gone] }).revisions, [gone]);
  });

  test('of an environment has no schedule, and keeps the one it has', () => {
    const { schedule, ...older } = environment();
    assert.equal(schedule, null);
    assert.deepEqual(readEnvironment(older), environment());
    const last = { at: 8, outcome: 'same' as const, text: 'Nothing newer.', reason: '' };
    const known = { every: 'weekly' as const, by: 'U1', dueAt: 9, tellOnly: false, last };
    assert.deepEqual(readEnvironment({ ...environment(), schedule: known }).schedule, known);
  });

  test('of a schedule that only told its owner builds nothing from now on either', () => {
    const last = { at: 8, outcome: 'changed' as const, text: 'Newer packages.' };
    const older = { every: 'weekly' as const, by: 'U1', dueAt: 9, last };
    const { schedule } = readEnvironment({ ...environment(), schedule: older });
    assert.deepEqual(schedule, { ...older, tellOnly: true, last: { ...last, reason: '' } });
  });

  test('of an environment has no tags, and its newest revision as the default', () => {
    const { tags: _, defaultRevision: __, moves: ___, ...older } = environment();
    const read = readEnvironment(older);
    assert.deepEqual([read.tags, read.defaultRevision, read.moves], [{}, null, []]);
    const { replaces: ____, ...unmoved } = build('ready');
    assert.equal(readBuild(unmoved).replaces, null);
  });

  test('of this version is as it was', () => {
    const ready = build('ready');
    assert.deepEqual(readBuild(ready), ready);
    assert.deepEqual(readEnvironment(environment()), environment());
    for (const state of ['queued', 'running', 'ready', 'failed', 'cancelled'] as const) {
      const stored: unknown = JSON.parse(JSON.stringify(build(state)));
      assert.deepEqual(readBuild(stored), build(state));
    }
  });

  test('keeps what a newer version of the same format has written into it', () => {
    const read = readBuild({ ...build('ready'), priority: 'high' });
    assert.deepEqual(read, { ...build('ready'), priority: 'high' });
  });
});

describe('a document that is no record', () => {
  const broken: [string, unknown, string][] = [
    ['has no list of stagings', { ...build('ready'), stagings: {} }, 'stagings is an object'],
    [
      'has a staging without a path',
      { ...build('ready'), stagings: [{ ...staging(), archivePath: 7 }] },
      'stagings[0].archivePath is a number, not text',
    ],
    ['is in a state that there is not', { ...build('ready'), state: 'lost' }, 'state is text'],
    [
      'has specs that are text',
      { ...build('ready'), request: { environment: 'a', specs: '' } },
      'request.specs is text',
    ],
  ];
  for (const [what, document, why] of broken) {
    test(`because it ${what}, is refused with its place`, () => {
      assert.throws(
        () => readBuild(document),
        (error) => error instanceof Misfit && error.message.includes(why),
      );
    });
  }

  test('is never read as one, whatever stands in a field', () => {
    const whole = build('ready');
    const fields = Object.keys(newBuild({ ...whole, now: 0 }));
    fc.assert(
      fc.property(fc.constantFrom(...fields), fc.jsonValue(), (field, value) => {
        const read = fitOrNull({ ...whole, [field]: value }, readBuild);
        if (read !== null) createCommand(read.request);
        for (const { aliases } of read?.stagings ?? []) assert.ok(aliases.local);
      }),
    );
    fc.assert(
      fc.property(fc.jsonValue(), (value) => assert.equal(fitOrNull(value, readEnvironment), null)),
    );
  });
});
