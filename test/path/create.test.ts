import assert from 'node:assert/strict';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { linesForBuild } from '../../src/domain/lines.ts';
import { execFileSync } from '../harness/command.ts';
import { cannotWalk, ferry, words } from '../harness.ts';

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe('from a sentence to a line', { skip: cannotWalk }, () => {
  const runTest = ferry();

  test('one message follows the build, edited in place; its story stands below it once', () =>
    runTest(async (ctx) => {
      const outcome = await ctx.slash('create churn python=3.11 six', { user: 'ana' });
      assert.deepEqual(
        { error: outcome.error, ackBody: outcome.ackBody },
        { error: null, ackBody: null },
      );
      const first = await ctx.live('churn');
      const build = await ctx.untilReady('churn');
      const live = await ctx.live('churn');
      assert.equal(live.ts, first.ts);
      assert.match(words(live), /churn@1 is ready/);
      assert.match(
        words(live),
        /\/run churn@1 pyspark[\s\S]*PYSPARK_PYTHON=\.\/churn_zip\/churn\/bin\/python [\s\S]*pyspark --master yarn/,
      );
      assert.match(words(live), /Smoke-tested/);
      assert.equal(build.verifications[0]?.outcome, 'smoke-tested');

      const [notice, ...others] = await ctx.notices('churn');
      assert.equal(others.length, 0);
      assert.match(notice?.text ?? '', /^The build of churn@1, step by step/);
      // Nothing else was said in the channel: the message and the story below it.
      assert.equal(ctx.seen().length, 2);
    }));

  test('the archive on the edge node is the one that was packed, open to every reader', () =>
    runTest(async (ctx) => {
      await ctx.slash('create readers python=3.11 six');
      const build = await ctx.untilReady('readers');
      const [staging] = build.stagings;
      assert.ok(staging && build.archive);
      assert.equal(ctx.edge.sha256('readers'), build.archive.sha256);
      assert.equal(mode(staging.archivePath), '644');
      for (let folder = staging.archivePath; folder !== ctx.edge.root; ) {
        folder = folder.slice(0, folder.lastIndexOf('/'));
        assert.equal(mode(folder), '755', folder);
      }
      assert.deepEqual(ctx.edge.leftovers(), []);
      const stage = build.steps.find((step) => step.name === 'stage');
      assert.match(stage?.detail ?? '', /^edge: [\d.]+ MB( of [\d.]+ MB)? sent in [\d.]+ s$/);
      const [manifest] = ctx.edge.manifests('readers');
      assert.equal(manifest?.fingerprint, build.fingerprint);
      assert.equal(manifest?.archive.sha256, build.archive.sha256);
      assert.equal(await ctx.edge.ssh(`readlink ${ctx.edge.root}/envs/readers/current`), '1');
      const python = `${ctx.edge.root}/envs/readers/current/bin/python`;
      assert.match(
        await ctx.edge.ssh(`${python} -c 'import six, sys; print(six.__version__, sys.version)'`),
        /^1\.17\.0 3\.11\./,
      );
    }));

  test('the short line starts the environment, in the words of the whole one', () =>
    runTest(async (ctx) => {
      await ctx.slash('create started python=3.11 six');
      const [line] = linesForBuild(await ctx.untilReady('started'));
      assert.ok(line);
      const { root } = ctx.edge;
      assert.equal(line.short, `${root}/run started@1 pyspark`);
      const bin = join(root, '../bin');
      mkdirSync(bin, { recursive: true });
      writeFileSync(
        join(bin, 'pyspark'),
        '#!/bin/sh\nprintf "%s\\n" "$@"\n"$PYSPARK_DRIVER_PYTHON" -c "import six; print(six.__version__)"\n',
        { mode: 0o755 },
      );
      const started = async (text: string) =>
        (await ctx.edge.ssh(`cd / && export PATH=${bin}:$PATH && ${text}`)).split('\n');
      const whole = await started(line.rows);
      assert.equal(whole.at(-1), '1.17.0');
      for (const name of ['started@1', 'started']) {
        const short = await started(`${root}/run ${name} pyspark --name 'a b'`);
        assert.deepEqual(
          whole.filter((word) => !short.includes(word)),
          [],
        );
        assert.deepEqual(short.slice(-3), ['--name', 'a b', '1.17.0']);
      }
      const [shown] = await started(`${root}/run --print started:latest pyspark`);
      assert.deepEqual(await started(`${shown}`), await started(`${root}/run started@1 pyspark`));
      const [refusal, known, code] = await started(`${root}/run strated pyspark 2>&1; echo $?`);
      assert.equal(refusal, 'There is no environment strated here.');
      // The edge is that of the tests before, too.
      assert.match(`${known}`, /^There are: (?:.* )?started(?: |$)/);
      assert.equal(code, '2');
    }));

  test('the same request again is answered from what is there: nothing created, nothing sent', () =>
    runTest(async (ctx) => {
      await ctx.slash('create again python=3.11 six');
      const first = await ctx.untilReady('again');
      const sent = ctx.edge.link.traffic.fromClient;
      const answer = await ctx.ask('create again python=3.11 six');
      assert.match(answer, /Nothing to build: this is exactly again@1/);
      assert.match(answer, /pyspark --master yarn/);
      const bytes = ctx.edge.link.traffic.fromClient - sent;
      assert.ok(bytes < 200_000, `${bytes} bytes went to the edge node`);
      // No second build, no second message for everybody, and nobody is called.
      assert.equal((await ctx.store.listBuilds({ environment: 'again', limit: 9 })).length, 1);
      assert.equal((await ctx.build('again')).id, first.id);
      assert.equal((await ctx.notices('again')).length, 1);
      assert.equal(ctx.seen({ user: 'ben' }).length, 2);
    }));

  test('another environment of packages that are known is put together without linking them', () =>
    runTest(async (ctx) => {
      await ctx.slash('create linked python=3.11 six');
      const linked = await ctx.untilReady('linked');
      await ctx.slash('create known python=3.11 six');
      const known = await ctx.untilReady('known');
      const detail = (build: typeof known, step: string) =>
        build.steps.find(({ name }) => name === step)?.detail ?? '';
      assert.match(detail(known, 'create'), /^\d+ packages known$/);
      assert.match(detail(known, 'pack'), /, assembled$/);
      assert.deepEqual(known.imports, linked.imports);
      assert.equal(known.verifications[0]?.outcome, 'smoke-tested');
      const python = `${ctx.edge.root}/envs/known/current/bin/python`;
      const answer = await ctx.edge.ssh(`${python} -c 'import six; print(six.__version__)'`);
      assert.equal(answer.trim(), '1.17.0');
      // On the edge both are links to one file.
      const pip = 'lib/python3.11/site-packages/pip/__init__.py';
      const places = ['linked', 'known'].map((name) => `${ctx.edge.root}/envs/${name}/1/${pip}`);
      const files = await ctx.edge.ssh(`stat -L -c %i ${places.join(' ')} | sort -u | wc -l`);
      assert.equal(files.trim(), '1');
      // Under their own names the archives have the same members with the same bytes.
      const [one, other] = [linked, known].map(({ stagings: [staging] }) =>
        execFileSync('unzip', ['-v', staging?.archivePath ?? ''], { maxBuffer: 1e8 })
          .toString()
          .replaceAll(/ (linked|known)\//g, ' churn/')
          .split('\n')
          .filter((line) => / churn\//.test(line)),
      );
      assert.deepEqual(one, other);
      assert.ok((one?.length ?? 0) > 1000);
    }));

  test('other packages make the next revision; the driver’s link moves on', () =>
    runTest(async (ctx) => {
      await ctx.slash('create next python=3.11 six');
      await ctx.untilReady('next');
      await ctx.ask('create next python=3.11 six ferry-entry=1.0');
      const build = await ctx.untilReady('next');
      assert.equal(build.revision, 2);
      const created = build.steps.find(({ name }) => name === 'create');
      assert.match(created?.detail ?? '', /^\d packages?, \d+ known$/);
      const [story] = await ctx.notices('next');
      assert.match(story ? words(story) : '', /2 added|1 added/);
      assert.equal(await ctx.edge.ssh(`readlink ${ctx.edge.root}/envs/next/current`), '2');
      // Commands find their Python on the PATH, as conda-pack's do.
      const path = `PATH=${ctx.edge.root}/envs/next/2/bin:$PATH`;
      assert.equal(await ctx.edge.ssh(`${path} ferry-entry`), 'ferry-entry 1.0');
      assert.equal(ctx.edge.sha256('next'), build.archive?.sha256);
    }));
});
