import type { Build, Requester } from '../build.ts';
import type { Environment, Revision } from '../environment.ts';
import type { EdgeSpark } from '../fit.ts';
import type { EnvironmentCount, Outline } from '../outline.ts';
import type { Which } from '../reference.ts';
import type { SearchPage, SearchResult } from '../search.ts';
import type { Spec } from '../spec.ts';

/** Finding what is recorded: builds, environments and their revisions. */
export interface Lookup {
  /**
   * By build id, the newest build of an environment, or the one that made a revision (`churn@2`).
   * Throws `build-not-found`, and of a revision as `findRevision`.
   */
  findBuild(reference: string): Promise<Build>;
  /** What was asked for last comes first. */
  builds(filter: { environment?: string; user?: string; limit: number }): Promise<Build[]>;
  /** The last lines of a build's log, oldest first. Throws `not-allowed` for whom it does not concern. */
  log(build: Build, last: number, requester: Pick<Requester, 'user'>): Promise<string[]>;
  /**
   * Those with a revision, by name: a name whose builds all failed is nobody's. Where `letGo` is not said,
   * those alone of which something is there; `start` counts from 0, and with null there is no limit.
   */
  environments(filter: {
    owner?: string;
    letGo?: boolean;
    start?: number;
    limit: number | null;
  }): Promise<Outline[]>;
  /** Of all, or of an owner's. */
  countEnvironments(owner?: string): Promise<EnvironmentCount>;
  /** Those of these names with a revision, whole. */
  environmentsNamed(names: readonly string[]): Promise<Environment[]>;
  /** Those with a revision, let go or not, that has this archive: made last, or on an edge. */
  environmentsWithArchive(sha256: string): Promise<Outline[]>;
  /** Those of these names that somebody has, or has tried to have. */
  namesTaken(names: readonly string[]): Promise<string[]>;
  /** Those that are built by themselves, the soonest first; `count`: all of them. */
  scheduled(limit: number): Promise<{ environments: Outline[]; count: number }>;
  /** As `search` of domain/search.ts, of all environments. */
  search(specs: readonly Spec[], page: SearchPage): Promise<SearchResult>;
  /** Throws `environment-not-found`, with the nearest name as suggestion. */
  findEnvironment(name: string): Promise<Environment>;
  /** The Spark behind each edge: as is configured, else as the newest builds met it. */
  sparks(edges: readonly string[]): Promise<EdgeSpark[]>;
  /** Throws `environment-not-found`, `revision-not-found`, `tag-not-found` or `not-ready`. */
  findRevision(name: string, which: Which): Promise<Revision>;
}
