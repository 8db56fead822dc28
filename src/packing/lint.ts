import { createHash } from 'node:crypto';
import { createReadStream, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { FerryError, userError } from '../domain/errors.ts';
import { reasonOf } from './file-errors.ts';
import { findingsOf } from './lint/findings.ts';
import { formatOfName, sniff } from './lint/format.ts';
import { Inspection } from './lint/inspect.ts';
import { SLOW_FILES } from './lint/member.ts';
import { type LintProfile, PROFILES } from './lint/profiles.ts';
import { describeBroken, isTooLarge, READERS } from './lint/read.ts';
import type { LintReport } from './lint/report.ts';

export type { LintProfile } from './lint/profiles.ts';
export { PROFILES } from './lint/profiles.ts';
export type { LintReport } from './lint/report.ts';

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
  const format = await sniff(file);
  const { inspection, detail } = await inspect(file, format, facts);
  const profiles = profile ? [profile] : PROFILES;
  const findings = findingsOf(inspection, profiles, facts.size, detail);
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

/** All there is to see of an archive; `detail` says how it is broken, and is empty where it is not. */
async function inspect(
  file: string,
  format: LintReport['format'],
  facts: Stats,
): Promise<{ inspection: Inspection; detail: string }> {
  const inspection = new Inspection(facts.size);
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
  return { inspection, detail };
}

async function digest(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) {
    hash.update(chunk);
  }
  return hash.digest('hex');
}
