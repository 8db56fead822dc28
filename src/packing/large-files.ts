import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { BLOCK_BYTES } from './deflate.ts';
import type { SeenFile } from './first-look.ts';
import type { FileEntry, KeptFile } from './members.ts';
import { findMentions, needlesOf, replaceMentions } from './mentions.ts';
import { cutPieces } from './pieces.ts';
import type { PrefixFiles } from './prefix-files.ts';
import {
  capacityOf,
  isInterpreter,
  namesOf,
  type PrefixRecord,
  type Relocation,
  rewriteBinary,
  textKindOf,
} from './relocate.ts';

/** `foreign` is a binary that conda did not rewrite either. */
export type LargeKind = 'text' | 'binary' | 'foreign';

/** What becomes of a file that mentions the prefix. */
export type LargeOutcome =
  | { kind: 'same' }
  /** Its mentions stay. */
  | { kind: 'kept-prefix' }
  /** `bin/conda-unpack` rewrites it. */
  | { kind: 'recorded'; record: PrefixRecord }
  | { kind: 'rewritten'; as: LargeKind; bytes: number; sha256: string };

/** What `relocate` does, for files that do not fit into memory; they are no scripts or `.pth`. */
export class LargeFiles {
  readonly #files: PrefixFiles;
  readonly #relocation: Relocation;
  readonly #needles: ReturnType<typeof needlesOf>;

  constructor(files: PrefixFiles, relocation: Relocation) {
    this.#files = files;
    this.#relocation = relocation;
    this.#needles = needlesOf(namesOf(relocation));
  }

  async relocate({ path, source }: FileEntry, seen: SeenFile): Promise<LargeOutcome> {
    if (source.kind !== 'disk' || isInterpreter(path)) return { kind: 'same' };
    const { record } = source;
    const kind = kindOf(source, seen);
    let mentioned = false;
    let bytes = 0;
    const digest = createHash('sha256');
    for (const piece of this.#pieces(source, kind)) {
      mentioned ||= piece.mentioned;
      bytes += piece.content.length;
      digest.update(piece.content);
      await nextTurn();
    }
    if (!mentioned) return { kind: 'same' };
    if (kind === 'foreign') return { kind: 'kept-prefix' };
    if (this.#relocation.targetPrefix !== null) {
      return { kind: 'rewritten', as: kind, bytes, sha256: digest.digest('hex') };
    }
    const capacity = kind === 'text' ? 0 : this.#capacityOf(source);
    const mode = kind === 'text' ? textKindOf(record) : kind;
    return { kind: 'recorded', record: { path, mode, capacity } };
  }

  /** The bytes of a file that `relocate` found to be rewritten. */
  *rewritten(source: KeptFile, kind: LargeKind): Generator<Buffer> {
    for (const { content } of this.#pieces(source, kind)) yield content;
  }

  *#pieces(source: KeptFile, kind: LargeKind): Generator<{ content: Buffer; mentioned: boolean }> {
    const { targetPrefix } = this.#relocation;
    const { file, record } = source;
    const shape = kind === 'text' ? 'text' : 'binary';
    const blocks = this.#files.blocks(file, () => Buffer.allocUnsafeSlow(BLOCK_BYTES));
    for (const piece of cutPieces(blocks, shape)) {
      const mentions = findMentions(
        piece,
        this.#needles[shape],
        shape === 'text' ? textKindOf(record) : shape,
      );
      const mentioned = mentions.length > 0;
      let content = piece;
      if (mentioned && targetPrefix !== null && kind !== 'foreign') {
        const place = { target: targetPrefix, capacity: this.#capacityOf(source) };
        content =
          kind === 'text'
            ? replaceMentions(piece, mentions, targetPrefix)
            : rewriteBinary(piece, file.path, mentions, place);
      }
      yield { content, mentioned };
    }
  }

  #capacityOf({ record }: KeptFile): number {
    return record ? capacityOf(record, namesOf(this.#relocation)) : 0;
  }
}

function kindOf({ record }: KeptFile, { hasNul }: SeenFile): LargeKind {
  const mode = record?.mode;
  if (mode === 'text' || !hasNul) return 'text';
  return mode === 'binary' ? 'binary' : 'foreign';
}
