import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Build } from '../../src/domain/build.ts';
import { prepareConda, whyNoConda } from '../adapters/engines/lab.ts';
import { cannotWalk, ferry, words } from '../harness.ts';

const PACKAGES = 'python=3.11 numpy six';

describe('both engines', { skip: cannotWalk || whyNoConda() }, () => {
  const builds = new Map<string, Build>();
  const engines = [
    { name: 'conda', says: /conda 2\d\.\d+/, environment: () => ({ CONDA_EXE: prepareConda() }) },
    { name: 'rattler', says: /py-rattler/, environment: () => ({}) },
  ];
  for (const { name, says, environment } of engines) {
    describe(name, () => {
      const runTest = ferry({ environment });
      test('walks the whole path and says which engine it was', () =>
        runTest(async (ctx) => {
          await ctx.ask(`create engines ${PACKAGES}`);
          const build = await ctx.untilReady('engines');
          const story = (await ctx.notices('engines')).map(words).join('\n');
          assert.match(story, says);
          // The edge node's own numpy is not under the alias, and need not be.
          assert.match(story, /numpy from \S+\/numpy\/__init__\.py/);
          assert.doesNotMatch(story, /✖|✗/);
          const python = `${ctx.edge.root}/envs/engines/current/bin/python`;
          assert.match(
            await ctx.edge.ssh(`${python} -c 'import numpy; print(numpy.__version__)'`),
            /^2\.2\.6$/,
          );
          assert.equal(ctx.edge.sha256('engines'), build.archive?.sha256);
          builds.set(name, build);
        }));
    });
  }

  test('give the same lock, and so the same fingerprint', () => {
    const [conda, rattler] = engines.map(({ name }) => builds.get(name));
    assert.ok(conda && rattler);
    assert.deepEqual(conda.lock, rattler.lock);
    assert.equal(conda.fingerprint, rattler.fingerprint);
  });
});
