import { readFileSync } from 'node:fs';
import { userError } from '../domain/errors.ts';
import { isObject, object, readJson, string } from '../domain/shape.ts';
import type { PrefixFile } from './prefix.ts';

/** What `conda-meta/<package>.json` says about one file of the package. */
export interface FileRecord {
  /** Digest of the file as it was linked into the prefix; null where none can be compared. */
  sha256: string | null;
  /** How conda replaced the build prefix in it; null when the package declared none. */
  mode: 'text' | 'binary' | null;
  /** Length of the placeholder it was built with: the room a binary has for a longer prefix. */
  placeholderBytes: number;
}

export interface CondaPackage {
  name: string;
  version: string;
  /** The record's own path: `conda-meta/numpy-2.2.6-py311_0.json`. */
  record: string;
  /** What was linked, by path in the prefix. */
  files: Map<string, FileRecord>;
  /** Folders the package lists: made with its files, and of no weight when they are gone. */
  folders: ReadonlySet<string>;
  /**
   * Files whose name another package had already when rattler installed this one, with that name:
   * `__clobbers__/<package>/x` → `x`, and `x__clobber-from-<package>` → `x` in its older versions.
   */
  displaced: ReadonlyMap<string, string>;
  /**
   * Files that the build prefix was replaced in without a word on how: micromamba writes neither
   * `file_mode` nor `prefix_placeholder`, but the digest from before beside the one from after.
   */
  undeclared: ReadonlySet<string>;
  /** The record as it is archived. */
  blanked: Buffer;
}

/** Reads every record in a prefix. Errors: `conda-meta-broken`. */
export function readCondaMeta(prefix: string, files: readonly PrefixFile[]): CondaPackage[] {
  const records = files
    .filter((file) => file.kind === 'file' && /^conda-meta\/[^/]+\.json$/.test(file.path))
    .map((file) => ({ path: file.path, record: parseRecord(prefix, file.path) }));
  const sitePackages = sitePackagesOf(records.map(({ record }) => record));
  return records.map(({ path, record }) => readPackage(path, record, sitePackages));
}

/** Only the name must be right: who wrote the rest differs, and it is archived as it is. */
type RawRecord = Record<string, unknown> & { name: string };

const RECORD = object<RawRecord>({ name: string });

interface PathEntry {
  _path: string;
  path_type?: unknown;
  sha256?: unknown;
  sha256_in_prefix?: unknown;
  file_mode?: unknown;
  prefix_placeholder?: unknown;
  original_path?: unknown;
}

const isPathEntry = (entry: unknown): entry is PathEntry =>
  isObject(entry) && typeof entry._path === 'string';

function parseRecord(prefix: string, path: string): RawRecord {
  return readJson(readFileSync(`${prefix}/${path}`, 'utf8'), RECORD, (why) =>
    userError({
      code: 'conda-meta-broken',
      message: `\`${path}\` is not a conda record: ${why}.`,
      suggestion: 'Build the environment again; the prefix is damaged.',
    }),
  );
}

/**
 * Where `site-packages/` of a noarch package is linked: what the Python package itself says
 * (CEP 17: `lib/python3.13t/site-packages` of a free-threaded one), else by its version.
 */
function sitePackagesOf(records: readonly RawRecord[]): string | null {
  const python = records.find(({ name }) => name === 'python');
  if (!python) return null;
  const said = python.python_site_packages_path;
  if (typeof said === 'string' && said !== '') return said;
  const minor = /^\d+\.\d+/.exec(String(python.version))?.[0];
  return minor ? `lib/python${minor}/site-packages` : null;
}

function readPackage(path: string, record: RawRecord, sitePackages: string | null): CondaPackage {
  const linkType = isObject(record.link) ? record.link.type : undefined;
  const files = new Map<string, FileRecord>();
  const folders = new Set<string>();
  const displaced = new Map<string, string>();
  const undeclared = new Set<string>();
  for (const name of Array.isArray(record.files) ? record.files : []) {
    if (typeof name === 'string')
      files.set(name, { sha256: null, mode: null, placeholderBytes: 0 });
  }
  const place = linkedPlaces(files, sitePackages);
  const paths = isObject(record.paths_data) ? record.paths_data.paths : [];
  for (const entry of (Array.isArray(paths) ? paths : []).filter(isPathEntry)) {
    const linked = place(entry._path);
    files.set(linked, readFileRecord(entry, linkType));
    if (entry.path_type === 'directory') folders.add(linked);
    if (isUndeclared(entry)) undeclared.add(linked);
    if (typeof entry.original_path === 'string') displaced.set(linked, entry.original_path);
  }
  return {
    name: record.name,
    version: String(record.version ?? ''),
    record: path,
    files,
    folders,
    displaced,
    undeclared,
    blanked: Buffer.from(blankRecord(record)),
  };
}

/** conda's `LinkType`: 1 hard links, 2 soft links into the package cache, 3 copies. */
const SOFTLINKS = 2;

/**
 * The path in the prefix of a path that `paths_data` names. rattler and micromamba write the
 * linked path. conda keeps the path inside the package, which for noarch packages is another one
 * (`get_python_noarch_target_path` in its `common/path/python.py`); `files` has what was linked.
 */
function linkedPlaces(
  linked: ReadonlyMap<string, unknown>,
  sitePackages: string | null,
): (path: string) => string {
  let bySource: Map<string, string> | null = null;
  return (path) => {
    if (linked.has(path)) return path;
    if (path.startsWith('python-scripts/')) return path.replace('python-scripts', 'bin');
    if (!path.startsWith('site-packages/')) return path;
    const usual = sitePackages && path.replace('site-packages', sitePackages);
    if (usual && linked.has(usual)) return usual;
    bySource ??= new Map(
      [...linked.keys()].flatMap((place) => {
        const at = place.indexOf('/site-packages/');
        return at < 0 ? [] : [[place.slice(at + 1), place] as const];
      }),
    );
    return bySource.get(path) ?? usual ?? path;
  };
}

function readFileRecord(entry: PathEntry, linkType: unknown): FileRecord {
  const { file_mode: mode, prefix_placeholder: placeholder } = entry;
  // Recorders disagree on what the digest of a link in a package is (its text, or what it points
  // at); of a link into the package cache it is that of the file. Bytecode is rewritten by whoever
  // runs Python.
  const comparable =
    (entry.path_type !== 'softlink' || linkType === SOFTLINKS) &&
    entry.path_type !== 'directory' &&
    !entry._path.endsWith('.pyc');
  const digest = [entry.sha256_in_prefix, placeholder ? null : entry.sha256].find(isDigest);
  return {
    sha256: comparable && digest ? digest.toLowerCase() : null,
    mode: mode === 'text' || mode === 'binary' ? mode : null,
    placeholderBytes: typeof placeholder === 'string' ? Buffer.byteLength(placeholder) : 0,
  };
}

function isUndeclared(entry: PathEntry): boolean {
  const { sha256, sha256_in_prefix: inPrefix, file_mode: mode, path_type: type } = entry;
  return (
    !mode && type !== 'softlink' && isDigest(sha256) && isDigest(inPrefix) && sha256 !== inPrefix
  );
}

function isDigest(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/i.test(value);
}

/**
 * The record without paths of the build host (conda-pack blanks the same three) and without
 * credentials in addresses: an archive is read by everybody on the cluster. Keys are sorted, so
 * that the tool which wrote the record does not show.
 */
function blankRecord(record: Record<string, unknown>): string {
  const blanked: Record<string, unknown> = { ...record };
  for (const key of ['extracted_package_dir', 'package_tarball_full_path']) {
    if (key in blanked) blanked[key] = '';
  }
  if (typeof blanked.link === 'object' && blanked.link !== null && 'source' in blanked.link) {
    blanked.link = { ...blanked.link, source: '' };
  }
  for (const key of ['url', 'channel', 'base_url']) {
    if (typeof blanked[key] === 'string') blanked[key] = withoutCredentials(blanked[key]);
  }
  return `${JSON.stringify(sortKeys(blanked), null, 1)}\n`;
}

/** Drops `user:password@` and conda's `/t/<token>/` from an address. */
function withoutCredentials(address: string): string {
  return address.replace(/^(\w+:\/\/)[^/@]*@/, '$1').replace(/\/t\/[^/]+\//, '/');
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sortKeys(item)]));
}
