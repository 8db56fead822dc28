import { type FileHandle, open } from 'node:fs/promises';
import { whileOpen } from './while-open.ts';

/** elf(5), of 64 bits and least significant byte first: all that our platforms have. */
const ELF64 = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
const HEADER_BYTES = 64;
const SECTION_BYTES = 64;
/** Section with the versions of symbols that a file needs of others (SHT_GNU_verneed). */
const VERSIONS_NEEDED = 0x6ffffffe;
/** VER_FLG_WEAK: the loader goes on without it. */
const WEAK = 2;
/** Of a library that is what it should be these sections have kilobytes. */
const MOST_BYTES = 64 * 1024 ** 2;
/** Longer names are none of glibc's; a file may have a million of them, each as long as it wants. */
const NAME_BYTES = 64;

/** Versions of glibc that do not say their number. */
const NAMED: Readonly<Record<string, string>> = { GLIBC_ABI_DT_RELR: '2.36' };

/**
 * The newest glibc that a library or program asks for, such as `2.34`: an older one refuses to load it. Null
 * where it asks for none, or is no ELF file that can be read.
 */
export function glibcNeeded(path: string): Promise<string | null> {
  return whileOpen(open(path), glibcNeededBy);
}

async function glibcNeededBy(file: FileHandle): Promise<string | null> {
  const header = await bytesAt(file, 0, HEADER_BYTES);
  if (!header?.subarray(0, ELF64.length).equals(ELF64)) return null;
  const [count, size] = [header.readUInt16LE(60), header.readUInt16LE(58)];
  if (size !== SECTION_BYTES) return null;
  const sections = await bytesAt(file, header.readBigUInt64LE(40), count * size);
  if (sections === null) return null;
  const section = async (index: number) =>
    index < count
      ? bytesAt(
          file,
          sections.readBigUInt64LE(index * size + 24),
          Number(sections.readBigUInt64LE(index * size + 32)),
        )
      : null;
  for (let index = 0; index < count; index += 1) {
    if (sections.readUInt32LE(index * size + 4) !== VERSIONS_NEEDED) continue;
    const [versions, names] = [
      await section(index),
      await section(sections.readUInt32LE(index * size + 40)),
    ];
    return versions && names && newest(namesIn(versions, names));
  }
  return null;
}

/** Names of all versions: one entry for each file that is needed, each with one for each version. */
function namesIn(versions: Buffer, names: Buffer): string[] {
  const found: string[] = [];
  const field = (at: number) => (at + 4 <= versions.length ? versions.readUInt32LE(at) : 0);
  let file = 0;
  // Distances are at least an entry, so that damaged ones end as well.
  for (let left = versions.length / 16; left > 0; left -= 1) {
    let version = file + field(file + 8);
    for (; left > 0; left -= 1) {
      const isWeak = (field(version + 4) & 0xffff & WEAK) !== 0;
      const at = field(version + 8);
      const name = names.subarray(at, at + NAME_BYTES);
      if (!isWeak) found.push(name.toString('latin1', 0, name.indexOf(0)));
      if (field(version + 12) === 0) break;
      version += field(version + 12);
    }
    if (field(file + 12) === 0) break;
    file += field(file + 12);
  }
  return found;
}

function newest(names: readonly string[]): string | null {
  const versions = names.flatMap(
    (name) => NAMED[name] ?? /^GLIBC_(\d+\.\d+)(?:\.\d+)?$/.exec(name)?.[1] ?? [],
  );
  return versions.reduce<string | null>(
    (best, each) => (best !== null && compareVersions(best, each) >= 0 ? best : each),
    null,
  );
}

/** `2.9` before `2.17` */
export const compareVersions = (left: string, right: string): number =>
  left.localeCompare(right, 'en', { numeric: true });

/** Null where the file has not so many bytes there. */
async function bytesAt(
  file: FileHandle,
  position: number | bigint,
  length: number,
): Promise<Buffer | null> {
  const { size } = await file.stat();
  if (length > MOST_BYTES || Number(position) + length > size) return null;
  const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, Number(position));
  return bytesRead === length ? buffer : null;
}
