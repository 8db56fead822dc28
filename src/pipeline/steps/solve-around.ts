import { allowedVersions, type Block, blockedWords, blocksIn } from '../../domain/block.ts';
import { FerryError } from '../../domain/errors.ts';
import { insisting } from '../../domain/fit.ts';
import type { Lock } from '../../domain/lock.ts';
import type { Note } from '../../domain/note.ts';
import { followedBy } from '../../domain/phrase.ts';
import type { BuildRequest } from '../../domain/request.ts';
import { formatSpec, type Spec } from '../../domain/spec.ts';
import type { Fitted } from './refused-solve.ts';

/**
 * Solves, and where the answer has packages of conda's that are blocked, again for other versions of
 * those: what nothing needs is not asked for, so that a block brings nothing along. What cannot be
 * avoided is still in the lock. Throws what a solve throws, beside who blocked what.
 */
export async function solveAround(
  { request, fitted, blocks }: { request: BuildRequest; fitted: Fitted; blocks: readonly Block[] },
  solve: (fitted: Fitted) => Promise<Lock>,
): Promise<{ lock: Lock; notes: Note[] }> {
  const avoided: Block[] = [];
  for (;;) {
    const lock = await solve((specs) => avoiding(fitted(specs), avoided)).catch((error) => {
      throw avoided.length === 0 ? error : besideBlocks(error, avoided, request);
    });
    const conda = { platform: lock.platform, packages: lock.packages };
    const found = blocksIn(blocks, conda).filter(
      (block) => !avoided.includes(block) && allowedVersions(block) !== null,
    );
    if (found.length === 0) return { lock, notes: avoided.map(noteOf) };
    avoided.push(...found);
  }
}

function avoiding({ specs, notes }: ReturnType<Fitted>, avoided: readonly Block[]) {
  return { specs: avoided.reduce(withAllowed, specs), notes };
}

/** The specs without the versions that are blocked. */
function withAllowed(specs: Spec[], block: Block): Spec[] {
  const { name } = block.spec;
  const version = allowedVersions(block);
  if (!specs.some((spec) => spec.name === name))
    return [...specs, { name, version, build: null, channel: null }];
  return specs.map((spec) =>
    spec.name === name ? { ...spec, version: bothOf(spec.version, version) } : spec,
  );
}

function bothOf(one: string | null, other: string | null): string | null {
  const grouped = [one, other]
    .filter((version) => version !== null)
    .map((version) => (version.includes('|') ? `(${version})` : version));
  return grouped.length > 1 ? grouped.join(',') : (one ?? other);
}

function noteOf(block: Block): Note {
  const { spec, why } = block;
  const added = `${spec.name}${allowedVersions(block)}`;
  const text = `\`${added}\` was added: \`${formatSpec(spec)}\` is blocked (${why}).`;
  return { tone: 'added', text, repair: null };
}

/** The refusal, whose cause may well be the blocks. */
function besideBlocks(error: unknown, avoided: readonly Block[], request: BuildRequest): unknown {
  if (!(error instanceof FerryError) || error.kind !== 'user') return error;
  const { kind, said, details } = error;
  // No insisting goes past a block.
  const repairs = error.repairs.filter(({ command }) => command !== insisting(request).command);
  // What no version meets was narrowed here: the block says all there is to say.
  const words = blockedWords(avoided);
  const message = error.code === 'package-not-found' ? words : followedBy(words, said.message);
  const { suggestion } = said;
  return new FerryError(kind, {
    code: 'package-blocked',
    ...{ message, suggestion, details, repairs },
  });
}
