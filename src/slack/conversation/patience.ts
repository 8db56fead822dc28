import { setTimeout as sleep } from 'node:timers/promises';
import { isBusy } from '../chat/error.ts';

/** How often, and for how many seconds at most, an answer waits for Slack to take it. */
const WAITS = 3;
const LONGEST_WAIT = 20;

/** Slack takes about one message a second in a channel: it says how long to wait. */
export async function patiently(way: () => Promise<unknown>): Promise<void> {
  for (let waits = 0; ; waits += 1) {
    try {
      await way();
      return;
    } catch (error) {
      if (!isBusy(error) || waits >= WAITS || error.retryAfter > LONGEST_WAIT) throw error;
      await sleep(error.retryAfter * 1000, undefined, { ref: false });
    }
  }
}
