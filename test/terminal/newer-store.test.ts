import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openLink } from '../../src/adapters/redis/redis.ts';
import { REDIS_PREFIX } from '../../src/foundation.ts';
import { noServer, startServer } from '../adapters/redis/fixture.ts';
import { runProduct } from '../harness/product.ts';
import { temporaryFolder } from '../packing/fake-prefix.ts';

const CONFIG = `
channels: [{ name: conda-forge, url: 'https://conda.anaconda.org/conda-forge' }]
edges: [{ name: edge, host: edge.example.com }]
`;

test('a store that a newer version has written to is left alone, and said so', {
  skip: noServer,
}, async (context) => {
  const folder = await temporaryFolder(context);
  const configFile = join(folder, 'conda-ferry.yaml');
  await writeFile(configFile, CONFIG);
  const server = await startServer();
  const link = openLink(server.connection);
  context.after(async () => {
    await link.close();
    await server.remove();
  });
  const newer = { format: '99', version: '9.0.0' };
  await link.call((redis) => redis.hset(`${REDIS_PREFIX}:format`, newer));
  const keys = () => link.call((redis) => redis.dbsize());
  const before = await keys();
  const environment = {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    REDIS_URL: (server.connection as { socketPath: string }).socketPath,
  };
  const file = join(folder, 'nightly.zst');
  for (const words of [
    ['backup', file],
    ['restore'],
    ['restore', '--from', file, '--yes'],
    ['drain', 'host'],
    ['drain', 'host', '--undo'],
    ['diff', 'churn@1', 'churn@2'],
    ['exec', '--', 'list'],
  ]) {
    const { code, stderr, stdout } = await runProduct(
      [...words.slice(0, 1), '--config', configFile, ...words.slice(1)],
      environment,
    );
    assert.equal(code, 78, words.join(' ') + stderr + stdout);
    assert.match(stderr, /Conda Ferry 9\.0\.0 has written to this Redis[\s\S]*Install 9\.0\.0/);
  }
  assert.equal(await keys(), before);
  assert.equal(existsSync(file), false);
});
