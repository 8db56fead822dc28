import type { Clock } from '../../domain/ports.ts';
import { type RedisLink, serverTime } from './redis.ts';

const ASK_AGAIN_MS = 60_000;
/** Half of the way of an answer is how far off it may be: one that takes longer is asked for again, so many times. */
const QUICK_MS = 2;
const MOST_ASKED = 5;

/**
 * Redis' clock, the one clock that all hosts share: what one of them writes down is compared with what
 * another one reads. It is asked at each connection, before any other command, so whoever has read
 * something by `link` knows it; and again each minute. Until the first answer it is this host's own.
 */
export function createClock(link: RedisLink): Clock & { close(): void } {
  /** Redis' time less that of this process' stopwatch, which nobody sets. */
  let ahead = Date.now() - performance.now();
  let isKnown = false;

  /** Answers how far off that may be: milliseconds. */
  async function ask(): Promise<number> {
    const askedAt = performance.now();
    const then = await serverTime(link.client);
    const half = (performance.now() - askedAt) / 2;
    const seen = then - (askedAt + half);
    // What the answer agrees with stays, so that its way here does not make time jump.
    if (!isKnown || Math.abs(seen - ahead) > half + 1) ahead = seen;
    isKnown = true;
    return half;
  }

  async function askWell(): Promise<void> {
    for (let asked = 1; (await ask()) > QUICK_MS && asked < MOST_ASKED; asked += 1);
  }

  const askQuietly = () => void askWell().catch(() => {});
  link.client.on('ready', askQuietly);
  const timer = setInterval(askQuietly, ASK_AGAIN_MS).unref();
  return {
    now: () => Math.round(performance.now() + ahead),
    close() {
      clearInterval(timer);
      link.client.off('ready', askQuietly);
    },
  };
}
