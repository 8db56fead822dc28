/** Of a word that is none of a few, what is said names the one that is meant. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Kind } from '../../commands/command.ts';
import { KINDS } from '../../commands/grammar/kinds.ts';
import { FerryError } from '../../src/domain/errors.ts';
import { meantOf } from '../../src/domain/near-names.ts';
import { settings } from '../answers/samples.ts';

/** Kind of word → a slip and what it means; or who answers, or why nobody can. */
const SLIPS: Readonly<Record<Kind, readonly [typed: string, meant: string] | string>> = {
  environment: 'the store, which has all names: test/pipeline/services.test.ts',
  revision: 'the store, as for environments and tags; numbers are listed',
  build: 'the store: test/pipeline/services.test.ts',
  lockFormat: ['explict', 'explicit'],
  tag: 'a new one is one',
  which: 'the record of the environment: test/domain/reference.test.ts',
  plan: 'an id is copied, and plans are many',
  spec: 'the channels: test/domain/missing-packages.test.ts',
  requirement: 'the indexes, which nobody can list',
  channel: ['conda-forg', 'conda-forge'],
  edge: ['madird', 'madrid'],
  layout: ['globl', 'global'],
  format: ['targz', 'tar.gz'],
  packer: ['segment', 'segments'],
  project: ['feature@main', 'features'],
  tool: ['pysaprk', 'pyspark'],
  mode: ['clutser', 'cluster'],
  purpose: ['jupiter', 'jupyter'],
  conf: 'Spark takes any',
  count: 'a number',
  sentence: 'anything',
  user: 'Slack offers people while one types',
  age: 'a number with a unit',
  export: ['cvs', 'csv'],
  period: ['weekyl', 'weekly'],
  watched: 'as environments',
  outcome: ['faild', 'failed'],
  command: 'commands/named.ts: test/commands/run.test.ts',
  flag: 'its own name: test/commands/grammar/parse.test.ts',
};

function errorOf(work: () => unknown): FerryError {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof FerryError);
    return error;
  }
  assert.fail('nothing is wrong');
}

describe('a slip in a word that is one of a few', () => {
  for (const [kind, slip] of Object.entries(SLIPS)) {
    if (typeof slip === 'string') continue;
    const [typed, meant] = slip;
    test(`${kind}: ${typed} means ${meant}, and can be put in its place`, () => {
      const token = { text: typed, start: 7, end: 7 + typed.length, quoted: false };
      const { suggestion, replacement } = errorOf(() => KINDS[kind as Kind](token, settings));
      assert.match(suggestion ?? '', new RegExp(`^Did you mean \`${meant}\`\\?`));
      assert.equal(replacement?.text, meant);
    });
  }
});

test('what a line is pasted into, said where a tool stands, is its option', () => {
  for (const [typed, option] of [
    ['jupyter', '--for jupyter'],
    ['conect', '--for connect'],
  ] as const) {
    const token = { text: typed, start: 10, end: 10 + typed.length, quoted: false };
    const { code, suggestion, replacement } = errorOf(() => KINDS.tool(token, settings));
    assert.equal(code, 'unknown-tool');
    assert.equal(suggestion, `Write \`${option}\`.`);
    assert.deepEqual(replacement, { text: option, start: 10, end: token.end });
  }
});

describe('what is meant', () => {
  test('is the nearest, or what begins so, with all there are', () => {
    const choices = ['shell', 'jupyter', 'spark-defaults'];
    assert.deepEqual(meantOf('shel', choices), {
      near: 'shell',
      suggestion: 'Did you mean `shell`? There are `shell`, `jupyter`, `spark-defaults`.',
    });
    assert.equal(meantOf('Spark', choices).near, 'spark-defaults');
    assert.equal(meantOf('sp', choices).near, null);
  });

  test('is not hidden among many', () => {
    const many = Array.from({ length: 20 }, (_, index) => `cluster-${index}-of-many`);
    assert.equal(
      meantOf('clutser-7-of-many', many).suggestion,
      'Did you mean `cluster-7-of-many`?',
    );
  });

  test('is all there are where nothing is near, and that there is none', () => {
    assert.equal(meantOf('x', ['a-b', 'c-d']).suggestion, 'Choose one of `a-b`, `c-d`.');
    assert.equal(meantOf('x', []).suggestion, 'There is none.');
  });
});
