import { aliasOf, type DriverEvidence, type ExecutorEvidence } from '../environment.ts';
import type { VerificationSubject } from '../verification.ts';
import type { Evidence } from './printed.ts';
import type { Deviation } from './site.ts';

/** What is known of a failed proof beside its reason. */
export interface Contradicted {
  deviation: Deviation | null;
  traceback: string | null;
}

interface Contradiction extends Contradicted {
  reason: string;
}

/** What of the evidence is not as the environment promises; null where all of it is. */
export function contradiction(
  evidence: Evidence,
  subject: VerificationSubject,
): Contradiction | null {
  const { npv, executors, registered, driver } = evidence;
  const because = (reason: string, traceback: string | null = null): Contradiction => ({
    ...{ reason, deviation: null, traceback },
  });
  if (executors.length === 0) return because('No executor answered.');
  const inside = `/${aliasOf(subject.staging)}/${subject.staging.environment}/`;
  const isOurs = (path: string) => `${path}/`.includes(inside);
  for (const executor of executors) {
    const foreign = foreignPart(executor, 'executors', isOurs);
    if (foreign !== null) return foreign;
    const { host } = executor;
    const [name, why] = Object.entries(executor.failedImports)[0] ?? [];
    if (name !== undefined) return because(`\`import ${name}\` fails on ${host}: ${why}`);
  }
  const prefix = `${subject.staging.driverPrefix}/`;
  const foreign =
    driver === null
      ? null
      : foreignPart(driver, 'driver', (path) => isOurs(path) || `${path}/`.startsWith(prefix));
  if (foreign !== null) return foreign;
  if (npv.length !== 1) {
    return because(`The executors do not agree on numpy: ${npv.join(', ') || 'no answer'}.`);
  }
  if (registered !== null && executors.length < registered) {
    return because(`Only ${executors.length} of ${registered} executors answered.`);
  }
  const failed = evidence.tables?.failed;
  if (failed) return because(`${failed.step} fails: ${failed.error}.`, failed.traceback);
  return null;
}

/** What one Python has that is not the environment's: itself, its library or a package. */
function foreignPart(
  found: DriverEvidence | ExecutorEvidence,
  side: Deviation['side'],
  isOurs: (path: string) => boolean,
): Contradiction | null {
  const { host, executable, prefix } = found;
  const place = side === 'driver' ? 'the driver' : host;
  const of = (part: Deviation['part'], path: string, reason: string): Contradiction => ({
    reason,
    deviation: { side, part, path },
    traceback: null,
  });
  if (!isOurs(executable)) {
    const python = executable || 'unknown';
    return of('python', python, `The Python on ${place} is ${python}, not the one of the archive.`);
  }
  if (prefix !== undefined && !isOurs(prefix)) {
    return of(
      'library',
      prefix,
      `The Python on ${place} uses the standard library of ${prefix}, not its own.`,
    );
  }
  const files = {
    ...('numpyFile' in found && found.numpyFile !== null && { numpy: found.numpyFile }),
    ...found.files,
  };
  for (const [name, path] of Object.entries(files)) {
    if (isOurs(path)) continue;
    const on = side === 'driver' ? 'On the driver' : `On ${host}`;
    return of('packages', path, `${on} ${name} comes from ${path}, not from the archive.`);
  }
  return null;
}
