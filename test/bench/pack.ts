/**
 * Packs one environment (python 3.11, numpy, scipy, pandas) with everything that can, in turns, and
 * prints a table. Only ratios within one run mean something: every machine and every hour differ.
 *
 *   node test/bench/pack.ts [ROUNDS]
 */

import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packWithArchiver } from '../../src/adapters/packers/archiver.ts';
import { pack } from '../../src/packing/pack.ts';
import { run } from '../harness/command.ts';
import { CONDA_PACK, noRealPrefix, realPrefix } from '../packing/real-prefix.ts';

interface Contestant {
  name: string;
  archive: string;
  /** Runs before each measured run, unmeasured. */
  prepare?: () => Promise<void>;
  run(): Promise<unknown>;
}

const rounds = Number(process.argv[2] ?? 3);
if (noRealPrefix) {
  console.error(`Nothing to measure: ${noRealPrefix}.`);
  process.exit(2);
}
const folder = await mkdtemp(join(tmpdir(), 'ferry-bench-'));
try {
  const prefix = await realPrefix(
    join(folder, 'envs/churn'),
    'python 3.11.*',
    'numpy 2.2.*',
    'scipy',
    'pandas 2.2.*',
  );
  const rows = await measure(contestants(folder, prefix), rounds);
  console.log(`best of ${rounds}, in turns, on ${process.platform}-${process.arch}`);
  console.table(rows);
} finally {
  await rm(folder, { recursive: true, force: true });
}

function contestants(folder: string, prefix: string): Contestant[] {
  const cache = join(folder, 'cache');
  const forget = () => rm(cache, { recursive: true, force: true });
  const place = (name: string) => join(folder, name);
  const ours = (format: 'zip' | 'tar.gz', archive: string, more = {}) =>
    pack({ prefix, output: archive, format, root: 'churn', ...more });
  const list: Contestant[] = [];
  for (const format of ['tar.gz', 'zip'] as const) {
    const cold = place(`cold.${format}`);
    const warm = place(`warm.${format}`);
    const plain = place(`archiver.${format}`);
    const request = { prefix, format, root: 'churn' };
    list.push(
      {
        name: `ours ${format}, cold cache`,
        archive: cold,
        prepare: forget,
        run: () => ours(format, cold, { cache }),
      },
      {
        name: `ours ${format}, warm cache`,
        archive: warm,
        run: () => ours(format, warm, { cache }),
      },
      {
        name: `archiver ${format}, level 6`,
        archive: plain,
        run: () => packWithArchiver({ ...request, output: plain, level: 6 }),
      },
    );
  }
  const reference = place('conda-pack.tar.gz');
  list.push({
    name: 'conda-pack tar.gz, 2 threads',
    archive: reference,
    run: () => run(CONDA_PACK, ['-q', '-f', '-j', '2', '-p', prefix, '-o', reference]),
  });
  if (existsSync('/usr/bin/zip')) {
    const archive = place('zip.zip');
    list.push({
      name: 'zip -r',
      archive,
      prepare: () => rm(archive, { force: true }),
      run: () => run('/usr/bin/zip', ['-q', '-r', archive, 'churn'], { cwd: join(folder, 'envs') }),
    });
  }
  return list;
}

async function measure(list: readonly Contestant[], rounds: number) {
  const best = new Map<string, number>();
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, prepare, run: contest } of list) {
      await prepare?.();
      const started = performance.now();
      await contest();
      const seconds = (performance.now() - started) / 1000;
      best.set(name, Math.min(best.get(name) ?? Number.POSITIVE_INFINITY, seconds));
    }
  }
  const seconds = (name: string) => best.get(name) ?? Number.NaN;
  const reference = seconds('conda-pack tar.gz, 2 threads');
  return Promise.all(
    list.map(async ({ name, archive }) => ({
      packer: name,
      seconds: Number(seconds(name).toFixed(2)),
      'of conda-pack': Number((seconds(name) / reference).toFixed(2)),
      MB: Number(((await stat(archive)).size / 1e6).toFixed(1)),
    })),
  );
}
