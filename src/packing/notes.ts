import type { PackWarning } from './warning.ts';

/**
 * What packing has to say about an archive, in the archive: whoever lints it later hears the same.
 * conda reads only `.json` in its folder.
 */
export interface PackingNotes {
  /** Where it must be unpacked; null for anywhere. */
  targetPrefix: string | null;
  warnings: readonly PackWarning[];
}

export const NOTES_PATH = 'conda-meta/packing-notes';
export const MAX_NOTES_BYTES = 1024 * 1024;

/** Null when there is nothing to say. */
export function packingNotes(notes: PackingNotes): Buffer | null {
  if (notes.targetPrefix === null && notes.warnings.length === 0) return null;
  return Buffer.from(`${JSON.stringify(notes, null, 1)}\n`);
}

/** Notes as an archive has them; what is no note in it is left out. */
export function readNotes(text: string): PackingNotes {
  let raw: { targetPrefix?: unknown; warnings?: unknown } | null = null;
  try {
    raw = JSON.parse(text);
  } catch {
    // Not ours.
  }
  const warnings = Array.isArray(raw?.warnings) ? raw.warnings : [];
  return {
    targetPrefix: typeof raw?.targetPrefix === 'string' ? raw.targetPrefix : null,
    warnings: warnings.filter(
      (warning) =>
        typeof warning?.id === 'string' &&
        typeof warning.text === 'string' &&
        ['string', 'undefined'].includes(typeof warning.path),
    ),
  };
}
