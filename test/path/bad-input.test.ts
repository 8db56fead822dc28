import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type Context, cannotWalk, ferry, words } from '../harness.ts';

/** What is typed, what is said to be wrong, and what to do instead. */
const REFUSED_AT_ONCE: readonly (readonly [text: string, wrong: RegExp, next: RegExp])[] = [
  ['creat churn numpy', /no command creat/, /Did you mean \/conda-env create\?/],
  ['create churn numpy=>1.26', /numpy=>1\.26/, /Did you mean numpy>=1\.26/],
  ['create churn numpyy==', /numpyy==/, /version/],
  ['create churn', /package/, /create \S+ python=3\.11 numpy/],
  ['create 9lives numpy', /9lives/, /letter/],
  ['create a/../b numpy', /a\/\.\.\/b/, /letters, digits/],
  [`create ${'x'.repeat(65)} numpy`, /64/, /64/],
  ['create churn numpy --channel conda-forgr', /no channel conda-forgr/, /lab/],
  ['create churn evil::numpy', /no channel evil/, /lab/],
  ['create churn numpy --edge egde', /no edge egde/, /Did you mean edge\?/],
  ['create churn numpy --layout flat', /no layout flat/, /local, global/],
  ['create churn numpy --formt zip', /--formt/, /--format/],
  ['create churn "numpy', /quot/i, /"/],
  ['create churn numpy numpy=2', /numpy is asked for twice/, /comma/],
  [
    'create churn pyton=3.11 nunpy six',
    /No package pyton or nunpy/,
    /Did you mean python and numpy/,
  ],
  ['create churn python=3.11 nunpy', /No package nunpy is in the channel lab/, /mean numpy\?/],
  ['create churn python=3.11 numpy=99', /No version .* meets numpy=99/, /There is 2\.2\.6/],
  ['create numpy pandas', /numpy and pandas to be called/, /create numpy-pandas numpy pandas/],
  ['create my env numpy', /numpy to be called/, /create numpy-env numpy/],
  ['show nothere', /no environment nothere/, /list/],
  ['cancel nothere', /no build nothere/, /list/],
];

/** What the solver refuses: what is typed, what people read, and what to do instead. */
const IMPOSSIBLE: readonly (readonly [text: string, wrong: RegExp, next: RegExp])[] = [
  [
    'create conflict python=3.10 scipy',
    /scipy 1\.15\.3 needs python >=3\.11,<3\.12, and python=3\.10 is asked for/,
    /nearest that goes together: python=3\.11 scipy/,
  ],
  [
    'create conflict python=3.11 ferry-unsolvable',
    /ferry-unsolvable 1\.0 needs ferry-nowhere >=2, which is not in the channel lab/,
    /Leave out ferry-unsolvable/,
  ],
  [
    'create conflict python=3.11 --channel gone',
    /channel gone could not be fetched/,
    /conda-ferry check/,
  ],
];

/** What is told of a build that failed. */
interface Failed {
  environment: string;
  code: string;
  wrong: RegExp;
  next: RegExp;
}

/** The message, the notice and the record of a build that failed; returns what people read. */
async function checkFailure(ctx: Context, expected: Failed): Promise<string> {
  const build = await ctx.untilFailed(expected.environment);
  assert.equal(build.failure?.code, expected.code, build.failure?.message);
  const text = words(await ctx.live(expected.environment));
  assert.match(text, expected.wrong);
  assert.match(text, expected.next);
  const notices = (await ctx.notices(expected.environment)).map((notice) => notice.text);
  assert.equal(notices.length, build.attempt);
  assert.match(notices.at(-1) ?? '', /step by step: Failed while /);
  // The story of the solver, in plain words and in full: people read the first, the log has both.
  if (build.failure?.details) {
    const log = await ctx.store.readLog(build.id, 500);
    const [line = ''] = build.failure.details.split('\n');
    assert.ok(log.join('\n').includes(line.trim()), log.join('\n'));
  }
  assert.deepEqual(ctx.edge.leftovers(), []);
  return text;
}

describe('bad input is answered, and nothing is lost', { skip: cannotWalk }, () => {
  const fullDisk = { folder: '' };
  const runTest = ferry({
    configure: (world, [edge]) => {
      fullDisk.folder = join(world.directory, 'full');
      mkdirSync(fullDisk.folder);
      return {
        edges: [
          { ...edge, default: true },
          { ...edge, name: 'impostor', hostKey: `SHA256:${'A'.repeat(43)}` },
          { ...edge, name: 'full', env: { PATH: `${fullDisk.folder}:${edge.env.PATH}` } },
        ],
      };
    },
  });

  for (const [text, wrong, next] of REFUSED_AT_ONCE) {
    test(`\`${text.slice(0, 60)}\` is refused at once, with what to type`, () =>
      runTest(async (ctx) => {
        const answer = await ctx.ask(text);
        assert.match(answer, wrong);
        assert.match(answer, next);
        assert.equal(ctx.seen().length, 1);
        assert.deepEqual(await ctx.store.listBuilds({ limit: 1, environment: 'churn' }), []);
      }));
  }

  for (const [text, wrong, next] of IMPOSSIBLE) {
    test(`\`${text}\` is refused to who asked alone, and nothing is recorded`, () =>
      runTest(async (ctx) => {
        const answer = await ctx.ask(text);
        assert.match(answer, wrong);
        assert.match(answer, next);
        assert.doesNotMatch(answer, /Traceback|at \S+\.ts:|\/ferry-path-/);
        assert.deepEqual(ctx.seen({ user: 'ben' }), []);
        assert.deepEqual(await ctx.store.listBuilds({ environment: 'conflict', limit: 1 }), []);
      }));
  }

  test('an edge node that cannot be reached fails the build; Retry goes on once it can', () =>
    runTest(async (ctx) => {
      ctx.edge.link.faults.refuse = true;
      // Also what is kept open for the next task.
      ctx.edge.link.cutNow();
      await ctx.ask('create stranded python=3.11 six');
      await ctx.until('the word that it is tried again', async () =>
        /edge: does not answer \(.*\); tried again for \d/.test(words(await ctx.live('stranded'))),
      );
      await checkFailure(ctx, {
        environment: 'stranded',
        code: 'edge-unreachable',
        wrong: /edge.*(refused|reach|ECONNRE)/i,
        next: /What to do/,
      });
      ctx.edge.link.faults.refuse = false;
      await ctx.click('Retry', 'stranded');
      const build = await ctx.until('the second attempt', async () => {
        const now = await ctx.build('stranded');
        return now.attempt === 2 && now;
      });
      assert.equal((await ctx.untilReady('stranded')).id, build.id);
      assert.equal(ctx.edge.sha256('stranded'), (await ctx.build('stranded')).archive?.sha256);
    }));

  test('an edge node with another host key is refused, naming both', () =>
    runTest(async (ctx) => {
      const answer = await ctx.ask('create fooled python=3.11 six --edge impostor');
      assert.match(answer, /SHA256:AAAA/);
      assert.ok(answer.includes(ctx.edge.address.hostKeyFingerprint), answer);
      await ctx.ask('create fooled python=3.11 six');
      await ctx.untilReady('fooled');
    }));

  test('a full disk on the edge node is told before anything is sent', () =>
    runTest(async (ctx) => {
      const df = join(fullDisk.folder, 'df');
      writeFileSync(df, '#!/bin/sh\nprintf "%s\\n" head "disk 9 9 1024 99% /"\n', { mode: 0o755 });
      await ctx.ask('create stuffed python=3.11 six --edge full');
      await checkFailure(ctx, {
        environment: 'stuffed',
        code: 'disk-full',
        wrong: /no room on edge full: \d+ MB are needed and 1\.0 MB are free/,
        next: /Delete environments that are no longer used/,
      });
      rmSync(df);
      await ctx.click('Retry', 'stuffed');
      await ctx.until('the second attempt', async () => (await ctx.build('stuffed')).attempt === 2);
      const build = await ctx.untilReady('stuffed');
      // What was made before is not made again.
      assert.match(build.steps.find((step) => step.name === 'pack')?.detail ?? '', /done before/);
    }));

  test('a name that belongs to somebody else is refused, naming them and a free name', () =>
    runTest(async (ctx) => {
      await ctx.ask('create hers python=3.11 six', { user: 'ana' });
      await ctx.untilReady('hers');
      const answer = await ctx.ask('create hers python=3.11', { user: 'ben' });
      assert.match(answer, /hers belongs to @U0ANARUIZ1/);
      assert.match(answer, /Choose another name, such as hers-2, or use theirs: run hers/);
      assert.equal((await ctx.store.listBuilds({ environment: 'hers', limit: 9 })).length, 1);
    }));
});
