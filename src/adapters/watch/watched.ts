/** What is told of a process to whoever looks: it is found out when they ask, and not before. */
import { statfs } from 'node:fs/promises';
import type { MetricName } from '../../domain/metrics.ts';
import type { Totals } from '../../domain/totals.ts';
import { createRegistry } from './registry.ts';
import type { WatchPages } from './server.ts';

/** Why a part is not ready, in a few words; null where it is. */
export type WhyNot = () => string | null;

/** The store, and what it knows of the whole installation. */
export interface Watched {
  ping(): Promise<void>;
  totals(): Promise<Totals>;
}

/** Those that nobody knows while the store is away. */
const OF_THE_STORE: readonly MetricName[] = [
  'conda_ferry_redis_round_trip_seconds',
  'conda_ferry_queue_jobs',
  'conda_ferry_queue_oldest_seconds',
  'conda_ferry_workers',
  'conda_ferry_builds_open',
  'conda_ferry_environments',
  'conda_ferry_revisions',
  'conda_ferry_owners',
  'conda_ferry_owners_at_limit',
  'conda_ferry_approvals_waiting',
  'conda_ferry_notices_waiting',
  'conda_ferry_leader',
  'conda_ferry_edge_free_bytes',
];

export function createWatched(options: { version: string; dataDirectory: string }) {
  const registry = createRegistry();
  const parts = new Map<string, WhyNot>();
  let state: 'starting' | 'stopping' | null = 'starting';
  let store: Watched | null = null;
  registry.set('conda_ferry_info', { version: options.version }, 1);

  /** Seconds that the store took to answer, or null. */
  async function roundTrip(): Promise<number | null> {
    if (store === null) return null;
    const askedAt = performance.now();
    const isThere = await store.ping().then(
      () => true,
      () => false,
    );
    return isThere ? (performance.now() - askedAt) / 1000 : null;
  }

  function reasons(seconds: number | null): Record<string, string | null> {
    return {
      process: state,
      ...(store && { redis: seconds === null ? 'does not answer' : null }),
      ...Object.fromEntries([...parts].map(([part, whyNot]) => [part, whyNot()])),
    };
  }

  async function measureStore(): Promise<void> {
    const [seconds, totals] = await Promise.all([
      roundTrip(),
      store?.totals().catch(() => null) ?? null,
    ]);
    for (const [part, reason] of Object.entries(reasons(seconds))) {
      registry.set('conda_ferry_ready', { part }, reason === null ? 1 : 0);
    }
    for (const name of OF_THE_STORE) registry.forget(name);
    if (seconds !== null) registry.set('conda_ferry_redis_round_trip_seconds', {}, seconds);
    if (totals !== null) setTotals(totals);
  }

  function setTotals(totals: Totals): void {
    const { set } = registry;
    const { environments } = totals;
    set('conda_ferry_environments', { state: 'there' }, environments.there);
    set('conda_ferry_environments', { state: 'let_go' }, environments.letGo);
    set('conda_ferry_revisions', {}, totals.revisions);
    set('conda_ferry_owners', {}, totals.owners);
    set('conda_ferry_owners_at_limit', {}, totals.ownersAtLimit);
    set('conda_ferry_builds_open', {}, totals.openBuilds);
    set('conda_ferry_approvals_waiting', {}, totals.approvals);
    set('conda_ferry_notices_waiting', {}, totals.notices);
    set('conda_ferry_leader', {}, totals.isLed ? 1 : 0);
    for (const { edge, freeBytes } of totals.edges) {
      set('conda_ferry_edge_free_bytes', { edge }, freeBytes);
    }
    for (const { platform, count } of totals.workers) {
      set('conda_ferry_workers', { platform }, count);
    }
    for (const { platform, queue, oldestSeconds, ...jobs } of totals.queues) {
      set('conda_ferry_queue_oldest_seconds', { platform, queue }, oldestSeconds);
      for (const [state, count] of Object.entries(jobs)) {
        set('conda_ferry_queue_jobs', { platform, queue, state }, count);
      }
    }
  }

  async function measureDisk(): Promise<void> {
    const disk = await statfs(options.dataDirectory).catch(() => null);
    if (disk !== null) {
      registry.set('conda_ferry_build_host_free_bytes', {}, disk.bavail * disk.bsize);
    }
  }

  const pages: WatchPages = {
    readiness: async () => reasons(await roundTrip()),
    async metrics() {
      await Promise.all([measureStore(), measureDisk()]);
      return registry.text();
    },
  };
  return {
    pages,
    meters: registry,
    is(now: typeof state) {
      state = now;
    },
    ask(part: string, whyNot: WhyNot) {
      parts.set(part, whyNot);
    },
    follow(watched: Watched) {
      store = watched;
    },
  };
}
