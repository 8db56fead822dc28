import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Archiver, type EntryData, TarArchive, ZipArchive } from 'archiver';
import { sizeWarnings } from '../../packing/archive-warnings.ts';
import { archiveContents, type MemberContents } from '../../packing/contents.ts';
import { fileErrorInWords, refuseOutput } from '../../packing/file-errors.ts';
import { partialName } from '../../packing/output.ts';
import { DEFAULT_LEVEL, type PackReport, type PackRequest } from '../../packing/pack.ts';
import { MEMBER_TIME_SECONDS } from '../../packing/tar.ts';

const MEMBER_TIME = new Date(MEMBER_TIME_SECONDS * 1000);

/**
 * Packs a prefix with the npm package `archiver`: the same members with the same bytes as `pack`,
 * written by somebody else's code. It is the reference that our own writer is compared with, and
 * what `--packer archiver` uses. One thread, no cache.
 *
 * Errors: as `pack`. Leaves nothing behind when it fails.
 */
export async function packWithArchiver(request: PackRequest): Promise<PackReport> {
  const started = performance.now();
  const { format, root, output, signal, level = DEFAULT_LEVEL } = request;
  const inWords = (error: unknown) =>
    fileErrorInWords(error, { prefix: resolve(request.prefix), output });
  await refuseOutput(output);
  const contents = await archiveContents(request).catch((error) => {
    throw inWords(error);
  });
  const archive: Archiver =
    format === 'zip'
      ? new ZipArchive({ zlib: { level } })
      : new TarArchive({ gzip: true, gzipOptions: { level } });
  const digest = createHash('sha256');
  const hashing = new Transform({
    transform(chunk, _encoding, done) {
      digest.update(chunk);
      done(null, chunk);
    },
  });
  const partial = partialName(output);
  // archiver only warns about a file that it had to leave out; here that is a failure.
  archive.on('warning', (warning) => archive.destroy(warning));
  const written = pipeline(archive, hashing, createWriteStream(partial, { mode: 0o644 }), {
    ...(signal && { signal }),
  });
  try {
    const [counts] = await Promise.all([appendAll(archive, contents.members), written]);
    const { size } = await stat(partial);
    await rename(partial, output);
    const sha256 = digest.digest('hex');
    return {
      path: output,
      format,
      root,
      files: counts.files,
      bytes: size,
      sourceBytes: counts.bytes,
      sha256,
      seconds: (performance.now() - started) / 1000,
      cache: { hits: 0, misses: 0, reusedBytes: 0 },
      segments: [{ name: 'archive', bytes: size, sha256, offset: 0 }],
      warnings: [
        ...contents.warnings,
        ...sizeWarnings({ files: counts.files, bytes: size, sourceBytes: counts.bytes }),
      ],
    };
  } catch (error) {
    archive.destroy();
    await written.catch(() => {});
    await rm(partial, { force: true });
    signal?.throwIfAborted();
    throw inWords(error);
  }
}

/** One member at a time: archiver queues whatever it is given, contents and all. */
async function appendAll(archive: Archiver, members: AsyncIterable<MemberContents>) {
  const counts = { files: 0, bytes: 0 };
  for await (const member of members) {
    const taken = once(archive, 'entry');
    archive.append(member.bytes, entryData(member));
    await taken;
    if (member.kind !== 'file') continue;
    counts.files += 1;
    counts.bytes += member.bytes.length;
  }
  await archive.finalize();
  return counts;
}

const ENTRY_TYPES = { file: 'file', directory: 'directory', link: 'symlink' } as const;

/**
 * `store` for empty files: archiver would mark them as deflated with a data descriptor and then
 * store them, which YARN refuses. `linkname` is what its own `symlink()` sets, which takes no date.
 */
function entryData(member: MemberContents): EntryData & { linkname?: string; store?: boolean } {
  return {
    name: member.path,
    type: ENTRY_TYPES[member.kind],
    date: MEMBER_TIME,
    mode: member.mode,
    ...(member.kind === 'link' && { linkname: member.target }),
    ...(member.bytes.length === 0 && { store: true }),
  };
}
