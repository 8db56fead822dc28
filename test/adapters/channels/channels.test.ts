import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { zstdCompressSync } from 'node:zlib';
import { pack } from 'msgpackr';
import { createChannels } from '../../../src/adapters/channels/channels.ts';
import { readRepodata } from '../../../src/adapters/channels/repodata.ts';
import type { Platform } from '../../../src/domain/lock.ts';
import type { Channels } from '../../../src/domain/ports.ts';

const folder = mkdtempSync(join(tmpdir(), 'ferry-channels-'));
after(() => rmSync(folder, { recursive: true }));

const record = (name: string, version: string) => ({ name, version, build: '0', depends: [] });
/** Both parts of a repodata, a removed file, and a text that only looks like a key. */
const repodata = (...packages: readonly (readonly [name: string, version: string])[]) => ({
  info: { subdir: 'noarch' },
  packages: Object.fromEntries(
    packages.map(([name, version]) => [`${name}-${version}-0.tar.bz2`, record(name, version)]),
  ),
  'packages.conda': Object.fromEntries(
    packages.map(([name, version]) => [
      `${name}-${version}-py_1.conda`,
      { ...record(name, version), license: 'see "gone-1.0-0.conda"' },
    ]),
  ),
  removed: ['gone-1.0-0.conda'],
});

type Handler = (path: string) => { status?: number; body?: Uint8Array | string } | 'silence';

interface Site {
  url: string;
  asked: { path: string; tag: string | undefined }[];
  answer: Handler;
  end(): Promise<void>;
}

async function site(answer: Handler): Promise<Site> {
  const made: Partial<Site> & { asked: Site['asked']; answer: Handler } = { asked: [], answer };
  const server: Server = createServer((request, response) => {
    const path = request.url ?? '';
    const tag = request.headers['if-none-match'];
    made.asked.push({ path, tag });
    const given = made.answer(path);
    if (given === 'silence') return;
    const body = Buffer.from(given.body ?? '');
    const etag = `"${createHash('md5').update(body).digest('hex')}"`;
    const same = given.status === undefined && tag === etag;
    response.writeHead(same ? 304 : (given.status ?? 200), { etag });
    response.end(same ? undefined : body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  made.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/channel`;
  made.end = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return made as Site;
}

const files =
  (contents: Record<string, Uint8Array | string>): Handler =>
  (path) => {
    const body = contents[path.replace('/channel/', '')];
    return body === undefined ? { status: 404 } : { body };
  };

async function withChannels<T>(
  urls: Record<string, string>,
  body: (channels: Channels) => Promise<T>,
  timing = {},
): Promise<T> {
  const channels = createChannels({
    channels: Object.entries(urls).map(([name, url]) => ({ name, url })),
    ...{ platform: 'linux-64', network: {}, log() {}, timing },
  });
  try {
    return await body(channels);
  } finally {
    channels.close();
  }
}

async function versionsOf(channels: Channels, channel: string, name: string) {
  const read = await channels.read([channel], [name]);
  const versions = read?.[0]?.versions(name);
  return versions && [...versions].sort();
}

describe('names and versions out of a repodata', () => {
  test('are the same whatever the pieces it comes in', async () => {
    const text = JSON.stringify(repodata(['scikit-learn', '1.5.0'], ['six', '1!2.0+local']));
    for (const size of [1, 7, 64, 100_000]) {
      const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
        Buffer.from(text.slice(index * size, (index + 1) * size)),
      );
      const versions = await readRepodata(Readable.from(pieces));
      assert.deepEqual(
        [...versions].map(([name, found]) => [name, ...found]),
        [
          ['scikit-learn', '1.5.0'],
          ['six', '1!2.0+local'],
        ],
        `pieces of ${size}`,
      );
    }
  });

  test('are not those of a file that was cut off', async () => {
    const text = JSON.stringify(repodata(['six', '1.0'])).slice(0, -20);
    await assert.rejects(readRepodata(Readable.from([Buffer.from(text)])), /ends in the middle/);
  });
});

describe('what channels hold', () => {
  test('is read from a folder, and again when the folder has changed', async () => {
    const write = (...packages: [string, string][]) => {
      mkdirSync(join(folder, 'local', 'noarch'), { recursive: true });
      writeFileSync(
        join(folder, 'local', 'noarch', 'repodata.json'),
        JSON.stringify(repodata(...packages)),
      );
    };
    write(['six', '1.0']);
    await withChannels({ lab: pathToFileURL(join(folder, 'local')).href }, async (channels) => {
      assert.deepEqual(await versionsOf(channels, 'lab', 'six'), ['1.0']);
      assert.deepEqual(await versionsOf(channels, 'lab', 'numpy'), []);
      write(['six', '1.0'], ['six', '1.1'], ['numpy', '2.0']);
      assert.deepEqual(await versionsOf(channels, 'lab', 'six'), ['1.0', '1.1']);
      const [content] = (await channels.read(['lab'], [])) ?? [];
      assert.deepEqual([...(content?.names() ?? [])], ['six', 'numpy']);
    });
  });

  test('is that of the platform that is asked for, read once for all', async () => {
    const server = await site(
      files({
        'linux-64/repodata.json': JSON.stringify(repodata(['numpy', '2.2.6'])),
        'linux-aarch64/repodata.json': JSON.stringify(repodata(['numpy', '2.3.0'], ['acl', '1'])),
        'noarch/repodata.json': JSON.stringify(repodata(['six', '1.0'])),
      }),
    );
    const channels = createChannels({
      channels: [{ name: 'main', url: server.url }],
      ...{ platform: 'linux-64', platforms: ['linux-aarch64'], network: {}, log() {} },
      timing: { patience: 10_000 },
    });
    try {
      const seen = async (platform?: Platform) => {
        const [content] = (await channels.read(['main'], ['numpy'], platform)) ?? [];
        assert.ok(content);
        return [[...content.names()].sort(), content.versions('numpy'), content.has('acl')];
      };
      assert.deepEqual(await seen(), [['numpy', 'six'], ['2.2.6'], false]);
      assert.deepEqual(await seen('linux-aarch64'), [['acl', 'numpy', 'six'], ['2.3.0'], true]);
      assert.deepEqual(await seen('linux-64'), [['numpy', 'six'], ['2.2.6'], false]);
      const asked = server.asked.map(({ path }) => path);
      assert.equal(asked.length, new Set(asked).size);
    } finally {
      channels.close();
      await server.end();
    }
  });

  test('is the platform’s and noarch’s together, compressed or not', async () => {
    const text = (...packages: [string, string][]) => JSON.stringify(repodata(...packages));
    const server = await site(
      files({
        'linux-64/repodata.json.zst': zstdCompressSync(text(['numpy', '2.2.6'], ['both', '1'])),
        'noarch/repodata.json': text(['six', '1.0'], ['both', '2']),
      }),
    );
    try {
      await withChannels({ main: `${server.url}/` }, async (channels) => {
        assert.deepEqual(await versionsOf(channels, 'main', 'numpy'), ['2.2.6']);
        assert.deepEqual(await versionsOf(channels, 'main', 'six'), ['1.0']);
        assert.deepEqual(await versionsOf(channels, 'main', 'both'), ['1', '2']);
      });
    } finally {
      await server.end();
    }
  });

  test('is asked of shards where a channel has them: an index, and one file for each name', async () => {
    const shard = (name: string, ...versions: string[]) => {
      const packages = Object.fromEntries(
        versions.map((version) => [`${name}-${version}-0.conda`, record(name, version)]),
      );
      return zstdCompressSync(pack({ packages: {}, 'packages.conda': packages, removed: [] }));
    };
    const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
    const numpy = shard('numpy', '1.26.4', '2.2.6');
    const index = pack({
      version: 1,
      info: { subdir: 'linux-64', base_url: '', shards_base_url: './shards' },
      shards: { numpy: sha256(numpy), six: sha256(Buffer.from('six')) },
    });
    const address = `linux-64/shards/${sha256(numpy).toString('hex')}.msgpack.zst`;
    const server = await site(
      files({ 'linux-64/repodata_shards.msgpack.zst': zstdCompressSync(index), [address]: numpy }),
    );
    try {
      await withChannels({ main: server.url }, async (channels) => {
        assert.deepEqual(await versionsOf(channels, 'main', 'numpy'), ['1.26.4', '2.2.6']);
        const [content] = (await channels.read(['main'], ['nunpy'])) ?? [];
        assert.equal(content?.has('six'), true);
        assert.equal(content?.has('nunpy'), false);
        const shards = server.asked.filter(({ path }) => path.includes('/shards/'));
        assert.equal(shards.length, 1);
        // A shard that should be there and is not: nothing is known of that name.
        assert.equal(await channels.read(['main'], ['six']), null);
      });
    } finally {
      await server.end();
    }
  });

  test('is not fetched again while it is the same', async () => {
    const server = await site(
      files({ 'noarch/repodata.json': JSON.stringify(repodata(['six', '1.0'])) }),
    );
    try {
      const body = async (channels: Channels) => {
        for (let count = 0; count < 3; count += 1) {
          assert.deepEqual(await versionsOf(channels, 'main', 'six'), ['1.0']);
        }
      };
      await withChannels({ main: server.url }, body, { fresh: 0 });
      const asked = server.asked.filter(({ path }) => path.endsWith('noarch/repodata.json'));
      assert.deepEqual(
        asked.map(({ tag }) => tag !== undefined),
        [false, true, true],
      );
      server.asked.length = 0;
      await withChannels({ main: server.url }, body);
      const again = server.asked.filter(({ path }) => path.endsWith('noarch/repodata.json'));
      assert.equal(again.length, 1);
    } finally {
      await server.end();
    }
  });

  test('is not waited for: a silent channel is unknown, until it has answered', async () => {
    const contents = files({ 'noarch/repodata.json': JSON.stringify(repodata(['six', '1.0'])) });
    const server = await site(() => 'silence');
    const { promise: reached, resolve } = Promise.withResolvers<void>();
    server.answer = (path) => {
      if (path.includes('linux-64')) resolve();
      return 'silence';
    };
    try {
      const timing = { patience: 30, respite: 0, load: 300 };
      await withChannels(
        { slow: server.url },
        async (channels) => {
          assert.equal(await channels.read(['slow'], ['six']), null);
          await reached;
          server.answer = contents;
          // The first reading gives up by its own limit; the next one finds a channel that answers.
          for (;;) {
            const read = await channels.read(['slow'], ['six']);
            if (read === null) continue;
            assert.deepEqual(read[0]?.versions('six'), ['1.0']);
            break;
          }
        },
        timing,
      );
    } finally {
      await server.end();
    }
  });

  const unknown: Record<string, Handler> = {
    'a channel with no folder of ours': () => ({ status: 404 }),
    'a channel that fails': () => ({ status: 500 }),
    'a page that is no repodata': files({ 'noarch/repodata.json': '<html>sign in</html>' }),
    'an index that is no index': files({ 'noarch/repodata_shards.msgpack.zst': 'zzz' }),
    'bytes that are not compressed': files({ 'noarch/repodata.json.zst': '{"packages":{}}' }),
  };
  for (const [what, answer] of Object.entries(unknown)) {
    test(`is unknown of ${what}, and then of nothing that is asked with it`, async () => {
      const server = await site(answer);
      try {
        await withChannels({ bad: server.url, gone: 'http://127.0.0.1:9/x' }, async (channels) => {
          assert.equal(await channels.read(['bad'], []), null);
          assert.equal(await channels.read(['gone'], []), null);
          assert.equal(await channels.read(['never configured'], []), null);
        });
      } finally {
        await server.end();
      }
    });
  }
});
