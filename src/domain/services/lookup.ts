import type { Build } from '../build.ts';
import type { Environment, Revision } from '../environment.ts';

/** Finding what is recorded: builds, environments and their revisions. */
export interface Lookup {
  /** By build id, or the newest build of an environment. Throws `build-not-found`. */
  findBuild(reference: string): Promise<Build>;
  /** What was asked for last comes first. */
  builds(filter: { environment?: string; user?: string; limit: number }): Promise<Build[]>;
  /** The last lines of a build's log, oldest first. */
  log(buildId: string, last: number): Promise<string[]>;
  /** Those with a revision: a name whose builds all failed is nobody's. */
  environments(): Promise<Environment[]>;
  /** Throws `environment-not-found`, with the nearest name as suggestion. */
  findEnvironment(name: string): Promise<Environment>;
  /** The newest revision when `number` is null. Throws `environment-not-found`, `revision-not-found` or `not-ready`. */
  findRevision(name: string, number: number | null): Promise<Revision>;
}
