/** How often it is looked whether an environment would get newer packages. */
import { compareLocks, countChanges, type Lock } from './lock.ts';

export const PERIODS = ['daily', 'weekly', 'monthly'] as const;
export type Period = (typeof PERIODS)[number];

export interface Schedule {
  every: Period;
  by: string;
  /** When it is looked next. */
  dueAt: number;
  /** What was found the last time; null before the first. */
  last: Looked | null;
}

export interface Looked {
  at: number;
  outcome: 'same' | 'changed' | 'broken';
  /** A sentence for its owner. */
  text: string;
}

const DAYS: Readonly<Record<Period, number>> = { daily: 1, weekly: 7, monthly: 30 };

/** When it is looked again after `now`. */
export function nextLook(every: Period, now: number): number {
  return now + DAYS[every] * 24 * 3600 * 1000;
}

const MOST_NAMED = 5;

/** `1 changed: numpy 1.26.4 → 2.2.6.` */
export function changesInWords(before: Lock, after: Lock): string {
  const difference = compareLocks(before, after);
  const named = difference.changed
    .slice(0, MOST_NAMED)
    .map(
      (entry) => `\`${entry.before.name} ${entry.before.version}\` → \`${entry.after.version}\``,
    );
  const rest = difference.changed.length > MOST_NAMED ? ', …' : '';
  return `${countChanges(difference)}${named.length > 0 ? `: ${named.join(', ')}${rest}` : ''}.`;
}
