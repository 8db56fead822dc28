/** Asks clusters who uses what, and keeps the last use in the record: a cluster forgets its applications. */
import { isThere, withRevision } from '../domain/environment.ts';
import type { Unreached } from '../domain/errands.ts';
import type { Outline, RevisionOutline } from '../domain/outline.ts';
import type { Edge, Progress } from '../domain/ports.ts';
import { days } from '../domain/retention.ts';
import { type Application, lastUse, type Use, useTag } from '../domain/use.ts';
import { type BuildPorts, whyUnreached } from './context.ts';

type Reporting = Pick<Progress, 'signal' | 'log'>;

/**
 * Asks every edge that has something of these environments, once, and answers those that could not
 * be asked: of what is there, nobody knows whether it is used.
 */
export async function seeUses(
  ports: BuildPorts,
  environments: readonly Outline[],
  reporting: Reporting,
): Promise<Unreached[]> {
  if (ports.retention.usedDays === 0) return [];
  const unreached = await Promise.all(
    [...ports.edges.values()].map((edge) => seeOn(ports, edge, environments, reporting)),
  );
  return unreached.flat();
}

/** Environments whose uses are asked for together: more are not kept in memory. */
const AT_ONCE = 1_000;

/** Those of all environments, as a duty. */
export async function seeAllUses(ports: BuildPorts, reporting: Reporting): Promise<void> {
  let some: Outline[] = [];
  for await (const outline of ports.store.everyOutline()) {
    some.push(outline);
    if (some.length < AT_ONCE) continue;
    await seeUses(ports, some, reporting);
    some = [];
  }
  if (some.length > 0) await seeUses(ports, some, reporting);
}

async function seeOn(
  ports: BuildPorts,
  edge: Edge,
  environments: readonly Outline[],
  { signal, log }: Reporting,
): Promise<Unreached[]> {
  const here = environments.flatMap(({ name, revisions }) =>
    revisions.filter(isThere).flatMap((revision) => {
      const staging = revision.stagings.find((known) => known.edge === edge.name);
      // Staged again later, it is the same still; and people have its line before it is a revision.
      return staging
        ? [{ name, revision, since: Math.min(revision.createdAt, staging.stagedAt) }]
        : [];
    }),
  );
  if (here.length === 0) return [];
  try {
    const since = ports.clock.now() - days(ports.retention.usedDays);
    const tags = here.map(({ name, revision }) => useTag(name, revision.number));
    const applications = await edge.applications(tags, since, signal);
    for (const each of here) await keepUse(ports, edge.name, each, applications);
    return [];
  } catch (error) {
    const why = whyUnreached(ports, error, signal);
    log(`edge ${edge.name} does not say who uses what: ${why}`);
    return [{ edge: edge.name, why }];
  }
}

/** A use that goes on is written again only after so long. */
const AGAIN_MS = 3_600_000;

async function keepUse(
  { store }: BuildPorts,
  edge: string,
  { name, revision, since }: { name: string; revision: RevisionOutline; since: number },
  applications: readonly Application[],
): Promise<void> {
  const use = lastUse(applications, { edge, tag: useTag(name, revision.number), since });
  if (use === null || !isNews(use, revision.used)) return;
  await store.updateEnvironment(name, (environment) => {
    const known = environment.revisions.find(({ number }) => number === revision.number);
    if (!known || !isNews(use, known.used)) return environment;
    return withRevision(environment, revision.number, { used: use });
  });
}

function isNews(use: Use, known: Use | null): boolean {
  if (known === null) return true;
  return use.at - known.at > (use.application === known.application ? AGAIN_MS : 0);
}
