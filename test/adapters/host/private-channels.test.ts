import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createChannels } from '../../../src/adapters/channels/channels.ts';
import { chooseEngine } from '../../../src/adapters/engines/engine.ts';
import { prepareNetwork } from '../../../src/adapters/host/network.ts';
import { createPip } from '../../../src/adapters/pip/pip.ts';
import type { Credential } from '../../../src/domain/credential.ts';
import { parseRequirement } from '../../../src/domain/pip.ts';
import { parseSpec } from '../../../src/domain/spec.ts';
import { execFileSync } from '../../harness/command.ts';
import {
  type CorporateNetwork,
  filesOf,
  startCorporateNetwork,
} from '../../harness/corporate-network.ts';
import { unlessFull } from '../../harness/full.ts';
import { whyNoUv, writeIndex } from '../../harness/pip-index.ts';
import {
  labChannel,
  labPython,
  prepareConda,
  recordProgress,
  whyNoConda,
  whyNoLabChannel,
} from '../engines/lab.ts';

const folder = mkdtempSync(join(tmpdir(), 'ferry-private-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const TOKEN = 'tk-5ecret0fTheChannel';
const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;

/** How a host opens, and who may read. */
const WAYS = {
  header: {
    credential: { kind: 'header', token: TOKEN },
    mayRead: (path: string, authorization: string) =>
      authorization === `Bearer ${TOKEN}` ? path : null,
  },
  address: {
    credential: { kind: 'address', token: TOKEN },
    mayRead: (path: string) =>
      path.startsWith(`/t/${TOKEN}/`) ? path.slice(`/t/${TOKEN}`.length) : null,
  },
  password: {
    credential: { kind: 'password', username: 'ana', password: TOKEN },
    mayRead: (path: string, authorization: string) =>
      authorization === basic(`ana:${TOKEN}`) ? path : null,
  },
} as const;
type Way = keyof typeof WAYS;

describe('a private channel', { skip: whyNoLabChannel() }, () => {
  let company: CorporateNetwork;
  let network: Record<string, string>;
  const urls = {} as Record<Way, string>;
  const opens = (way: Way, change: object = {}): Credential => ({
    host: `${way}.example.test`,
    ...WAYS[way].credential,
    ...change,
  });
  before(async () => {
    company = await startCorporateNetwork(join(folder, 'company'));
    const wishes = { proxy: company.proxy, noProxy: [], caFile: company.caFile };
    network = await prepareNetwork({}, wishes, join(folder, 'network'));
    const root = new URL(labChannel.url).pathname;
    for (const way of Object.keys(WAYS) as Way[]) {
      const files = filesOf(root, ({ path, authorization }) =>
        WAYS[way].mayRead(path.replace('/own/', '/'), authorization),
      );
      urls[way] = `${await company.host(way, files)}/own`;
    }
  });
  after(() => company.close());

  async function build(way: Way, engine: 'conda' | 'rattler', credentials: readonly Credential[]) {
    const dataDirectory = join(folder, `${engine}-${way}-${credentials.length}`);
    mkdirSync(dataDirectory, { recursive: true });
    const { progress, lines, details } = recordProgress();
    const chosen = chooseEngine({
      configured: engine,
      environment: { ...network, ...(engine === 'conda' ? { CONDA_EXE: prepareConda() } : {}) },
      ...{ dataDirectory, credentials, python: async () => labPython },
    });
    const prefix = join(dataDirectory, 'prefixes', 'made');
    try {
      const lock = await chosen.solve(
        {
          ...{ specs: [parseSpec('ferry-links')], channels: [{ name: 'own', url: urls[way] }] },
          ...{ platform: 'linux-64', glibc: '2.28', keep: [] },
        },
        progress,
      );
      await chosen.create({ lock, prefix }, progress);
      return { lock, prefix, said: [...lines, ...details].join('\n'), dataDirectory };
    } finally {
      await chosen.close();
    }
  }

  /** Nothing that is kept has it: not the lock, not the prefix, not a log, no file of the engine's own. */
  function assertKept({ lock, said, dataDirectory }: Awaited<ReturnType<typeof build>>, way: Way) {
    assert.equal(lock.packages[0]?.url, `${urls[way]}/linux-64/ferry-links-1.0-0.conda`);
    for (const secret of [TOKEN, Buffer.from(`ana:${TOKEN}`).toString('base64')]) {
      assert.ok(!said.includes(secret));
      const command = `grep -rlF -- '${secret}' . || true`;
      const found = execFileSync('sh', ['-c', command], { cwd: dataDirectory, encoding: 'utf8' });
      assert.equal(found, '');
    }
  }

  for (const way of Object.keys(WAYS) as Way[]) {
    test(`that opens by ${way} is read by us and by rattler, and nothing keeps the secret`, async () => {
      const log: string[] = [];
      const channels = createChannels({
        ...{ channels: [{ name: 'own', url: urls[way] }], platform: 'linux-64', network },
        ...{ credentials: [opens(way)], timing: { patience: 10_000 } },
        log: (line) => log.push(line),
      });
      const contents = await channels.read(['own'], []);
      channels.close();
      assert.ok(contents?.[0]?.has('ferry-links'), log.join());
      const made = await build(way, 'rattler', [opens(way)]);
      assertKept(made, way);
      const [meta = ''] = readdirSync(join(made.prefix, 'conda-meta')).filter((name) =>
        name.endsWith('.json'),
      );
      assert.match(
        readFileSync(join(made.prefix, 'conda-meta', meta), 'utf8'),
        /example\.test\/own/,
      );
    });
  }

  for (const way of ['address', 'password'] as const) {
    test(
      `that opens by ${way} is read by conda, and nothing keeps the secret`,
      {
        // It takes ten seconds to do what rattler does in two.
        skip: unlessFull || whyNoConda(),
      },
      async () => assertKept(await build(way, 'conda', [opens(way)]), way),
    );
  }

  test('is told from one that does not answer when the secret is wrong or missing', async () => {
    for (const credentials of [[], [opens('header', { token: 'wrong' })]]) {
      await assert.rejects(build('header', 'rattler', credentials), {
        code: 'channel-unreachable',
        suggestion: /tokenFile/,
        retryable: false,
      });
    }
  });

  test('that conda cannot open is left to rattler, or refused where conda is asked for', () => {
    const common = { dataDirectory: folder, python: async () => labPython };
    const environment = { CONDA_EXE: '/bin/true' };
    const credentials = [opens('header')];
    const chosen = chooseEngine({ ...common, configured: 'auto', environment, credentials });
    assert.equal(chosen.name, 'rattler');
    assert.throws(
      () => chooseEngine({ ...common, configured: 'conda', environment, credentials }),
      { code: 'engine-missing', message: /header\.example\.test/ },
    );
    const opened = [opens('password')];
    const able = chooseEngine({ ...common, configured: 'auto', environment, credentials: opened });
    assert.equal(able.name, 'conda');
  });

  test('is shown to no other host, whatever leads there', async () => {
    const seen: (string | undefined)[] = [];
    const elsewhere = await company.host('elsewhere', (request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(404).end();
    });
    const leading = await company.host('leading', (request, response) => {
      response.writeHead(302, { location: `${elsewhere}${request.url}` }).end();
    });
    const channels = createChannels({
      ...{ channels: [{ name: 'own', url: leading }], platform: 'linux-64', network },
      credentials: [{ host: 'leading.example.test', ...WAYS.header.credential }],
      ...{ timing: { patience: 10_000 }, log: () => undefined },
    });
    await channels.read(['own'], []);
    channels.close();
    assert.ok(seen.length > 0);
    assert.deepEqual([...new Set(seen)], [undefined]);
  });

  test('of pip is resolved and fetched by its password, and nothing keeps it', {
    skip: whyNoUv(),
  }, async () => {
    const root = writeIndex(folder, [{ name: 'greeting', version: '1.0' }]);
    const url = await company.host(
      'pip',
      filesOf(root, ({ path, authorization }) =>
        authorization === basic(`__token__:${TOKEN}`) ? path : null,
      ),
    );
    const dataDirectory = join(folder, 'pip');
    const pip = createPip({
      ...{ python: async () => labPython, indexes: [{ name: 'own', url }], network, sdists: [] },
      credentials: [
        { host: 'pip.example.test', kind: 'password', username: '__token__', password: TOKEN },
      ],
      ...{ dataDirectory, cacheBytes: 1e9 },
    });
    const { progress, lines } = recordProgress();
    const lock = { platform: 'linux-64' as const, packages: [] };
    const requirements = [parseRequirement('greeting')];
    const wheels = await pip.resolve(
      { requirements, lock, keep: [], python: '3.11.9', glibc: '2.28' },
      progress,
    );
    await pip.fetch(wheels, join(folder, 'wheels'), progress);
    assert.ok(!JSON.stringify([wheels, lines]).includes(TOKEN));
    const command = `grep -rlF -- '${TOKEN}' . || true`;
    assert.equal(execFileSync('sh', ['-c', command], { cwd: dataDirectory, encoding: 'utf8' }), '');
  });
});
