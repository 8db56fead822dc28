import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { cannotWalk, ferry } from '../harness.ts';

describe('the Redis that the product started', { skip: cannotWalk }, () => {
  const runTest = ferry({ environment: () => ({ REDIS_URL: '' }) });

  test('is started again when it is killed, and where that cannot be the product ends with a word', () =>
    runTest(
      async (ctx) => {
        const [product] = ctx.products;
        assert.ok(product);
        const folder = join(ctx.directory, 'data/redis');
        assert.match(await ctx.ask('list'), /no environments/i);
        process.kill(serverOf(folder), 'SIGKILL');
        await ctx.until('an answer', async () => /no environments/i.test(await ctx.ask('list')));

        const pid = serverOf(folder);
        const data = join(folder, 'appendonlydir');
        for (const file of readdirSync(data).filter((each) => each.endsWith('.aof'))) {
          writeFileSync(join(data, file), 'no such thing\r\n'.repeat(9));
        }
        ctx.products.delete(product);
        process.kill(pid, 'SIGKILL');
        assert.equal(await product.ended, 2);
        assert.match(product.output(), /conda-ferry: The Redis-compatible server ended at once/);
      },
      { errors: /redis|store/i },
    ));
});

/** The process id of the server that listens in this folder: it shows its socket in place of its arguments. */
function serverOf(folder: string): number {
  for (const pid of readdirSync('/proc').map(Number).filter(Boolean)) {
    try {
      const shown = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      if (shown.includes(`unixsocket:${folder}`)) return pid;
    } catch {
      // It ended meanwhile.
    }
  }
  throw new Error(`no server runs on ${folder}`);
}
