import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, posix } from 'node:path';
import { createGunzip } from 'node:zlib';
import { userError } from '../../domain/errors.ts';
import { counted, size } from '../../domain/figures.ts';
import { printable } from '../../domain/names.ts';
import { BrokenArchive, type Member } from '../../packing/lint/member.ts';
import { describeBroken } from '../../packing/lint/read.ts';
import { readTar } from '../../packing/lint/read-tar.ts';
import { openZip } from '../../packing/lint/read-zip.ts';
import { staysInside } from './source.ts';

/** As much as the sandbox may write. Nothing that people pack shrinks to less than a two hundredth. */
const MOST = { entries: 200_000, bytes: 4 * 1024 ** 3, ratio: 200, ratioFromBytes: 100e6 };
type Most = typeof MOST;
const STORED = 0;
const DEFLATE = 8;

/**
 * Looks at every member of a wheel or an sdist before anything of it is unpacked anywhere: names and links that
 * lead out, what is neither file nor folder, names that come twice in a wheel, and what is more than one may be.
 * Throws `project-unsafe`, `project-too-large`, `project-unreadable`.
 */
export async function lookInto(file: string, most: Most = MOST): Promise<void> {
  const name = basename(file);
  const { size: packedBytes } = await stat(file);
  const sum = new Sum(name, packedBytes, most);
  try {
    if (/\.(?:whl|zip)$/.test(name)) await lookIntoZip(file, sum);
    else await lookIntoTar(file, sum);
  } catch (error) {
    if (error instanceof BrokenArchive && error.reason === 'too-large') throw sum.tooLarge();
    throw (error as { kind?: unknown }).kind ? error : unreadable(name, describeBroken(error));
  }
}

async function lookIntoZip(file: string, sum: Sum): Promise<void> {
  const zip = await openZip(file);
  const seen = new Set<string>();
  try {
    if (sum.isTooMany(zip.members)) throw sum.tooLarge();
    for await (const entry of zip.entries()) {
      const { path } = entry;
      sum.add(entry);
      if (entry.type === 'link') throw sum.unsafe(path, 'is a link');
      if (entry.isEncrypted) throw sum.unsafe(path, 'is encrypted');
      if (![STORED, DEFLATE].includes(entry.method)) {
        throw sum.unsafe(path, 'is compressed in a way that pip does not know everywhere');
      }
      if (entry.disagrees) throw sum.unsafe(path, 'has two names');
      const place = posix.normalize(path);
      if (seen.has(place)) throw sum.unsafe(path, 'is there twice');
      seen.add(place);
    }
  } finally {
    await zip.close();
  }
}

async function lookIntoTar(file: string, sum: Sum): Promise<void> {
  const source = createReadStream(file);
  const gunzip = createGunzip({ chunkSize: 256 * 1024 });
  source.on('error', (error) => gunzip.destroy(error));
  const links = new Set<string>();
  try {
    for await (const member of readTar(metered(source.pipe(gunzip), sum))) {
      sum.add(member);
      const { path, type, target } = member;
      if (type === 'other') throw sum.unsafe(path, 'is neither file nor folder');
      const place = posix.normalize(path).replace(/\/$/, '');
      if (foldersAbove(place).some((folder) => links.has(folder))) {
        throw sum.unsafe(path, 'lies behind a link');
      }
      if (type === 'link') links.add(place);
      const isLink = type === 'link' || type === 'hard-link';
      // The other name of a hard link is one from the top.
      const from = type === 'link' ? place : '';
      if (isLink && (target === '' || !staysInside(from, target))) {
        throw sum.unsafe(path, `is a link to \`${printable(target)}\`, which leads out of it`);
      }
    }
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}

/** Headers without members are bytes, too. */
async function* metered(chunks: AsyncIterable<Buffer>, sum: Sum): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (sum.isTooMuch(bytes)) throw sum.tooLarge();
    yield chunk;
  }
}

/** `a` and `a/b` of `a/b/c` */
function foldersAbove(path: string): string[] {
  const names = path.split('/').slice(0, -1);
  return names.map((_, at) => names.slice(0, at + 1).join('/'));
}

/** What the members of one file come to. */
class Sum {
  readonly #file: string;
  readonly #packedBytes: number;
  readonly #most: Most;
  #entries = 0;
  #bytes = 0;

  constructor(file: string, packedBytes: number, most: Most) {
    this.#file = file;
    this.#packedBytes = packedBytes;
    this.#most = most;
  }

  /** Errors: `project-unsafe`, `project-too-large`. */
  add({ path, bytes }: Member): void {
    this.#entries += 1;
    this.#bytes += bytes;
    if (this.isTooMany(this.#entries) || this.isTooMuch(this.#bytes)) throw this.tooLarge();
    const isNamed = path !== '' && !/[\0\\]/.test(path) && !path.split('/').includes('..');
    if (!isNamed || path.startsWith('/')) throw this.unsafe(path, 'leads out of it');
  }

  isTooMany(entries: number): boolean {
    return entries > this.#most.entries;
  }

  isTooMuch(bytes: number): boolean {
    const { ratio, ratioFromBytes } = this.#most;
    const isBomb = bytes > ratioFromBytes && bytes > this.#packedBytes * ratio;
    return isBomb || bytes > this.#most.bytes;
  }

  unsafe(path: string, what: string) {
    return userError({
      code: 'project-unsafe',
      message: `\`${printable(this.#file)}\` cannot be used: its member \`${printable(path)}\` ${what}.`,
      suggestion: 'Make it again with `python -m build`, or take another version of it.',
    });
  }

  tooLarge() {
    const { entries, bytes, ratio } = this.#most;
    const most = `${counted(entries, 'file')}, ${size(bytes)} or ${ratio} times its size`;
    return userError({
      code: 'project-too-large',
      message: `\`${printable(this.#file)}\` would unpack to more than ${most}.`,
      suggestion: 'Leave large data out of the package and read it from HDFS instead.',
    });
  }
}

function unreadable(file: string, why: string) {
  return userError({
    code: 'project-unreadable',
    message: `\`${printable(file)}\` cannot be read: ${printable(why)}.`,
    suggestion: 'Attach it again, or make it again with `python -m build`.',
  });
}
