import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Finished, runProduct } from '../harness/product.ts';
import { type Context, cannotWalk, ferry } from '../harness.ts';

const document = ({ stdout }: Finished) => JSON.parse(stdout);

describe('a cluster with Spark 3.5', { skip: cannotWalk }, () => {
  const runTest = ferry({
    processes: [],
    configure: (_place, [entry]) => ({
      edges: [{ ...entry, cluster: { manager: 'yarn', spark: '3.5.9' } }],
      // Here is no Spark that could run anything.
      verify: { enabled: false },
    }),
  });
  const run = (ctx: Context, text: string) =>
    runProduct(
      ['exec', '--json', '--config', ctx.configFile, '--wait', '--', text],
      ctx.environment,
    );

  test('is built no Python that it does not run, and is chosen one where none is asked for', () =>
    runTest(async (ctx) => {
      const refused = await run(ctx, 'create churn python=3.13 six');
      assert.equal(refused.code, 1, refused.stderr);
      assert.match(refused.stdout, /unsupported-by-spark/);
      assert.match(refused.stdout, /"create churn python=3\.11 six --edge edge"/);
      const { build } = document(await run(ctx, 'create churn numpy'));
      assert.equal(build.state, 'ready', JSON.stringify(build.failure));
      const versions = build.lock.packages.map(
        ({ name, version }: { name: string; version: string }) => `${name} ${version}`,
      );
      assert.ok(versions.includes('python 3.11.3'), `${versions}`);
      assert.match(build.notes[0].text, /^`python<3\.12` was added: Spark 3\.5 on `edge` runs/);
    }));

  test('is built what it does not run for who insists', () =>
    runTest(async (ctx) => {
      const { build } = document(await run(ctx, 'create odd python=3.13 six --force'));
      assert.equal(build.state, 'ready', JSON.stringify(build.failure));
      assert.deepEqual(
        build.notes.map(({ tone }: { tone: string }) => tone),
        ['forced'],
      );
    }));
});
