import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { CheckResult } from '../../src/domain/doctor.ts';
import { execFileSync } from '../harness/command.ts';
import { unlessFull } from '../harness/full.ts';
import { install, pack } from '../harness/installed.ts';
import { runProduct } from '../harness/product.ts';
import { cannotWalk, ferry } from '../harness.ts';

const folder = mkdtempSync(join(tmpdir(), 'ferry-installed-'));
after(() => rmSync(folder, { recursive: true }));

const app = join(folder, 'app');
const program = join(app, 'node_modules/.bin/conda-ferry');

describe('an installed package', { skip: cannotWalk }, () => {
  const runTest = ferry({ program: () => install(pack(folder), app) });

  test('is looked at by check, and builds what is proven on the edge', () =>
    runTest(async (ctx) => {
      const check = ['check', '--json', '--config', ctx.configFile];
      const { code, stdout, stderr } = await runProduct(check, ctx.environment, {
        program: [program],
      });
      assert.equal(code, 2, stderr);
      const { checks }: { checks: CheckResult[] } = JSON.parse(stdout);
      const failed = checks.filter(({ status }) => status === 'failed').map(({ name }) => name);
      // What this world lacks: its edge has no Spark.
      assert.deepEqual(failed, ['edge edge', 'channel silent', 'channel gone'], stdout);
      await ctx.slash('create shipped python=3.11 six');
      const build = await ctx.untilReady('shipped');
      assert.equal(ctx.edge.sha256('shipped'), build.archive?.sha256);
    }));
});

describe('npm installs the package in an empty folder', { skip: unlessFull }, () => {
  const empty = join(folder, 'empty');
  const npmInstall = (where: string, what: string) =>
    execFileSync(
      'npm',
      ['install', '--prefer-offline', '--no-audit', '--no-fund', '--prefix', where, what],
      { cwd: folder },
    );
  const typed = (words: readonly string[], path: string) =>
    spawnSync(join(empty, 'node_modules/.bin/conda-ferry'), words, {
      ...{ encoding: 'utf8', cwd: folder },
      env: { HOME: folder, PATH: path },
    });

  test('and it runs with the Node that comes along', () => {
    npmInstall(empty, pack(join(folder, 'again')));
    const { stdout } = typed(['--version'], '/usr/bin:/bin');
    assert.match(stdout, /^conda-ferry \d+\.\d+\.\d+\n$/);
  });

  test('and it runs with the oldest Node that will do', () => {
    const name = `node-linux-${process.arch}`;
    npmInstall(join(folder, 'oldest'), `${name}@22.18.0`);
    rmSync(join(empty, 'node_modules', name), { recursive: true });
    const path = `${join(folder, 'oldest/node_modules', name, 'bin')}:/usr/bin:/bin`;
    assert.equal(typed(['--version'], path).status, 0);
    // All of the code is loaded before the configuration is looked for.
    for (const words of [['start'], ['check']]) {
      const { status, stderr } = typed(words, path);
      assert.equal(status, 1, stderr);
      assert.match(stderr, /There is no conda-ferry\.yaml in this folder/);
    }
  });
});
