import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import { realPath } from './links.ts';
import { EXEC } from './shebang.ts';

/** Enough for a first line, or for the two of a long prefix. */
const HEAD_BYTES = 2048;

/** `#!/a/prefix/bin/python`, or `exec '/a/prefix/bin/python'` in the line after it. */
const NAMED = new RegExp(
  `^#!(?:[ \\t]*|[^\\n]*\\n(?:${EXEC})[ \\t]+)["']?(/[^"'\\n]*?)/bin/[^/\\s"']+`,
);

/**
 * Every path under which a prefix may be written in its files: the one it is packed by, its real
 * path, the one its scripts start with when that leads here too (`/home` may be a link), and where
 * it was built and moved to when it came out of an archive.
 */
export function prefixNames(
  prefix: string,
  written: WrittenNames = writtenNames(prefix),
): string[] {
  const real = realPath(prefix) ?? prefix;
  const names = new Set([prefix, real]);
  for (const name of written.scripts) if (realPath(name) === real) names.add(name);
  for (const name of written.unpacked) names.add(name);
  return [...names].filter((name) => name !== '/');
}

/** Places that files of a prefix name as theirs, wherever those lead. */
export interface WrittenNames {
  scripts: string[];
  unpacked: string[];
}

export function writtenNames(prefix: string): WrittenNames {
  return { scripts: [...namedByScripts(prefix)], unpacked: unpackedNames(prefix) };
}

function namedByScripts(prefix: string): Set<string> {
  const names = new Set<string>();
  const head = Buffer.alloc(HEAD_BYTES);
  for (const entry of entriesOf(`${prefix}/bin`)) {
    if (!entry.isFile()) continue;
    const file = open(`${prefix}/bin/${entry.name}`);
    if (file === null) continue;
    try {
      const bytes = readSync(file, head);
      const name = NAMED.exec(head.toString('utf8', 0, bytes))?.[1];
      if (name !== undefined) names.add(resolve(name));
    } finally {
      closeSync(file);
    }
  }
  return names;
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** Null for what cannot be read: packing itself will say so. */
function open(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch {
    return null;
  }
}

/** `PREFIXES = […]` in our own `bin/conda-unpack`, and what it wrote down when it ran. */
function unpackedNames(prefix: string): string[] {
  const script = readText(`${prefix}/bin/conda-unpack`);
  const built = /^PREFIXES = (\[.*\])$/m.exec(script)?.[1] ?? '[]';
  return [built, readText(`${prefix}/${UNPACKED}`) || '[]'].flatMap(stringsOf);
}

/** Where `bin/conda-unpack` writes down which paths the files hold now. */
export const UNPACKED = 'conda-meta/unpacked-at';

function stringsOf(json: string): string[] {
  try {
    const values: unknown = JSON.parse(json);
    return Array.isArray(values)
      ? values.filter((value) => typeof value === 'string' && value.startsWith('/'))
      : [];
  } catch {
    return [];
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
