import type { Build, Requester } from '../build.ts';

/** What can be done with a build that is recorded. */
export interface Builds {
  /** The same request as a new build, which solves again. Throws as `create`, and `not-allowed`. */
  rebuild(build: Build, requester: Requester): Promise<{ build: Build; joined: boolean }>;
  /** Runs a failed or cancelled build again from its last checkpoint. Throws `not-allowed`. */
  retry(build: Build, requester: Requester): Promise<Build>;
  /** Asks for the build to stop. Throws `not-allowed`; a settled build throws `already-settled`. */
  cancel(build: Build, requester: Requester): Promise<Build>;
  /** Runs the verification of a ready build again, on the cluster. Throws `not-ready`. */
  verify(build: Build, requester: Requester): Promise<Build>;
  /** Remembers where the live message of a build is. */
  attachMessage(buildId: string, message: { channel: string; ts: string }): Promise<void>;
}
