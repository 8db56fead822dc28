import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Credential, netrcOf } from '../../domain/credential.ts';
import type { LockedWheel } from '../../domain/lock.ts';
import { formatRequirement, parseRequirement } from '../../domain/pip.ts';
import { distributionsOf } from '../../domain/pip-names.ts';
import { ARCHITECTURES } from '../../domain/platform.ts';
import type { Channel, InstallPin, Pip, Progress, ResolveRequest } from '../../domain/ports.ts';
import { holdsSecret } from '../../domain/secrets.ts';
import { createFetcher } from '../host/fetch.ts';
import type { Network } from '../host/network.ts';
import { inScratch } from '../host/scratch.ts';
import { downloadAll, removeOldest } from './cache.ts';
import {
  buildRefused,
  noChecksum,
  refusedBy,
  resolverFailed,
  sdistNotAllowed,
  secretAddress,
} from './errors.ts';
import { type OfferedSdist, offerSdists, ruleFor, type SdistRule } from './sdists.ts';
import { askUv, type Resolved, type UvRequest } from './uv.ts';
import { compareFits, fitOf, isAddress, type Target, wheelFile } from './wheel-tags.ts';

/** glibc 2.x that uv resolves for, oldest first. */
const GLIBC = [17, 28, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40];

export interface PipOptions {
  /** The interpreter that has uv, made on first use. */
  python: () => Promise<string>;
  /** Highest priority first. */
  indexes: readonly Channel[];
  /** Whose source may be built; none: wheels alone. */
  sdists: readonly SdistRule[];
  dataDirectory: string;
  /** Wheels that were not used for longest are removed above this. */
  cacheBytes: number;
  network: Network;
  /** What opens private indexes. */
  credentials?: readonly Credential[];
}

interface Asked {
  request: ResolveRequest;
  target: Target;
  python: string;
  progress: Progress;
}

/** Packages of pip: resolved by uv, downloaded here, and installed as projects are. */
export function createPip(options: PipOptions): Pip {
  const { dataDirectory, network, sdists, credentials = [] } = options;
  const cache = join(dataDirectory, 'wheels');
  const names = options.indexes.map(({ name }) => name);
  const addresses = options.indexes.map(({ url }) => url);

  async function resolve(request: ResolveRequest, progress: Progress): Promise<LockedWheel[]> {
    const target = targetOf(request);
    await mkdir(cache, { recursive: true });
    const fetcher = createFetcher(network, credentials);
    const asked = { request, target, progress, python: await options.python() };
    const offer =
      sdists.length === 0
        ? null
        : await offerSdists({ ...asked, fetcher, indexes: addresses, rules: sdists, cache });
    try {
      const { refused, packages } = await ask(asked, {
        requirements: request.requirements.map(formatRequirement),
        packages: distributionsOf(request.lock),
        keep: request.keep,
        indexes: offer === null ? addresses : [offer.url, ...addresses],
      });
      if (refused !== null) {
        progress.log(refused);
        throw offer?.problem() ?? refusedBy(refused, names);
      }
      const wheels: LockedWheel[] = [];
      for (const entry of packages) {
        const wheel = chosen(entry, target);
        const sdist = offer?.sdist(wheel.url) ?? null;
        wheels.push(sdist === null ? wheel : await lockedSdist(asked, sdist, entry));
      }
      return wheels;
    } finally {
      await offer?.close();
      fetcher.close();
    }
  }

  /** One question to uv, in a folder of its own. */
  async function ask(
    { request, target, progress, python }: Asked,
    { keep, ...question }: Pick<UvRequest, 'requirements' | 'packages' | 'keep' | 'indexes'>,
  ) {
    const folder = join(dataDirectory, 'pip');
    await mkdir(folder, { recursive: true });
    const input = {
      ...question,
      keep: keep.map(({ name, version }) => ({ name, version })),
      python: request.python,
      platform: `${target.machine}-manylinux_2_${resolvedGlibc(target)}`,
      cache: join(folder, 'uv'),
    };
    return inScratch(dataDirectory, async (work) => {
      // Its home for the while, where uv looks for passwords; gone when it has answered.
      if (credentials.length > 0) {
        await writeFile(join(work, '.netrc'), netrcOf(credentials), { mode: 0o600 });
      }
      return askUv({ python, network: withoutProxyHere(network) }, input, work, progress);
    });
  }

  /** The sdist with all that builds it: wheels alone, in the versions of the environment where they do. */
  async function lockedSdist(
    asked: Asked,
    { requires, ...sdist }: OfferedSdist,
    { name, version }: Resolved,
  ): Promise<LockedWheel> {
    const { request, target, progress } = asked;
    const known = request.keep.find(({ sha256 }) => sha256 === sdist.sha256)?.builtWith;
    const fits = ({ url }: LockedWheel) => fitOf(wheelFile(url), target) !== null;
    if (known?.every(fits)) return { ...sdist, name, version, builtWith: known };
    const requirements = buildRequirements(name, [
      ...requires,
      ...(ruleFor(sdists, name)?.build ?? []),
    ]);
    progress.log(
      `sdist ${wheelFile(sdist.url)}, built with ${requirements.join(' ') || 'nothing'}`,
    );
    if (requirements.length === 0) return { ...sdist, name, version, builtWith: [] };
    const keep = distributionsOf(request.lock);
    const question = { requirements, packages: [], keep, indexes: addresses };
    const { refused, packages } = await ask(asked, question);
    if (refused !== null) {
      progress.log(refused);
      const error = refusedBy(refused, names);
      throw error.retryable ? error : buildRefused(name, requirements, refused);
    }
    const builtWith = packages.map((entry) => chosen(entry, target));
    return { ...sdist, name, version, builtWith };
  }

  async function fetch(
    wheels: readonly LockedWheel[],
    directory: string,
    progress: Progress,
  ): Promise<InstallPin[]> {
    const refused = wheels.find(
      ({ name, builtWith }) => builtWith !== undefined && ruleFor(sdists, name) === null,
    );
    if (refused) throw sdistNotAllowed(refused);
    const files = new Map(
      wheels
        .flatMap((wheel) => [wheel, ...(wheel.builtWith ?? [])])
        .map((wheel) => [wheel.sha256, wheel]),
    );
    await mkdir(cache, { recursive: true });
    const fetcher = createFetcher(network, credentials);
    try {
      await downloadAll(fetcher, [...files.values()], cache, progress);
    } finally {
      fetcher.close();
    }
    for (const { url, sha256 } of files.values()) {
      const home = join(directory, sha256);
      await mkdir(home, { recursive: true });
      await copyFile(join(cache, sha256), join(home, wheelFile(url)));
    }
    await removeOldest(cache, options.cacheBytes);
    return wheels.map(pinOf);
  }

  return { indexes: names, resolve, fetch };
}

function pinOf({ name, version, url, sha256, builtWith }: LockedWheel): InstallPin {
  const pin = { name, origin: url, sha256 };
  if (builtWith === undefined) return pin;
  return { ...pin, sdist: { version, builtWith: builtWith.map((each) => each.sha256) } };
}

/** What builds an sdist, as pip writes it: its own words could be options or addresses. */
function buildRequirements(name: string, texts: readonly string[]): string[] {
  const requirements = texts.map((text) => {
    try {
      return parseRequirement(text);
    } catch (error) {
      throw buildRefused(name, [text], (error as Error).message);
    }
  });
  const address = requirements.find(({ url }) => url !== null);
  if (address) throw buildRefused(name, [formatRequirement(address)], 'it is an address');
  return requirements.map(formatRequirement);
}

/** What sdists are offered at is on this machine, wherever a proxy is. */
function withoutProxyHere(network: Readonly<Record<string, string>>): Record<string, string> {
  const known = network.no_proxy ?? network.NO_PROXY;
  const none = known ? `${known},127.0.0.1` : '127.0.0.1';
  return { ...network, no_proxy: none, NO_PROXY: none };
}

function targetOf({ python, lock, glibc }: ResolveRequest): Target {
  const [major = 3, minor = 0] = python.split('.').map(Number);
  const [libcMajor = 2, libcMinor = 17] = (glibc ?? '2.17').split('.').map(Number);
  return {
    python: [major, minor],
    machine: ARCHITECTURES[lock.platform],
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
      const fit = isAddress(wheel.url) ? fitOf(wheelFile(wheel.url), target) : null;
      return fit === null ? [] : [{ ...wheel, fit }];
    })
    .sort((left, right) => compareFits(left.fit, right.fit));
  if (!best) throw resolverFailed(`none of the wheels of ${name} ${version} fits`);
  if (best.sha256 === null) throw noChecksum(name, version);
  if (holdsSecret(best.url)) throw secretAddress(name, version);
  return { name, version, url: best.url, sha256: best.sha256, size: best.size };
}
