import { existsSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { userError } from '../domain/errors.ts';
import type { PrefixFile } from './prefix.ts';

/** A package pip installed, from its `RECORD` (PEP 376 / PEP 627). */
export interface PipPackage {
  name: string;
  version: string;
  /** Paths relative to the prefix, each with the sha256 (hex) that the record has for it, or null. */
  files: Map<string, string | null>;
}

const RECORD = /^(.*\/site-packages)\/([^/]+)\.dist-info\/RECORD$/;

/** Every installed distribution whose metadata no conda package owns. */
export function readPipPackages(
  prefix: string,
  files: readonly PrefixFile[],
  isOwned: (path: string) => boolean,
): PipPackage[] {
  const packages: PipPackage[] = [];
  for (const { path, kind } of files) {
    if (kind !== 'file' || !RECORD.test(path) || isOwned(path)) continue;
    const read = readPipPackage(prefix, path);
    if (read) packages.push(read);
  }
  return packages;
}

/** The distribution that a `RECORD` describes, or null when the path is none of a `RECORD`. */
export function readPipPackage(prefix: string, path: string): PipPackage | null {
  const match = RECORD.exec(path);
  if (!match?.[1] || !match[2]) return null;
  const folder = match[1];
  const files = new Map<string, string | null>();
  for (const line of readFileSync(`${prefix}/${path}`, 'utf8').split(/\r?\n/)) {
    const [name, digest] = recordedFile(line);
    if (name) files.set(posix.normalize(posix.join(folder, name)), digest);
  }
  const [, name = match[2], version = ''] = /^(.*)-([^-]*)$/.exec(match[2]) ?? [];
  return { name: name.toLowerCase(), version, files };
}

/** Name and digest of a CSV line: `pkg/__init__.py,sha256=…,120`, quoted when it has a comma. */
function recordedFile(line: string): [name: string, sha256: string | null] {
  const quoted = /^"((?:[^"]|"")*)"(.*)$/.exec(line);
  const comma = line.indexOf(',');
  const name = quoted ? (quoted[1] ?? '').replaceAll('""', '"') : line.slice(0, Math.max(0, comma));
  const rest = quoted ? (quoted[2] ?? '') : line.slice(Math.max(0, comma));
  const digest = /^,sha256=([\w-]{43})/.exec(rest)?.[1];
  return [name, digest ? Buffer.from(digest, 'base64url').toString('hex') : null];
}

/** One form of a distribution's name, whoever writes it (PEP 503). */
export function normalizedName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

interface EditableTrace {
  pattern: RegExp;
  /** The package's name when this file makes it editable, else null. */
  find(content: string, match: RegExpExecArray, names: readonly string[]): string | null;
}

/**
 * How an editable install shows itself: PEP 610, setuptools' legacy and PEP 660 forms, and any
 * `.pth` that leads out of the prefix. conda-pack looks at `direct_url.json` alone.
 */
const TRACES: readonly EditableTrace[] = [
  {
    pattern: /site-packages\/([^/]+?)-[^-/]*\.dist-info\/direct_url\.json$/,
    find: (content, match) => (isEditableUrl(content) ? (match[1] ?? null) : null),
  },
  {
    pattern: /site-packages\/([^/]+)\.egg-link$/,
    find: (_content, match) => match[1] ?? null,
  },
  {
    pattern: /site-packages\/__editable__\.(.+?)(?:-[^-/]*)?\.pth$/,
    find: (_content, match) => match[1] ?? null,
  },
  {
    pattern: /site-packages\/__editable___(.+)_finder\.py$/,
    find: (_content, match) => match[1]?.replace(/(_\d+)+$/, '') ?? null,
  },
  {
    pattern: /^(.*site-packages)\/([^/]+)\.pth$/,
    find: (content, match, names) =>
      leadsOutside(content, match[1] ?? '', names) ? (match[2] ?? null) : null,
  },
];

/**
 * Refuses a prefix, under all its names, with editable packages: they run from a folder with a fixed path, mostly outside.
 * Errors: `editable-package`, naming package and file.
 */
export function refuseEditable(names: readonly string[], files: readonly PrefixFile[]): void {
  for (const { path, kind } of files) {
    if (kind === 'directory' || !path.includes('site-packages/')) continue;
    const name = editableName(names, path);
    if (!name) continue;
    throw userError({
      code: 'editable-package',
      message: `\`${name}\` is installed as an editable package (\`${path}\`): it runs from the folder it is developed in, by a fixed path that leads nowhere where the archive lands.`,
      suggestion: `Build a wheel (\`pip wheel --no-deps .\`) and install that instead of \`pip install -e\`.`,
    });
  }
}

function editableName(names: readonly string[], path: string): string | null {
  for (const trace of TRACES) {
    const match = trace.pattern.exec(path);
    if (!match) continue;
    // A link to nothing makes nothing editable.
    const place = `${names[0]}/${path}`;
    if (!existsSync(place)) continue;
    const name = trace.find(readFileSync(place, 'utf8'), match, names);
    if (name) return name;
  }
  return null;
}

/** Whether a `direct_url.json` (PEP 610) describes an editable install. */
export function isEditableUrl(content: string): boolean {
  try {
    return JSON.parse(content)?.dir_info?.editable === true;
  } catch {
    return false;
  }
}

/** Whether a `.pth` adds a folder outside: lines are paths unless they begin with `import`. */
function leadsOutside(content: string, folder: string, names: readonly string[]): boolean {
  return content.split(/\r?\n/).some((line) => {
    const text = line.trimEnd();
    if (text === '' || text.startsWith('#') || /^import[ \t]/.test(text)) return false;
    return names.every((name) => {
      const target = posix.resolve(name, folder, text);
      return target !== name && !target.startsWith(`${name}/`);
    });
  });
}
