import type { Build, Requester } from '../build.ts';
import type { Environment, Revision } from '../environment.ts';
import type { EdgeSpark } from '../fit.ts';
import type { Which } from '../reference.ts';

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
  /** Those with a revision: a name whose builds all failed is nobody's. */
  environments(): Promise<Environment[]>;
  /** Throws `environment-not-found`, with the nearest name as suggestion. */
  findEnvironment(name: string): Promise<Environment>;
  /** The Spark behind each edge: as is configured, else as the newest builds met it. */
  sparks(edges: readonly string[]): Promise<EdgeSpark[]>;
  /** Throws `environment-not-found`, `revision-not-found`, `tag-not-found` or `not-ready`. */
  findRevision(name: string, which: Which): Promise<Revision>;
}
