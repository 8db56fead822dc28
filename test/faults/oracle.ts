import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Build } from '../../src/domain/build.ts';
import { type Context, words } from '../harness.ts';

/**
 * What must hold after every fault: the build has ended well and once, one message says so and one
 * story stands below it, one archive lies on the edge node and is what was packed, and nothing
 * half-done is left.
 */
export async function endsWellOnce(ctx: Context, environment: string): Promise<Build> {
  const build = await ctx.untilReady(environment);
  const live = await ctx.live(environment);
  assert.match(words(live), /@1 is ready/);
  assert.equal((await ctx.store.listBuilds({ environment, limit: 9 })).length, 1);
  assert.equal((await ctx.notices(environment)).length, 1);
  const messages = ctx.slack
    .messages(live.channel)
    .filter((each) => words(each).includes(`${environment}@1 is ready`));
  assert.deepEqual(new Set(messages.map((each) => each.ts)).size, 1, 'one live message');

  const manifests = ctx.edge.manifests(environment);
  assert.deepEqual(
    manifests.map((each) => each.archive.sha256),
    [build.archive?.sha256],
  );
  assert.equal(ctx.edge.sha256(environment), build.archive?.sha256);
  const prefix = build.stagings[0]?.driverPrefix ?? '';
  assert.equal(
    await ctx.edge.ssh(`${prefix}/bin/python -c 'import six; print(six.__version__)'`),
    '1.17.0',
  );
  await nothingLeft(ctx);
  return build;
}

/** No upload, prefix or lock of a build that is over, and no secret in what was logged. */
async function nothingLeft(ctx: Context): Promise<void> {
  assert.deepEqual(ctx.edge.leftovers(), []);
  const prefixes = join(ctx.directory, 'data/prefix');
  await ctx.until('the prefix to be given back', () => {
    if (!existsSync(prefixes)) return true;
    // Of a lock that nobody holds the file stays, without a word in it.
    return readdirSync(prefixes, { recursive: true, encoding: 'utf8' }).every((name) =>
      name.endsWith('.lock')
        ? readFileSync(join(prefixes, name), 'utf8') === ''
        : !/env/.test(name),
    );
  });
  const printed = [...ctx.products].map((product) => product.output()).join('');
  const running = [...ctx.products].filter((product) => product.exit() === null);
  const environments = running
    .map(({ pid }) => readFileSync(`/proc/${pid}/environ`, 'utf8'))
    .join();
  for (const secret of [ctx.slack.botToken, ctx.slack.appToken, ctx.slack.signingSecret]) {
    assert.ok(!printed.includes(secret), 'a secret is in the log');
    assert.ok(!environments.includes(secret), 'others of the user can read a secret');
  }
}
