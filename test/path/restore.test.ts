import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type Finished, runProduct } from '../harness/product.ts';
import { printedBy } from '../harness/typed.ts';
import { type Context, cannotWalk, ferry } from '../harness.ts';

describe('a Redis that was lost', { skip: cannotWalk }, () => {
  const runTest = ferry({
    processes: [],
    configure: ({ directory }) => {
      const keyFile = join(directory, 'signing');
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', keyFile]);
      return { signing: { keyFile } };
    },
  });

  /** Without a Redis of one's own, as on a single machine. */
  function product(ctx: Context) {
    const { REDIS_URL: _, ...alone } = ctx.environment;
    const run = (words: readonly string[]) => runProduct([...words], alone);
    const json = async (words: readonly string[]): Promise<string> => {
      const finished: Finished = await run(words);
      assert.equal(finished.code, 0, finished.stderr + finished.stdout);
      return finished.stdout;
    };
    const config = ['--config', ctx.configFile];
    return {
      say: async (text: string, user = 'U0ANARUIZ1') =>
        printedBy(
          'exec',
          await json(['exec', '--json', '--wait', '--user', user, ...config, '--', text]),
        ),
      refused: (text: string, user: string) =>
        run(['exec', '--json', '--wait', '--user', user, ...config, '--', text]),
      backup: async (file: string) =>
        printedBy('backup', await json(['backup', '--json', file, ...config])),
      restore: async (...options: string[]) =>
        printedBy('restore', await json(['restore', '--json', ...options, ...config])),
      inWords: (...options: string[]) => run(['restore', ...options, ...config]),
      lose: () => rmSync(join(ctx.directory, 'data/redis'), { recursive: true }),
    };
  }

  test('comes back from the edge: owners, tags, numbers and what is staged, by its signatures', () =>
    runTest(
      async (ctx) => {
        const { say, refused, backup, restore, inWords, lose } = product(ctx);
        await say('create churn python=3.11 six');
        await say('tag churn@1 prod');
        const file = join(ctx.directory, 'nightly.zst');
        const { counts } = await backup(file);
        assert.deepEqual([counts.environment, counts.build], [1, 1]);
        await say('create fraud python=3.11 six', 'U0BOBPARK1');
        const before = await say('show churn');
        lose();

        const taken = await refused('create churn python=3.11', 'U0BOBPARK1');
        assert.equal(taken.code, 1, taken.stdout);
        assert.match(taken.stdout, /restore-first[\s\S]*conda-ferry restore/);

        // Somebody with a way to the edge writes a manifest of his own.
        const paper = join(ctx.edge.root, 'manifests/fraud/1.json');
        const own = readFileSync(paper, 'utf8');
        writeFileSync(paper, own.replace('"builtBy":"U0BOBPARK1"', '"builtBy":"U0EVE00000"'));
        const shown = await inWords();
        assert.equal(shown.code, 0, shown.stderr);
        assert.match(shown.stdout, /^\+ churn of U0ANARUIZ1: churn@1 \(edge\), churn:prod = @1$/m);
        assert.match(
          shown.stdout,
          /^! fraud@1 on edge edge is refused: it is not signed by our key$/m,
        );
        assert.match(shown.stdout, /--yes/);
        writeFileSync(paper, own);

        const { taken: came, refused: none } = await restore('--yes');
        assert.deepEqual(none, []);
        assert.deepEqual(
          came.map(({ revisions }: { revisions: string[] }) => revisions),
          [['churn@1'], ['fraud@1']],
        );
        assert.deepEqual((await restore('--yes')).plan, []);

        const after = await say('show churn');
        const facts = ({ environment }: typeof after) => ({
          owner: environment.owner,
          tags: environment.tags,
          lock: environment.revisions[0].lock,
          verifications: environment.revisions[0].verifications,
          createdAt: environment.createdAt,
        });
        assert.deepEqual(facts(after), facts(before));
        const [line] = (await say('run churn:prod')).lines;
        assert.equal(line.short, `${ctx.edge.root}/run churn@1 pyspark`);
        const again = await say('create churn python=3.11 six');
        assert.equal(again.kind, 'known');
        const next = await say('create churn python=3.11 six numpy');
        assert.equal(next.build.revision, 2);
        assert.equal((await say('tag churn@2 prod')).kind, 'move');

        // Of a backup, and then of the edge for what came after it.
        lose();
        const { missing } = await restore('--from', file, '--yes');
        assert.deepEqual([missing.environment, missing.build], [1, 1]);
        const { taken: later } = await restore('--yes');
        assert.deepEqual(
          later.map(({ revisions }: { revisions: string[] }) => revisions),
          [['churn@2'], ['fraud@1']],
        );
        const { environment } = await say('show churn');
        assert.deepEqual([environment.owner, environment.tags], ['U0ANARUIZ1', { prod: 2 }]);
      },
      { seconds: 300 },
    ));
});
