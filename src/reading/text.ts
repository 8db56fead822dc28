import { userError } from '../domain/errors.ts';

/** Bytes of the largest file that is read: a lock of some thousand packages. */
const LARGEST = 2_000_000;

/** What the first bytes say of files that hold no text. */
const KINDS: readonly (readonly [start: readonly number[], what: string, suggestion: string])[] = [
  [[0x1f, 0x8b], 'is compressed with gzip', 'Unpack it, and give what is in it.'],
  [[0x50, 0x4b, 0x03, 0x04], 'is a zip archive', 'Unpack it, and give the file that is in it.'],
  [[0x42, 0x5a, 0x68], 'is compressed with bzip2', 'Unpack it, and give what is in it.'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'is compressed with zstd', 'Unpack it, and give what is in it.'],
];

/**
 * The text of a file, its lines ended by `\n`: UTF-8, or UTF-16 as PowerShell writes it, or what is
 * not UTF-8 as Windows-1252, which gives some character for every byte.
 * Throws `file-too-large`, `file-empty` and `file-not-text`.
 */
export function readText(name: string, bytes: Uint8Array): string {
  if (bytes.length > LARGEST) {
    throw userError({
      code: 'file-too-large',
      message: `\`${name}\` has ${bytes.length} bytes; at most ${LARGEST} bytes are read.`,
      suggestion: 'Give the file that lists the packages, not what was made from it.',
    });
  }
  const kind = KINDS.find(([start]) => start.every((byte, at) => bytes[at] === byte));
  if (kind) throw noText(name, kind[1], kind[2]);
  const text = decode(bytes)
    .replace(/^\uFEFF/, '')
    .replace(/\r\n?/g, '\n');
  if (text.trim() === '') {
    throw userError({
      code: 'file-empty',
      message: `\`${name}\` is empty.`,
      suggestion: 'Name a file that lists packages.',
    });
  }
  if (/[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(text)) {
    throw noText(name, 'is no text', 'Name an `environment.yml` or a `requirements.txt`.');
  }
  return text;
}

function decode(bytes: Uint8Array): string {
  const encoding = wideEncoding(bytes);
  if (encoding !== null) return new TextDecoder(encoding).decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

/** By its mark, or as every other byte of plain ASCII is zero. */
function wideEncoding(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  if (bytes.length < 4 || bytes.length % 2 === 1) return null;
  const start = bytes.subarray(0, 64);
  const hasZero = (parity: number) =>
    start.every((byte, at) => (byte === 0) === (at % 2 === parity));
  if (hasZero(1)) return 'utf-16le';
  return hasZero(0) ? 'utf-16be' : null;
}

function noText(name: string, what: string, suggestion: string): Error {
  return userError({ code: 'file-not-text', message: `\`${name}\` ${what}.`, suggestion });
}
