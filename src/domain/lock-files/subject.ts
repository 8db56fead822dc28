import type { Lock } from '../lock.ts';
import type { ProjectPin } from '../request.ts';

/** What of a revision a file is written from. */
export interface LockSubject {
  /** `churn@3` */
  label: string;
  /** A name for what is made from the file: `churn`. */
  name: string;
  lock: Lock;
  projects: readonly ProjectPin[];
}
