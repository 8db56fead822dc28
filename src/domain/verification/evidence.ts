import type { Verification } from '../environment.ts';
import type { VerificationSubject } from '../verification.ts';
import { type Contradicted, contradiction } from './contradiction.ts';
import { type Evidence, printedEvidence } from './printed.ts';
import { NO_NUMPY } from './script.ts';

export type Proof = Pick<
  Verification,
  'outcome' | 'reason' | 'npv' | 'driver' | 'executors' | 'tables' | 'times'
>;

/**
 * Reads the evidence from what the run printed; null when the line is not there. Evidence that
 * cannot be read proves nothing, and the reason says so.
 * `proven` needs an answer from every executor, the article's one-element set, every import, and
 * Python, its library and every package from under the alias; on the driver from the prefix that
 * the line names; and tables that were tried must go well. `deviation` is what came from elsewhere,
 * `traceback` that of a table.
 */
export function readEvidence(
  stdout: string,
  subject: VerificationSubject,
): (Proof & Contradicted) | null {
  const evidence = printedEvidence(stdout);
  if (evidence === null) return null;
  if (typeof evidence === 'string') {
    return {
      ...{ outcome: 'failed', reason: evidence, npv: [], executors: [] },
      ...{ deviation: null, traceback: null },
    };
  }
  const found = contradiction(evidence, subject);
  const { driver, executors, tables, times } = evidence;
  return {
    outcome: found === null ? 'proven' : 'failed',
    reason: found?.reason ?? null,
    npv: npvOf(evidence),
    driver,
    executors,
    ...(tables && { tables: tables.ran }),
    ...(times && { times }),
    deviation: found?.deviation ?? null,
    traceback: found?.traceback ?? null,
  };
}

/** The evidence of the smoke test: on the edge nothing lies under the alias. */
export function readSmokeEvidence(stdout: string): Omit<Proof, 'outcome'> | null {
  const evidence = printedEvidence(stdout);
  if (evidence === null) return null;
  if (typeof evidence === 'string') return { reason: evidence, npv: [], executors: [] };
  const [name, why] = Object.entries(evidence.executors[0]?.failedImports ?? {})[0] ?? [];
  const reason = name === undefined ? null : `\`import ${name}\` fails on the edge: ${why}`;
  return { reason, npv: npvOf(evidence), driver: null, executors: evidence.executors };
}

/** Nothing to agree on where no executor has numpy. */
function npvOf({ npv }: Evidence): string[] {
  return npv.every((version) => version === NO_NUMPY) ? [] : npv;
}
