import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { chooseEngine } from '../../../src/adapters/engines/engine.ts';
import { available, type SandboxPolicy } from '../../../src/adapters/host/sandbox.ts';
import { createPip } from '../../../src/adapters/pip/pip.ts';
import { createProjects } from '../../../src/adapters/projects/projects.ts';
import { sdistFailed } from '../../../src/adapters/projects/sdist-errors.ts';
import type { FerryError } from '../../../src/domain/errors.ts';
import type { Lock, LockedWheel } from '../../../src/domain/lock.ts';
import { parseRequirement } from '../../../src/domain/pip.ts';
import { parseSpec } from '../../../src/domain/spec.ts';
import { execFileSync } from '../../harness/command.ts';
import { whyNoUv, writeIndex } from '../../harness/pip-index.ts';
import { BACKENDS, sdist } from '../../harness/sdists.ts';
import { labChannel, labPython, recordProgress, whyNoLabChannel } from '../engines/lab.ts';

const folder = mkdtempSync(join(tmpdir(), 'sdist-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const skip = whyNoUv() || whyNoLabChannel() || ((await available()) ?? false);
const [prefix, data] = [join(folder, 'prefix'), join(folder, 'data')];
const secret = join(data, 'secret');

/** Counts who asks, which nobody in the sandbox can. */
const asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(request.url ?? '');
  response.end();
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
after(() => server.close());
const { port } = server.address() as AddressInfo;

const EXTENSION = `#include <Python.h>
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "compiled", "", -1, NULL};
PyMODINIT_FUNC PyInit_compiled(void) {
  PyObject *made = PyModule_Create(&module); PyModule_AddIntConstant(made, "answer", 42); return made; }
`;

const SDISTS = [
  sdist({ name: 'plain' }),
  sdist({ name: 'compiled', files: { 'compiled.c': EXTENSION } }),
  sdist({
    name: 'chatty',
    prepare: `import urllib.request; urllib.request.urlopen('http://127.0.0.1:${port}/')`,
  }),
  sdist({
    name: 'nosy',
    // It says by its version what it has found.
    prepare: `import json, os, pathlib
found = [each for each in (${JSON.stringify(secret)}, '/etc/passwd', '/root', '/home') if os.path.exists(each)]
found += [name for name in os.environ if 'SECRET' in name or 'TOKEN' in name]
found += [str(each) for each in pathlib.Path.home().iterdir() if each.name not in ('input', 'wheel', 'tools', 'bytecode', '.cache')]
assert not found, f'FoundError: {found}'
assert not os.access(${JSON.stringify(prefix)}, os.W_OK)`,
  }),
  sdist({ name: 'broken', prepare: "raise SystemError('no such thing as a working build')" }),
  sdist({ name: 'liar', built: { name: 'six' } }),
  sdist({ name: 'older', built: { version: '0.9' } }),
  sdist({ name: 'changing', built: { requires: ['nowhere>=2'] } }),
  sdist({ name: 'endless', prepare: 'while True: pass' }),
];

let lock: Lock;
let count = 0;

interface Options {
  sandbox?: SandboxPolicy;
  seconds?: number;
}

/** Resolves, fetches and installs as a build does. */
async function install(texts: string[], { sandbox = 'required', seconds = 60 }: Options = {}) {
  count += 1;
  const { progress, lines } = recordProgress();
  const pip = createPip({
    ...{ python: async () => labPython, network: {}, dataDirectory: data, cacheBytes: 1e9 },
    indexes: [{ name: 'own', url: pathToFileURL(join(folder, 'index', 'simple')).href }],
    sdists: [{ name: '*', build: [] }],
  });
  const projects = createProjects({
    config: { repositories: [], paths: [], sandbox },
    ...{ dataDirectory: data, limits: { seconds } },
  });
  const requirements = texts.map(parseRequirement);
  const python = lock.packages.find(({ name }) => name === 'python')?.version ?? '';
  const wheels = await pip.resolve({ requirements, lock, keep: [], python, glibc: null }, progress);
  const directory = join(folder, `build${count}`);
  const pins = await pip.fetch(wheels, directory, progress);
  await projects.install(pins, directory, { prefix, glibc: null }, progress);
  const left = readdirSync(join(data, 'scratch'), { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.includes('work-'),
  );
  assert.deepEqual(left, []);
  return { wheels: wheels as readonly LockedWheel[], lines };
}

async function refusal(promise: Promise<unknown>, code: string): Promise<FerryError> {
  const error = await promise.then(() => null).catch((thrown: FerryError) => thrown);
  assert.equal(error?.code, code, error?.stack ?? 'nothing was refused');
  return error as FerryError;
}

const python = (script: string): string =>
  execFileSync(join(prefix, 'bin', 'python'), ['-B', '-c', script], { encoding: 'utf8' }).trim();

const sitePackages = join(prefix, 'lib', 'python3.11', 'site-packages');

describe('the source of a package of pip', { skip }, () => {
  before(async () => {
    const engine = chooseEngine({
      ...{ configured: 'rattler', environment: process.env, python: async () => labPython },
      dataDirectory: join(folder, 'engine'),
    });
    const { progress } = recordProgress();
    const specs = ['python=3.11', 'six', 'pip'].map((text) => parseSpec(text));
    const where = {
      channels: [labChannel],
      platform: 'linux-64',
      glibc: '2.17',
      keep: [],
    } as const;
    lock = await engine.solve({ specs, ...where }, progress);
    await engine.create({ lock, prefix }, progress);
    mkdirSync(data, { recursive: true });
    writeFileSync(secret, 'of the operator');
    writeIndex(join(folder, 'index'), BACKENDS, SDISTS);
  });

  test('is built with what its lock has, which stays out of the environment', async () => {
    const compiler = existsSync('/usr/bin/cc');
    const { wheels } = await install(['plain', ...(compiler ? ['compiled'] : [])]);
    assert.deepEqual(
      wheels.map(({ builtWith = [] }) => builtWith.map(({ name }) => name)),
      wheels.map(() => ['tinybuild', 'tinyhelp']),
    );
    assert.equal(python('import plain; print(plain.version)'), '1.0');
    if (compiler) {
      assert.equal(python('import compiled; print(compiled.answer)'), '42');
      // Another build of it is in a folder of another name.
      const file = python('import compiled; print(compiled.__file__)');
      assert.equal(readFileSync(file).includes('/tmp/pip'), false);
    }
    assert.equal(existsSync(join(sitePackages, 'tinybuild.py')), false);
  });

  test('reaches nothing while it is built: no network, no file of the host, no secret', async () => {
    const { message } = await refusal(install(['chatty']), 'sdist-needs-network');
    assert.match(message, /chatty wants the network/);
    assert.deepEqual(asked, []);
    process.env.FERRY_TEST_SECRET = 'of the operator';
    // In the sandbox where the operator lets projects do without, too.
    await install(['nosy'], { sandbox: 'off' }).finally(() => delete process.env.FERRY_TEST_SECRET);
    assert.equal(existsSync(join(sitePackages, 'nosy.py')), true);
  });

  const failures: readonly (readonly [what: string, name: string, code: string, says: RegExp])[] = [
    ['its last words where its build fails', 'broken', 'sdist-build-failed', /no such thing as a/],
    ['a wheel of another name', 'liar', 'sdist-other-package', /builds `six-1\.0-/],
    ['a wheel of another version', 'older', 'sdist-other-package', /builds `older-0\.9-/],
    [
      'what it needs only once it is built',
      'changing',
      'project-requirements',
      /changing needs nowhere>=2.*--pip "nowhere>=2"/,
    ],
  ];
  for (const [what, name, code, says] of failures) {
    test(`is refused in words, and nothing of it installed: ${what}`, async () => {
      const { message, suggestion } = await refusal(install([name]), code);
      assert.match(`${message} ${suggestion}`, says);
      const files = readdirSync(sitePackages).filter((file) => file.startsWith(name));
      assert.deepEqual(files, []);
    });
  }

  test('is stopped where its build does not end', async () => {
    await refusal(install(['endless'], { seconds: 8 }), 'sdist-build-hung');
  });
});

describe('the end of a log says of an sdist', () => {
  const logs: readonly (readonly [what: string, log: string, code: string, says: RegExp])[] = [
    [
      'that it asks for more than it has said, and who can add it',
      "ModuleNotFoundError: No module named 'numpy'",
      'sdist-build-requirement',
      /the module `numpy`.*`build` of `part` in `sdists`/,
    ],
    [
      'that its backend asks for more',
      'ERROR: Could not find a version that satisfies the requirement cffi>=1 (from versions: none)\nERROR: No matching distribution found for cffi>=1',
      'sdist-build-requirement',
      /needs `cffi>=1`/,
    ],
    [
      'that there is no compiler',
      "error: command 'gcc' failed: No such file or directory",
      'sdist-needs-compiler',
      /no compiler `gcc`.*apt-get install gcc/,
    ],
    [
      'that it wants the network',
      'urllib.error.URLError: <urlopen error [Errno -3] Temporary failure in name resolution>',
      'sdist-needs-network',
      /wants the network/,
    ],
    ['that it writes too much', 'OSError: [Errno 27] File too large', 'sdist-too-large', /wrote/],
    [
      'that it is for another Python',
      "ERROR: Package 'part' requires a different Python: 3.11.9 not in '>=3.12'",
      'sdist-other-python',
      /needs Python >=3\.12/,
    ],
  ];
  for (const [what, log, code, says] of logs) {
    test(what, () => {
      const error = sdistFailed('part', ['Building wheel', ...log.split('\n')]);
      assert.equal(error.code, code);
      assert.match(`${error.message} ${error.suggestion}`, says);
    });
  }
});
