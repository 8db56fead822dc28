import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { outsideError } from '../domain/errors.ts';
import { BLOCK_BYTES } from './deflate.ts';
import type { PrefixFile } from './prefix.ts';

/** The bytes of a prefix's files, which must be as they were listed. Errors: `prefix-changed`. */
export class PrefixFiles {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  whole(file: PrefixFile): Buffer {
    return this.into(file, Buffer.allocUnsafeSlow(file.bytes));
  }

  /** The whole file at the beginning of `buffer`, which has room for it. */
  into(file: PrefixFile, buffer: Buffer): Buffer {
    const descriptor = openToRead(`${this.#prefix}/${file.path}`);
    try {
      const content = readFully(descriptor, buffer.subarray(0, file.bytes));
      refuseChanged(file, descriptor, content.length);
      return content;
    } finally {
      closeSync(descriptor);
    }
  }

  /** Blocks of at most `BLOCK_BYTES`, in the buffers given, which have room for that. */
  *blocks(file: PrefixFile, nextBuffer: () => Buffer): Generator<Buffer> {
    const descriptor = openToRead(`${this.#prefix}/${file.path}`);
    try {
      let read = 0;
      while (read < file.bytes) {
        const room = Math.min(BLOCK_BYTES, file.bytes - read);
        const block = readFully(descriptor, nextBuffer().subarray(0, room));
        read += block.length;
        if (block.length < room) break;
        yield block;
      }
      refuseChanged(file, descriptor, read);
    } finally {
      closeSync(descriptor);
    }
  }
}

/** Without waiting: what was a file when the prefix was listed may be a pipe by now. */
function openToRead(path: string): number {
  return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
}

function readFully(descriptor: number, buffer: Buffer): Buffer {
  let filled = 0;
  while (filled < buffer.length) {
    const read = readSync(descriptor, buffer, filled, buffer.length - filled, null);
    if (read === 0) break;
    filled += read;
  }
  return buffer.subarray(0, filled);
}

/** Sizes and digests are taken before the bytes are archived; a file that moves makes them lies. */
function refuseChanged(file: PrefixFile, descriptor: number, read: number): void {
  const stat = fstatSync(descriptor);
  if (read === file.bytes && stat.size === file.bytes && stat.mtimeMs === file.modified) return;
  throw outsideError({
    code: 'prefix-changed',
    message: `\`${file.path}\` changed while the environment was being packed.`,
    suggestion: 'Pack again when nothing installs into the environment or runs in it.',
    retryable: true,
  });
}
