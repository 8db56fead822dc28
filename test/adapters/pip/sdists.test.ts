import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { createPip } from '../../../src/adapters/pip/pip.ts';
import type { SdistRule } from '../../../src/adapters/pip/sdists.ts';
import type { FerryError } from '../../../src/domain/errors.ts';
import type { LockedWheel } from '../../../src/domain/lock.ts';
import { parseRequirement } from '../../../src/domain/pip.ts';
import { whyNoUv, writeIndex } from '../../harness/pip-index.ts';
import { BACKENDS, sdist } from '../../harness/sdists.ts';
import { locked } from '../../pipeline/world.ts';
import { labPython, recordProgress, whyNoLabPython } from '../engines/lab.ts';

const folder = mkdtempSync(join(tmpdir(), 'ferry-sdists-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const skip = whyNoLabPython() || whyNoUv();
const ran = join(folder, 'ran');
const TOUCH = `open(${JSON.stringify(ran)}, 'w')\n`;
const OLD = 'Metadata-Version: 1.1\nName: old\nVersion: 0.1\n';

const index = skip
  ? folder
  : writeIndex(
      folder,
      [
        ...BACKENDS,
        { name: 'tinybuild', version: '2.0', requires: ['tinyhelp'] },
        { name: 'mixed', version: '2.0', tag: 'cp311-cp311-win_amd64' },
        { name: 'mixed', version: '1.0' },
        { name: 'leans', version: '1.0', requires: ['plain'] },
        { name: 'extra', version: '1.0' },
      ],
      [
        sdist({ name: 'plain', requires: ['extra', 'six'], prepare: TOUCH }),
        sdist({ name: 'mixed', version: '2.0' }),
        sdist({ name: 'pinned', build: ['tinybuild<2'] }),
        sdist({ name: 'lost-tools', build: ['nowhere>=3'] }),
        sdist({ name: 'elsewhere', build: ['tools @ https://x.example/tools-1-py3-none-any.whl'] }),
        sdist({ name: 'options', build: ['--index-url=https://x.example/simple'] }),
        {
          ...{ name: 'old', version: '0.1' },
          files: {
            'PKG-INFO': OLD,
            'setup.py': TOUCH,
            'old.egg-info/requires.txt':
              'extra\n\n[:python_version < "3"]\nnever\n\n[fast]\nmixed<2\n',
          },
        },
        { name: 'dumb', version: '1.0', files: { 'setup.py': TOUCH } },
        { name: 'dumb', version: '0.9', files: { 'PKG-INFO': OLD.replace('old', 'dumb') } },
        { name: 'mute', version: '1.0', files: { 'setup.py': TOUCH } },
        {
          ...{ name: 'setuptools-user', version: '1.0' },
          files: { 'PKG-INFO': OLD, 'pyproject.toml': '[build-system\n' },
        },
      ],
    );
const lock = {
  platform: 'linux-64' as const,
  packages: ['six 1.17.0', 'tinybuild 1.0'].map((text) => ({
    ...locked(text),
    build: 'pyhd8ed1ab_0',
  })),
};
let count = 0;

const ALL: readonly SdistRule[] = [{ name: '*', build: [] }];

function make(sdists: readonly SdistRule[] = ALL, network: Record<string, string> = {}) {
  count += 1;
  const { progress, lines } = recordProgress();
  const pip = createPip({
    ...{ python: async () => labPython, network, sdists, cacheBytes: 1e9 },
    indexes: [{ name: 'own', url: pathToFileURL(index).href }],
    dataDirectory: join(folder, `data${count}`),
  });
  return {
    lines,
    resolve: (texts: string[], keep: readonly LockedWheel[] = []) =>
      pip.resolve(
        { requirements: texts.map(parseRequirement), lock, keep, python: '3.11.9', glibc: '2.28' },
        progress,
      ),
    fetch: (wheels: readonly LockedWheel[]) =>
      pip.fetch(wheels, join(folder, `build${count}`), progress),
  };
}

async function refusal(promise: Promise<unknown>): Promise<FerryError> {
  const error = await promise.then(() => null).catch((thrown: FerryError) => thrown);
  assert.ok(error, 'nothing was refused');
  return error;
}

const labels = (wheels: readonly LockedWheel[] = []) =>
  wheels.map(({ name, version }) => `${name} ${version}`);

describe('an sdist of pip', { skip }, () => {
  after(() => assert.equal(existsSync(ran), false, 'code of an sdist has run while resolving'));

  test('is locked by its own bytes, with all that builds it as wheels', async () => {
    const wheels = await make().resolve(['plain']);
    assert.deepEqual(labels(wheels), ['extra 1.0', 'plain 1.0']);
    const [extra, plain] = wheels;
    assert.equal(extra?.builtWith, undefined);
    assert.match(plain?.url ?? '', /^file:.*\/plain-1\.0\.tar\.gz$/);
    assert.match(plain?.sha256 ?? '', /^[0-9a-f]{64}$/);
    // The backend as conda has it, though there is a newer one.
    assert.deepEqual(labels(plain?.builtWith), ['tinybuild 1.0', 'tinyhelp 1.0']);
    assert.ok(plain?.builtWith?.every(({ url, sha256 }) => url.endsWith('.whl') && sha256));
  });

  test('is not taken where the operator does not name it, and is where a wheel needs it', async () => {
    for (const rules of [[], [{ name: 'mixed', build: [] }]]) {
      const { code, details } = await refusal(make(rules).resolve(['leans']));
      assert.equal(code, 'requirements-unsatisfiable');
      assert.match(details ?? '', /plain==1\.0 has no usable wheels/);
    }
    const { resolve } = make([{ name: 'plain', build: [] }]);
    assert.deepEqual(labels(await resolve(['leans'])), ['extra 1.0', 'leans 1.0', 'plain 1.0']);
  });

  test('stands only for a version that has no wheel that fits', async () => {
    const { resolve } = make();
    const [newest] = await resolve(['mixed']);
    assert.deepEqual([newest?.version, newest?.builtWith?.length], ['2.0', 2]);
    const [older] = await resolve(['mixed<2']);
    assert.deepEqual([older?.version, older?.builtWith], ['1.0', undefined]);
  });

  test('that is old needs what it was made with', async () => {
    const rules = [
      { name: '*', build: [] },
      { name: 'old', build: ['tinybuild'] },
    ];
    // It asks for setuptools, which this index has not.
    const error = await refusal(make(rules).resolve(['old[fast]']));
    assert.equal(error.code, 'sdist-build-requirement');
    assert.match(error.message, /What builds `old` .*: setuptools>=40\.8\.0, wheel, tinybuild\./);
  });

  test('is built with what the operator adds for it', async () => {
    const [pinned] = await make([{ name: 'pinned', build: ['extra'] }]).resolve(['pinned']);
    assert.deepEqual(labels(pinned?.builtWith).slice(0, 1), ['extra 1.0']);
  });

  test('keeps what it is built with as long as it stays', async () => {
    const { resolve } = make();
    const [before] = await resolve(['plain<2']);
    const plain = (await resolve(['plain'])).find(({ name }) => name === 'plain');
    assert.ok(before && plain);
    const tools = plain.builtWith?.map((each) => ({ ...each, version: '0.5' })) ?? [];
    const kept = await resolve(['plain', 'mixed'], [{ ...plain, builtWith: tools }]);
    assert.deepEqual(labels(kept.find(({ name }) => name === 'plain')?.builtWith), labels(tools));
    const other = tools.map((each) => ({ ...each, url: each.url.replace('py3-', 'cp27-') }));
    const anew = await resolve(['plain'], [{ ...plain, builtWith: other }]);
    assert.deepEqual(
      anew.find(({ name }) => name === 'plain'),
      plain,
    );
  });

  test('whose build asks for what cannot be pinned is refused, with what it asks for', async () => {
    for (const [name, what] of [
      ['lost-tools', /nowhere>=3/],
      ['elsewhere', /tools @ https:/],
      ['options', /--index-url/],
    ] as const) {
      const { code, message } = await refusal(make().resolve([name]));
      assert.equal(code, 'sdist-build-requirement', message);
      assert.match(message, what);
    }
  });

  test('that does not say what it needs gives way to an older one, or is refused', async () => {
    const rules = [{ name: '*', build: [] }];
    const { code, message } = await refusal(make(rules).resolve(['mute']));
    assert.equal(code, 'sdist-unreadable');
    assert.match(message, /mute 1\.0 does not say what it needs: it has no PKG-INFO/);
    assert.match((await refusal(make(rules).resolve(['dumb']))).message, /What builds `dumb`/);
    const broken = await refusal(make(rules).resolve(['setuptools-user']));
    assert.equal(broken.code, 'sdist-unreadable');
  });

  test('is offered on this machine alone, whatever proxy there is', async () => {
    const asked: string[] = [];
    const proxy = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(502).end();
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    after(() => proxy.close());
    const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const { resolve } = make(ALL, { HTTP_PROXY: address, http_proxy: address });
    assert.deepEqual(labels(await resolve(['mixed'])), ['mixed 2.0']);
    assert.deepEqual(asked, []);
  });

  test('arrives with what builds it, where the operator allows it still', async () => {
    const { resolve, fetch } = make();
    const wheels = await resolve(['plain']);
    const pins = await fetch(wheels);
    const plain = pins.find(({ name }) => name === 'plain');
    assert.equal(plain?.sdist?.version, '1.0');
    for (const sha256 of [plain?.sha256, ...(plain?.sdist?.builtWith ?? [])]) {
      assert.ok(existsSync(join(folder, `build${count}`, sha256 ?? '')), sha256);
    }
    const { code, message, suggestion } = await refusal(make([]).fetch(wheels));
    assert.equal(code, 'sdist-not-allowed', message);
    assert.match(suggestion ?? '', /`plain` under `sdists`/);
  });
});
