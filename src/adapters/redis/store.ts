import type { AuditBounds } from '../../domain/audit.ts';
import type { Sight } from '../../domain/events.ts';
import type { Clock, Store } from '../../domain/ports.ts';
import type { Totals } from '../../domain/totals.ts';
import { storeApprovals } from './approvals.ts';
import { storeAudit } from './audit.ts';
import { storeBlocks } from './blocks.ts';
import { storeBuilds } from './builds.ts';
import { Changes } from './changes.ts';
import { createClock } from './clock.ts';
import { storeEnvironments } from './environments.ts';
import { storeFormat } from './format.ts';
import { storeFreezes } from './freezes.ts';
import { storeGroups } from './groups.ts';
import { storeHistory } from './history.ts';
import { storeKeys } from './keys.ts';
import { storeLeases } from './leases.ts';
import { storeMemory } from './memory.ts';
import { storeNotices } from './notices.ts';
import { storePresences } from './presences.ts';
import { storeProgress } from './progress.ts';
import { openLink, type RedisConnection } from './redis.ts';
import { storeRoom } from './room.ts';
import { storeShown } from './shown.ts';
import { storeSubscriptions } from './subscriptions.ts';
import { storeTimings } from './timings.ts';
import { readQueues, readTotals, type TotalsAsked } from './totals.ts';

export interface RedisStore extends Store {
  /**
   * True for the first caller within `seconds`, false for everybody after: deliveries of Slack
   * that arrive twice are told apart by it.
   */
  once(key: string, seconds: number): Promise<boolean>;
  /** Redis' own, for whatever one host writes down and another one reads. */
  readonly clock: Clock;
  /** How much there is of everything, by counters: it costs the same however much that is. */
  totals(asked: TotalsAsked): Promise<Totals>;
  /** Remembers how many bytes are free on an edge, for `totals`. */
  noteFree(edge: string, bytes: number): Promise<void>;
}

/** How much of the audit a store keeps that is not told otherwise. */
const AUDIT_BOUNDS: AuditBounds = { days: 365, entries: 100_000, refused: 20_000 };

/**
 * The store over Redis: builds and environments as JSON with a revision number for atomic
 * compare-and-set (`records.ts`), sorted sets as indexes, pub/sub for changes.
 *
 * Every call rejects within two seconds with `store-unavailable` or `store-full` when Redis cannot
 * serve it. A record written by a newer program is refused with `record-unreadable` where it is
 * asked for by name, and left out of lists.
 */
export function createStore(options: {
  connection: RedisConnection;
  prefix: string;
  audit?: AuditBounds;
  /** Hears when Redis is away, and when it is back; left out, only who calls does. */
  sight?: Sight;
}): RedisStore {
  const link = openLink(options.connection, options.sight);
  const keys = storeKeys(options.prefix);
  const changes = new Changes(options.connection, link, keys);
  const clock = createClock(link);

  return {
    ...storeBuilds(link, keys),
    ...storeEnvironments(link, keys),
    ...storeHistory(link, keys),
    ...storeProgress(link, keys),
    ...storeMemory(link, keys),
    ...storeNotices(link, keys),
    ...storeShown(link, keys),
    ...storeLeases(link, keys),
    ...storeRoom(link, keys),
    ...storePresences(link, keys),
    ...storeFormat(link, keys),
    ...storeApprovals(link, keys),
    ...storeFreezes(link, keys),
    ...storeBlocks(link, keys),
    ...storeGroups(link, keys),
    ...storeSubscriptions(link, keys),
    ...storeTimings(link, keys),
    ...storeAudit(link, keys, options.audit ?? AUDIT_BOUNDS),
    watch: (listener) => changes.watch(listener),
    clock,
    async readFreeSpace() {
      const free = await link.call((redis) => redis.hgetall(keys.edgesFree));
      return Object.entries(free).map(([edge, bytes]) => ({ edge, bytes: Number(bytes) }));
    },
    standings: (platforms) => readQueues(link, options.prefix, clock.now(), platforms),
    totals: (asked) => readTotals(link, keys, options.prefix, clock.now(), asked),

    async noteFree(edge, bytes) {
      await link.call((redis) => redis.hset(keys.edgesFree, edge, bytes));
    },

    async once(name, seconds) {
      const answer = await link.call((redis) =>
        redis.set(keys.once(name), '1', 'EX', seconds, 'NX'),
      );
      return answer === 'OK';
    },

    async ping() {
      await link.call((redis) => redis.ping());
    },

    async close() {
      clock.close();
      changes.close();
      link.close();
    },
  };
}
