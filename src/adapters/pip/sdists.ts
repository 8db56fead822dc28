import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { LockedWheel } from '../../domain/lock.ts';
import type { Progress } from '../../domain/ports.ts';
import { listOf, object, or, readJson, string } from '../../domain/shape.ts';
import type { Fetcher } from '../host/fetch.ts';
import { cleanEnvironment, run } from '../host/process.ts';
import { downloadAll } from './cache.ts';
import { noChecksum, sdistUnreadable, tooManySdists } from './errors.ts';
import { type IndexedFile, readPage, sdistVersion } from './index-page.ts';
import { fitOf, type Target } from './wheel-tags.ts';

/** A package whose source may be built here; the name `*` stands for each that is not named. */
export interface SdistRule {
  name: string;
  /** What its build needs beside what it says itself, as requirements. */
  build: readonly string[];
}

/** The rule of a package; null where its source may not be built. */
export function ruleFor(rules: readonly SdistRule[], name: string): SdistRule | null {
  return (
    rules.find((rule) => rule.name === name) ?? rules.find((rule) => rule.name === '*') ?? null
  );
}

/** An sdist that stands for a wheel in the resolver's answer. */
export interface OfferedSdist extends LockedWheel {
  /** What its build needs by its own words. */
  requires: readonly string[];
}

export interface Offer {
  /** An index to be asked before all others. */
  url: string;
  /** The sdist that a wheel of this address stands for; null for a wheel. */
  sdist(url: string): OfferedSdist | null;
  /** The first thing that went wrong with any; uv has no words for it. */
  problem(): Error | null;
  close(): Promise<void>;
}

interface OfferRequest {
  fetcher: Fetcher;
  /** Addresses, highest priority first. */
  indexes: readonly string[];
  rules: readonly SdistRule[];
  target: Target;
  /** Files by their sha256. */
  cache: string;
  /** An interpreter of ours. */
  python: string;
  progress: Progress;
}

const PROGRAM = join(import.meta.dirname, 'read_sdist.py');
const READ_SECONDS = 60;
/** uv looks at more versions than it takes, and an sdist is read as a whole. */
const MOST_READ = 40;

/** No version of uv's: it goes on to another one of the package. */
const UNUSABLE = 'Metadata-Version: unreadable\n';

const READ = object<{ metadata: string; requires: string[]; unreadable: string | null }>({
  metadata: or(string, ''),
  requires: or(listOf(string), []),
  unreadable: or(string, null),
});

/**
 * Offers sdists as an index of wheels, to a resolver that takes nothing else: it builds none, not
 * to learn what it needs either. A version that has no wheel that fits has one here, whose metadata
 * are read from the sdist when uv asks for them. The wheel itself cannot be had.
 */
export async function offerSdists(request: OfferRequest): Promise<Offer> {
  const { rules, target, progress } = request;
  const known = new Map<string, { sdist: LockedWheel; file: string; requires: string[] }>();
  let problem: Error | null = null;
  const root = `/${randomBytes(16).toString('hex')}`;
  const server = createServer((asked, response) => {
    answer(decodeURIComponent(asked.url ?? ''))
      .catch((error: Error) => {
        problem ??= error;
        return null;
      })
      .then((found) => {
        const type = found?.startsWith('{')
          ? 'application/vnd.pypi.simple.v1+json'
          : 'application/octet-stream';
        const headers = { 'content-type': type, 'cache-control': 'no-store' };
        response.writeHead(found === null ? 404 : 200, headers).end(found ?? '');
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const place = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function answer(path: string): Promise<string | null> {
    const [, secret, name = '', file = ''] = path.split('/');
    if (`/${secret}` !== root) return null;
    if (file === '') return ruleFor(rules, name) === null ? null : page(name);
    return metadata(path.replace(/\.metadata$/, ''));
  }

  async function page(name: string): Promise<string | null> {
    const files = await readPage(request.fetcher, request.indexes, name, progress.signal);
    if (files === null) return null;
    const wheels = files.filter(({ file }) => file.endsWith('.whl'));
    const offered = sdistsWithoutWheel(files, name, target).map(({ version, file: sdist }) => {
      const { url, sha256 } = sdist;
      const file = `${name.replaceAll('-', '_')}-${version}-py3-none-any.whl`;
      const path = `${root}/${name}/${file}`;
      known.set(path, {
        sdist: { name, version, url, sha256: sha256 ?? '', size: null, builtWith: [] },
        ...{ file: sdist.file, requires: [] },
      });
      return { ...sdist, file, url: `${place}${encodeURI(path)}`, hasMetadata: true };
    });
    return JSON.stringify({
      meta: { 'api-version': '1.0' },
      name,
      files: [...wheels, ...offered].map((each) => ({
        filename: each.file,
        url: each.url,
        hashes: each.sha256 === null ? {} : { sha256: each.sha256 },
        ...(each.requiresPython === null ? {} : { 'requires-python': each.requiresPython }),
        ...{ yanked: each.yanked, 'core-metadata': each.hasMetadata },
      })),
    });
  }

  let read = 0;
  async function metadata(path: string): Promise<string | null> {
    const entry = known.get(path);
    if (entry === undefined) return null;
    const { name, version, sha256 } = entry.sdist;
    if (sha256 === '') throw noChecksum(name, version);
    read += 1;
    if (read > MOST_READ) throw tooManySdists(MOST_READ);
    progress.detail(`reading the source of ${name} ${version}`);
    await downloadAll(request.fetcher, [entry.sdist], request.cache, progress);
    const found = await readSdist(request, entry.sdist, entry.file);
    if (found.unreadable !== null) {
      problem ??= sdistUnreadable(name, version, found.unreadable);
      return UNUSABLE;
    }
    entry.requires = found.requires;
    return found.metadata;
  }

  return {
    url: `${place}${root}`,
    sdist(url) {
      const entry = known.get(decodeURIComponent(new URL(url).pathname));
      return entry && url.startsWith(place) ? { ...entry.sdist, requires: entry.requires } : null;
    },
    problem: () => problem,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** One sdist of each version that no wheel of the index fits. */
function sdistsWithoutWheel(files: readonly IndexedFile[], name: string, target: Target) {
  const fitting = new Set(
    files
      .filter(({ file }) => file.endsWith('.whl') && fitOf(file, target) !== null)
      .map(({ file }) => file.split('-')[1]),
  );
  const sdists = new Map<string, IndexedFile>();
  for (const file of files) {
    const version = sdistVersion(file.file, name);
    if (version === null || !/^\d[\w.+!]*$/.test(version) || fitting.has(version)) continue;
    if (!sdists.has(version)) sdists.set(version, file);
  }
  return [...sdists].map(([version, file]) => ({ version, file }));
}

/** What an sdist says of itself; nothing of it is run. */
async function readSdist(
  { python, cache, progress }: OfferRequest,
  { name, version, sha256 }: LockedWheel,
  file: string,
) {
  const refuse = (why: string) => sdistUnreadable(name, version, why);
  const { code, stdout, tail } = await run({
    file: python,
    args: ['-I', PROGRAM, join(cache, sha256), file, name, version],
    ...{ cwd: cache, env: cleanEnvironment({ home: cache }), signal: progress.signal },
    ...{ timeoutSeconds: READ_SECONDS, idleSeconds: null, outputLimit: 16 * 1024 ** 2 },
  });
  if (code !== 0) throw refuse(tail.at(-1) ?? `the reader ended with ${code}`);
  return readJson(stdout.trimEnd(), READ, refuse);
}
