/** Environments that are built anew at their time, with the newest that their specs allow. */
import { compareLocks, countChanges, type Lock } from './lock.ts';

export const PERIODS = ['daily', 'weekly', 'monthly'] as const;
export type Period = (typeof PERIODS)[number];

export interface Schedule {
  every: Period;
  by: string;
  /** When it is looked next. */
  dueAt: number;
  /** Nothing is built: its owner only hears of what would change. */
  tellOnly: boolean;
  /** What came of it the last time; null before the first. */
  last: Looked | null;
}

export interface Looked {
  at: number;
  /** `changed`: newer packages would come, and nothing is built. `waiting`: for approval. */
  outcome: 'same' | 'changed' | 'waiting' | 'built' | 'broken';
  /** A sentence or two for its owner. */
  text: string;
  /** What it is about: the same again is not told again. */
  reason: string;
}

/** Where a build was asked for that nobody asked for just then; no conversation has this name. */
export const SCHEDULE = 'schedule';

/** Whether it was asked for by a schedule, as its owner. */
export function isScheduled({ requester }: { requester: { channel: string } }): boolean {
  return requester.channel === SCHEDULE;
}

/** Whether its owner has yet to hear of it. */
export function isNews(looked: Looked, before: Looked | null): boolean {
  if (looked.outcome === 'same') return false;
  return looked.outcome !== before?.outcome || looked.reason !== before.reason;
}

const DAYS: Readonly<Record<Period, number>> = { daily: 1, weekly: 7, monthly: 30 };

/** When it is looked again after `now`. */
export function nextLook(every: Period, now: number): number {
  return now + DAYS[every] * 24 * 3600 * 1000;
}

const MOST_NAMED = 5;

/** `1 changed: numpy 1.26.4 → 2.2.6.` */
export function changesInWords(before: Lock | null, after: Lock): string {
  const difference = compareLocks(before, after);
  const named = difference.changed
    .slice(0, MOST_NAMED)
    .map(
      (entry) => `\`${entry.before.name} ${entry.before.version}\` → \`${entry.after.version}\``,
    );
  const rest = difference.changed.length > MOST_NAMED ? ', …' : '';
  return `${countChanges(difference)}${named.length > 0 ? `: ${named.join(', ')}${rest}` : ''}.`;
}
