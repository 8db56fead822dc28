import { isOwned, nextNumber } from '../../domain/environment.ts';
import { FerryError, userError } from '../../domain/errors.ts';
import type { NumbersFound, Progress } from '../../domain/ports.ts';
import type { BuildRequest } from '../../domain/request.ts';
import { type BuildPorts, type BuildRun, whyUnreached } from '../context.ts';
import { detailOf } from './detail.ts';
import { edgesOf, type Solved } from './solve.ts';

/**
 * What the record knows of numbers and owners is held against what lies on the edges: where records were
 * lost, no number is given twice there, and nobody gets the name that is somebody else's.
 */

type NumberingPorts = Pick<BuildPorts, 'store' | 'edges' | 'redact'>;

/** Of an environment that may have begun something; older ones have ended long ago. */
const MOST_BUILDS = 100;

/** What the edges of a request have of its environment, by edge; one that is away is found out by staging. */
export async function numbersOn(
  ports: NumberingPorts,
  request: BuildRequest,
  progress: Progress,
): Promise<ReadonlyMap<string, NumbersFound>> {
  const detail = detailOf(progress);
  const found = await Promise.all(
    edgesOf(ports, request).map(async (edge): Promise<[string, NumbersFound][]> => {
      try {
        const reporting = { ...progress, detail: detail(edge) };
        return [[edge.name, await edge.numbers(request.environment, reporting)]];
      } catch (error) {
        if (error instanceof FerryError && error.kind === 'defect') throw error;
        const why = whyUnreached(ports, error, progress.signal);
        progress.log(
          `edge ${edge.name} does not say what it has of ${request.environment}: ${why}`,
        );
        return [];
      }
    }),
  );
  return new Map(found.flat());
}

/**
 * Throws `restore-first` where the catalogue does not know of an environment that an edge has as somebody
 * else's. One that is known is nobody's to look for.
 */
export async function requireUnclaimed(
  ports: NumberingPorts,
  request: BuildRequest,
  user: string,
  progress: Progress,
): Promise<void> {
  const { environment: name } = request;
  const environment = await ports.store.readEnvironment(name);
  if (environment !== null && isOwned(environment)) return;
  for (const [edge, { owner }] of await numbersOn(ports, request, progress)) {
    if (owner === null || owner === user) continue;
    throw userError({
      code: 'restore-first',
      message: [
        `\`${name}\` on edge \`${edge}\` belongs to `,
        { person: owner },
        ', and the catalogue does not know it: its records were lost.',
      ],
      suggestion: `Choose another name, such as \`${name}-2\`. An operator has \`${name}\` known again with \`conda-ferry restore\`, or removes what is left of it there.`,
    });
  }
}

/**
 * The number this fingerprint has, or the next one that neither the record nor an edge has; the environment
 * is held, so nobody races. What builds have begun there that came to no revision takes no number.
 */
export async function revisionNumber(
  { ports, build }: BuildRun,
  { fingerprint }: Solved,
  found: ReadonlyMap<string, NumbersFound>,
): Promise<number> {
  const { environment: name } = build.request;
  const environment = await ports.store.readEnvironment(name);
  const known = environment?.revisions.find((revision) => revision.fingerprint === fingerprint);
  if (known) return known.number;
  const next = environment ? nextNumber(environment) : 1;
  const above = [...found.values()]
    .flatMap(({ numbers }) => numbers)
    .filter((each) => each >= next);
  if (above.length === 0) return next;
  const builds = await ports.store.listBuilds({ environment: name, limit: MOST_BUILDS });
  const begun = new Set(builds.flatMap((each) => each.begun.map(({ revision }) => revision)));
  return Math.max(next - 1, ...above.filter((each) => !begun.has(each))) + 1;
}
