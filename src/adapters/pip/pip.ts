import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { FerryError } from '../../domain/errors.ts';
import { size } from '../../domain/figures.ts';
import type { LockedWheel } from '../../domain/lock.ts';
import { formatRequirement } from '../../domain/pip.ts';
import { distributionsOf } from '../../domain/pip-names.ts';
import type { Channel, Pip, Progress, ResolveRequest } from '../../domain/ports.ts';
import type { ProjectPin } from '../../domain/request.ts';
import { listOf, number, object, or, readJson, string } from '../../domain/shape.ts';
import { createFetcher, type Fetcher } from '../host/fetch.ts';
import { cleanEnvironment, run } from '../host/process.ts';
import { download } from './download.ts';
import { noChecksum, refusedBy, resolverFailed, resolverMissing } from './errors.ts';
import { compareFits, fitOf, type Target, wheelFile } from './wheel-tags.ts';

const PROGRAM = join(import.meta.dirname, 'resolve.py');
const SECONDS = 300;
const MOST_OUTPUT_BYTES = 16 * 1024 * 1024;
const AT_A_TIME = 4;
/** glibc 2.x that uv resolves for, oldest first. */
const GLIBC = [17, 28, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40];

export interface PipOptions {
  /** The interpreter that has uv, made on first use. */
  python: () => Promise<string>;
  /** Highest priority first. */
  indexes: readonly Channel[];
  dataDirectory: string;
  /** Wheels that were not used for longest are removed above this. */
  cacheBytes: number;
  /** Proxies and certificates, from `networkEnvironment`. */
  network: Readonly<Record<string, string>>;
}

/** What the program says of a package: every wheel of it that may fit. */
interface Resolved {
  name: string;
  version: string;
  wheels: { url: string; sha256: string | null; size: number | null }[];
}

const ANSWER = object<{ refused: string | null; packages: Resolved[] }>({
  refused: or(string, null),
  packages: or(
    listOf(
      object<Resolved>({
        ...{ name: string, version: string },
        wheels: listOf(
          object<Resolved['wheels'][number]>({
            url: string,
            sha256: or(string, null),
            size: or(number, null),
          }),
        ),
      }),
    ),
    [],
  ),
});

/** Packages of pip: resolved by uv, downloaded here, and installed as projects are. */
export function createPip(options: PipOptions): Pip {
  const { dataDirectory, indexes } = options;
  const cache = join(dataDirectory, 'wheels');

  async function resolve(request: ResolveRequest, progress: Progress): Promise<LockedWheel[]> {
    const target = targetOf(request);
    const folder = join(dataDirectory, 'pip');
    await mkdir(folder, { recursive: true });
    const work = await mkdtemp(join(folder, 'work-'));
    try {
      const input = {
        requirements: request.requirements.map(formatRequirement),
        packages: distributionsOf(request.lock),
        keep: request.keep.map(({ name, version }) => ({ name, version })),
        indexes: indexes.map(({ url }) => url),
        python: request.python,
        platform: `${target.machine}-manylinux_2_${resolvedGlibc(target)}`,
        cache: join(folder, 'uv'),
      };
      const { refused, packages } = await ask(options, input, work, progress);
      if (refused !== null) {
        progress.log(refused);
        throw refusedBy(
          refused,
          indexes.map(({ name }) => name),
        );
      }
      return packages.map((entry) => chosen(entry, target));
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }

  async function fetch(
    wheels: readonly LockedWheel[],
    directory: string,
    progress: Progress,
  ): Promise<ProjectPin[]> {
    await mkdir(cache, { recursive: true });
    const fetcher = createFetcher(options.network);
    try {
      await downloadAll(fetcher, wheels, cache, progress);
    } finally {
      fetcher.close();
    }
    const pins: ProjectPin[] = [];
    for (const { name, url, sha256 } of wheels) {
      const home = join(directory, sha256);
      await mkdir(home, { recursive: true });
      await copyFile(join(cache, sha256), join(home, wheelFile(url)));
      pins.push({ name, origin: url, sha256 });
    }
    await removeOldest(cache, options.cacheBytes);
    return pins;
  }

  return { indexes: indexes.map(({ name }) => name), resolve, fetch };
}

/** Runs the program on one request; its last line is the answer. */
async function ask(
  { python, network }: PipOptions,
  input: Record<string, unknown>,
  work: string,
  progress: Progress,
) {
  const interpreter = await python();
  const { code, signal, stdout, tail } = await run({
    file: interpreter,
    args: ['-I', PROGRAM],
    cwd: work,
    env: cleanEnvironment({ home: work, named: network }),
    signal: progress.signal,
    timeoutSeconds: SECONDS,
    idleSeconds: null,
    input: `${JSON.stringify(input)}\n`,
    outputLimit: MOST_OUTPUT_BYTES,
  }).catch((error: unknown) => {
    const isHung = error instanceof FerryError && error.code === 'program-hung';
    throw isHung ? resolverFailed('uv did not end in time', error) : error;
  });
  const words = tail.join('\n');
  if (words.includes("No module named 'uv'")) throw resolverMissing(interpreter, words);
  if (code !== 0) throw resolverFailed(words || `it ended with ${signal ?? code}`);
  return readJson(stdout.trimEnd().split('\n').at(-1) ?? '', ANSWER, resolverFailed);
}

function targetOf({ python, lock, glibc }: ResolveRequest): Target {
  const [major = 3, minor = 0] = python.split('.').map(Number);
  const [libcMajor = 2, libcMinor = 17] = (glibc ?? '2.17').split('.').map(Number);
  return {
    python: [major, minor],
    machine: lock.platform === 'linux-64' ? 'x86_64' : 'aarch64',
    glibc: [libcMajor, libcMinor],
  };
}

/** The newest that uv knows and the target has; what is older than all has the oldest. */
function resolvedGlibc({ glibc: [, minor] }: Target): number {
  return GLIBC.findLast((known) => known <= minor) ?? (GLIBC[0] as number);
}

/** The wheel of a package that fits best. */
function chosen({ name, version, wheels }: Resolved, target: Target): LockedWheel {
  const [best] = wheels
    .flatMap((wheel) => {
      const fit = fitOf(wheelFile(wheel.url), target);
      return fit === null ? [] : [{ ...wheel, fit }];
    })
    .sort((left, right) => compareFits(left.fit, right.fit));
  if (!best) throw resolverFailed(`none of the wheels of ${name} ${version} fits`);
  if (best.sha256 === null) throw noChecksum(name, version);
  return { name, version, url: best.url, sha256: best.sha256, size: best.size };
}

/** Some at a time, those that are not there; what is there already was used just now. */
async function downloadAll(
  fetcher: Fetcher,
  wheels: readonly LockedWheel[],
  cache: string,
  progress: Progress,
): Promise<void> {
  const missing: LockedWheel[] = [];
  for (const wheel of wheels) {
    const path = join(cache, wheel.sha256);
    if (existsSync(path)) await utimes(path, new Date(), new Date());
    else missing.push(wheel);
  }
  const failed = new AbortController();
  const signal = AbortSignal.any([progress.signal, failed.signal]);
  let bytes = 0;
  const received = (part: number): void => {
    bytes += part;
    progress.detail(`${size(bytes)} of pip’s packages`);
  };
  const waiting = missing.values();
  const fetchNext = async (): Promise<void> => {
    for (const wheel of waiting) {
      progress.log(`wheel ${wheelFile(wheel.url)}`);
      await download(fetcher, wheel, join(cache, wheel.sha256), { signal, received });
    }
  };
  const all = Array.from({ length: AT_A_TIME }, () =>
    fetchNext().catch((error: unknown) => {
      failed.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(all);
  if (failed.signal.aborted) throw failed.signal.reason;
}

async function removeOldest(cache: string, most: number): Promise<void> {
  const files = await Promise.all(
    (await readdir(cache)).map(async (name) => {
      const path = join(cache, name);
      const found = await stat(path).catch(() => null);
      return { path, bytes: found?.size ?? 0, usedAt: found?.mtimeMs ?? 0 };
    }),
  );
  let kept = 0;
  for (const { path, bytes } of files.sort((left, right) => right.usedAt - left.usedAt)) {
    kept += bytes;
    if (kept > most) await rm(path, { force: true });
  }
}
