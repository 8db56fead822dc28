import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { chooseEngine } from '../../src/adapters/engines/engine.ts';
import type { Engine } from '../../src/domain/ports.ts';
import { parseSpec } from '../../src/domain/spec.ts';
import { assemble } from '../../src/packing/assembling.ts';
import { complete, lackingPackages } from '../../src/packing/completing.ts';
import { pack } from '../../src/packing/pack.ts';
import {
  labChannel,
  labPython,
  prepareConda,
  recordProgress,
  whyNoConda,
  whyNoLabChannel,
  whyNoLabPython,
} from '../adapters/engines/lab.ts';
import { unlessFull } from '../harness/full.ts';
import { temporaryFolder } from './fake-prefix.ts';

const { progress } = recordProgress();

/** `isKnown`: all its packages are in those before it; `isLinked`: it is never put together. */
const SETS: readonly { specs: readonly string[]; isKnown?: true; isLinked?: true }[] = [
  { specs: ['python=3.11', 'ferry-entry', 'ferry-prefix', 'ferry-activate'] },
  { specs: ['python=3.11', 'six', 'ferry-links', 'ferry-legacy', 'python-dateutil'] },
  { specs: ['python=3.11', 'six', 'ferry-prefix', 'ferry-links'], isKnown: true },
  { specs: ['python=3.11', 'ferry-entry', 'ferry-legacy', 'python-dateutil'], isKnown: true },
  // Compiled by another Python.
  { specs: ['python=3.13', 'six', 'ferry-prefix'] },
  { specs: ['python=3.13', 'ferry-prefix', 'ferry-links'], isKnown: true },
  // Two that have one path, and one with a link script.
  { specs: ['python=3.11', 'ferry-clobber', 'ferry-activate'], isLinked: true },
  { specs: ['python=3.11', 'ferry-script', 'six'], isLinked: true },
];

const RUNS = [
  { engine: 'rattler', format: 'zip', sets: SETS, skip: false },
  // Formats differ behind what an engine does; random packages are put together in both.
  { engine: 'rattler', format: 'tar.gz', sets: SETS.slice(0, 4), skip: unlessFull },
  // A real conda takes long to begin with.
  { engine: 'conda', format: 'zip', sets: SETS.slice(0, 4), skip: unlessFull },
] as const;

const WHY_NOT = {
  rattler: whyNoLabPython() || whyNoLabChannel(),
  conda: whyNoConda() || whyNoLabChannel(),
};

for (const { engine, format, sets, skip: whyNot } of RUNS) {
  const skip = whyNot || WHY_NOT[engine];
  test(`what ${engine} would link is put together from what it has linked before, to the byte: ${format}`, {
    skip,
  }, async (context) => {
    const { put, complete, link } = await workbench(context, engine);
    for (const { specs, isKnown, isLinked } of sets) {
      const words = specs.join(' ');
      const lock = await link.solve(specs);
      const assembled = (await put(lock, format)) ?? (await complete?.(lock, format)) ?? null;
      const isPut = isKnown || (complete && !isLinked);
      assert.equal(assembled !== null, isPut === true, words);
      const linked = await link.pack(lock, format);
      if (assembled) assert.equal(assembled.sha256, linked.sha256, words);
      const again = await put(lock, format);
      assert.equal(again?.sha256 ?? null, isLinked ? null : linked.sha256, words);
    }
  });
}

async function workbench(context: TestContext, name: 'rattler' | 'conda') {
  const folder = await temporaryFolder(context);
  const engine: Engine = chooseEngine({
    configured: name,
    environment: { ...process.env, ...(name === 'conda' ? { CONDA_EXE: prepareConda() } : {}) },
    dataDirectory: join(folder, 'data'),
    python: async () => labPython,
  });
  context.after(() => engine.close());
  const { version } = await engine.describe();
  const prefix = join(folder, 'prefix/0/env');
  type Lock = Awaited<ReturnType<Engine['solve']>>;
  const request = (lock: Lock, format: 'zip' | 'tar.gz') => ({
    ...{ prefix, format, root: 'churn', cache: join(folder, 'cache') },
    output: join(folder, `archive.${format}`),
    linked: { lock, engine: `${name} ${version}` },
  });
  return {
    put: (lock: Lock, format: 'zip' | 'tar.gz') => assemble(request(lock, format)),
    /** Links what is not known, and puts all together. */
    complete:
      engine.createSome &&
      (async (lock: Lock, format: 'zip' | 'tar.gz') => {
        const names = lackingPackages(request(lock, format));
        await engine.createSome?.({ lock, prefix, names }, progress);
        try {
          return await complete(request(lock, format));
        } finally {
          await rm(prefix, { recursive: true });
        }
      }),
    link: {
      solve: (specs: readonly string[]) =>
        engine.solve(
          {
            ...{ specs: specs.map((text) => parseSpec(text)), channels: [labChannel], keep: [] },
            ...{ platform: 'linux-64', glibc: '2.17' },
          },
          progress,
        ),
      async pack(lock: Lock, format: 'zip' | 'tar.gz') {
        await engine.create({ lock, prefix }, progress);
        try {
          return await pack(request(lock, format));
        } finally {
          await rm(prefix, { recursive: true });
        }
      },
    },
  };
}
