import { readFileSync } from 'node:fs';
import { userError } from '../domain/errors.ts';
import type { PrefixFile } from './prefix.ts';

/** What `conda-meta/<package>.json` says about one file of the package. */
export interface FileRecord {
  /** Digest of the file as it was linked into the prefix; null where conda recorded none. */
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
  files: Map<string, FileRecord>;
  /** The record as it is archived. */
  blanked: Buffer;
}

/** Reads every record in a prefix. Errors: `conda-meta-broken`. */
export function readCondaMeta(prefix: string, files: readonly PrefixFile[]): CondaPackage[] {
  return files
    .filter((file) => file.kind === 'file' && /^conda-meta\/[^/]+\.json$/.test(file.path))
    .map((file) => readRecord(prefix, file.path));
}

interface PathEntry {
  _path?: unknown;
  path_type?: unknown;
  sha256?: unknown;
  sha256_in_prefix?: unknown;
  file_mode?: unknown;
  prefix_placeholder?: unknown;
}

function readRecord(prefix: string, path: string): CondaPackage {
  let record: Record<string, unknown>;
  try {
    record = JSON.parse(readFileSync(`${prefix}/${path}`, 'utf8'));
    if (typeof record !== 'object' || record === null || typeof record.name !== 'string') {
      throw new TypeError('it has no package name');
    }
  } catch (error) {
    throw userError({
      code: 'conda-meta-broken',
      message: `\`${path}\` is not a conda record: ${error instanceof Error ? error.message : error}.`,
      suggestion: 'Build the environment again; the prefix is damaged.',
    });
  }
  const files = new Map<string, FileRecord>();
  for (const name of Array.isArray(record.files) ? record.files : []) {
    if (typeof name === 'string')
      files.set(name, { sha256: null, mode: null, placeholderBytes: 0 });
  }
  const data = record.paths_data as { paths?: unknown } | undefined;
  for (const entry of (Array.isArray(data?.paths) ? data.paths : []) as PathEntry[]) {
    if (typeof entry._path === 'string') files.set(entry._path, readFileRecord(entry));
  }
  return {
    name: record.name as string,
    version: String(record.version ?? ''),
    record: path,
    files,
    blanked: Buffer.from(blankRecord(record)),
  };
}

function readFileRecord(entry: PathEntry): FileRecord {
  const { file_mode: mode, prefix_placeholder: placeholder } = entry;
  // A link's digest is that of what it points at, and bytecode is rewritten by whoever runs Python.
  const comparable = entry.path_type !== 'softlink' && !String(entry._path).endsWith('.pyc');
  const digest = entry.sha256_in_prefix ?? (placeholder ? null : entry.sha256);
  return {
    sha256: comparable && typeof digest === 'string' ? digest : null,
    mode: mode === 'text' || mode === 'binary' ? mode : null,
    placeholderBytes: typeof placeholder === 'string' ? Buffer.byteLength(placeholder) : 0,
  };
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
