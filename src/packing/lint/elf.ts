/** What a shared library or program needs of the machine it runs on. */
export interface ElfFacts {
  /** `x86_64`, `aarch64`, or the ELF number of another machine, e.g. `machine 243`. */
  machine: string;
  /** Newest `GLIBC_x.y` symbol version it needs; null for none. */
  glibc: string | null;
}

const MACHINES: Readonly<Record<number, string>> = { 62: 'x86_64', 183: 'aarch64' };

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const DT_STRTAB = 5;
const DT_RPATH = 15;
const DT_RUNPATH = 29;
/** NEEDED, SONAME, RPATH, RUNPATH, AUXILIARY and FILTER are offsets of names. */
const NAME_TAGS = new Set([1, 14, DT_RPATH, DT_RUNPATH, 0x7ffffffd, 0x7fffffff]);
const SHT_DYNSYM = 11;
const DT_VERNEED = 0x6ffffffe;
const DT_VERNEEDNUM = 0x6fffffff;

export function isElf(head: Buffer): boolean {
  return head.length >= 20 && head.readUInt32BE(0) === 0x7f454c46;
}

/**
 * Reads `.gnu.version_r` through the dynamic segment, as the loader does (System V gABI, chapter
 * 5; LSB, "Symbol Versioning"). Anything but 64-bit little-endian ELF gives its machine alone, and
 * so does a damaged file: it is not linting's business to judge it.
 */
export function readElf(content: Buffer): ElfFacts | null {
  if (!isElf(content)) return null;
  const number = content[5] === 2 ? content.readUInt16BE(18) : content.readUInt16LE(18);
  const machine = MACHINES[number] ?? `machine ${number}`;
  if (content[4] !== 2 || content[5] !== 1) return { machine, glibc: null };
  try {
    return { machine, glibc: newestGlibc(neededVersions(content)) };
  } catch (error) {
    if (error instanceof RangeError) return { machine, glibc: null };
    throw error;
  }
}

/** Newest of `GLIBC_x.y` names; others (`GLIBC_PRIVATE`, `GCC_3.0`) do not count. */
export function newestGlibc(names: Iterable<string>): string | null {
  let newest: string | null = null;
  for (const name of names) {
    const version = /^GLIBC_(\d+(?:\.\d+)+)$/.exec(name)?.[1];
    if (version && (newest === null || compareVersions(version, newest) > 0)) newest = version;
  }
  return newest;
}

/** Compares dotted numbers: `2.9` is older than `2.17`. */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [left, right].map((text) =>
    text.split('.').map((part) => Number.parseInt(part, 10)),
  );
  for (let index = 0; index < Math.max(a?.length ?? 0, b?.length ?? 0); index += 1) {
    const difference = (a?.[index] || 0) - (b?.[index] || 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** A RPATH or RUNPATH of a file. */
export interface RunPath {
  /** Folders with `:` between them, byte for byte. */
  text: string;
  /** Where the text begins in the file. */
  at: number;
  /** Another name lies in the same bytes, or it cannot be told. */
  isShared: boolean;
}

/** The folders a 64-bit little-endian ELF makes the loader look in; none for a damaged file. */
export function readRunPaths(content: Buffer): RunPath[] {
  if (!isElf(content) || content[4] !== 2 || content[5] !== 1) return [];
  try {
    const dynamic = readDynamic(content);
    const strings = dynamic.tag(DT_STRTAB);
    if (strings === undefined) return [];
    const names = dynamic.offsetOf(strings);
    return [DT_RPATH, DT_RUNPATH].flatMap((tag) => {
      const offset = dynamic.tag(tag);
      if (offset === undefined) return [];
      const at = names + offset;
      const end = content.indexOf(0, at);
      if (at >= content.length || end < 0) return [];
      const text = content.toString('latin1', at, end);
      const others = [...dynamic.names(tag), ...symbolNames(content)];
      const isShared =
        content[at - 1] !== 0 ||
        !hasSymbolTable(content) ||
        others.some((other) => other >= offset && other < offset + text.length);
      return [{ text, at, isShared }];
    });
  } catch (error) {
    if (error instanceof RangeError) return [];
    throw error;
  }
}

interface Section {
  type: number;
  offset: number;
  bytes: number;
}

function sections(content: Buffer): Section[] {
  const table = Number(content.readBigUInt64LE(40));
  const size = content.readUInt16LE(58);
  return Array.from({ length: table === 0 ? 0 : content.readUInt16LE(60) }, (_, index) => {
    const at = table + index * size;
    return {
      type: content.readUInt32LE(at + 4),
      offset: Number(content.readBigUInt64LE(at + 24)),
      bytes: Number(content.readBigUInt64LE(at + 32)),
    };
  });
}

function hasSymbolTable(content: Buffer): boolean {
  return sections(content).some(({ type }) => type === SHT_DYNSYM);
}

/** Offsets of the dynamic symbols' names. */
function symbolNames(content: Buffer): number[] {
  return sections(content)
    .filter(({ type }) => type === SHT_DYNSYM)
    .flatMap(({ offset, bytes }) =>
      Array.from({ length: Math.floor(bytes / 24) }, (_, index) =>
        content.readUInt32LE(offset + index * 24),
      ),
    );
}

interface Dynamic {
  tag(number: number): number | undefined;
  /** Offsets of names that other tags than `except` have in the string table. */
  names(except: number): number[];
  offsetOf(address: number): number;
}

function readDynamic(content: Buffer): Dynamic {
  const number64 = (at: number) => Number(content.readBigUInt64LE(at));
  const table = number64(32);
  const size = content.readUInt16LE(54);
  const segments = Array.from({ length: content.readUInt16LE(56) }, (_, index) => {
    const at = table + index * size;
    return {
      type: content.readUInt32LE(at),
      offset: number64(at + 8),
      address: number64(at + 16),
      bytes: number64(at + 32),
    };
  });
  const offsetOf = (address: number) => {
    const segment = segments.find(
      ({ type, address: from, bytes }) =>
        type === PT_LOAD && address >= from && address < from + bytes,
    );
    if (!segment) throw new RangeError('an address outside every segment');
    return address - segment.address + segment.offset;
  };
  const dynamic = segments.find(({ type }) => type === PT_DYNAMIC);
  const tags: [tag: number, value: number][] = [];
  const end = dynamic ? dynamic.offset + dynamic.bytes : 0;
  for (let at = dynamic?.offset ?? 0; at < end; at += 16) {
    const tag = number64(at);
    if (tag === 0) break;
    tags.push([tag, number64(at + 8)]);
  }
  return {
    tag: (number) => tags.find(([tag]) => tag === number)?.[1],
    names: (except) =>
      tags.filter(([tag]) => NAME_TAGS.has(tag) && tag !== except).map(([, value]) => value),
    offsetOf,
  };
}

function* neededVersions(content: Buffer): Generator<string> {
  const { tag, offsetOf } = readDynamic(content);
  const needed = tag(DT_VERNEED);
  const strings = tag(DT_STRTAB);
  if (needed === undefined || strings === undefined) return;
  const names = offsetOf(strings);
  let at = offsetOf(needed);
  for (let file = tag(DT_VERNEEDNUM) ?? 0; file > 0; file -= 1) {
    let version = at + content.readUInt32LE(at + 8);
    for (let count = content.readUInt16LE(at + 2); count > 0; count -= 1) {
      const from = names + content.readUInt32LE(version + 8);
      const end = content.indexOf(0, from);
      if (from >= content.length || end < 0) throw new RangeError('a name outside the file');
      yield content.toString('latin1', from, end);
      version += content.readUInt32LE(version + 12);
    }
    const next = content.readUInt32LE(at + 12);
    if (next === 0) break;
    at += next;
  }
}
