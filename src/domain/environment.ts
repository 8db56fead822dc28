import type { Archive } from './archive.ts';
import type { ClusterProfile } from './cluster.ts';
import type { ClusterMode, Purpose, Tool } from './invocation/request.ts';
import type { Lock } from './lock.ts';
import type { Note } from './note.ts';
import type { BuildRequest, Layout, ProjectPin } from './request.ts';
import type { Schedule } from './schedule.ts';
import type { Use } from './use.ts';

/** A named, owned line of revisions. */
export interface Environment {
  name: string;
  owner: string;
  createdAt: number;
  revisions: Revision[];
  /** Tag → number of the revision that it names: `churn:prod`. */
  tags: Readonly<Record<string, number>>;
  /** The revision that the environment's name alone means; null for the newest, whichever that is. */
  defaultRevision: number | null;
  /** What was done to tags and default, the last one last; older ones are dropped. */
  moves: readonly Move[];
  /** Until when somebody has asked for it to be kept; null where nobody has. */
  keptUntil: number | null;
  /** When its owner was reminded that its time is up at the moment `of`. */
  reminded: { of: number; at: number } | null;
  /** When newer packages are looked for; null where nobody wants that. */
  schedule: Schedule | null;
  /** A number that was given before and has no revision any more, nor has any above it: records were lost. */
  lastNumber?: number;
}

/** A tag, or the environment's name alone (null), got another revision. */
export interface Move {
  tag: string | null;
  /** Numbers of revisions; null where it named none before, or names none any more. */
  from: number | null;
  to: number | null;
  by: string;
  at: number;
}

/** One fingerprint in the history of an environment: `churn@3`. */
export interface Revision {
  number: number;
  fingerprint: string;
  buildId: string;
  request: BuildRequest;
  lock: Lock;
  projects: ProjectPin[];
  /** What its solve had to say; none on records of older versions. */
  notes: Note[];
  /** As it was made last; built again, it may have other bytes than a staging of before. */
  archive: Archive;
  imports: Record<string, string[]>;
  stagings: Staging[];
  verifications: Verification[];
  createdAt: number;
  createdBy: string;
  /** The last use on a cluster that was seen. */
  used: Use | null;
  /**
   * Its bytes leave the edges and the build hosts: what is still in `stagings` has yet to go. The
   * lock stays, so it can be built again. Null while it is there.
   */
  letGo: LetGo | null;
}

export interface LetGo {
  at: number;
  /** Null where nobody asked for it: its time was up. */
  by: string | null;
}

/** Where an edge has what is staged: known before it is published, and all that is needed to remove it. */
export interface StagingPlace {
  edge: string;
  /** What it is a staging of: `churn`, 3. */
  environment: string;
  revision: number;
  /** The bytes that this edge was sent. */
  archive: Archive;
  /** Absolute path of the archive on the edge node; it holds the archive's sha256. */
  archivePath: string;
  /** `hdfs://…` address of the same bytes; null when the edge has no HDFS. */
  hdfs: string | null;
  /** Unpacked prefix on the edge node, for the driver in client mode. */
  driverPrefix: string;
  /** While a worker removes it: no build may count on it. */
  leaving?: Leaving | undefined;
}

/** An archive present and verified on an edge node (and in HDFS when the edge has it). */
export interface Staging extends StagingPlace {
  /**
   * The same beside the driver's Python, under a short path that stays; with it goes the program
   * `run` in the root, which starts this staging by name. Null where an older version staged it.
   */
  archiveLink: string | null;
  /**
   * Folder that the global layout's line runs in: its alias leads to this very revision. Null where
   * an older version staged it: then that is the root, where it leads to the default one.
   */
  globalFolder: string | null;
  /** Folder everything lies under. */
  root: string;
  layout: Layout;
  /**
   * What executors see the archive as in each layout: `churn_zip`, and the edge's own name for all
   * environments, `MYGLOBALENV`. Under that name the root has a folder with a link to each of them,
   * in the revision that its name alone means.
   */
  aliases: Readonly<Record<Layout, string>>;
  cluster: ClusterProfile;
  /** Variables that activation would set to paths of the prefix, relative to it. */
  activation: Record<string, string>;
  /** Variables that it would set to other values; records of older versions have none. */
  variables?: Record<string, string>;
  stagedAt: number;
}

/** Where a staging is, and no more of it. */
export function placeOf(staging: StagingPlace): StagingPlace {
  const { edge, environment, revision, archive, archivePath, hdfs, driverPrefix } = staging;
  const place = { edge, environment, revision, archive, archivePath, hdfs, driverPrefix };
  const { leaving } = staging;
  return leaving ? { ...place, leaving } : place;
}

/** The sha256 of each archive of a revision: the one that was made last, and those that edges have. */
export function archiveDigests({ archive, stagings }: Pick<Revision, 'archive' | 'stagings'>) {
  return [archive, ...stagings.map((staging) => staging.archive)].map(({ sha256 }) => sha256);
}

/** Whether they are the same bytes in the same place. */
export function isSamePlace(one: StagingPlace, other: StagingPlace): boolean {
  return (
    one.edge === other.edge &&
    one.driverPrefix === other.driverPrefix &&
    one.archivePath === other.archivePath
  );
}

/** Stagings as their revisions have them by now: built again since, they may have other bytes on an edge. */
export function keptStagings(
  stagings: readonly Staging[],
  environment: Pick<Environment, 'revisions'> | null,
): Staging[] {
  const kept = environment?.revisions.flatMap((revision) => revision.stagings) ?? [];
  return stagings.map(
    (staging) =>
      kept.find(({ edge, revision }) => edge === staging.edge && revision === staging.revision) ??
      staging,
  );
}

/** Who removes something: as long as it is said, which is said again and again, nobody else does. */
export interface Leaving {
  /** One removal, and no other one. */
  by: string;
  /** Unix milliseconds. */
  until: number;
}

/** How a line is started. What one form proves says nothing certain of another. */
export interface LineForm {
  purpose: Purpose;
  tool: Tool;
  mode: ClusterMode;
  layout: Layout;
}

/** Evidence returned by the executors themselves. */
export interface Verification {
  edge: string;
  /** The form that ran; records of older versions do not say. */
  form?: LineForm;
  at: number;
  outcome: 'proven' | 'smoke-tested' | 'failed';
  /** Why it is only smoke-tested, or why it failed; null when proven. */
  reason: string | null;
  /** The article's check: numpy's version on every executor; one element when all agree. */
  npv: string[];
  /** What the driver's Python said of itself; records of older versions and smoke tests have none. */
  driver?: DriverEvidence | null;
  executors: ExecutorEvidence[];
  /** What of DataFrames and pandas was tried and went well; older records do not say. */
  tables?: string[];
  seconds: number;
  /** Which of them were Spark's; older records do not say. */
  times?: ProofTimes;
}

/** Seconds of a run on a cluster, by the clock of its driver alone. */
export interface ProofTimes {
  /** Spark's: since the driver's JVM began, until the application ran on the cluster. */
  application: number;
  /** Spark's: from then until the executors had registered. */
  executors: number;
  /** Ours: from then until they had answered, and tables were tried. */
  asking: number;
}

/** What one executor's Python said of itself. */
export interface ExecutorEvidence {
  host: string;
  executable: string;
  python: string;
  glibc: string | null;
  /** Package name → version found there. */
  packages: Record<string, string>;
  /** Where numpy was imported from; must lie under the alias. */
  numpyFile: string | null;
  /** Import name → reason it could not be imported. */
  failedImports: Record<string, string>;
  /** `sys.prefix`; it and `files` are missing in records of older versions. */
  prefix?: string;
  /** Module → the file or folder it comes from. */
  files?: Record<string, string>;
}

/** What the driver's Python said of itself. */
export interface DriverEvidence {
  host: string;
  executable: string;
  prefix: string;
  python: string;
  files: Record<string, string>;
}

/** What executors see the archive as in the layout it was staged for. */
export function aliasOf({ aliases, layout }: Pick<Staging, 'aliases' | 'layout'>): string {
  return aliases[layout];
}

/** A name that somebody has asked for, without a revision. */
export function newEnvironment(name: string, owner: string, createdAt: number): Environment {
  return {
    ...{ name, owner, createdAt },
    ...{ revisions: [], tags: {}, defaultRevision: null, moves: [] },
    ...{ keptUntil: null, reminded: null, schedule: null },
  };
}

/** What there is to know of revisions in the questions below. */
interface Revisions<R> {
  revisions: readonly R[];
}

type LettingGo = Pick<Revision, 'letGo'>;

/** The newest revision that is there; where all are let go, the newest of them. */
export function latestRevision<R extends LettingGo>({ revisions }: Revisions<R>): R | null {
  return revisions.findLast(isThere) ?? revisions.at(-1) ?? null;
}

export function isThere({ letGo }: LettingGo): boolean {
  return letGo === null;
}

/** Nothing of it is there any more; it is still somebody's. */
export function isLetGo(environment: Revisions<LettingGo>): boolean {
  return isOwned(environment) && !environment.revisions.some(isThere);
}

/** The number of the next revision: no number is given twice. */
export function nextNumber({ revisions, lastNumber = 0 }: Environment): number {
  return Math.max(revisions.at(-1)?.number ?? 0, lastNumber) + 1;
}

/** What the environment's name alone means: the newest revision, unless it was moved. */
export function defaultRevision<R extends LettingGo & Pick<Revision, 'number'>>(
  environment: Revisions<R> & Pick<Environment, 'defaultRevision'>,
): R | null {
  const { revisions, defaultRevision: moved } = environment;
  return revisions.find(({ number }) => number === moved) ?? latestRevision(environment);
}

/** The tags of a revision, in the order of the alphabet. */
export function tagsOf({ tags }: Pick<Environment, 'tags'>, revision: number): string[] {
  return Object.keys(tags)
    .filter((tag) => tags[tag] === revision)
    .sort();
}

export const MOST_MOVES = 50;

/**
 * The environment in which a tag, or its name alone, means revision `to`; null takes a tag away, and
 * for the name is the newest. A move that changes nothing is not remembered.
 */
export function moveTo(
  environment: Environment,
  { tag, to, by, at }: Omit<Move, 'from'>,
): { environment: Environment; move: Move } {
  const newest = latestRevision(environment)?.number ?? null;
  const named = tag !== null && Object.hasOwn(environment.tags, tag) ? environment.tags[tag] : null;
  const before = defaultRevision(environment)?.number ?? null;
  const from = tag === null ? before : (named ?? null);
  const move: Move = { tag, from, to: tag === null ? (to ?? newest) : to, by, at };
  const changed: Partial<Environment> =
    tag === null
      ? { defaultRevision: move.to === newest ? null : move.to }
      : { tags: withTag(environment.tags, tag, to) };
  const moves = move.from === move.to ? environment.moves : [...environment.moves, move];
  return { environment: { ...environment, ...changed, moves: moves.slice(-MOST_MOVES) }, move };
}

function withTag(tags: Environment['tags'], tag: string, to: number | null): Environment['tags'] {
  const others = Object.entries(tags).filter(([known]) => known !== tag);
  return Object.fromEntries(to === null ? others : [...others, [tag, to]]);
}

/**
 * A name belongs to somebody once there is a revision of it. Before that the record only says who
 * tried first: the name is free whenever no build is at work on it.
 */
export function isOwned(environment: Revisions<unknown>): boolean {
  return environment.revisions.length > 0;
}

/** The environment with other stagings of one of its revisions. */
export function withStagings(
  environment: Environment,
  number: number,
  stagings: Staging[],
): Environment {
  return withRevision(environment, number, { stagings });
}

/** The environment with something of one of its revisions changed. */
export function withRevision(
  environment: Environment,
  number: number,
  change: Partial<Revision>,
): Environment {
  const revisions = environment.revisions.map((known) =>
    known.number === number ? { ...known, ...change } : known,
  );
  return { ...environment, revisions };
}

/** `churn@3` */
export function revisionLabel(name: string, number: number): string {
  return `${name}@${number}`;
}

/** `churn:prod`; without a tag the name alone. */
export function tagLabel(name: string, tag: string | null): string {
  return tag === null ? name : `${name}:${tag}`;
}
