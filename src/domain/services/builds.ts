import type { Build, Requester } from '../build.ts';
import type { Created } from './create.ts';

/** What can be done with a build that is recorded. */
export interface Builds {
  /** The same request, solved again. Throws as `create`, and `not-allowed`. */
  rebuild(build: Build, requester: Requester): Promise<Created>;
  /** Runs a failed or cancelled build again from its last checkpoint. Throws `not-allowed`. */
  retry(build: Build, requester: Requester): Promise<Build>;
  /** Asks for the build to stop. Throws `not-allowed`; a settled build throws `already-settled`. */
  cancel(build: Build, requester: Requester): Promise<Build>;
  /** Runs the verification of a ready build again, on the cluster. Throws `not-ready`. */
  verify(build: Build, requester: Requester): Promise<Build>;
  /** Remembers where the live message of a build is. */
  attachMessage(buildId: string, message: { channel: string; ts: string }): Promise<void>;
}
