/** What people see already, so that nothing is sent that would look the same. */
import { createHash } from 'node:crypto';
import type { Clock } from '../domain/ports.ts';

export interface Shown {
  /** Whether this is what was shown last. */
  isSame(key: string, content: unknown): boolean;
  /** When something was shown last, in milliseconds; 0 for never or long ago. */
  at(key: string): number;
  keep(key: string, content: unknown): void;
  forget(key: string): void;
}

const MOST_KEPT = 1_000;

/** Remembers digests of the newest thousand; forgetting one costs a message that says nothing new. */
export function createShown(clock: Clock): Shown {
  const kept = new Map<string, { digest: string; at: number }>();
  return {
    isSame: (key, content) => kept.get(key)?.digest === digestOf(content),
    at: (key) => kept.get(key)?.at ?? 0,
    keep(key, content) {
      kept.delete(key);
      kept.set(key, { digest: digestOf(content), at: clock.now() });
      const oldest = kept.keys().next().value;
      if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
    },
    forget: (key) => void kept.delete(key),
  };
}

function digestOf(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('base64');
}
