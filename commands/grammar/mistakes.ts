/** What is wrong with a text: collected, mended where all of it can be, and told at once. */
import { FerryError, userError } from '../../src/domain/errors.ts';

/** What `work` gives; null where the person made a mistake, which is added to `mistakes`. */
export function attempt<T>(mistakes: FerryError[], work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof FerryError) || error.kind !== 'user') throw error;
    mistakes.push(error);
    return null;
  }
}

/** The whole command with every mistake mended, or null where one of them cannot be. */
export function repairOf(error: FerryError, typed: string): string | null {
  const mistakes = [error, ...error.others];
  const parts = mistakes.flatMap(({ replacement }) => replacement ?? []);
  if (parts.length < mistakes.length) return null;
  const command = parts
    .toSorted((left, right) => right.start - left.start)
    .reduce(
      (text, { start, end, text: instead }) => text.slice(0, start) + instead + text.slice(end),
      typed,
    );
  // On one line it fits a button; a comment ends with its own.
  return command.includes('#') ? command : command.replace(/\s*\n\s*/g, ' ');
}

/** One error for all mistakes of a text, in its order; the first speaks, the others follow it. */
export function asOne(
  mistake: FerryError,
  more: readonly FerryError[],
  repairs: FerryError['repairs'],
): FerryError {
  const startOf = ({ position }: FerryError) => position?.start ?? 0;
  const [first = mistake, ...others] = [mistake, ...more].toSorted(
    (left, right) => startOf(left) - startOf(right),
  );
  const { code, message, suggestion, position, replacement, parts, about } = first;
  const own = { code, message, suggestion, position, replacement, parts, about };
  return userError({ ...own, others, repairs });
}
