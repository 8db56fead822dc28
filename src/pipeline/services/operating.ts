import { type Build, isSettled } from '../../domain/build.ts';
import { platformsOfEdges } from '../../domain/edge-platforms.ts';
import { buildSight, endedBuilds, platformsOf, workerSight } from '../../domain/operations.ts';
import { requireOperator } from '../../domain/policy.ts';
import { isPresent } from '../../domain/presence.ts';
import type { Operating } from '../../domain/services/operating.ts';
import type { ServicePorts } from './ports.ts';

const HOURS = 24;
/** Builds that are looked at: each record has its lock in it. */
const MOST_BUILDS = 300;
/** A worker that has ended, or was killed, is shown for so many milliseconds. */
const SHOWN_MS = 10 * 60_000;

/** Workers, queues, edges and what came of builds, as the store knows them. */
export function operating({ store, clock, settings, login }: ServicePorts): Operating {
  return {
    async operations({ user }) {
      // Whoever can run the command line here reads the same in Redis.
      if (login === null) {
        requireOperator(user, settings, '`status --all` is for operators.');
      }
      const now = clock.now();
      const presences = (await store.readPresences(now)).filter(
        (presence) =>
          isPresent(presence, now) || (!presence.isOver && now - presence.at < SHOWN_MS),
      );
      const [queues, recent, freezes, free] = await Promise.all([
        store.standings(platformsOf(presences, platformsOfEdges(settings))),
        store.listBuilds({ limit: MOST_BUILDS }),
        store.readFreezes(),
        store.readFreeSpace(),
      ]);
      const named = [
        ...queues.flatMap(({ oldest }) => oldest ?? []),
        ...presences.flatMap(({ work }) => work.map(({ buildId }) => buildId)),
      ];
      const builds = new Map(recent.map((build) => [build.id, build]));
      await Promise.all(
        named.map(async (id) => {
          const build: Build | null = builds.get(id) ?? (await store.readBuild(id));
          if (build) builds.set(id, build);
        }),
      );
      const since = now - HOURS * 3600_000;
      const last = recent.at(-1);
      const isPart = recent.length === MOST_BUILDS && last !== undefined && last.queuedAt > since;
      return {
        at: now,
        queues: queues.map(({ oldest, ...queue }) => {
          const build = oldest === null ? undefined : builds.get(oldest);
          return { ...queue, oldest: build && !isSettled(build) ? buildSight(build) : null };
        }),
        workers: presences.map((presence) => workerSight(presence, builds, now)),
        edges: settings.edges.map(({ name }) => ({
          name,
          freeBytes: free.find(({ edge }) => edge === name)?.bytes ?? null,
          freeze: freezes.find(({ edge }) => edge === name || edge === null) ?? null,
        })),
        ended: endedBuilds(recent, { now, hours: HOURS, isPart }),
      };
    },
  };
}
