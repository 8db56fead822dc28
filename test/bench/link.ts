/**
 * From a lock to its archive on a worker, when the packages of another environment are known: one package is
 * another version. `all`: everything is linked and packed, as for the first environment; `some`: what is
 * not known is linked, and all put together; `none`: the same once more, when all is known.
 *
 *   npm run bench:link [-- --rounds 5]
 */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chooseEngine } from '../../src/adapters/engines/engine.ts';
import { createPacker } from '../../src/adapters/packers/packer.ts';
import type { Lock } from '../../src/domain/lock.ts';
import type { PackRequest, Progress } from '../../src/domain/ports.ts';
import { parseSpec } from '../../src/domain/spec.ts';
import { labChannel, labPython, whyNoLabChannel, whyNoLabPython } from '../adapters/engines/lab.ts';
import {
  countOf,
  cpuOfChildren,
  describeMachine,
  machineInWords,
  median,
  printJson,
  rounded,
} from './measuring.ts';

const BEFORE = ['python=3.11', 'numpy', 'scipy', 'pandas'];
const AFTER = ['python=3.11', 'numpy=1.26', 'scipy', 'pandas'];

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });
const rounds = countOf('rounds', values.rounds);
const missing = whyNoLabPython() || whyNoLabChannel();
if (missing) {
  console.error(`Nothing to measure: ${missing}.`);
  process.exit(2);
}

const machine = describeMachine();
console.log(machineInWords(machine));
const folder = await mkdtemp(join(tmpdir(), 'ferry-bench-'));
const progress: Progress = {
  ...{ signal: new AbortController().signal, log: () => {}, detail: () => {} },
};
const engine = chooseEngine({
  ...{ configured: 'rattler', environment: process.env },
  ...{ dataDirectory: join(folder, 'engine'), python: async () => labPython },
});
try {
  const { version } = await engine.describe();
  const [before, after] = [await solve(BEFORE), await solve(AFTER)];
  const prefix = join(folder, 'prefix/0/env');
  const request = (lock: Lock): PackRequest => ({
    ...{ prefix, output: join(folder, 'archive.zip'), format: 'zip', root: 'churn' },
    ...{ packer: 'segments', linked: { lock, engine: version } },
  });
  const packer = createPacker({ dataDirectory: join(folder, 'data'), cacheBytes: 1e12 });
  const segments = join(folder, 'data/segments');
  const known = join(folder, 'known');

  const all = async (lock: Lock) => {
    await engine.create({ lock, prefix }, progress);
    const { archive } = await packer.pack(request(lock), progress);
    await rm(prefix, { recursive: true });
    return archive.sha256;
  };
  const ways: Record<string, () => Promise<string | undefined>> = {
    all: () => all(after),
    async some() {
      const names = packer.lacking(request(after)) ?? [];
      await engine.createSome?.({ lock: after, prefix, names }, progress);
      const completed = await packer.complete(request(after), progress);
      await rm(prefix, { recursive: true });
      return completed?.archive.sha256;
    },
    none: async () => (await packer.assemble(request(after), progress))?.archive.sha256,
  };
  // The package cache has both.
  const expected = await all(after);
  await rm(segments, { recursive: true });
  await all(before);
  await cp(segments, known, { recursive: true });

  const took: Record<string, { seconds: number[]; cpu: number[] }> = {};
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, work] of Object.entries(ways)) {
      if (name !== 'none') {
        await rm(segments, { recursive: true });
        await cp(known, segments, { recursive: true });
      }
      const cpu = cpuSeconds();
      const started = performance.now();
      const sha256 = await work();
      took[name] ??= { seconds: [], cpu: [] };
      took[name].seconds.push((performance.now() - started) / 1000);
      took[name].cpu.push(cpuSeconds() - cpu);
      if (sha256 !== expected) throw new Error(`${name} made another archive: ${sha256}`);
    }
  }
  const rows = Object.entries(took).map(([name, { seconds, cpu }]) => ({
    ...{ name, seconds: rounded(median(seconds)), cpuSeconds: rounded(median(cpu)) },
  }));
  console.table(rows);
  printJson({ bench: 'link', machine, rounds, packages: after.packages.length, rows });
} finally {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
}

function solve(specs: readonly string[]): Promise<Lock> {
  return engine.solve(
    {
      ...{ specs: specs.map((text) => parseSpec(text)), channels: [labChannel], keep: [] },
      ...{ platform: 'linux-64', glibc: '2.17' },
    },
    progress,
  );
}

/** Of this process and those that it has waited for. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6 + cpuOfChildren();
}
