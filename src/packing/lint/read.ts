import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import type { Inspection, Notice } from './inspect.ts';
import { BrokenArchive } from './member.ts';
import { readTar } from './read-tar.ts';
import { openZip, type ZipEntry } from './read-zip.ts';
import type { LintReport } from './report.ts';

/** Format → reader: each adds all members to an inspection. They throw what `describeBroken` describes. */
export const READERS: Readonly<
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
export function describeBroken(error: unknown): string {
  if (error instanceof BrokenArchive || error instanceof RangeError) return error.message;
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string' && /^(Z_|ERR_OUT_OF_RANGE|ERR_BUFFER)/.test(code)) {
    return (error as Error).message;
  }
  throw error;
}

export function isTooLarge(error: unknown): boolean {
  return error instanceof BrokenArchive && error.reason === 'too-large';
}
