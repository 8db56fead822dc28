import type { Revision } from './environment.ts';
import type { Lock } from './lock.ts';
import type { Note } from './note.ts';
import type { ArchiveFormat, BuildRequest, ProjectPin } from './request.ts';

/** What a build of a request would have, solved now; nothing is built, kept or held for it. */
export interface Plan {
  /** With its defaults filled in. */
  request: BuildRequest;
  /** `py-rattler 0.28.0 (no conda is on the PATH)` */
  engine: string;
  lock: Lock;
  /** Bytes as they were then: a build pins them again. */
  projects: ProjectPin[];
  format: ArchiveFormat;
  fingerprint: string;
  /** What was added for the cluster, and what of it will not work there. */
  notes: Note[];
  /** The default revision of the environment when it was planned, or null. */
  before: Pick<Revision, 'number' | 'lock' | 'fingerprint'> | null;
  /**
   * Number of the revision that is exactly this, and is intact on every edge asked for; null where
   * there is something to build.
   */
  staged: number | null;
}
