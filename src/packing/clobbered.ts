import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import type { Owners } from './owners.ts';
import { normalizedName, type PipPackage, readPipPackage } from './pip.ts';
import type { ScannedFile } from './scanned-file.ts';
import type { PackWarning } from './warning.ts';

/** What became of one conda package's files since they were linked. */
interface Changes {
  overwritten: Set<string>;
  deleted: Set<string>;
  /** Conda packages whose files are there instead. */
  byConda: Set<string>;
}

/** As many paths as a warning names. */
const NAMED = 3;

/**
 * One warning per conda package whose files are not what conda linked: mostly pip installed over
 * it. The archive holds what is there now, so it may work; but what `conda list` says is not true.
 *
 * What a link script of the environment itself changes or deletes is as its package wants it.
 */
export function clobberWarnings(
  prefix: string,
  owners: Owners,
  clobbered: readonly ScannedFile[],
): PackWarning[] {
  const culprits = pipCulprits(prefix, owners, clobbered);
  const wanted = changedByLinkScripts(prefix, owners);
  const changes = new Map<string, Changes>();
  const of = (name: string): Changes => {
    const known = changes.get(name) ?? {
      overwritten: new Set(),
      deleted: new Set(),
      byConda: new Set(),
    };
    changes.set(name, known);
    return known;
  };
  const isCulprit = (path: string) => culprits.some(({ files }) => files.has(path));
  for (const { entry } of clobbered) {
    const path = entry.source.kind === 'disk' ? entry.source.file.path : entry.path;
    if (!isCulprit(path) && wanted(path)) continue;
    of(owners.segmentOf(path).replace(/^conda:/, '')).overwritten.add(path);
  }
  for (const { package: name, path, by } of owners.overwritten) {
    of(name).overwritten.add(path);
    if (by.kind === 'conda') of(name).byConda.add(by.name);
  }
  for (const { package: name, path } of owners.missing) {
    if (!wanted(path)) of(name).deleted.add(path);
  }
  return [...changes]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, found]) => warning(name, found, culpritOf(name, found, culprits)));
}

function warning(name: string, changes: Changes, culprit: string | null): PackWarning {
  const { overwritten, deleted, byConda } = changes;
  const facts = [
    overwritten.size > 0 ? `${overwritten.size} overwritten` : '',
    deleted.size > 0 ? `${deleted.size} deleted` : '',
  ].filter(Boolean);
  const paths = [...overwritten, ...deleted];
  const others = [...byConda].map((each) => `\`${each}\``).join(', ');
  const onlyConda = byConda.size > 0 && culprit === null;
  const by = [culprit ?? '', others && `conda's ${others}`].filter(Boolean).join(' and ');
  return {
    id: 'conda-files-clobbered',
    text: `Files that conda installed with \`${name}\` changed since (${facts.join(', ')}: ${named(paths)})${by ? `, by ${by}` : ''}. ${
      onlyConda
        ? 'Two packages have files of one name, and one of them works with those of the other: ask only for one.'
        : 'Ask conda for every package it has, and let pip install only the rest, last.'
    }`,
    path: paths[0] as string,
  };
}

function named(paths: readonly string[]): string {
  const first = paths.slice(0, NAMED).map((path) => `\`${path}\``);
  const more = paths.length - first.length;
  return `${first.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** What pip installed: by its own metadata, and where that took the place of conda's. */
function pipCulprits(
  prefix: string,
  owners: Owners,
  clobbered: readonly ScannedFile[],
): PipPackage[] {
  const replaced = clobbered
    .map(({ entry }) => readPipPackage(prefix, entry.path))
    .filter((found) => found !== null);
  return [...owners.pip, ...replaced];
}

/**
 * The pip package that did it: one whose record has an overwritten path, else one that took the
 * place of the package by its name (pip removes the files of what it replaces).
 */
function culpritOf(
  name: string,
  { overwritten, deleted }: Changes,
  culprits: readonly PipPackage[],
): string | null {
  const names = new Set([normalizedName(name)]);
  for (const path of deleted) {
    const distribution = /\/([^/]+?)-[^-/]*\.dist-info\//.exec(path)?.[1];
    if (distribution) names.add(normalizedName(distribution));
  }
  const found =
    culprits.find(({ files }) => [...overwritten].some((path) => files.has(path))) ??
    culprits.find((each) => names.has(normalizedName(each.name)));
  if (!found) return null;
  return `pip's \`${found.name}\`${found.version ? ` ${found.version}` : ''}`;
}

/** conda's scripts that a package has run when it is linked (`<name>-post-link.sh`). */
export const LINK_SCRIPT = /^bin\/\.[^/]+-(pre|post)-link\.sh$/;

/** Whether a link script names a path: by its last part, or by the folder it lies in. */
function changedByLinkScripts(prefix: string, owners: Owners): (path: string) => boolean {
  let texts: string[] | null = null;
  return (path) => {
    texts ??= owners.files
      .filter((file) => file.kind === 'file' && LINK_SCRIPT.test(file.path))
      .map((file) => readFileSync(`${prefix}/${file.path}`, 'utf8'));
    const folder = posix.dirname(path);
    return texts.some(
      (text) =>
        text.includes(posix.basename(path)) || (folder.includes('/') && text.includes(folder)),
    );
  };
}
