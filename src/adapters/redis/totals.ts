import type { Platform } from '../../domain/lock.ts';
import { takesWork } from '../../domain/presence.ts';
import type { QueueStanding, QueueTotals, Totals } from '../../domain/totals.ts';
import { errandQueue, jobKeys, jobOf, jobQueue } from './jobs.ts';
import type { StoreKeys } from './keys.ts';
import { storePresences } from './presences.ts';
import type { RedisLink } from './redis.ts';

export interface TotalsAsked {
  platforms: readonly Platform[];
  /** Those that are configured. */
  edges: readonly string[];
  /** How many environments one person may have; null for no limit. */
  environmentLimit: number | null;
  /** The name of the lease of who tells of the builds. */
  leader: string;
}

/**
 * Jobs at either end of a queue that are looked at for the one that has waited for longest: what a look
 * costs Redis must not grow while a queue does.
 */
const LOOKED_AT = 200;

/**
 * Of one queue: how many wait, are delayed and at work, and since when the first of them has waited (''
 * for none), and its id. By turns, whoever waits for longest need not be the next.
 *
 * KEYS: wait, prioritized, delayed, active. ARGV: prefix of jobs, how many are looked at.
 */
const READ_QUEUE = `
local first, whose = math.huge, ''
local function look(ids)
  for _, id in ipairs(ids) do
    local at = tonumber(redis.call('HGET', ARGV[1] .. id, 'timestamp') or '')
    if at and at < first then first, whose = at, id end
  end
end
local last = ARGV[2] - 1
look(redis.call('LRANGE', KEYS[1], -ARGV[2], -1))
look(redis.call('ZRANGE', KEYS[2], 0, last))
look(redis.call('ZREVRANGE', KEYS[2], 0, last))
look(redis.call('ZRANGE', KEYS[3], 0, last))
return {
  redis.call('LLEN', KEYS[1]) + redis.call('ZCARD', KEYS[2]),
  redis.call('ZCARD', KEYS[3]),
  redis.call('LLEN', KEYS[4]),
  first < math.huge and string.format('%.0f', first) or '',
  whose
}
`;

/** Rejects as every call of the store does. `now`: milliseconds by Redis' clock. */
export async function readTotals(
  link: RedisLink,
  keys: StoreKeys,
  prefix: string,
  now: number,
  { platforms, edges, environmentLimit, leader }: TotalsAsked,
): Promise<Totals> {
  const most = environmentLimit ?? '+inf';
  const [counts, presences, queues] = await Promise.all([
    link.call((redis) =>
      Promise.all([
        redis.zcard(keys.owned),
        redis.zcard(keys.there),
        redis.hlen(keys.revisions),
        redis.zcard(keys.owners),
        redis.zcount(keys.owners, most, '+inf'),
        redis.scard(keys.open),
        redis.zcount(keys.approvalsWaiting, now, '+inf'),
        redis.hlen(keys.notices),
        redis.exists(keys.lease(leader)),
        redis.hgetall(keys.edgesFree),
      ]),
    ),
    storePresences(link, keys).readPresences(now),
    readQueues(link, prefix, now, platforms),
  ]);
  const [owned, there, revisions, owners, ownersAtLimit, openBuilds, approvals, notices, ...rest] =
    counts;
  const [led, free] = rest;
  return {
    environments: { there, letGo: owned - there },
    ...{ revisions, owners, ownersAtLimit, openBuilds, approvals, notices },
    isLed: led === 1,
    queues: queues.map(({ oldest: _, ...queue }) => queue),
    workers: platforms.map((platform) => ({
      platform,
      count: presences.filter((each) => each.platform === platform && takesWork(each, now)).length,
    })),
    edges: edges.flatMap((edge) =>
      free[edge] === undefined ? [] : { edge, freeBytes: Number(free[edge]) },
    ),
  };
}

/** Of builds, proofs and errands of each platform. */
export function readQueues(
  link: RedisLink,
  prefix: string,
  now: number,
  platforms: readonly Platform[],
): Promise<QueueStanding[]> {
  return Promise.all(
    platforms.flatMap((platform) =>
      queuesOf(platform).map(async ({ queue, name }) => ({
        ...{ platform, queue },
        ...(await readQueue(link, jobKeys(prefix, name), now)),
      })),
    ),
  );
}

function queuesOf(platform: Platform): readonly { queue: QueueTotals['queue']; name: string }[] {
  return [
    { queue: 'builds', name: jobQueue(platform, 'build') },
    { queue: 'proofs', name: jobQueue(platform, 'verify') },
    { queue: 'errands', name: errandQueue(platform) },
  ];
}

async function readQueue(link: RedisLink, keys: ReturnType<typeof jobKeys>, now: number) {
  const names = [keys.wait, keys.prioritized, keys.delayed, keys.active];
  const answer = await link.script(READ_QUEUE, names, [keys.job(''), LOOKED_AT]);
  const [waiting = 0, delayed = 0, active = 0, first = '', whose = ''] = Array.isArray(answer)
    ? answer
    : [];
  return {
    ...{ waiting: Number(waiting), delayed: Number(delayed), active: Number(active) },
    // Jobs are dated by the hosts that queue them, whose clocks may be a little ahead.
    oldestSeconds: first === '' ? 0 : Math.max(0, (now - Number(first)) / 1000),
    oldest: jobOf(String(whose))?.buildId ?? null,
  };
}
