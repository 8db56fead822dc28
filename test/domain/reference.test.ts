import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  defaultRevision,
  type Environment,
  moveTo,
  newEnvironment,
} from '../../src/domain/environment.ts';
import { FerryError } from '../../src/domain/errors.ts';
import { otherNames, parseReference, revisionOf, type Which } from '../../src/domain/reference.ts';
import { environment } from '../answers/samples.ts';

const refusal = (work: () => unknown): FerryError => {
  try {
    work();
  } catch (error) {
    if (error instanceof FerryError) return error;
    throw error;
  }
  throw new assert.AssertionError({ message: 'nothing was refused' });
};

describe('a reference', () => {
  const right: [string, Which][] = [
    ['churn', null],
    ['churn:', null],
    ['churn@2', 2],
    ['churn:prod', 'prod'],
    ['churn:v1.2', 'v1.2'],
  ];
  for (const [text, revision] of right) {
    test(`${text} is read`, () => {
      assert.deepEqual(parseReference(text), { environment: 'churn', revision });
    });
  }

  const wrong: [string, string, [number, number], string | null][] = [
    ['churn@prod', 'bad-revision', [5, 15], 'churn:prod'],
    ['churn:2', 'bad-revision', [5, 12], 'churn@2'],
    ['churn@0', 'bad-revision', [11, 12], null],
    ['churn@', 'bad-revision', [11, 11], null],
    ['churn@2@3', 'bad-revision', [11, 14], null],
    ['churn:../etc', 'bad-tag', [11, 17], null],
    ['churn:a:b', 'bad-tag', [11, 14], null],
    ['-x:prod', 'bad-name', [5, 7], null],
  ];
  for (const [text, code, [start, end], meant] of wrong) {
    test(`${text} is refused where it is wrong`, () => {
      const error = refusal(() => parseReference(text, 5));
      assert.deepEqual([error.code, error.position], [code, { start, end }]);
      assert.equal(error.replacement?.text ?? null, meant);
    });
  }
});

describe('which revision is meant', () => {
  const tagged: Environment = { ...environment(), tags: { prod: 1, staging: 2 } };
  const number = (which: Which, of: Environment = tagged) => revisionOf(of, which).number;

  test('is the newest without more, and the one a number or a tag names', () => {
    assert.deepEqual([number(null), number(2), number('prod'), number('latest')], [3, 2, 1, 3]);
  });

  test('is the default one where it was moved, while latest stays the newest', () => {
    const moved = { ...tagged, defaultRevision: 2 };
    assert.deepEqual([number(null, moved), number('latest', moved)], [2, 3]);
    // A revision may be gone; then the name means the newest again.
    assert.equal(number(null, { ...tagged, defaultRevision: 9 }), 3);
  });

  test('is refused with the tags there are, and the nearest', () => {
    const unknown = refusal(() => number('prd'));
    assert.equal(unknown.code, 'tag-not-found');
    assert.match(String(unknown.suggestion), /Did you mean `churn:prod`\? It has `churn:prod` \(/);
    assert.match(String(refusal(() => number('x', environment())).suggestion), /none yet/);
    assert.match(String(refusal(() => number(7)).suggestion), /`churn@1`, `churn@2`, `churn@3`/);
    assert.equal(refusal(() => number(null, environment('churn', 0))).code, 'not-ready');
    assert.equal(refusal(() => number('toString')).code, 'tag-not-found');
  });

  test('has other names, in the order of the alphabet', () => {
    const many = { ...tagged, tags: { prod: 2, canary: 2, old: 1 }, defaultRevision: 2 };
    assert.deepEqual(otherNames(many, 2), ['churn', 'churn:canary', 'churn:prod']);
    assert.deepEqual(otherNames(many, 3), []);
  });
});

describe('a move', () => {
  const by = { by: 'U1', at: 1 };

  test('of a tag says what it named before, and takes it away again', () => {
    const first = moveTo(environment(), { tag: 'prod', to: 2, ...by });
    const second = moveTo(first.environment, { tag: 'prod', to: 3, ...by });
    const third = moveTo(second.environment, { tag: 'prod', to: null, ...by });
    assert.deepEqual(
      [first, second, third].map(({ move: { from, to }, environment: { tags } }) => [
        from,
        to,
        tags,
      ]),
      [
        [null, 2, { prod: 2 }],
        [2, 3, { prod: 3 }],
        [3, null, {}],
      ],
    );
    assert.equal(third.environment.moves.length, 3);
  });

  test('of the default to the newest follows the newest from then on', () => {
    const back = moveTo(environment(), { tag: null, to: 2, ...by }).environment;
    assert.deepEqual([back.defaultRevision, defaultRevision(back)?.number], [2, 2]);
    const forth = moveTo(back, { tag: null, to: 3, ...by });
    assert.deepEqual([forth.environment.defaultRevision, forth.move.from], [null, 2]);
  });

  test('to where it is already is not remembered', () => {
    for (const tag of [null, 'prod']) {
      const there = { ...environment(), tags: { prod: 3 } };
      const { environment: same, move } = moveTo(there, { tag, to: 3, ...by });
      assert.deepEqual([same, move.from], [there, 3]);
    }
  });

  test('is one of the last fifty that are remembered', () => {
    let many = environment();
    for (let at = 1; at <= 60; at += 1) {
      many = moveTo(many, { tag: 'prod', to: (at % 2) + 1, by: 'U1', at }).environment;
    }
    assert.deepEqual([many.moves.length, many.moves[0]?.at, many.moves.at(-1)?.at], [50, 11, 60]);
  });

  test('of nothing built leaves nothing', () => {
    const none = newEnvironment('churn', 'U1', 0);
    assert.deepEqual(moveTo(none, { tag: null, to: null, ...by }).environment, none);
  });
});
