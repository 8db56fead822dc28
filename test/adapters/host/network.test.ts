import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createChannels } from '../../../src/adapters/channels/channels.ts';
import { chooseEngine } from '../../../src/adapters/engines/engine.ts';
import {
  networkEnvironment,
  prepareNetwork,
  useNetwork,
} from '../../../src/adapters/host/network.ts';
import { createPip } from '../../../src/adapters/pip/pip.ts';
import { createProjects } from '../../../src/adapters/projects/projects.ts';
import { parseRequirement } from '../../../src/domain/pip.ts';
import { parseSpec } from '../../../src/domain/spec.ts';
import { execFileSync } from '../../harness/command.ts';
import {
  type CorporateNetwork,
  filesOf,
  startCorporateNetwork,
} from '../../harness/corporate-network.ts';
import { whyNoUv, writeIndex } from '../../harness/pip-index.ts';
import { labChannel, labPython, recordProgress, whyNoLabChannel } from '../engines/lab.ts';

const folder = mkdtempSync(join(tmpdir(), 'ferry-network-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const NONE = { proxy: null, noProxy: [], caFile: null };

describe('what programs are told of the network', () => {
  test('only what a network needs is taken over from the operator', () => {
    const kept = networkEnvironment({
      https_proxy: 'http://p:1',
      PIP_CERT: '/ca',
      SLACK_BOT_TOKEN: 'x',
      PYTHONPATH: '/x',
      LD_PRELOAD: '/x',
    });
    assert.deepEqual(kept, { https_proxy: 'http://p:1', PIP_CERT: '/ca' });
  });

  test('a proxy is told in both spellings, and never stands before this host', async () => {
    const wishes = { ...NONE, proxy: 'http://p:1', noProxy: ['.intern'] };
    const network = await prepareNetwork({}, wishes, folder);
    for (const name of ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY']) {
      assert.equal(network[name], 'http://p:1', name);
    }
    assert.equal(network.no_proxy, '.intern,127.0.0.1,localhost,::1');
    assert.equal(network.NO_PROXY, network.no_proxy);
  });

  test('what the environment says wins', async () => {
    const environment = { HTTPS_PROXY: 'http://env:1', NO_PROXY: 'a,b', SSL_CERT_FILE: '/env.pem' };
    const network = await prepareNetwork(environment, { ...NONE, proxy: 'http://p:1' }, folder);
    assert.equal(network.https_proxy, 'http://env:1');
    assert.match(network.no_proxy ?? '', /^a,b,127/);
    assert.equal(network.SSL_CERT_FILE, '/env.pem');
  });

  test('without a proxy or authorities nothing is added', async () => {
    assert.deepEqual(await prepareNetwork({ PATH: '/bin' }, NONE, folder), {});
  });

  test('a file without certificates is refused with what to do', async () => {
    const file = join(folder, 'empty.pem');
    writeFileSync(file, 'nothing');
    for (const caFile of [file, join(folder, 'gone.pem')]) {
      await assert.rejects(prepareNetwork({}, { ...NONE, caFile }, folder), {
        code: 'certificates-unreadable',
        suggestion: /network\.caFile/,
      });
    }
  });
});

describe('behind a proxy with a private authority', {
  skip: whyNoLabChannel() || whyNoUv(),
}, () => {
  let company: CorporateNetwork;
  let network: Record<string, string>;
  let channel: { name: string; url: string };
  const links = {
    specs: [parseSpec('ferry-links')],
    platform: 'linux-64',
    glibc: '2.28',
    keep: [],
  } as const;

  before(async () => {
    company = await startCorporateNetwork(join(folder, 'company'));
    const wishes = { ...NONE, proxy: company.proxy, caFile: company.caFile };
    network = await prepareNetwork({}, wishes, join(folder, 'data'));
    const site = await company.host('conda', filesOf(new URL(labChannel.url).pathname));
    channel = { name: 'lab', url: site };
  });
  after(() => company.close());

  test('this process reaches a host once it knows the proxy, and trusts it once it knows the authority', async () => {
    const address = `${channel.url}/noarch/repodata.json`;
    const why = (error: Error) => (error.cause as NodeJS.ErrnoException).code;
    await assert.rejects(
      fetch(address),
      (error: Error) => why(error) === 'ENOTFOUND' || why(error) === 'EAI_AGAIN',
    );
    assert.deepEqual(company.seen, []);
    const { https_proxy = '' } = network;
    assert.ok(useNetwork({ https_proxy }));
    await assert.rejects(fetch(address), (error: Error) =>
      /SELF_SIGNED|UNABLE_TO/.test(why(error) ?? ''),
    );
    assert.ok(useNetwork(network));
    assert.equal((await fetch(address)).status, 200);
  });

  test('the file of authorities holds the public ones, too', () => {
    const bundle = readFileSync(network.SSL_CERT_FILE ?? '', 'utf8');
    assert.ok(bundle.includes(readFileSync(company.caFile, 'utf8').trim()));
    assert.ok((bundle.match(/BEGIN CERTIFICATE/g) ?? []).length > 100);
  });

  test('channels are read', async () => {
    const log: string[] = [];
    const channels = createChannels({
      ...{ channels: [channel], platform: 'linux-64', network, timing: { patience: 10_000 } },
      log: (line) => log.push(line),
    });
    const contents = await channels.read(['lab'], ['six']);
    channels.close();
    assert.deepEqual(contents?.[0]?.versions('six'), ['1.17.0'], log.join());
  });

  test('an engine solves and creates', async () => {
    const { progress, lines } = recordProgress();
    const engine = chooseEngine({
      ...{ configured: 'rattler', environment: network, dataDirectory: join(folder, 'data') },
      python: async () => labPython,
    });
    try {
      const lock = await engine.solve({ ...links, channels: [channel] }, progress);
      assert.equal(lock.packages[0]?.url, `${channel.url}/linux-64/ferry-links-1.0-0.conda`);
      const prefix = join(folder, 'prefix');
      await engine.create({ lock, prefix }, progress);
      const meta = join(prefix, 'conda-meta', 'ferry-links-1.0-0.json');
      assert.match(readFileSync(meta, 'utf8'), /conda\.example\.test/);
      assert.ok(!lines.join('\n').includes(company.password));
    } finally {
      await engine.close();
    }
  });

  test('packages of pip are resolved and fetched', async () => {
    const root = writeIndex(folder, [{ name: 'greeting', version: '1.0' }]);
    const url = await company.host('pip', filesOf(root));
    const pip = createPip({
      ...{ python: async () => labPython, indexes: [{ name: 'own', url }], network, sdists: [] },
      ...{ dataDirectory: join(folder, 'pip'), cacheBytes: 1e9 },
    });
    const { progress } = recordProgress();
    const lock = { platform: 'linux-64' as const, packages: [] };
    const requirements = [parseRequirement('greeting')];
    const wheels = await pip.resolve(
      { requirements, lock, keep: [], python: '3.11.9', glibc: '2.28' },
      progress,
    );
    assert.equal(wheels[0]?.version, '1.0');
    await pip.fetch(wheels, join(folder, 'wheels'), progress);
  });

  test('a repository is cloned', async () => {
    const work = join(folder, 'work');
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args]);
    git('init', '-q', '-b', 'main', work);
    writeFileSync(join(work, 'setup.py'), '');
    git('-C', work, 'add', '.');
    git('-C', work, 'commit', '-q', '-m', 'first');
    git('-C', work, 'update-server-info');
    const site = await company.host('git', filesOf(join(work, '.git')));
    const projects = createProjects({
      config: { repositories: [{ name: 'model', url: site }], paths: [], sandbox: 'required' },
      ...{ dataDirectory: join(folder, 'git'), environment: { ...process.env, ...network } },
    });
    const reference = { kind: 'repository', repository: 'model', ref: 'main' } as const;
    const { progress } = recordProgress();
    const [pin] = await projects.pin([reference], join(folder, 'pins'), progress, null);
    assert.match(pin?.origin ?? '', /model/);
  });

  test('all of it went through the proxy, with its password', () => {
    const hosts = [...new Set(company.seen)].sort();
    assert.deepEqual(
      hosts,
      ['conda', 'git', 'pip'].map((name) => `${name}.example.test:443`),
    );
  });
});
