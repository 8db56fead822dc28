/**
 * A channel of the size of conda-forge, made up: half a million records with its shape. A few
 * names with thousands of builds and many with a few; libraries with pins that end at the next
 * major version; compiled packages of Python once for each Python; pure ones under `noarch`. What a
 * record needs is what was newest when it was built, so the newest of everything go together.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createZstdCompress, zstdCompressSync } from 'node:zlib';
import { pack } from 'msgpackr';
import { randomFrom } from '../harness/random.ts';

export interface ManyRecords {
  names: string[];
  records: number;
  /** Bytes of both `repodata.json` together. */
  bytes: number;
}

interface Made {
  name: string;
  kind: 'library' | 'compiled' | 'pure';
  versions: string[];
  /** Names it needs, made before it. */
  needs: Made[];
}

interface Built {
  version: string;
  build: string;
  number: number;
  depends: string[];
  /** When it was built, from 0 to 1. */
  at: number;
}

const PYTHONS = ['3.9', '3.10', '3.11', '3.12', '3.13'];
/** Shares of 25,000 names, as conda-forge has about that many. */
const NAMES = { library: 4_000, compiled: 3_500, pure: 17_500 } as const;
/** What people ask for; the rest have made-up names. */
const KNOWN: Readonly<Record<keyof typeof NAMES, readonly string[]>> = {
  library: ['libgcc', 'libstdcxx', 'libzlib', 'openssl', 'libblas', 'libarrow', 'libpng', 'hdf5'],
  compiled: ['numpy', 'scipy', 'pandas', 'pyarrow', 'scikit-learn', 'matplotlib-base', 'pytorch'],
  pure: ['pip', 'setuptools', 'wheel', 'six', 'python-dateutil', 'requests', 'jinja2', 'dask'],
};
const SYLLABLES = 'ba co di fu ga he ki lo mi nu pa que ri sa to ve wi xa yo ze'.split(' ');

/** Writes the channel: plain, compressed and sharded. Takes about half a minute and half a gigabyte. */
export async function writeManyRecords(folder: string, records = 500_000): Promise<ManyRecords> {
  const next = randomFrom(7);
  const scale = Math.min(1, records / 500_000);
  const all: Made[] = [];
  for (const kind of Object.keys(NAMES) as (keyof typeof NAMES)[]) {
    const count = Math.max(KNOWN[kind].length, Math.round(NAMES[kind] * scale));
    for (let place = 0; place < count; place += 1) all.push(nextName(all, kind, place, next));
  }
  const made: ManyRecords = { names: all.map(({ name }) => name), records: 0, bytes: 0 };
  const python = pythonBuilds();
  for (const subdir of ['linux-64', 'noarch']) {
    const own = all.filter(({ kind }) => (kind === 'pure') === (subdir === 'noarch'));
    const sorted = own.toSorted((left, right) => (left.name < right.name ? -1 : 1));
    const rows = sorted.map((entry) => [entry.name, () => buildsOf(entry, next)] as const);
    if (subdir === 'linux-64') rows.push(['python', () => python], ['python_abi', abiBuilds]);
    const written = await writeSubdir(join(folder, subdir), subdir, rows);
    made.records += written.records;
    made.bytes += written.bytes;
  }
  return made;
}

function nextName(
  before: readonly Made[],
  kind: Made['kind'],
  place: number,
  next: () => number,
): Made {
  const word = () => SYLLABLES[Math.floor(next() * SYLLABLES.length)];
  const made = `${kind === 'library' ? 'lib' : ''}${word()}${word()}${next() < 0.5 ? '-' : ''}${word()}${word()}${place}`;
  const name = KNOWN[kind][place] ?? made;
  // The first names of a kind are old and needed by many; most others have been built a few times.
  const most = { library: 21, compiled: 14, pure: 32 }[kind];
  const count = 2 + Math.floor(most * (place < 100 ? 1.5 : next() ** 1.6));
  const versions = Array.from(
    { length: count },
    (_, index) => `${1 + Math.floor(index / 12)}.${index % 12}.${Math.floor(next() * 4)}`,
  );
  const fits = before.filter((entry) => entry.kind === kind || entry.kind === 'library');
  const others = kind === 'pure' ? before.filter((entry) => entry.kind !== 'library') : fits;
  const needs = new Set<Made>();
  const wanted = Math.min(others.length, Math.floor(next() * (kind === 'library' ? 4 : 11)));
  for (let each = 0; each < wanted; each += 1) {
    // Old names are needed more often than new ones.
    const needed = others[Math.floor(next() ** 3 * others.length)];
    if (needed) needs.add(needed);
  }
  return { name, kind, versions, needs: [...needs] };
}

function pythonBuilds(): Built[] {
  return PYTHONS.flatMap((minor, age) =>
    Array.from({ length: 40 }, (_, index) => ({
      ...{ version: `${minor}.${Math.floor(index / 3)}`, build: `h${index % 3}_cpython` },
      ...{ number: index % 3, at: (age + index / 40) / PYTHONS.length },
      depends: ['__glibc >=2.17,<3.0.a0', 'libgcc >=1.0', 'openssl >=1.0', 'libzlib >=1.0'],
    })),
  );
}

function abiBuilds(): Built[] {
  return PYTHONS.map((minor) => ({
    ...{ version: minor, build: `8_cp${minor.replace('.', '')}`, number: 8, at: 1 },
    depends: [],
  }));
}

function buildsOf(entry: Made, next: () => number): Built[] {
  return entry.versions.flatMap((version, index) => {
    const at = (index + 1) / entry.versions.length;
    const depends = entry.needs.map((needed) => pin(needed, at));
    if (entry.kind === 'pure') {
      const needs = ['python >=3.9', ...depends];
      return [{ version, build: 'pyhd8ed1ab_0', number: 0, depends: needs, at }];
    }
    const rebuilds = 1 + Math.floor(next() * 2);
    const base = ['__glibc >=2.17,<3.0.a0', 'libgcc >=1.0', ...depends];
    const own = base.filter((need) => !need.startsWith(`${entry.name} `));
    const pythons = entry.kind === 'compiled' ? PYTHONS : [null];
    return pythons.flatMap((python) =>
      Array.from({ length: rebuilds }, (_, number) => {
        const hash = createHash('md5').update(`${entry.name}${version}${python}${number}`);
        const tag = python === null ? '' : `py${python.replace('.', '')}`;
        const build = `${tag}h${hash.digest('hex').slice(0, 7)}_${number}`;
        return { version, build, number, depends: [...own, ...ofPython(python)], at };
      }),
    );
  });
}

function ofPython(python: string | null): string[] {
  if (python === null) return [];
  const following = `3.${Number(python.slice(2)) + 1}`;
  const abi = `python_abi ${python}.* *_cp${python.replace('.', '')}`;
  return [`python >=${python},<${following}.0a0`, abi];
}

/** What was newest then, up to the next major version for a library. */
function pin(needed: Made, at: number): string {
  const index = Math.min(needed.versions.length - 1, Math.floor(at * needed.versions.length));
  const version = needed.versions[index] ?? '1.0.0';
  const major = Number(version.split('.')[0]);
  if (needed.kind === 'library') return `${needed.name} >=${version},<${major + 1}.0a0`;
  return `${needed.name} >=${version}`;
}

/** One record as `conda index` writes it. */
function recordOf(name: string, subdir: string, file: string, built: Built) {
  const { version, build, number, depends } = built;
  const sha256 = createHash('sha256').update(`${subdir}/${file}`).digest('hex');
  return {
    ...{ build, build_number: number, constrains: [], depends },
    ...{ license: 'BSD-3-Clause', license_family: 'BSD', md5: sha256.slice(0, 32), name, sha256 },
    ...{ size: 20_000 + Number.parseInt(sha256.slice(0, 6), 16), subdir },
    ...{ timestamp: 1_500_000_000_000 + Math.floor(built.at * 2.5e11), version },
    ...(subdir === 'noarch' ? { noarch: 'python' } : {}),
  };
}

async function writeSubdir(
  folder: string,
  subdir: string,
  rows: readonly (readonly [name: string, builds: () => Built[]])[],
): Promise<{ records: number; bytes: number }> {
  mkdirSync(join(folder, 'shards'), { recursive: true });
  const plain = createWriteStream(join(folder, 'repodata.json'));
  const compressor = createZstdCompress();
  const compressed = compressor.pipe(createWriteStream(join(folder, 'repodata.json.zst')));
  const shards: Record<string, Uint8Array> = {};
  const written = { records: 0, bytes: 0 };
  const write = async (text: string) => {
    written.bytes += Buffer.byteLength(text);
    const [isRoom, isMore] = [plain.write(text), compressor.write(text)];
    if (!isRoom) await once(plain, 'drain');
    if (!isMore && compressor.writableNeedDrain) await once(compressor, 'drain');
  };
  await write(`{"info":{"subdir":"${subdir}"},"packages":{},"packages.conda":{`);
  for (const [name, builds] of rows) {
    const records = builds().map((built) => {
      const file = `${name}-${built.version}-${built.build}.conda`;
      return [file, recordOf(name, subdir, file, built)] as const;
    });
    const lines = records.map(([file, record]) => `"${file}":${JSON.stringify(record)}`);
    await write(`${written.records === 0 ? '' : ','}\n${lines.join(',\n')}`);
    written.records += records.length;
    shards[name] = writeShard(join(folder, 'shards'), records);
  }
  await write('\n},"repodata_version":1}\n');
  plain.end();
  compressor.end();
  await Promise.all([once(plain, 'close'), once(compressed, 'close')]);
  const info = { base_url: '../', shards_base_url: './shards/', subdir };
  const index = zstdCompressSync(pack({ version: 1, info, shards }));
  writeFileSync(join(folder, 'repodata_shards.msgpack.zst'), index);
  return written;
}

/** CEP 16: digests are bytes there. Returns the sha256 of the shard. */
function writeShard(
  folder: string,
  records: readonly (readonly [file: string, record: ReturnType<typeof recordOf>])[],
): Uint8Array {
  const own = records.map(([file, record]) => {
    const bytes = (hex: string) => Buffer.from(hex, 'hex');
    const digests = { md5: bytes(record.md5), sha256: bytes(record.sha256) };
    // A number of that size is written as one with a fraction otherwise.
    return [file, { ...record, ...digests, timestamp: BigInt(record.timestamp) }];
  });
  const content = { packages: {}, 'packages.conda': Object.fromEntries(own), removed: [] };
  const shard = zstdCompressSync(pack(content));
  const digest = createHash('sha256').update(shard).digest();
  writeFileSync(join(folder, `${digest.toString('hex')}.msgpack.zst`), shard);
  return digest;
}
