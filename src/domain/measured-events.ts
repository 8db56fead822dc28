import type { EventName, FieldsOf, Listener } from './events.ts';
import { CALLING_CODES } from './fault.ts';
import type { Meters } from './metrics.ts';

type Measure<Name extends EventName> = (fields: FieldsOf<Name>, meters: Meters) => void;

/** What events say of metrics; of those without a row nothing is measured. */
const MEASURES: { readonly [Name in EventName]?: Measure<Name> } = {
  'build-started': ({ waited }, meters) =>
    meters.observe('conda_ferry_build_wait_seconds', {}, waited ?? 0),
  'step-ended': ({ step, outcome, seconds }, meters) =>
    meters.observe('conda_ferry_step_seconds', labels({ step, outcome }), seconds ?? 0),
  'line-shown': ({ edge, seconds }, meters) =>
    meters.observe('conda_ferry_line_seconds', labels({ edge }), seconds ?? 0),
  'build-settled': ({ outcome, code, seconds }, meters) => {
    meters.count('conda_ferry_builds_total', labels({ outcome, code }));
    meters.observe('conda_ferry_build_seconds', labels({ outcome }), seconds ?? 0);
  },
  'archive-made': ({ kind, bytes, known, made }, meters) => {
    meters.count('conda_ferry_archives_total', labels({ kind }));
    meters.count('conda_ferry_segments_total', { kind: 'known' }, known ?? 0);
    meters.count('conda_ferry_segments_total', { kind: 'made' }, made ?? 0);
    if (kind !== 'known') meters.count('conda_ferry_packed_bytes_total', {}, bytes ?? 0);
  },
  'archive-staged': ({ edge, bytes }, meters) =>
    meters.count('conda_ferry_staged_bytes_total', labels({ edge }), bytes ?? 0),
  'staging-verified': ({ edge, outcome }, meters) =>
    meters.count('conda_ferry_proofs_total', labels({ edge, outcome })),
  'errand-ended': ({ kind, outcome, code, seconds }, meters) => {
    meters.count('conda_ferry_errands_total', labels({ outcome, code }));
    meters.observe('conda_ferry_errand_seconds', labels({ kind, outcome }), seconds ?? 0);
  },
  'duty-failed': ({ duty }, meters) =>
    meters.count('conda_ferry_duties_failed_total', labels({ duty })),
};

/** Hears events, and counts and measures what they tell. */
export function measureEvents(meters: Meters): Listener {
  // Of what has never been there Prometheus sees no increase, and these should call somebody the first time.
  for (const code of CALLING_CODES) {
    meters.count('conda_ferry_builds_total', { outcome: 'failed', code }, 0);
    meters.count('conda_ferry_errands_total', { outcome: 'failed', code }, 0);
  }
  return ({ name, fields }) => {
    // TypeScript does not see that the two are of one row.
    const measure = MEASURES[name] as Measure<typeof name> | undefined;
    measure?.(fields as never, meters);
  };
}

/** What does not apply is `none`. */
function labels<Name extends string>(given: Readonly<Record<Name, string | null>>) {
  const entries = Object.entries<string | null>(given).map(([name, value]) => [
    name,
    value ?? 'none',
  ]);
  return Object.fromEntries(entries) as Record<Name, string>;
}
