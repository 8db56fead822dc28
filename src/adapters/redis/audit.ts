import { type AuditBounds, type AuditEntry, DONE } from '../../domain/audit.ts';
import type { Store } from '../../domain/ports.ts';
import { AUDIT_ENTRY } from '../../domain/stored.ts';
import type { StoreKeys } from './keys.ts';
import { FORMAT, readStored } from './records.ts';
import type { RedisLink } from './redis.ts';

const PAGE = 500;
const DAY_MS = 24 * 3600 * 1000;

/**
 * The audit as two streams, of what was done and of what was refused: entries are added at the end of
 * one and dropped at its beginning, by age and number.
 */
export function storeAudit(
  link: RedisLink,
  keys: StoreKeys,
  bounds: AuditBounds,
): Pick<Store, 'appendAudit' | 'auditEntries'> {
  const streams = [
    { key: keys.audit, most: bounds.entries },
    { key: keys.auditRefused, most: bounds.refused },
  ] as const;

  /** The newest first. */
  async function* entriesOf(key: string, since: number): AsyncGenerator<AuditEntry> {
    let newest = '+';
    while (true) {
      const page = await link.call((redis) => redis.xrevrange(key, newest, since, 'COUNT', PAGE));
      for (const [, [, text = null]] of page) {
        const entry = readStored(text, 'entry', AUDIT_ENTRY);
        // One of a backup was added later than it was made.
        if (entry !== null && entry.at >= since) yield entry;
      }
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return;
      newest = `(${last[0]}`;
    }
  }

  return {
    async appendAudit(entry) {
      const text = JSON.stringify({ format: FORMAT, entry });
      const oldest = entry.at - bounds.days * DAY_MS;
      const { key, most } = streams[entry.outcome === DONE ? 0 : 1];
      await link.transaction((commands) => {
        const added = commands.xadd(key, 'MAXLEN', most, '*', 'document', text);
        return streams.reduce(
          (trimmed, stream) => trimmed.xtrim(stream.key, 'MINID', oldest),
          added,
        );
      });
    },

    auditEntries: (since) => newestFirst(streams.map(({ key }) => entriesOf(key, since))),
  };
}

/** Several that each have their newest first, as one; of the same moment the first one's come first. */
async function* newestFirst(sources: AsyncGenerator<AuditEntry>[]): AsyncGenerator<AuditEntry> {
  const heads = await Promise.all(sources.map((source) => source.next()));
  while (true) {
    const times = heads.map(({ done, value }) => (done ? Number.NEGATIVE_INFINITY : value.at));
    const at = times.indexOf(Math.max(...times));
    const head = heads[at];
    const source = sources[at];
    if (head === undefined || source === undefined || head.done) return;
    yield head.value;
    heads[at] = await source.next();
  }
}
