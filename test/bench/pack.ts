/**
 * What packing takes, beside `zip -q -r` and conda-pack: whole processes, in turns, on the same
 * environment. `cold`: nothing was ever packed; `unchanged`: this very prefix was, and nobody touched it
 * since; `warm`: the same packages were, in a prefix made anew; `changed`: one in which one package had
 * another version was.
 *
 *   npm run bench:pack [-- --rounds 5 --environments usual,large --formats zip,tar.gz]
 */
import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { CONDA_PACK, noRealPrefix } from '../packing/real-prefix.ts';
import {
  type BenchEnvironment,
  type EnvironmentName,
  isEnvironmentName,
  makeEnvironment,
} from './environments.ts';
import {
  type Contestant,
  countOf,
  describeMachine,
  type Measured,
  machineInWords,
  measure,
  printJson,
  rounded,
  runQuietly,
} from './measuring.ts';

const FERRY = join(import.meta.dirname, '../../src/conda-ferry');
const ZIP = '/usr/bin/zip';
const FORMATS = ['zip', 'tar.gz'] as const;
type Format = (typeof FORMATS)[number];

/** The packers that ours are compared with, by the name they have in the tables. */
const PEERS: Readonly<Record<Format, string>> = { zip: 'zip -q -r', 'tar.gz': 'conda-pack -j -1' };

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1' },
    environments: { type: 'string', default: 'usual' },
    formats: { type: 'string', default: 'zip' },
  },
});
const rounds = countOf('rounds', values.rounds);
const names = values.environments.split(',').filter(isEnvironmentName);
const formats = FORMATS.filter((format) => values.formats.split(',').includes(format));
if (names.length === 0 || formats.length === 0) {
  console.error('--environments takes usual and large, --formats takes zip and tar.gz.');
  process.exit(2);
}
if (noRealPrefix) {
  console.error(`Nothing to measure: ${noRealPrefix}.`);
  process.exit(2);
}

interface Packing extends Contestant {
  archive: string;
}

const machine = describeMachine();
const results = [];
for (const name of names) results.push(await benchmark(name));
printJson({ bench: 'pack', machine, rounds, environments: results });

async function benchmark(name: EnvironmentName) {
  const folder = await mkdtemp(join(tmpdir(), 'ferry-bench-'));
  try {
    const environment = await makeEnvironment(folder, name);
    const { packages, files, megabytes, changedPackage } = environment;
    const list = await contestants(folder, environment);
    const measured = await measure(list, rounds);
    const rows = await Promise.all(
      measured.map(async (row, at) => ({ ...row, MB: await megabytesOf(list[at]?.archive ?? '') })),
    );
    const ratios = ratiosOf(measured);
    console.log(`\n${packages}: ${files} files, ${megabytes} MB; changed: ${changedPackage}`);
    console.log(`median of ${rounds}, in turns, on ${machineInWords(machine)}`);
    console.table(rows);
    console.table(ratios);
    return { name, packages, files, megabytes, changedPackage, rows, ratios };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function contestants(folder: string, environment: BenchEnvironment): Promise<Packing[]> {
  const list: Packing[] = [];
  for (const format of formats) list.push(...(await ours(folder, environment, format)));
  return [...list, ...peers(folder, environment)];
}

/** Ours four ways; the caches of the warm ones are as the first packing left them, in each round. */
async function ours(
  folder: string,
  { prefix, show }: BenchEnvironment,
  format: Format,
): Promise<Packing[]> {
  const filled = join(folder, `filled-${format}`);
  const cache = join(folder, `cache-${format}`);
  const pack = (archive: string, into: string) =>
    runQuietly(FERRY, ['pack', prefix, '-o', archive, '--cache', into]);
  await pack(join(folder, `filling.${format}`), filled);
  const empty = () => rm(cache, { recursive: true, force: true });
  // Hard links would let a packer that writes in place change both.
  const refill = async () => {
    await empty();
    await cp(filled, cache, { recursive: true, preserveTimestamps: true });
  };
  const remember = async () => {
    await refill();
    await pack(join(folder, `filling.${format}`), cache);
    // Files as young as this are read again: their times would not show a change.
    await setTimeout(3000);
  };
  const entry = (way: string, which: 'first' | 'changed', prepareCache: () => Promise<void>) => {
    const archive = join(folder, `${way}.${format}`);
    return {
      name: `ours ${format}, ${way}`,
      archive,
      prepare: async () => {
        await show(which);
        await prepareCache();
        await rm(archive, { force: true });
      },
      run: () => pack(archive, cache),
    };
  };
  return [
    entry('cold', 'first', empty),
    entry('unchanged', 'first', remember),
    entry('warm', 'first', refill),
    entry('changed', 'changed', refill),
  ];
}

function peers(folder: string, { prefix, show }: BenchEnvironment): Packing[] {
  const archive = (name: string) => join(folder, name);
  const [zipped, packed] = [archive('zip.zip'), archive('conda-pack.tar.gz')];
  const anew = (path: string) => async () => {
    await show('first');
    await rm(path, { force: true });
  };
  const zip = {
    name: PEERS.zip,
    archive: zipped,
    prepare: anew(zipped),
    run: () => runQuietly(ZIP, ['-q', '-r', zipped, 'churn'], { cwd: join(prefix, '..') }),
  };
  const condaPack = {
    name: PEERS['tar.gz'],
    archive: packed,
    prepare: anew(packed),
    run: () => runQuietly(CONDA_PACK, ['-q', '-j', '-1', '-p', prefix, '-o', packed]),
  };
  return [...(existsSync(ZIP) ? [zip] : []), condaPack];
}

/** How many times as long each peer takes, by the clock and in processor time. */
function ratiosOf(measured: readonly Measured[]) {
  const isPeer = ({ name }: Measured) => Object.values(PEERS).includes(name);
  return measured.filter(isPeer).flatMap((peer) =>
    measured
      .filter((row) => !isPeer(row))
      .map((row) => ({
        ratio: `${peer.name} ÷ ${row.name}`,
        time: rounded(peer.seconds / row.seconds),
        cpu: rounded(peer.cpuSeconds / row.cpuSeconds),
      })),
  );
}

async function megabytesOf(archive: string): Promise<number> {
  return rounded((await stat(archive)).size / 1e6, 1);
}
