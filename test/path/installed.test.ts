import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
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
      assert.equal(code, 0, stdout + stderr);
      await ctx.slash('create shipped python=3.11 six');
      const build = await ctx.untilReady('shipped');
      assert.equal(ctx.edge.sha256('shipped'), build.archive?.sha256);
    }));
});

test('npm installs the package in an empty folder', { skip: unlessFull }, () => {
  const empty = join(folder, 'empty');
  const tarball = pack(join(folder, 'again'));
  const words = [
    'install',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--prefix',
    empty,
    tarball,
  ];
  execFileSync('npm', words, { cwd: folder });
  const said = execFileSync(join(empty, 'node_modules/.bin/conda-ferry'), ['--version'], {
    env: { HOME: folder, PATH: '/usr/bin:/bin' },
  });
  assert.match(`${said}`, /^conda-ferry \d+\.\d+\.\d+\n$/);
});
