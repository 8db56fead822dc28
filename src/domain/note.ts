import type { Repair } from './errors.ts';
import { object, oneOf, or, string } from './shape.ts';

/** What a person is told of a solve beside its packages. */
export interface Note {
  /** What was `added` to the specs, a `warning`, or what was `forced` past a refusal. */
  tone: 'added' | 'warning' | 'forced';
  /** Names what it speaks of in backquotes. */
  text: string;
  /** What to ask for instead; null where there is nothing to do. */
  repair: Repair | null;
}

export const NOTE = object<Note>({
  ...{ tone: oneOf(['added', 'warning', 'forced']), text: string },
  repair: or(object<Repair>({ label: string, command: string }), null),
});
