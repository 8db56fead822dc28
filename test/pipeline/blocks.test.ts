/** What is blocked gets into nothing new: other versions are taken, or it is refused and said by whom. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { allowedVersions } from '../../src/domain/block.ts';
import { userError } from '../../src/domain/errors.ts';
import type { Lock } from '../../src/domain/lock.ts';
import { plainPhrase } from '../../src/domain/phrase.ts';
import type { SolveRequest } from '../../src/domain/ports.ts';
import type { Reply } from '../../src/domain/reply.ts';
import { formatSpec, meetsVersion, parseSpec } from '../../src/domain/spec.ts';
import { settings } from '../answers/samples.ts';
import { createWorld, engineSolving, locked } from './world.ts';

const [OPERATOR = ''] = settings.operators;
const RELEASES = ['3.0.15', '3.0.14'];

/** Whatever is asked for needs openssl; what was published last comes first. */
function solve({ specs }: SolveRequest, newest = 0): Lock {
  const constraint = specs.find(({ name }) => name === 'openssl')?.version ?? null;
  const version = RELEASES.slice(newest).find((each) => meetsVersion(each, constraint));
  if (version === undefined) {
    throw userError({ code: 'unsatisfiable', message: 'No openssl fits.', suggestion: null });
  }
  const asked = specs
    .filter(({ name }) => name !== 'openssl')
    .map(({ name }) => locked(name === 'python' ? 'python 3.11.9' : name));
  return { platform: 'linux-64', packages: [...asked, locked(`openssl ${version}`)] };
}

function worldOf(newest = 0) {
  const asked: string[][] = [];
  const engine = engineSolving(async (request) => {
    asked.push(request.specs.map(formatSpec));
    return solve(request, newest);
  });
  return { ...createWorld({ engine }), asked };
}

function refusalOf(reply: Reply) {
  assert.ok(reply.kind === 'refusal', JSON.stringify(reply));
  return reply.error;
}

describe('a blocked package', () => {
  test('is avoided by a solve that can, and the plan says why', async () => {
    const { say, asked } = worldOf();
    await say(OPERATOR, 'block openssl>=3.0.15 --why Breaks the gateway');
    const reply = await say('U01', 'plan churn numpy');
    assert.ok(reply.kind === 'plan', JSON.stringify(reply));
    const openssl = reply.plan.lock.packages.find(({ name }) => name === 'openssl');
    assert.equal(openssl?.version, '3.0.14');
    assert.ok(asked.at(-1)?.includes('openssl<3.0.15'));
    assert.ok(
      reply.plan.notes.some(({ text }) => text.includes('blocked (Breaks the gateway)')),
      JSON.stringify(reply.plan.notes),
    );
  });

  test('is avoided beside what the person wants of it', async () => {
    const { say, asked } = worldOf(1);
    await say(OPERATOR, 'block openssl>=3.0.14,<3.0.15 --why CVE');
    await say('U01', 'plan churn numpy openssl>=3');
    assert.ok(asked.flat().includes("openssl[version='>=3,(<3.0.14|>=3.0.15)']"), String(asked));
  });

  test('is not asked for where nothing needs what is blocked', async () => {
    const { say, asked } = worldOf();
    await say(OPERATOR, 'block openssl<3.0.15 --why CVE');
    await say('U01', 'plan churn numpy');
    assert.ok(asked.flat().every((spec) => !spec.startsWith('openssl')));
  });

  test('that was asked for itself is refused with who blocked it and why', async () => {
    const { say } = worldOf();
    await say(OPERATOR, 'block openssl<3.0.15 --why CVE');
    const error = refusalOf(await say('U01', 'plan churn numpy openssl=3.0.14'));
    assert.equal(error.code, 'package-blocked');
    assert.ok(JSON.stringify(error.message).includes(`{"person":"${OPERATOR}"}`));
    assert.ok(JSON.stringify(error.message).includes('CVE.'));
    assert.deepEqual(
      error.repairs.map(({ command }) => command),
      ['plan churn numpy openssl=3.0 --edge lab'],
    );
  });

  test('that leaves no version of what is asked for says so in its own words alone', async () => {
    const message = 'No version meets `openssl =3.0.14,>=3.0.15`.';
    const engine = engineSolving(async (request) => {
      const { version } = request.specs.find(({ name }) => name === 'openssl') ?? {};
      if (version?.includes(',')) throw userError({ code: 'package-not-found', message });
      return solve(request);
    });
    const { say } = createWorld({ engine });
    await say(OPERATOR, 'block openssl<3.0.15 --why CVE');
    const error = refusalOf(await say('U01', 'plan churn numpy openssl=3.0.14'));
    assert.match(plainPhrase(error.message), /^`openssl<3\.0\.15` is blocked: .* UTC: CVE\.$/);
  });

  test('in every version is refused, with what can be built without it', async () => {
    const { say } = worldOf();
    await say(OPERATOR, 'block openssl --why Licence');
    const error = refusalOf(await say('U01', 'plan churn numpy openssl'));
    assert.equal(error.code, 'package-blocked');
    assert.deepEqual(
      error.repairs.map(({ command }) => command),
      ['plan churn numpy --edge lab'],
    );
  });

  test('stays out of clones of what has it, until it is unblocked', async () => {
    const { say, work, newest } = worldOf(1);
    await say('U01', 'create churn numpy');
    await work('churn');
    await say(OPERATOR, 'block openssl<3.0.15 --why CVE');
    const refused = await say('U01', 'clone churn as copy');
    assert.equal(refused.kind === 'refusal' && refused.error.code, 'package-blocked');
    const slip = refusalOf(await say(OPERATOR, 'unblock opensssl<3.0.15'));
    assert.match(plainPhrase(slip.suggestion ?? ''), /`openssl<3\.0\.15`/);
    assert.equal((await say(OPERATOR, 'unblock openssl<3.0.15')).kind, 'notice');
    assert.equal((await say('U01', 'clone churn as copy')).kind, 'build');
    await work('copy');
    assert.equal((await newest('copy')).state, 'ready');
  });

  test('that is blocked while a build is at work is not staged, by Retry neither', async () => {
    const world = worldOf();
    await world.say('U01', 'create churn numpy');
    const { packer } = world.ports;
    const pack = packer.pack;
    packer.pack = async (...asked) => {
      await world.say(OPERATOR, 'block openssl>=3.0.15 --why CVE');
      return pack(...asked);
    };
    for (const time of ['first', 'retried']) {
      await world.work('churn');
      const { state, failure, stagings } = await world.newest('churn');
      assert.deepEqual([state, failure?.code, stagings], ['failed', 'package-blocked', []], time);
      assert.deepEqual(
        failure?.repairs?.map(({ command }) => command),
        ['create churn numpy --edge lab'],
      );
      if (time === 'first') assert.equal((await world.say('U01', 'retry churn')).kind, 'build');
    }
  });

  test('is blocked and unblocked by operators alone, in words that are understood', async () => {
    const { say } = worldOf();
    const denied = refusalOf(await say('U01', 'block openssl --why Fun'));
    assert.equal(denied.code, 'not-allowed');
    assert.equal(refusalOf(await say(OPERATOR, 'block openssl')).code, 'missing-why');
    const build = await say(OPERATOR, 'block openssl[build=h1_0] --why CVE');
    assert.equal(refusalOf(build).code, 'bad-block');
    assert.equal(refusalOf(await say(OPERATOR, 'unblock openssl')).code, 'not-blocked');
  });

  test('lets nothing be solved while nobody can say what is blocked', async () => {
    const { store, say, work, newest } = worldOf();
    await say('U01', 'create churn numpy');
    store.readBlocks = async () => {
      throw new Error('unreadable');
    };
    await work('churn');
    assert.equal((await newest('churn')).state, 'failed');
  });
});

describe('the versions that a block leaves', () => {
  const left: [string, string | null][] = [
    ['a<2', '>=2'],
    ['a=1.2', '!=1.2.*'],
    ['a==1.2', '!=1.2'],
    ['a!=1.2', '==1.2'],
    ['a>=1,<2', '<1|>=2'],
    ['a<1|>=2', '>=1,<2'],
    ['a>=1,<2|==5', '(<1|>=2),!=5'],
    ['a~=1.2', null],
    ['a', null],
  ];
  for (const [spec, allowed] of left) {
    test(`of ${spec} are ${allowed ?? 'not to be said'}`, () => {
      const block = { spec: parseSpec(spec), why: '', user: '', at: 0 };
      assert.equal(allowedVersions(block), allowed);
      if (allowed === null) return;
      for (const version of ['0.9', '1', '1.2', '1.2.1', '1.9', '2', '5']) {
        assert.notEqual(meetsVersion(version, block.spec.version), meetsVersion(version, allowed));
      }
    });
  }
});
