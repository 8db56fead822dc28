import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { execFileSync } from '../harness/command.ts';
import { cannotWalk, ferry, words } from '../harness.ts';

describe('layouts and formats', { skip: cannotWalk }, () => {
  const runTest = ferry();

  test('the global layout has one relative path for driver and executors', () =>
    runTest(async (ctx) => {
      await ctx.ask('create everywhere python=3.11 six --layout global');
      const build = await ctx.untilReady('everywhere');
      const { root } = ctx.edge;
      assert.equal(build.stagings[0]?.aliases.global, 'MYGLOBALENV');
      assert.match(
        words(await ctx.live('everywhere')),
        /PYSPARK_PYTHON=\.\/MYGLOBALENV\/everywhere\/bin\/python/,
      );
      assert.equal(
        await ctx.edge.ssh(`readlink ${root}/MYGLOBALENV/everywhere`),
        '../envs/everywhere/current',
      );
      // The path in the line, from where the line says it is run.
      const [{ globalFolder }] = build.stagings;
      const answer = `cd ${globalFolder} && ./MYGLOBALENV/everywhere/bin/python -c 'import six; print(six.__version__)'`;
      assert.equal(await ctx.edge.ssh(answer), '1.17.0');
      const entries = execFileSync('unzip', ['-Z1', build.stagings[0].archivePath], {
        encoding: 'utf8',
        maxBuffer: 1e8,
      });
      assert.ok(entries.split('\n').includes('everywhere/bin/python'));
    }));

  test('driver and executors are the same revision in the global layout, also after a rollback', () =>
    runTest(async (ctx) => {
      await ctx.ask('create everywhere python=3.11 six --layout global');
      const first = await ctx.untilReady('everywhere');
      await ctx.ask('create everywhere python=3.11 six ferry-entry=1.0 --layout global');
      const second = await ctx.untilReady('everywhere');
      await ctx.ask('rollback everywhere');
      for (const build of [first, second]) {
        const [staging] = build.stagings;
        assert.ok(staging && build.archive);
        const answer = await ctx.ask(`run everywhere@${build.revision} --layout global`);
        const [, folder] = /cd (\S+)/.exec(answer) ?? [];
        // The executors' side is the archive that the line sends, the driver's is a link from there.
        assert.ok(answer.includes(`${staging.archiveLink}#MYGLOBALENV`), answer);
        const sent = `sha256sum <${staging.archiveLink} | cut -d' ' -f1`;
        assert.equal(await ctx.edge.ssh(sent), build.archive.sha256);
        const driver = `cd ${folder} && ./MYGLOBALENV/everywhere/bin/python -c 'import six' && cd -P MYGLOBALENV/everywhere && pwd`;
        assert.equal(await ctx.edge.ssh(driver), staging.driverPrefix);
      }
      const named = `cd -P ${ctx.edge.root}/MYGLOBALENV/everywhere && pwd`;
      assert.equal(await ctx.edge.ssh(named), first.stagings[0]?.driverPrefix);
    }));

  test('conda’s own words mean what the article means by them', () =>
    runTest(async (ctx) => {
      await ctx.ask('create -n worldwide --copy -y python=3.11 six');
      const build = await ctx.untilReady('worldwide');
      assert.equal(build.request.layout, 'global');
      assert.match(words(await ctx.live('worldwide')), /MYGLOBALENV/);
    }));

  test('a tar.gz is made, staged and unpacked like a zip', () =>
    runTest(async (ctx) => {
      await ctx.ask('create tarred python=3.11 six --format tar.gz');
      const build = await ctx.untilReady('tarred');
      const [staging] = build.stagings;
      assert.ok(staging);
      assert.match(staging.archivePath, /\/tarred\.tar\.gz$/);
      assert.equal(ctx.edge.sha256('tarred'), build.archive?.sha256);
      const line = words(await ctx.live('tarred'));
      assert.ok(line.includes(`tarred.tar.gz#${staging.aliases.local}'`), line);
      const listed = execFileSync('tar', ['-tzf', staging.archivePath], {
        encoding: 'utf8',
        maxBuffer: 1e8,
      });
      assert.ok(listed.split('\n').includes('tarred/bin/python'));
      assert.equal(await ctx.edge.ssh(`${staging.driverPrefix}/bin/python -c 'print(6*7)'`), '42');
    }));

  test('only what changed travels to an edge node that has the rest', () =>
    runTest(async (ctx) => {
      await ctx.ask('create small python=3.11 six');
      const first = await ctx.untilReady('small');
      const before = ctx.edge.link.traffic.fromClient;
      await ctx.ask('create small python=3.11 six ferry-entry');
      const second = await ctx.untilReady('small');
      const sent = ctx.edge.link.traffic.fromClient - before;
      assert.notEqual(first.archive?.sha256, second.archive?.sha256);
      const bytes = second.archive?.bytes ?? 0;
      assert.ok(sent < bytes / 2, `${sent} of ${bytes} bytes were sent`);
    }));
});
