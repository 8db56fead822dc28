import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { zstdCompressSync } from 'node:zlib';
import { RattlerEngine } from '../../../src/adapters/engines/rattler.ts';
import { Resident } from '../../../src/adapters/engines/resident.ts';
import { cleanEnvironment } from '../../../src/adapters/host/process.ts';
import { outsideError } from '../../../src/domain/errors.ts';
import { parseSpec } from '../../../src/domain/spec.ts';
import { execFileSync } from '../../harness/command.ts';
import { labChannel, labPython, recordProgress, whyNoLabChannel, whyNoLabPython } from './lab.ts';

const folder = mkdtempSync(join(tmpdir(), 'hot-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const PROGRAM = join(import.meta.dirname, '../../../src/adapters/engines/rattler-engine.py');

/** An index with these versions of `tiny`; nobody fetches the packages. */
function repodata(...versions: readonly string[]): string {
  const records = versions.map((version) => {
    const sha256 = createHash('sha256').update(version).digest('hex');
    const fields = { name: 'tiny', version, build: '0', build_number: 0, depends: [], sha256 };
    return [`tiny-${version}-0.conda`, { ...fields, subdir: 'noarch', size: 1 }];
  });
  const content = { 'packages.conda': Object.fromEntries(records), packages: {} };
  return JSON.stringify({ info: { subdir: 'noarch' }, ...content });
}

interface Site {
  url: string;
  /** Path below the channel → content. */
  files: Record<string, string | Uint8Array>;
  /** What was sent whole, without what was found to be the same. */
  sent: string[];
  end(): Promise<void>;
}

/** A server that says that everything may be believed for an hour, as public ones do. */
async function site(): Promise<Site> {
  const made: Omit<Site, 'url' | 'end'> = { files: {}, sent: [] };
  const server: Server = createServer((request, response) => {
    const path = (request.url ?? '').replace('/channel/', '');
    const body = made.files[path];
    if (body === undefined) return void response.writeHead(404).end();
    const etag = `"${createHash('md5').update(body).digest('hex')}"`;
    const headers = { etag, 'cache-control': 'public, max-age=3600' };
    if (request.headers['if-none-match'] === etag) {
      return void response.writeHead(304, headers).end();
    }
    response.writeHead(200, headers);
    if (request.method === 'HEAD') return void response.end();
    made.sent.push(path);
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const end = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return Object.assign(made, { url: `http://127.0.0.1:${port}/channel`, end });
}

/** An engine with its own clock: minutes pass between two solves. */
function hotEngine(data: string) {
  let at = 0;
  let started = 0;
  const engine = new RattlerEngine({
    python: async () => {
      started += 1;
      return labPython;
    },
    dataDirectory: join(folder, data),
    ...{ network: {}, reason: 'chosen' },
    sandbox: 'required',
    cacheBytes: Number.POSITIVE_INFINITY,
    limits: { solveSeconds: 120, createSeconds: 120, idleSeconds: 120 },
    now: () => at,
  });
  const { progress, lines } = recordProgress();
  const solve = async (url: string, spec = 'tiny', minutes = 1) => {
    at += minutes * 60_000;
    lines.length = 0;
    const channels = [{ name: 'own', url }];
    const specs = [parseSpec(spec)];
    const asked = { specs, channels, platform: 'linux-64', glibc: '2.17', keep: [] } as const;
    const { packages } = await engine.solve(asked, progress);
    return packages.map(({ version }) => version).join();
  };
  const warm = (url: string) => engine.warm([{ name: 'own', url }], 'linux-64', progress);
  return { engine, solve, warm, lines, started: () => started };
}

const REMEMBERED = ['the channels are what they were when the same was solved'];
const skip = whyNoLabPython() || whyNoLabChannel();

describe('the process that stays', { skip }, () => {
  test('answers what a process for each request answers, byte for byte', async () => {
    const resident = new Resident({
      launch: async () => ({
        ...{ file: labPython, args: ['-I', PROGRAM, '--stay', join(folder, 'same')] },
        ...{ cwd: folder, env: cleanEnvironment({ home: folder }) },
      }),
      explain: ({ tail }) => outsideError({ code: 'ended', message: tail.join('\n') }),
    });
    const requests = [
      ['python 3.11.*', 'pandas'],
      ['python 3.11.*', 'numpy >=1.26,<2'],
      ['scipy'],
      ['pip', 'lab-nothing'],
      ['numpy <1'],
      ['python 3.10.*', 'scipy'],
      ['six =='],
      [],
    ].map((specs) => ({
      ...{ do: 'solve', specs, constraints: ['numpy 1.26.*'], platform: 'linux-64' },
      ...{
        glibc: '2.17',
        channels: [labChannel.url],
        cache: join(folder, 'alone'),
        credentials: {},
      },
    }));
    const row = { channel: labChannel.url, tag: 'as it is', state: 1 };
    const index = ['linux-64', 'noarch'].map((subdir) => ({ ...row, subdir }));
    const hot = await Promise.all(
      requests.map((request) =>
        resident.ask({ ...request, index }, 120, new AbortController().signal),
      ),
    );
    await resident.close();
    for (const [place, request] of requests.entries()) {
      const input = `${JSON.stringify(request)}\n`;
      const said = execFileSync(labPython, ['-I', PROGRAM], { encoding: 'utf8', input });
      const own = /"id": \d+, "memory": \d+, /;
      assert.match(hot[place] ?? '', own);
      assert.equal((hot[place] ?? '').replace(own, ''), said.trimEnd(), request.specs.join(' '));
    }
  });

  test('is not asked again while the channels are what they were, for refusals neither', async () => {
    const { engine, solve, lines, started } = hotEngine('again');
    try {
      const answer = await solve(labChannel.url, 'six');
      assert.match(answer, /1\.17\.0$/);
      assert.deepEqual(lines, []);
      assert.equal(await solve(labChannel.url, 'six'), answer);
      assert.deepEqual(lines, REMEMBERED);
      const wrong = { code: 'package-not-found', message: /`sixx`/ };
      await assert.rejects(solve(labChannel.url, 'sixx'), wrong);
      assert.deepEqual(lines, []);
      await assert.rejects(solve(labChannel.url, 'sixx'), wrong);
      assert.deepEqual(lines, REMEMBERED);
      assert.equal(started(), 1);
    } finally {
      await engine.close();
    }
  });

  test('has read channels before anybody asks, also one that lacks what others have', async () => {
    const { engine, solve, warm, started } = hotEngine('warmed');
    const server = await site();
    server.files['noarch/repodata.json'] = repodata('1');
    try {
      await assert.rejects(warm(server.url), { code: 'package-not-found' });
      assert.notDeepEqual(server.sent, []);
      server.sent.length = 0;
      assert.equal(await solve(server.url, 'tiny', 0), '1');
      assert.deepEqual([server.sent, started()], [[], 1]);
    } finally {
      await engine.close();
      await server.end();
    }
  });

  test('reads a folder again as soon as its index is another one, written in place too', async () => {
    const { engine, solve, started } = hotEngine('folder');
    const channel = join(folder, 'channel');
    mkdirSync(join(channel, 'noarch'), { recursive: true });
    mkdirSync(join(channel, 'linux-64'), { recursive: true });
    writeFileSync(join(channel, 'linux-64/repodata.json'), '{"packages":{}}');
    try {
      for (const version of ['1', '2', '1', '3']) {
        writeFileSync(join(channel, 'noarch/repodata.json'), repodata(version));
        for (const _ of [1, 2]) assert.equal(await solve(pathToFileURL(channel).href), version);
      }
      assert.equal(started(), 1);
    } finally {
      await engine.close();
    }
  });

  test('asks a server again after seconds, whatever its copies may be believed for', async () => {
    const { engine, solve, lines } = hotEngine('server');
    const { url, files, sent, end } = await site();
    try {
      for (const version of ['1', '2', '1']) {
        files['noarch/repodata.json'] = repodata(version);
        assert.equal(await solve(url), version);
        assert.deepEqual(lines, []);
        assert.equal(await solve(url), version);
        assert.deepEqual(lines, REMEMBERED);
      }
      // Within seconds nobody is asked, and a server that is away is the engine's to find out.
      sent.length = 0;
      files['noarch/repodata.json'] = repodata('4');
      assert.equal(await solve(url, 'tiny', 0), '1');
      assert.deepEqual(sent, []);
      files['noarch/repodata.json.zst'] = zstdCompressSync(repodata('5'));
      delete files['noarch/repodata.json'];
      assert.equal(await solve(url), '5');
    } finally {
      await engine.close();
      await end();
    }
  });

  test('finds on the disk what another process has read, unless it is damaged or old', async () => {
    const { url, files, sent, end } = await site();
    files['noarch/repodata.json'] = repodata('1');
    const restarted = async () => {
      sent.length = 0;
      const { engine, solve } = hotEngine('disk');
      try {
        return await solve(url);
      } finally {
        await engine.close();
      }
    };
    const tags = join(folder, 'disk/rattler/repodata/tags.json');
    try {
      // What asks whether it has changed begins to be sent it, and takes no more than its tag.
      assert.equal(await restarted(), '1');
      const whole = sent.length;
      assert.equal(await restarted(), '1');
      assert.equal(sent.length, whole - 1);
      for (const damage of ['', '[]', '{"a', readFileSync(tags, 'utf8').slice(0, 20)]) {
        writeFileSync(tags, damage);
        assert.equal(await restarted(), '1');
        assert.equal(sent.length, whole);
      }
      files['noarch/repodata.json'] = repodata('2');
      assert.equal(await restarted(), '2');
      // Where nothing can be kept, nothing is believed.
      rmSync(tags);
      mkdirSync(tags);
      files['noarch/repodata.json'] = repodata('3');
      for (const _ of [1, 2]) assert.equal(await restarted(), '3');
      assert.equal(sent.length, whole);
    } finally {
      await end();
    }
  });
});
