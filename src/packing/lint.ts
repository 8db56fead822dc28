import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { FerryError, userError } from '../domain/errors.ts';
import { size } from '../domain/figures.ts';
import { reasonOf } from './file-errors.ts';
import { compareVersions } from './lint/elf.ts';
import { Inspection, type Notice } from './lint/inspect.ts';
import { BrokenArchive, SLOW_FILES } from './lint/member.ts';
import { type LintProfile, PROFILES, unpackerOf } from './lint/profiles.ts';
import { readTar } from './lint/read-tar.ts';
import { openZip, type ZipEntry } from './lint/read-zip.ts';
import { RULES } from './lint/rules.ts';
import type { PackWarning } from './warning.ts';

export type { LintProfile } from './lint/profiles.ts';
export { PROFILES } from './lint/profiles.ts';

export interface LintFinding {
  /** The same id `diagnose` uses where the same thing has gone wrong. */
  id: string;
  severity: 'error' | 'warning';
  text: string;
  fix: string;
  /** The first five members concerned. */
  paths: string[];
  /** Names of the profiles where it fails, or for a warning, matters. */
  profiles: string[];
}

export interface LintReport {
  file: string;
  /** By content: what the bytes are. */
  format: 'zip' | 'tar.gz' | 'tar' | 'unknown';
  /** The single top-level folder, or null. */
  root: string | null;
  files: number;
  /** Size of the archive. */
  bytes: number;
  /** What it takes unpacked, as far as it could be read. */
  unpackedBytes: number;
  sha256: string;
  findings: LintFinding[];
  verdicts: Record<string, 'ok' | 'fails'>;
}

const SHOWN_PATHS = 5;

/**
 * Judges an archive without unpacking it: what would YARN's and Spark's unpackers do with it on
 * that cluster, or on every known kind of cluster when no profile is given. Reads it as a stream;
 * a hostile or damaged archive gives findings, never an exception.
 *
 * Errors: `file-not-found`, `file-unreadable`.
 */
export async function lint(file: string, profile?: LintProfile): Promise<LintReport> {
  try {
    return await lintFile(file, profile);
  } catch (error) {
    if (error instanceof FerryError || !(error as NodeJS.ErrnoException).syscall) throw error;
    throw userError({
      code: 'file-unreadable',
      message: `\`${file}\` cannot be read: ${reasonOf(error) ?? (error as Error).message}.`,
      suggestion: 'Make it readable, or name another archive.',
    });
  }
}

async function lintFile(file: string, profile?: LintProfile): Promise<LintReport> {
  const facts = await stat(file).catch(() => null);
  if (!facts?.isFile()) {
    throw userError({
      code: 'file-not-found',
      message: `\`${file}\` is not a file that can be read.`,
      suggestion: 'Name an archive, e.g. `churn.tar.gz`.',
    });
  }
  const inspection = new Inspection(facts.size);
  const format = await sniff(file);
  const named = formatOfName(file);
  if (named === null) inspection.note('not-unpacked');
  else if (named.format !== format) inspection.note('content-mismatch');
  else if (named.isJar) inspection.note('jar');
  else if (format === 'zip') inspection.note('zip');
  else if (format === 'tar') inspection.note('plain-tar');
  if ((facts.mode & 0o004) === 0) inspection.note('unreadable');
  let detail = '';
  try {
    await READERS[format](file, inspection);
    if (format !== 'unknown') inspection.finish();
    if (inspection.files > SLOW_FILES) inspection.note('slow-localisation');
  } catch (error) {
    detail = describeBroken(error);
    inspection.note(isTooLarge(error) ? 'too-large' : 'truncated');
  }
  const profiles = profile ? [profile] : PROFILES;
  const findings = [
    ...noticedFindings(inspection, profiles, detail),
    ...profileFindings(inspection, profiles, facts.size),
  ];
  findings.push(...notedFindings(inspection, profiles, findings));
  const failing = new Set(
    findings.flatMap(({ severity, profiles }) => (severity === 'error' ? profiles : [])),
  );
  return {
    file,
    format,
    root: inspection.root,
    files: inspection.files,
    bytes: facts.size,
    unpackedBytes: inspection.bytes,
    sha256: await digest(file),
    findings,
    verdicts: Object.fromEntries(
      profiles.map(({ name }) => [name, failing.has(name) ? 'fails' : 'ok']),
    ),
  };
}

/**
 * How the name decides: YARN's and Spark's list, in any case, the longest ending first. Null for
 * names that are copied instead of unpacked.
 */
function formatOfName(file: string): { format: 'zip' | 'tar.gz' | 'tar'; isJar: boolean } | null {
  const name = file.toLowerCase();
  if (name.endsWith('.jar')) return { format: 'zip', isJar: true };
  if (name.endsWith('.zip')) return { format: 'zip', isJar: false };
  if (name.endsWith('.tar.gz') || name.endsWith('.tgz')) return { format: 'tar.gz', isJar: false };
  if (name.endsWith('.tar')) return { format: 'tar', isJar: false };
  return null;
}

async function sniff(file: string): Promise<LintReport['format']> {
  const handle = await open(file, 'r');
  try {
    const head = Buffer.alloc(512);
    const { bytesRead } = await handle.read(head, 0, head.length, 0);
    if (head[0] === 0x1f && head[1] === 0x8b) return 'tar.gz';
    if (head.toString('latin1', 257, 262) === 'ustar') return 'tar';
    if (head.readUInt32BE(0) === 0x504b0304) return 'zip';
    // A zip is known by its end: anything may stand before it.
    const { size } = await handle.stat();
    const tail = Buffer.alloc(Math.min(size, 65557));
    await handle.read(tail, 0, tail.length, size - tail.length);
    return bytesRead > 0 && tail.includes('PK\x05\x06', 0, 'latin1') ? 'zip' : 'unknown';
  } finally {
    await handle.close();
  }
}

const READERS: Readonly<
  Record<LintReport['format'], (file: string, inspection: Inspection) => Promise<void>>
> = {
  zip: inspectZip,
  tar: (file, inspection) => inspectTar(createReadStream(file), inspection),
  'tar.gz': inspectTarGz,
  unknown: async () => {},
};

async function inspectTarGz(file: string, inspection: Inspection): Promise<void> {
  const source = createReadStream(file, { highWaterMark: 256 * 1024 });
  const gunzip = createGunzip({ chunkSize: 256 * 1024 });
  source.on('error', (error) => gunzip.destroy(error));
  try {
    await inspectTar(source.pipe(gunzip), inspection);
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}

async function inspectTar(chunks: AsyncIterable<Buffer>, inspection: Inspection): Promise<void> {
  for await (const member of readTar(chunks)) await inspection.add(member);
}

async function inspectZip(file: string, inspection: Inspection): Promise<void> {
  const zip = await openZip(file);
  try {
    if (zip.prefixBytes > 0) inspection.note('zip-prefix');
    if (zip.hasGaps) inspection.note('zip-gaps');
    for await (const entry of zip.entries()) {
      for (const [notice, applies] of ZIP_NOTICES) {
        if (applies(entry)) inspection.note(notice, entry.path);
      }
      await inspection.add(entry);
    }
  } finally {
    await zip.close();
  }
}

const STORED = 0;
const DEFLATE = 8;
const BZIP2 = 12;

const ZIP_NOTICES: readonly [Notice, (entry: ZipEntry) => boolean][] = [
  ['zip-link', (entry) => entry.type === 'link'],
  ['zip-without-modes', (entry) => entry.mode === null && /(^|\/)bin\/python$/.test(entry.path)],
  ['zip-stored-descriptor', (entry) => entry.hasDescriptor && entry.method === STORED],
  ['zip-zip64-descriptor', (entry) => entry.hasDescriptor && entry.isZip64],
  ['zip-bzip2', (entry) => entry.method === BZIP2],
  ['zip-method', (entry) => ![STORED, DEFLATE, BZIP2].includes(entry.method)],
  ['zip-encrypted', (entry) => entry.isEncrypted],
  ['zip-disagrees', (entry) => entry.disagrees],
];

/** Readers meet hostile bytes: numbers out of range and zlib's complaints mean a broken archive. */
function describeBroken(error: unknown): string {
  if (error instanceof BrokenArchive || error instanceof RangeError) return error.message;
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string' && /^(Z_|ERR_OUT_OF_RANGE|ERR_BUFFER)/.test(code)) {
    return (error as Error).message;
  }
  throw error;
}

function isTooLarge(error: unknown): boolean {
  return error instanceof BrokenArchive && error.reason === 'too-large';
}

function noticedFindings(
  inspection: Inspection,
  profiles: readonly LintProfile[],
  detail: string,
): LintFinding[] {
  return [...inspection.notices]
    .map(([notice, paths]) => {
      const rule = RULES[notice];
      const isBroken = notice === 'truncated' || notice === 'too-large';
      return {
        id: rule.id,
        severity: rule.severity,
        text: isBroken && detail ? `${rule.text} (${detail})` : rule.text,
        fix: rule.fix,
        paths: paths.slice(0, SHOWN_PATHS),
        profiles: profiles
          .filter((profile) => rule.fails(unpackerOf(profile)))
          .map(({ name }) => name),
      };
    })
    .filter(({ profiles: failing }) => failing.length > 0);
}

/** What packing warned of and the archive's members do not show. */
function notedFindings(
  inspection: Inspection,
  profiles: readonly LintProfile[],
  findings: readonly LintFinding[],
): LintFinding[] {
  const isNews = ({ id }: PackWarning) => !findings.some((finding) => finding.id === id);
  return inspection.notes.warnings.filter(isNews).map(({ id, text, path }) => ({
    id,
    severity: 'warning',
    text,
    fix: 'Mend it in the environment, then pack again; or leave it, if nothing needs it.',
    paths: path === undefined ? [] : [path],
    profiles: profiles.map(({ name }) => name),
  }));
}

/** What depends on the cluster's machines, where they are known. */
function profileFindings(
  inspection: Inspection,
  profiles: readonly LintProfile[],
  archiveBytes: number,
): LintFinding[] {
  return profiles.flatMap((profile) =>
    MACHINE_RULES.flatMap((rule) => {
      const found = rule(inspection, profile, archiveBytes);
      return found ? [{ severity: 'error' as const, profiles: [profile.name], ...found }] : [];
    }),
  );
}

type MachineRule = (
  inspection: Inspection,
  profile: LintProfile,
  archiveBytes: number,
) => Pick<LintFinding, 'id' | 'text' | 'fix' | 'paths'> | null;

const MACHINE_RULES: readonly MachineRule[] = [
  ({ glibc: needed }, { glibc }) => {
    if (!glibc || !needed || compareVersions(needed.version, glibc) <= 0) return null;
    return {
      id: 'glibc-or-arch',
      text: `It needs glibc ${needed.version}, and the nodes have ${glibc}.`,
      fix: `Solve for the nodes: set \`glibc: "${glibc}"\` in the edge's profile and build again.`,
      paths: [needed.path],
    };
  },
  ({ machines }, { architecture }) => {
    const foreign = [...machines].filter(([machine]) => machine !== architecture);
    if (!architecture || foreign.length === 0) return null;
    return {
      id: 'glibc-or-arch',
      text: `It has programs for ${foreign.map(([machine]) => machine).join(', ')}, and the nodes are ${architecture}.`,
      fix: `Build it on a host that is ${architecture}.`,
      paths: foreign.map(([, path]) => path).slice(0, SHOWN_PATHS),
    };
  },
  ({ bytes }, { freeBytes }, archiveBytes) => {
    if (freeBytes == null || bytes + archiveBytes <= freeBytes) return null;
    return {
      id: 'no-space',
      text: `Archive and unpacked copy take ${size(bytes + archiveBytes)} on a node, and ${size(freeBytes)} are free.`,
      fix: 'Leave packages out, or free space on the nodes.',
      paths: [],
    };
  },
];

async function digest(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) {
    hash.update(chunk);
  }
  return hash.digest('hex');
}
