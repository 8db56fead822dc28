import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { createPip } from '../../../src/adapters/pip/pip.ts';
import { probeIndex } from '../../../src/adapters/pip/probe.ts';
import type { FerryError } from '../../../src/domain/errors.ts';
import type { LockedWheel } from '../../../src/domain/lock.ts';
import { parseRequirement } from '../../../src/domain/pip.ts';
import { whyNoUv, writeIndex } from '../../harness/pip-index.ts';
import { locked } from '../../pipeline/world.ts';
import { labPython, recordProgress, whyNoLabPython } from '../engines/lab.ts';

const folder = mkdtempSync(join(tmpdir(), 'ferry-pip-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const skip = whyNoLabPython() || whyNoUv();
const PLATFORM = 'manylinux_2_17_x86_64';
const root = skip
  ? folder
  : writeIndex(folder, [
      { name: 'greeting', version: '1.0', requires: ['six>=1.10', 'loud>=2'] },
      { name: 'loud', version: '2.0' },
      { name: 'loud', version: '2.1' },
      { name: 'fast', version: '1.0', tag: `cp311-cp311-${PLATFORM}` },
      { name: 'fast', version: '1.0' },
      { name: 'fast', version: '2.0', tag: 'cp311-cp311-manylinux_2_39_x86_64' },
      { name: 'six', version: '1.99' },
      { name: 'sided', version: '1', requires: ['loud; sys_platform == "win32"'] },
    ]);
const lock = {
  platform: 'linux-64' as const,
  packages: [{ ...locked('six 1.17.0'), build: 'pyhd8ed1ab_0' }, locked('zlib 1.3')],
};
let count = 0;

function make(url = pathToFileURL(root).href, cacheBytes = 1e9) {
  count += 1;
  const directory = join(folder, `data${count}`);
  const pip = createPip({
    ...{ python: async () => labPython, indexes: [{ name: 'own', url }], network: {} },
    sdists: [],
    ...{ dataDirectory: directory, cacheBytes },
  });
  const into = join(folder, `build${count}`);
  const { progress } = recordProgress();
  return {
    directory,
    into,
    resolve: (texts: string[], glibc: string | null = '2.28', keep: readonly LockedWheel[] = []) =>
      pip.resolve(
        { requirements: texts.map(parseRequirement), lock, keep, python: '3.11.9', glibc },
        progress,
      ),
    fetch: (wheels: readonly LockedWheel[]) => pip.fetch(wheels, into, progress),
  };
}

async function refusal(promise: Promise<unknown>): Promise<FerryError> {
  const error = await promise.then(() => null).catch((thrown: FerryError) => thrown);
  assert.ok(error, 'nothing was refused');
  return error;
}

const labels = (wheels: readonly LockedWheel[]) =>
  wheels.map(({ name, version }) => `${name} ${version}`);

/** A server that answers as its handler says; nothing else is on its port. */
async function serve(answer: (path: string) => { status: number; body: string }) {
  const server = createServer((request, response) => {
    const { status, body } = answer(request.url ?? '');
    response.writeHead(status, { 'content-type': 'text/html' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('packages of pip', { skip }, () => {
  test('are those needed that conda does not bring, each as one wheel that fits', async () => {
    const { resolve, directory } = make();
    const wheels = await resolve(['greeting', 'fast', 'six']);
    assert.deepEqual(labels(wheels), ['fast 1.0', 'greeting 1.0', 'loud 2.1']);
    assert.match(wheels[0]?.url ?? '', /fast-1\.0-cp311-cp311-manylinux_2_17_x86_64\.whl$/);
    assert.deepEqual(
      readdirSync(join(directory, 'scratch'), { recursive: true, encoding: 'utf8' }).filter(
        (name) => name.includes('work-'),
      ),
      [],
    );
  });

  test('are for the oldest glibc, and hold their markers', async () => {
    const { resolve } = make();
    assert.deepEqual(labels(await resolve(['fast'], '2.40')), ['fast 2.0']);
    assert.deepEqual(labels(await resolve(['fast', 'sided'], null)), ['fast 1.0', 'sided 1']);
  });

  test('stay where they are, unless what is asked for now needs others', async () => {
    const { resolve } = make();
    const before = await resolve(['loud<2.1', 'fast<2']);
    const resolved = async (...texts: string[]) => labels(await resolve(texts, '2.40', before));
    assert.deepEqual(labels(before), ['fast 1.0', 'loud 2.0']);
    assert.deepEqual(await resolved('greeting', 'fast'), ['fast 1.0', 'greeting 1.0', 'loud 2.0']);
    assert.deepEqual(await resolved('loud>2.0'), ['loud 2.1']);
  });

  test('that cannot be had are refused in the resolver’s words', async () => {
    const { resolve } = make();
    const { code, details } = await refusal(resolve(['six>=2']));
    assert.equal(code, 'requirements-unsatisfiable');
    assert.match(details ?? '', /only six==1\.17\.0 is available and you require six>=2/);
  });

  test('arrive whole, under their sha256, and are not fetched again', async () => {
    const { resolve, fetch, into, directory } = make();
    const wheels = await resolve(['loud']);
    const [pin] = await fetch(wheels);
    assert.deepEqual([pin?.name, pin?.sha256], ['loud', wheels[0]?.sha256]);
    const [file = ''] = readdirSync(join(into, pin?.sha256 ?? ''));
    assert.equal(file, 'loud-2.1-py3-none-any.whl');
    assert.deepEqual(
      readFileSync(join(into, pin?.sha256 ?? '', file)),
      readFileSync(join(root, 'loud', file)),
    );
    const gone = wheels.map((wheel) => ({ ...wheel, url: `${wheel.url}.gone.whl` }));
    assert.equal((await fetch(gone)).length, 1);
    assert.deepEqual(readdirSync(join(directory, 'wheels')), [pin?.sha256]);
  });

  test('that are other bytes now, or gone, never reach the cache', async () => {
    const { resolve, fetch, directory } = make();
    const [wheel] = await resolve(['loud']);
    assert.ok(wheel);
    const wrong: readonly (readonly [code: string, change: Partial<LockedWheel>])[] = [
      ['wheel-changed', { sha256: '0'.repeat(64) }],
      ['wheel-changed', { size: 3 }],
      ['wheel-gone', { url: `${wheel.url}.gone` }],
    ];
    for (const [code, change] of wrong) {
      assert.equal((await refusal(fetch([{ ...wheel, ...change }]))).code, code);
      assert.deepEqual(readdirSync(join(directory, 'wheels')), []);
    }
  });

  test('make room in the cache by what was used longest ago', async () => {
    const { resolve, fetch, directory } = make(undefined, 1);
    const wheels = await resolve(['greeting']);
    await fetch(wheels);
    assert.deepEqual(readdirSync(join(directory, 'wheels')), []);
    assert.ok(wheels.length > 0);
  });

  test('of an index that is away are for another try, at the resolving and in the middle', async () => {
    const away = make('http://127.0.0.1:9/simple');
    const resolving = await refusal(away.resolve(['loud']));
    assert.deepEqual([resolving.code, resolving.retryable], ['index-unreachable', true]);
    const url = await serve(() => ({ status: 500, body: '' }));
    const [wheel] = await make().resolve(['loud']);
    assert.ok(wheel);
    const { fetch, directory } = make();
    const fetching = await refusal(fetch([{ ...wheel, url: `${url}/loud-2.1-py3-none-any.whl` }]));
    assert.deepEqual([fetching.code, fetching.retryable], ['index-unreachable', true]);
    assert.ok(existsSync(directory));
  });

  test('have an index of which it can be said whether it is there', async () => {
    assert.equal(await probeIndex({ name: 'own', url: pathToFileURL(root).href }, {}), 'is there');
    const url = await serve(() => ({ status: 200, body: '' }));
    assert.equal(await probeIndex({ name: 'own', url: `${url}/simple` }, {}), 'answers');
    const gone = await serve(() => ({ status: 404, body: '' }));
    const { code } = await refusal(probeIndex({ name: 'own', url: `${gone}/simple` }, {}));
    assert.equal(code, 'index-gone');
    const broken = await serve(() => ({ status: 500, body: '' }));
    for (const address of [broken, 'http://127.0.0.1:9', pathToFileURL(`${root}/none`).href]) {
      const { code } = await refusal(probeIndex({ name: 'own', url: address }, {}));
      assert.equal(code, 'index-unreachable', address);
    }
  });

  test('come over HTTP as from a folder', async () => {
    const file = 'loud-2.1-py3-none-any.whl';
    const page = readFileSync(join(root, 'loud', 'index.html'), 'utf8');
    const server = createServer((request, response) => {
      if (request.url === '/simple/loud/') {
        response.writeHead(200, { 'content-type': 'text/html' }).end(page);
      } else if (request.url === `/simple/loud/${file}`) {
        response.writeHead(200).end(readFileSync(join(root, 'loud', file)));
      } else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    after(() => server.close());
    const { port } = server.address() as AddressInfo;
    const { resolve, fetch } = make(`http://127.0.0.1:${port}/simple`);
    const wheels = await resolve(['loud']);
    assert.deepEqual(labels(wheels), ['loud 2.1']);
    assert.equal((await fetch(wheels)).length, 1);
  });
});
