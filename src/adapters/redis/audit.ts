import type { AuditBounds } from '../../domain/audit.ts';
import type { Store } from '../../domain/ports.ts';
import { AUDIT_ENTRY } from '../../domain/stored.ts';
import type { StoreKeys } from './keys.ts';
import { FORMAT, readStored } from './records.ts';
import type { RedisLink } from './redis.ts';

const PAGE = 500;
const DAY_MS = 24 * 3600 * 1000;

/** The audit as a stream: entries are added at its end and dropped at its beginning, by age and number. */
export function storeAudit(
  link: RedisLink,
  keys: StoreKeys,
  bounds: AuditBounds,
): Pick<Store, 'appendAudit' | 'auditEntries'> {
  return {
    async appendAudit(entry) {
      const text = JSON.stringify({ format: FORMAT, entry });
      const oldest = entry.at - bounds.days * DAY_MS;
      await link.transaction((commands) =>
        commands
          .xadd(keys.audit, 'MAXLEN', bounds.entries, '*', 'document', text)
          .xtrim(keys.audit, 'MINID', oldest),
      );
    },

    async *auditEntries(since) {
      let newest = '+';
      while (true) {
        const page = await link.call((redis) =>
          redis.xrevrange(keys.audit, newest, since, 'COUNT', PAGE),
        );
        for (const [, [, text = null]] of page) {
          const entry = readStored(text, 'entry', AUDIT_ENTRY);
          if (entry !== null) yield entry;
        }
        const last = page.at(-1);
        if (last === undefined || page.length < PAGE) return;
        newest = `(${last[0]}`;
      }
    },
  };
}
