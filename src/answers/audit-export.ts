import { type AuditEntry, wordsOf } from '../domain/audit.ts';
import { line } from './outside.ts';

/** The columns of an export, in their order. */
const COLUMNS: Readonly<Record<string, (entry: AuditEntry) => string | null>> = {
  at: ({ at }) => new Date(at).toISOString(),
  user: ({ requester }) => requester.user,
  channel: ({ requester }) => requester.channel,
  team: ({ requester }) => requester.team,
  way: ({ requester, login }) => requester.way ?? (login === null ? null : 'terminal'),
  login: ({ login }) => login,
  deed: ({ deed }) => deed,
  environment: ({ environment }) => environment,
  build: ({ build }) => build,
  said: wordsOf,
  text: ({ text }) => text,
  approval: ({ approval }) => approval?.id ?? null,
  approvedBy: ({ approval }) => approval?.by.join(' ') ?? null,
  outcome: ({ outcome }) => outcome,
};

/** Longer than any command a person types. */
const LONGEST = 4_000;

/** An audit for other programs: an entry a line, newest first. */
export function exportAudit(entries: readonly AuditEntry[], format: 'json' | 'csv'): string {
  const names = Object.keys(COLUMNS);
  const rows = entries.map((entry) =>
    Object.values(COLUMNS).map((read) => {
      const value = read(entry);
      return value === null ? null : line(value, LONGEST);
    }),
  );
  if (format === 'csv') {
    return [names, ...rows]
      .map((row) => row.map((value) => field(value ?? '')).join(','))
      .join('\n');
  }
  const objects = rows.map((row) =>
    JSON.stringify(Object.fromEntries(names.map((name, index) => [name, row[index] ?? null]))),
  );
  return objects.length === 0 ? '[]' : `[\n${objects.join(',\n')}\n]`;
}

/**
 * RFC 4180; and no field is a formula to a spreadsheet, whoever typed it: one that would be begins
 * with an apostrophe (OWASP, CSV Injection).
 */
function field(value: string): string {
  const safe = /^[=+\-@]/.test(value) ? `'${value}` : value;
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
