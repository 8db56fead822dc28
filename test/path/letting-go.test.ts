import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { execFileSync } from '../harness/command.ts';
import { cannotWalk, ferry, words } from '../harness.ts';

describe('an environment that is let go', { skip: cannotWalk }, () => {
  const runTest = ferry();

  test('leaves nothing on the edge node but what others have there, and is built again to the byte', () =>
    runTest(async (ctx) => {
      await ctx.ask('create stays python=3.11 six');
      await ctx.untilReady('stays');
      await ctx.ask('create leaves python=3.11 six');
      const first = await ctx.untilReady('leaves');
      const [staging] = first.stagings;
      assert.ok(staging && first.archive && first.fingerprint);
      const { root } = staging;
      const paths = () =>
        // Who follows links comes to an end.
        execFileSync('find', ['-L', root], { encoding: 'utf8', maxBuffer: 64e6 })
          .split('\n')
          .filter((path) => path.includes('leaves') || path.includes(first.archive?.sha256 ?? ''));
      assert.ok(paths().length > 10);

      assert.match(await ctx.ask('delete leaves'), /Delete leaves@1\?/);
      assert.match(await ctx.ask('delete leaves --yes'), /leaves@1 is let go\. Its bytes are gone/);
      assert.deepEqual(paths(), []);
      assert.equal(existsSync(join(root, 'envs/stays/1/bin/python')), true);
      assert.match(await ctx.ask('run leaves@1'), /was let go by .*restore leaves@1/s);
      await ctx.until('a message that says so', async () =>
        /leaves@1 was let go/.test(words(await ctx.live('leaves'))),
      );
      assert.deepEqual(await ctx.store.readLog(first.id, 5), []);

      await ctx.ask('restore leaves@1');
      const again = await ctx.until('a second build', async () => {
        const newest = await ctx.build('leaves');
        return newest.id !== first.id && newest;
      });
      const build = await ctx.untilReady('leaves');
      assert.equal(build.id, again.id);
      assert.deepEqual(
        [build.revision, build.fingerprint, build.archive?.sha256, build.reused],
        [1, first.fingerprint, first.archive.sha256, false],
      );
      assert.equal(ctx.edge.sha256('leaves'), first.archive.sha256);
      assert.match(readFileSync(join(root, 'launch/leaves@1'), 'utf8'), /leaves/);
    }));
});

describe('an environment of which two edges have other bytes', { skip: cannotWalk }, () => {
  const runTest = ferry({
    processes: [],
    configure: (_, [edge]) => ({
      edges: [
        { ...edge, default: true },
        { ...edge, name: 'second', root: `${edge.root}-second` },
      ],
    }),
  });

  test('has a line on each, and leaves nothing on either', () =>
    runTest(async (ctx) => {
      const asked = 'create twice python=3.11 ferry-prefix';
      const host = await ctx.start('start');
      await ctx.ask(`${asked} --edge edge`);
      const first = await ctx.untilReady('twice');
      await ctx.stop(host, 'SIGTERM');

      // A host that builds in another folder has that in what it packs.
      const config = readFileSync(ctx.configFile, 'utf8');
      writeFileSync(ctx.configFile, config.replace(/^(dataDirectory: .*)$/m, '$1-of-another-host'));
      await ctx.start('start');
      await ctx.ask(`${asked} --edge second`);
      const second = await ctx.untilReady('twice');
      assert.deepEqual([second.revision, second.fingerprint], [1, first.fingerprint]);
      const digests = [first, second].map(({ archive }) => archive?.sha256 ?? '');
      assert.notEqual(digests[0], digests[1]);
      const roots = [first, second].map(({ stagings }) => stagings[0]?.root ?? '');
      const archivesOn = (root: string) => ctx.edge.ssh(`ls ${root}/archives`);

      for (const [at, edge] of ['edge', 'second'].entries()) {
        assert.match(await ctx.ask(`${asked} --edge ${edge}`), /PYSPARK_PYTHON/);
        assert.equal(
          (await ctx.build('twice')).id,
          second.id,
          'nothing is built for what is there',
        );
        assert.match(await ctx.ask('show twice'), new RegExp(digests[at] ?? ''));
        assert.equal(await archivesOn(roots[at] ?? ''), digests[at]);
      }

      assert.match(await ctx.ask('delete twice --yes'), /twice@1 is let go\. Its bytes are gone/);
      const left = await ctx.edge.ssh(`find -L ${roots.join(' ')} -name '*twice*'`);
      assert.deepEqual([left, ...(await Promise.all(roots.map(archivesOn)))], ['', '', '']);
    }));
});
