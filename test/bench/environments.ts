/**
 * The environments that benchmarks pack and stage. Each has a second one at the same path, in which one
 * package is another version: what somebody has after `update`.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createPrefix, LAB_CHANNEL, LAB_PYTHON } from '../packing/real-prefix.ts';
import { runQuietly } from './measuring.ts';

const MAKE_LARGE = join(import.meta.dirname, 'large-channel.py');
const KEPT = join(import.meta.dirname, '../.out/bench');

export interface BenchEnvironment {
  name: string;
  /** What the environment has, for people. */
  packages: string;
  /** Where it is now, or its changed one. */
  prefix: string;
  files: number;
  megabytes: number;
  /** The package that the changed one has in another version. */
  changedPackage: string;
  /** Puts the one that is meant at `prefix`. */
  show(which: 'first' | 'changed'): Promise<void>;
}

interface Plan {
  packages: string;
  channel(): Promise<string>;
  specs: readonly string[];
  changedPackage: string;
  changedTo: string;
}

const USUAL = ['python 3.11.*', 'numpy 2.2.*', 'scipy', 'pandas 2.2.*'];

const PLANS = {
  usual: {
    packages: 'python 3.11, numpy, scipy, pandas',
    channel: async () => LAB_CHANNEL,
    specs: USUAL,
    changedPackage: 'numpy',
    changedTo: 'numpy 1.26.*',
  },
  large: {
    packages: 'python 3.11, numpy, scipy, pandas, and the shapes of pyarrow, scikit-learn, torch',
    channel: largeChannel,
    specs: [...USUAL, 'ferry-arrow', 'ferry-torch', 'ferry-learn 1.6.1.*'],
    changedPackage: 'ferry-learn',
    changedTo: 'ferry-learn 1.6.2.*',
  },
} satisfies Record<string, Plan>;

export type EnvironmentName = keyof typeof PLANS;

export const isEnvironmentName = (name: string): name is EnvironmentName => name in PLANS;

/** The channel that an environment is made from, and what is asked of it. */
export async function askedOf(
  name: EnvironmentName,
): Promise<{ channel: string; specs: readonly string[] }> {
  const { channel, specs }: Plan = PLANS[name];
  return { channel: await channel(), specs };
}

/** Makes both prefixes under `folder`; the first one is shown. */
export async function makeEnvironment(
  folder: string,
  name: EnvironmentName,
): Promise<BenchEnvironment> {
  const plan: Plan = PLANS[name];
  const prefix = join(folder, 'envs', 'churn');
  const aside = { first: join(folder, 'first'), changed: join(folder, 'changed') };
  const channel = await plan.channel();
  const others = plan.specs.filter((spec) => spec.split(' ')[0] !== plan.changedPackage);
  // What stays as it was in both has the same files, as in conda's own cache of packages.
  await createPrefix(channel, prefix, [...others, plan.changedTo]);
  await rename(prefix, aside.changed);
  await createPrefix(channel, prefix, plan.specs);
  let shown: keyof typeof aside = 'first';
  return {
    ...{ name, prefix, packages: plan.packages, changedPackage: plan.changedPackage },
    ...(await sizeOf(prefix)),
    async show(which) {
      if (which === shown) return;
      await rename(prefix, aside[shown]);
      await rename(aside[which], prefix);
      shown = which;
    },
  };
}

/** The channel is kept: it is made once for each version of what makes it. */
async function largeChannel(): Promise<string> {
  const recipe = createHash('sha256').update(readFileSync(MAKE_LARGE)).digest('hex');
  const channel = join(KEPT, `channel-${recipe.slice(0, 12)}`);
  if (!existsSync(channel)) {
    await mkdir(dirname(channel), { recursive: true });
    process.stderr.write(`Making large packages in ${basename(channel)} …\n`);
    await runQuietly(LAB_PYTHON, [MAKE_LARGE, LAB_CHANNEL, channel]);
  }
  return channel;
}

async function sizeOf(prefix: string): Promise<{ files: number; megabytes: number }> {
  let files = 0;
  let bytes = 0;
  for (const entry of readdirSync(prefix, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    files += 1;
    bytes += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return { files, megabytes: Math.round(bytes / 1e6) };
}
