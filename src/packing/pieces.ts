const NUL = 0;
const NEWLINE = 0x0a;
/** No piece grows beyond this, whatever is in it. */
const MAX_PIECE_BYTES = 16 * 1024 * 1024;
/** Longer than any path with what stands around it, and than any padding of one. */
const MARGIN_BYTES = 64 * 1024;

/**
 * Cuts a file that is too large for memory into pieces, between which no path and no padding of
 * one lies: behind a line in text, behind the NULs that end a string in a binary.
 */
export function* cutPieces(
  blocks: Iterable<Buffer>,
  kind: 'text' | 'binary',
): Generator<Buffer, void, void> {
  let window: Buffer = Buffer.alloc(0);
  for (const block of blocks) {
    window = window.length === 0 ? block : Buffer.concat([window, block]);
    const cut = kind === 'text' ? cutInText(window) : cutInBinary(window);
    if (cut === 0) continue;
    yield window.subarray(0, cut);
    window = window.subarray(cut);
  }
  if (window.length > 0) yield window;
}

function cutInText(window: Buffer): number {
  const behindLine = window.lastIndexOf(NEWLINE) + 1;
  if (behindLine > 0 || window.length < MAX_PIECE_BYTES) return behindLine;
  return (
    Math.max(window.lastIndexOf(' '), window.lastIndexOf(',')) + 1 || window.length - MARGIN_BYTES
  );
}

function cutInBinary(window: Buffer): number {
  if (endsInZeros(window)) return window.length;
  for (let cut = window.length - 1; cut > 0; cut -= 1) {
    if (window[cut] !== NUL && window[cut - 1] === NUL) return cut;
  }
  return window.length < MAX_PIECE_BYTES ? 0 : window.length - MARGIN_BYTES;
}

const ZEROS = Buffer.alloc(MARGIN_BYTES);

function endsInZeros(window: Buffer): boolean {
  return window.length > MARGIN_BYTES && window.subarray(-MARGIN_BYTES).equals(ZEROS);
}
