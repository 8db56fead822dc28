import {
  type FoundCopy,
  type FoundEnvironment,
  type FoundManifest,
  isWorthTaking,
  planTaking,
  type TakenRevision,
  type Taking,
  takenBuild,
  takenRevision,
  withTaken,
} from '../domain/catalogue.ts';
import { readCopy, readManifest } from '../domain/catalogue-papers.ts';
import { type Revision, revisionLabel, type Staging } from '../domain/environment.ts';
import type { Unreached } from '../domain/errands.ts';
import { FerryError, toFailure } from '../domain/errors.ts';
import type { Edge, PaperFound, Progress } from '../domain/ports.ts';
import { type BuildPorts, whyUnreached } from './context.ts';

/**
 * The records of environments from what lies on edges, where the store was lost: one after the other, as
 * locks are long. Reading changes nothing; taking adds what the store does not have, so that twice is the same
 * as once.
 */

export type RestoringPorts = Pick<BuildPorts, 'store' | 'edges' | 'clock' | 'redact'>;

/** Whether a paper is to be believed: by its signature, or all where there is no key to check one with. */
export type Vouch = (paper: Pick<PaperFound, 'json' | 'signature'>) => Promise<boolean>;

/** What edges have, by name; those that are away say nothing. */
export interface FoundNames {
  /** In order, each with the edges that have papers of it. */
  names: ReadonlyMap<string, readonly string[]>;
  unreached: readonly Unreached[];
}

export interface Refused {
  edge: string;
  /** `churn@3`, `churn`. */
  label: string;
  why: string;
}

/** What came of taking an environment. */
export interface Taken {
  name: string;
  /** Revisions that came, as `churn@3`; those of them whose bytes lie nowhere are let go. */
  revisions: readonly string[];
  letGo: readonly string[];
  /** Names of a known environment that mean now what they were moved to: `churn:prod = @2`. */
  moved: readonly string[];
  /** Stagings that came to revisions that were known. */
  staged: readonly { label: string; edge: string }[];
  said: readonly string[];
}

/** Asks all edges side by side. */
export async function findNames(ports: RestoringPorts, progress: Progress): Promise<FoundNames> {
  const unreached: Unreached[] = [];
  const found = await Promise.all(
    [...ports.edges.values()].map(async (edge): Promise<[name: string, edge: string][]> => {
      const names = await orUnreached(
        ports,
        edge,
        unreached,
        progress,
        edge.environments(progress),
      );
      return names?.map((name) => [name, edge.name]) ?? [];
    }),
  );
  const pairs = found.flat().sort(([left], [right]) => (left < right ? -1 : Number(left > right)));
  const grouped = Map.groupBy(pairs, ([name]) => name);
  const names = [...grouped].map(([name, of]) => [name, of.map(([, edge]) => edge)] as const);
  return { names: new Map(names), unreached };
}

/** Null of an edge that is away, which is said. */
async function orUnreached<T>(
  ports: RestoringPorts,
  { name: edge }: Edge,
  unreached: Unreached[],
  progress: Progress,
  asking: Promise<T>,
): Promise<T | null> {
  try {
    return await asking;
  } catch (error) {
    if (!(error instanceof FerryError) || error.kind === 'defect') throw error;
    unreached.push({ edge, why: whyUnreached(ports, error, progress.signal) });
    return null;
  }
}

/** What the edges have of one environment, as far as somebody vouches for it. */
export async function findEnvironment(
  ports: RestoringPorts,
  { name, edges, vouch }: { name: string; edges: readonly string[]; vouch: Vouch },
  progress: Progress,
): Promise<{ found: FoundEnvironment; refused: Refused[]; unreached: Unreached[] }> {
  const refused: Refused[] = [];
  const unreached: Unreached[] = [];
  const found = { name, manifests: [] as FoundManifest[], copies: [] as FoundCopy[] };
  for (const edge of edges.flatMap((each) => ports.edges.get(each) ?? [])) {
    const read = async () => {
      for await (const paper of edge.papers(name, progress)) {
        const why = await keepPaper(paper, edge.name, { ...found, vouch });
        if (why !== null) refused.push({ edge: edge.name, label: labelOf(paper), why });
      }
    };
    await orUnreached(ports, edge, unreached, progress, read());
  }
  return { found, refused, unreached };
}

function labelOf({ environment, revision }: PaperFound): string {
  return revision === null ? environment : revisionLabel(environment, revision);
}

/** Why a paper is not taken; null where it is. */
async function keepPaper(
  paper: PaperFound,
  edge: string,
  into: { vouch: Vouch; manifests: FoundManifest[]; copies: FoundCopy[] },
): Promise<string | null> {
  if (!(await into.vouch(paper))) {
    return paper.signature === '' ? 'it is not signed' : 'it is not signed by our key';
  }
  const { environment, revision, folder, json } = paper;
  if (revision === null || folder === null) {
    const copy = readCopy(json, environment);
    if (copy === null) return 'it is no record of this environment';
    into.copies.push({ edge, copy });
    return null;
  }
  const manifest = readManifest(json, environment, revision);
  if (manifest === null) return 'it is no manifest of this revision';
  into.manifests.push({ edge, folder, manifest });
  return null;
}

/** What would be taken of it into the store. */
export async function planRestoring(
  { store }: Pick<RestoringPorts, 'store'>,
  found: FoundEnvironment,
): Promise<Taking> {
  const known = await store.readEnvironment(found.name);
  const builds = await store.listBuilds({ environment: found.name, limit: MOST_BUILDS });
  const begun = builds.flatMap((build) => build.begun.map(({ revision }) => revision));
  return planTaking(found, known, new Set(begun));
}

/** Of an environment that may have begun something. */
const MOST_BUILDS = 100;

/** Takes what was planned of one environment into the store. */
export async function takeEnvironment(
  ports: RestoringPorts,
  taking: Taking,
  progress: Progress,
): Promise<Taken> {
  const { store, clock } = ports;
  const { name, environment, moved } = taking;
  const said: string[] = [];
  const nothing = { name, revisions: [], letGo: [], moved: [], staged: [], said };
  if (!isWorthTaking(taking)) return nothing;
  if ((await store.buildAtWork(name)) !== null) {
    said.push(
      `a build of ${name} is at work: nothing of it is taken; restore again once it has ended`,
    );
    return nothing;
  }
  const before = await store.readEnvironment(name);
  const had = new Set(before?.revisions.map(({ number }) => number));
  const revisions: Revision[] = [];
  for (const each of taking.revisions) {
    const stagings = await recoverStagings(ports, each, said, progress);
    // One that is known stays as it is where nothing of it was found; so does one of which nobody knows yet.
    const isLost = stagings?.length === 0 && had.has(each.manifest.revision);
    if (stagings !== null && !isLost) revisions.push(takenRevision(each, stagings, clock.now()));
  }
  if (revisions.length + moved.length === 0) return nothing;
  await store.claimEnvironment(name, environment.owner, environment.createdAt);
  await store.updateEnvironment(name, (current) => withTaken(current, taking, revisions));
  const label = ({ number }: { number: number }) => revisionLabel(name, number);
  const came = revisions.filter(({ number }) => !had.has(number));
  for (const revision of came) {
    if ((await store.readBuild(revision.buildId)) === null) {
      await store.beginBuild(takenBuild(name, revision));
    }
  }
  return {
    ...{ name, said, moved, revisions: came.map(label) },
    letGo: came.filter(({ letGo }) => letGo !== null).map(label),
    staged: revisions
      .filter(({ number }) => had.has(number))
      .flatMap((revision) =>
        revision.stagings.map(({ edge }) => ({ label: label(revision), edge })),
      ),
  };
}

/**
 * Those that are there as their manifest says; of the others it is said why not. Null where none is, and an
 * edge could not say so.
 */
async function recoverStagings(
  { edges, redact }: RestoringPorts,
  { manifest, places }: TakenRevision,
  said: string[],
  progress: Progress,
): Promise<Staging[] | null> {
  const { environment, revision, request } = manifest;
  const label = revisionLabel(environment, revision);
  const stagings: Staging[] = [];
  let isUnsure = false;
  for (const { edge: name, folder, archive } of places) {
    if (stagings.some(({ edge }) => edge === name)) continue;
    progress.detail(`${label} on edge ${name}`);
    try {
      const asked = { environment, revision, folder, archive, layout: request.layout };
      const staging = (await edges.get(name)?.recover(asked, progress)) ?? null;
      if (staging !== null) stagings.push(staging);
      else said.push(`${label}: edge ${name} has a manifest of it, and not its bytes`);
    } catch (error) {
      if (!(error instanceof FerryError)) throw error;
      isUnsure = true;
      said.push(
        `${label} on edge ${name}: ${redact(toFailure(error).message)} Restore again once that is mended.`,
      );
    }
  }
  return isUnsure && stagings.length === 0 ? null : stagings;
}
