import { posix } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { userError } from '../domain/errors.ts';
import type { ArchiveFormat } from '../domain/request.ts';
import { ACTIVATE, DEACTIVATE } from './activation.ts';
import { interpreterWarnings } from './archive-warnings.ts';
import { bytecodeFate, cachedBytecode, isNumbaCache } from './bytecode.ts';
import { condaUnpack } from './conda-unpack.ts';
import { leftOutWarnings, staysBehind } from './left-out.ts';
import { linkWarnings } from './link-warnings.ts';
import {
  type ArchivedEntry,
  archiveMembers,
  type Entry,
  type FileEntry,
  type KeptFile,
} from './members.ts';
import { NOTES_PATH, type PackingNotes, packingNotes } from './notes.ts';
import { type Owners, readOwners, UNOWNED } from './owners.ts';
import { refuseEditable } from './pip.ts';
import { byPath, listPrefix } from './prefix.ts';
import type { PrefixRecord } from './relocate.ts';
import type { PackWarning } from './warning.ts';

/** Members that travel together: one package's files, or one of the parts every archive has. */
export interface Segment {
  /** `directories`, `conda:numpy`, `pip:churn`, `files`, `scripts`, `conda-meta` or `notes`. */
  name: string;
  entries: Entry[];
}

export interface Plan {
  /** Everything but what depends on the contents of the rest. */
  segments: Segment[];
  /** `scripts`, `conda-meta` and `notes`, once it is known what is in the files. */
  closing(records: readonly PrefixRecord[], warnings: readonly PackWarning[]): Segment[];
  owners: Owners;
  /** What of the prefix travels, by path. */
  kept: ReadonlyMap<string, KeptFile>;
  warnings: PackWarning[];
  /** For progress: files, and their bytes in the prefix. */
  files: number;
  bytes: number;
}

export interface PlanRequest {
  /** Absolute, without a trailing slash. */
  prefix: string;
  /** Every path that leads to the prefix and may be written in its files. */
  names: readonly string[];
  targetPrefix: string | null;
  /** Absolute paths that stay out although they lie in the prefix: the archive itself, its cache. */
  leaveOut: readonly (string | null)[];
  format: ArchiveFormat;
  signal?: AbortSignal | undefined;
}

/**
 * Decides what goes into an archive and in which order, without reading file contents.
 *
 * Packages come first, by name; then what pip installed, one segment per package; then files
 * nobody owns. A person's own project is in the last two, so when only that changes, all bytes
 * before it stay the same.
 *
 * Errors: `not-a-prefix`, `conda-meta-broken`, `unsupported-name`, `editable-package`,
 * `dangling-link`, `links-multiply`, `package-cache-gone`.
 */
export async function planArchive(request: PlanRequest): Promise<Plan> {
  const { prefix } = request;
  if (prefix === '/') {
    throw userError({
      code: 'not-a-prefix',
      message: '`/` is the whole machine, not an environment.',
      suggestion:
        'Create an environment of its own, e.g. `conda create -p /opt/envs/churn python`.',
    });
  }
  const { files: listed, special, isOutputInside } = await listPrefix(prefix, request);
  if (!listed.some((file) => file.path === 'conda-meta' && file.kind === 'directory')) {
    throw userError({
      code: 'not-a-prefix',
      message: `\`${prefix}\` is not a conda environment: it has no \`conda-meta\` folder.`,
      suggestion: 'Name the folder conda created, e.g. `/opt/envs/churn`.',
    });
  }
  refuseEditable(request.names, listed);
  const owners = await readOwners(prefix, listed);
  const ownScripts = request.targetPrefix === null;
  const kept = await keepFiles(prefix, owners, ownScripts);
  const plan = planKept({ ...request, kept, owners });
  return {
    ...plan,
    warnings: [
      ...(isOutputInside
        ? [
            {
              id: 'output-in-prefix',
              text: 'The archive is written into the environment it is made of: it leaves itself out, and takes along whatever else lies beside it.',
            },
          ]
        : []),
      ...special.map((path) => ({
        id: 'special-file',
        text: `\`${path}\` is a socket, a pipe or a device; it is left out.`,
        path,
      })),
      ...leftOutWarnings(prefix, listed, (path) => owners.recordOf(path) !== null, ownScripts),
      ...plan.warnings,
    ],
  };
}

/** The plan for files of which it is known that they are kept and whose they are. */
export function planKept({
  kept,
  owners,
  names,
  targetPrefix,
  format,
}: Pick<PlanRequest, 'names' | 'targetPrefix' | 'format'> & Pick<Plan, 'kept' | 'owners'>): Plan {
  const links = format === 'zip' ? 'copy' : 'keep';
  const members = archiveMembers(kept, owners.ends, links);
  const { entries } = members;
  return {
    segments: groupBySegment(entries, owners),
    closing: (records, warnings) => [
      {
        name: 'scripts',
        entries: targetPrefix === null ? scripts(names, records) : [],
      },
      { name: 'conda-meta', entries: condaMeta(owners) },
      { name: 'notes', entries: notes({ targetPrefix, warnings }) },
    ],
    owners,
    kept,
    warnings: [
      ...linkWarnings(members, links),
      ...(kept.has('bin/python')
        ? []
        : [
            {
              id: 'interpreter-not-found',
              text: 'There is no `bin/python` in this environment: Spark cannot use it as its Python. Add `python` to its packages.',
            },
          ]),
      ...interpreterWarnings(entries),
    ],
    files: entries.filter((entry) => entry.kind === 'file').length,
    bytes: entries.reduce((sum, entry) => sum + bytesOnDisk(entry), 0),
  };
}

export function bytesOnDisk(entry: ArchivedEntry): number {
  if (entry.kind === 'hard-link') return entry.bytes;
  if (entry.kind !== 'file') return 0;
  return entry.source.kind === 'disk' ? entry.source.file.bytes : entry.source.bytes.length;
}

/** Headers of compiled files are read synchronously; this many pass between turns. */
const BYTECODE_PER_TURN = 500;

async function keepFiles(
  prefix: string,
  owners: Owners,
  ownScripts: boolean,
): Promise<Map<string, KeptFile>> {
  const { files } = owners;
  const byName = new Map(files.map((file) => [file.path, file]));
  const kept = new Map<string, KeptFile>();
  let bytecodeRead = 0;
  for (const file of files) {
    const { path } = file;
    if (path === 'conda-meta' || path.startsWith('conda-meta/')) continue;
    const record = owners.recordOf(path);
    if (staysBehind(path, record !== null, ownScripts)) continue;
    const bytecode = file.kind === 'file' ? cachedBytecode(path) : null;
    if (!record && isNumbaCache(path)) continue;
    if (!bytecode) {
      kept.set(path, { file, record, uncheck: false });
      continue;
    }
    const segment = owners.segmentOf(path);
    if (segment === UNOWNED || bytecode.optimised) continue;
    bytecodeRead += 1;
    if (bytecodeRead % BYTECODE_PER_TURN === 0) await nextTurn();
    const fate = bytecodeFate({
      prefix,
      bytecode: file,
      source: byName.get(bytecode.source),
      sourceRecord:
        segment === owners.segmentOf(bytecode.source) ? owners.recordOf(bytecode.source) : null,
    });
    if (fate !== 'drop') kept.set(path, { file, record, uncheck: fate === 'uncheck' });
  }
  return dropHollowCaches(kept);
}

/** A `__pycache__` whose files all stay behind stays behind too. */
export function dropHollowCaches(kept: Map<string, KeptFile>): Map<string, KeptFile> {
  const used = new Set<string>();
  for (const { file } of kept.values()) {
    if (file.kind !== 'directory') used.add(posix.dirname(file.path));
  }
  for (const [path, { file }] of kept) {
    const isCache = file.kind === 'directory' && posix.basename(path) === '__pycache__';
    if (isCache && !used.has(path)) kept.delete(path);
  }
  return kept;
}

/** Order of the segments that are not conda packages, which come before them by name. */
function groupBySegment(entries: readonly Entry[], owners: Owners): Segment[] {
  const folders = new Map<string, Entry>();
  for (const path of ['', 'bin', 'conda-meta']) folders.set(path, { kind: 'directory', path });
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    if (entry.kind === 'directory') {
      folders.set(entry.path, entry);
      continue;
    }
    const name = owners.segmentOf(entry.path);
    const group = groups.get(name);
    if (group) group.push(entry);
    else groups.set(name, [entry]);
  }
  const rank = (name: string) => (name === UNOWNED ? 2 : name.startsWith('pip:') ? 1 : 0);
  const named = [...groups].map(([name, group]) => ({ name, entries: group.sort(byPath) }));
  named.sort(
    (left, right) => rank(left.name) - rank(right.name) || (left.name < right.name ? -1 : 1),
  );
  return [{ name: 'directories', entries: [...folders.values()].sort(byPath) }, ...named];
}

/**
 * conda's `activate` and `deactivate`, where it is a package of the environment, name the place it
 * was built at; these are found by where they lie (conda-pack puts its own there, too).
 */
function scripts(names: readonly string[], records: readonly PrefixRecord[]): FileEntry[] {
  return [
    memoryFile('bin/activate', Buffer.from(ACTIVATE), false),
    memoryFile('bin/conda-unpack', Buffer.from(condaUnpack(names, records)), true),
    memoryFile('bin/deactivate', Buffer.from(DEACTIVATE), false),
  ];
}

/**
 * The records, and an empty `history`: conda takes a folder for an environment by that file, and
 * what is written in it are dates and commands of the build host.
 */
function condaMeta(owners: Owners): FileEntry[] {
  return [
    ...owners.conda.map(({ record, blanked }) => memoryFile(record, blanked, false)),
    memoryFile('conda-meta/history', Buffer.alloc(0), false),
  ].sort(byPath);
}

function notes(notes: PackingNotes): FileEntry[] {
  const bytes = packingNotes(notes);
  return bytes ? [memoryFile(NOTES_PATH, bytes, false)] : [];
}

function memoryFile(path: string, bytes: Buffer, executable: boolean): FileEntry {
  return { kind: 'file', path, executable, source: { kind: 'memory', bytes } };
}
