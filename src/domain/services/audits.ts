import type { AuditEntry, AuditFilter } from '../audit.ts';
import type { Requester } from '../build.ts';

/** Looking up who did what. */
export interface Audits {
  /**
   * Newest first, as far as the person may see it: operators all, others what they did themselves
   * and what was done to environments of theirs. `more`: there are older ones that fit.
   */
  audit(
    filter: AuditFilter,
    requester: Requester,
  ): Promise<{ entries: AuditEntry[]; more: boolean }>;
}
