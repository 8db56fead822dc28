import { type AuditEntry, wordsOf } from '../../domain/audit.ts';
import { maySeeDeed } from '../../domain/policy.ts';
import type { Audits } from '../../domain/services/audits.ts';
import type { ServicePorts } from './ports.ts';

/** The audit as the store has it, for whom it may be shown. */
export function audits({ store, settings, clock }: ServicePorts): Audits {
  return {
    async audit({ user, deed, environment, withinMs, limit }, { user: reader }) {
      const owned = new Set(await store.namesOwned(reader));
      const since = Math.max(0, clock.now() - withinMs);
      const entries: AuditEntry[] = [];
      for await (const entry of store.auditEntries(since)) {
        const isAsked =
          (deed === null || isOf(entry, deed)) &&
          (user === null || entry.requester.user === user) &&
          (environment === null || entry.environment === environment);
        if (!isAsked || !maySeeDeed(entry, reader, owned, settings)) continue;
        if (entries.length === limit) return { entries, more: true };
        entries.push(entry);
      }
      return { entries, more: false };
    },
  };
}

/** `add` is a deed to who said it, though what was done is `create`. */
function isOf(entry: AuditEntry, deed: string): boolean {
  const [word] = wordsOf(entry).split(' ');
  return entry.deed === deed || word === deed;
}
