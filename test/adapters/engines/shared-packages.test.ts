import assert from 'node:assert/strict';
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { chooseEngine } from '../../../src/adapters/engines/engine.ts';
import type { Lock } from '../../../src/domain/lock.ts';
import type { Engine } from '../../../src/domain/ports.ts';
import { parseSpec } from '../../../src/domain/spec.ts';
import { pack } from '../../../src/packing/pack.ts';
import { execFileSync } from '../../harness/command.ts';
import { isFull } from '../../harness/full.ts';
import { labChannel, labPython, recordProgress, whyNoLabChannel, whyNoLabPython } from './lab.ts';

const folder = mkdtempSync(join(tmpdir(), 'shared-packages-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** What four builds have; most packages are in several of them. */
const SETS: readonly (readonly string[])[] = isFull
  ? [
      ['python=3.11', 'numpy=2.2', 'six'],
      ['python=3.11', 'numpy=2.2', 'pandas'],
      ['python=3.11', 'scipy', 'ferry-entry'],
      ['python=3.11', 'six', 'ferry-links'],
    ]
  : [
      ['ferry-links', 'ferry-prefix', 'ferry-activate'],
      ['ferry-links', 'ferry-script', 'ferry-legacy'],
      ['ferry-prefix', 'ferry-script'],
      ['ferry-links', 'ferry-prefix', 'ferry-legacy'],
    ];

interface Wanted {
  prefix: string;
  lock: Lock;
  /** Of the archive of this prefix where nobody else was at work. */
  sha256: string;
}

function engineIn(dataDirectory: string): Engine {
  const engine = chooseEngine({
    configured: 'rattler',
    environment: {},
    dataDirectory,
    python: async () => labPython,
  });
  after(() => engine.close());
  return engine;
}

const packagesOf = (dataDirectory: string) => join(dataDirectory, 'rattler', 'packages');

async function create(engine: Engine, { lock, prefix }: Pick<Wanted, 'lock' | 'prefix'>) {
  await engine.create({ lock, prefix }, recordProgress().progress);
  try {
    const output = `${prefix}.zip`;
    return (await pack({ prefix, output, format: 'zip', root: 'churn' })).sha256;
  } finally {
    rmSync(prefix, { recursive: true });
  }
}

/** Ends the engine's process that creates one of the prefixes, as the kernel does, once one is found. */
async function killOne(dataDirectory: string): Promise<void> {
  const packages = packagesOf(dataDirectory);
  // The first package is being unpacked.
  while (globSync('*/*', { cwd: packages }).length === 0) await nextMoment();
  const pid = readdirSync('/proc').find((name) => /^\d+$/.test(name) && isCreating(name));
  if (pid !== undefined) process.kill(Number(pid), 'SIGKILL');
}

const nextMoment = () => new Promise((resolve) => setImmediate(resolve));

function isCreating(pid: string): boolean {
  try {
    const parent = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1];
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    const isEngine = words.some((word) => word.endsWith('rattler-engine.py'));
    return Number(parent) === process.pid && isEngine && !words.includes('--stay');
  } catch {
    return false;
  }
}

describe('builds that share the packages of a host', {
  skip: whyNoLabPython() || whyNoLabChannel(),
}, () => {
  const wanted: Wanted[] = [];

  before(async () => {
    const alone = engineIn(join(folder, 'alone'));
    for (const [at, specs] of SETS.entries()) {
      const lock = await alone.solve(
        {
          ...{ specs: specs.map((text) => parseSpec(text)), channels: [labChannel], keep: [] },
          ...{ platform: 'linux-64', glibc: '2.17' },
        },
        recordProgress().progress,
      );
      const prefix = join(folder, `${at}`, 'env');
      wanted.push({ lock, prefix, sha256: await create(alone, { lock, prefix }) });
    }
  });

  const digests = () => wanted.map(({ sha256 }) => sha256);

  test('have what each has alone, though none of the packages was there', async () => {
    const engine = engineIn(join(folder, 'four'));
    const made = await Promise.all(wanted.map((each) => create(engine, each)));
    assert.deepEqual(made, digests());
  });

  test('have it though one of them is killed while packages are unpacked, and so has that one next time', async () => {
    const data = join(folder, 'killed');
    const engine = engineIn(data);
    const creating = wanted.map((each) => create(engine, each));
    const [made] = await Promise.all([Promise.allSettled(creating), killOne(data)]);
    const failed = made.filter(({ status }) => status === 'rejected');
    assert.ok(failed.length <= 1, `${failed.length} failed`);
    for (const [at, each] of wanted.entries()) {
      const result = made[at];
      const sha256 = result?.status === 'fulfilled' ? result.value : await create(engine, each);
      assert.equal(sha256, each.sha256);
    }
  });

  test('have it whatever became of a file of the cache', async () => {
    const data = join(folder, 'damaged');
    const engine = engineIn(data);
    const first = wanted[0] as Wanted;
    await create(engine, first);
    const files = globSync('*/{lib,share,bin}/**', { cwd: packagesOf(data), withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => readFileSync(path).length > 0);
    const damages: Record<string, (path: string, good: Buffer) => void> = {
      'torn off': (path, good) => writeFileSync(path, good.subarray(0, good.length >> 1)),
      'one bit wrong': (path, good) => {
        good[good.length - 1] = (good.at(-1) ?? 0) ^ 1;
        writeFileSync(path, good);
      },
      gone: (path) => rmSync(path),
    };
    assert.ok(files.length >= 3);
    for (const [at, [what, damage]] of Object.entries(damages).entries()) {
      const path = files[Math.floor((at * files.length) / 3)] as string;
      damage(path, readFileSync(path));
      assert.equal(await create(engine, first), first.sha256, `${what}: ${path}`);
    }
  });

  test('are told of a full disk, and have it once there is room', {
    skip: process.getuid?.() === 0 ? false : 'mounting a small file system needs root',
  }, async (context) => {
    const data = join(folder, 'full');
    mkdirSync(data);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24k', 'tmpfs', data]);
    } catch {
      context.skip('this container may not mount');
      return;
    }
    try {
      const engine = engineIn(data);
      const made = await Promise.allSettled(wanted.map((each) => create(engine, each)));
      for (const each of made) {
        assert.equal(each.status === 'rejected' && each.reason.code, 'disk-full');
      }
      assert.ok(wanted.every(({ prefix }) => !existsSync(prefix)));
      execFileSync('mount', ['-o', 'remount,size=2g', data]);
      assert.deepEqual(await Promise.all(wanted.map((each) => create(engine, each))), digests());
    } finally {
      execFileSync('umount', ['--lazy', data]);
    }
  });
});
