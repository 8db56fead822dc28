/** Slack repeats what it is not sure we got; everything that arrives twice is done once. */
import type { Clock } from '../../domain/ports.ts';

/** Slack repeats an event for up to an hour. */
const REMEMBERED_SECONDS = 3600;
/**
 * Those that this process remembers itself, the newest, while the shared memory is away: all of a minute in
 * which more is asked than can be answered.
 */
const MOST_REMEMBERED = 10_000;

/** Whether a delivery is seen for the first time, by the id Slack gave it; always for one without. */
export type IsFirst = (id: string | null) => Promise<boolean>;

/** `once`: true for the first caller with this key within `seconds`, in any process. */
export function rememberDeliveries({
  once,
  clock,
}: {
  once(key: string, seconds: number): Promise<boolean>;
  clock: Clock;
}): IsFirst {
  const seen = new Map<string, number>();
  return async (id) => {
    if (id === null) return true;
    const now = clock.now();
    for (const [old, at] of seen) {
      if (now - at < REMEMBERED_SECONDS * 1000) break;
      seen.delete(old);
    }
    if (seen.has(id)) return false;
    seen.set(id, now);
    const oldest = seen.keys().next().value;
    if (seen.size > MOST_REMEMBERED && oldest !== undefined) seen.delete(oldest);
    try {
      return await once(`slack-delivery:${id}`, REMEMBERED_SECONDS);
    } catch {
      // The shared memory is away: this process's own has to do.
      return true;
    }
  };
}

/** Events carry an id of their own; everything people start carries a trigger used only once. */
export function deliveryId(body: object): string | null {
  const fields: Record<string, unknown> = { ...body };
  for (const key of ['event_id', 'trigger_id']) {
    if (typeof fields[key] === 'string') return `${key}:${fields[key]}`;
  }
  return null;
}
