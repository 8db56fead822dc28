import { withSite } from './cluster.ts';
import {
  aliasOf,
  type DriverEvidence,
  type Environment,
  type ExecutorEvidence,
  type LineForm,
  type Staging,
  type Verification,
} from './environment.ts';
import { formOf, lineFor } from './lines.ts';
import {
  fitOrNull,
  listOf,
  Misfit,
  mapOf,
  number,
  object,
  oneOf,
  or,
  readJson,
  string,
} from './shape.ts';
import { quote } from './shell.ts';
import { PROOF_PREFIX } from './use.ts';
import {
  MARK,
  NO_NUMPY,
  type Questions,
  REACHED,
  smokeScript,
  verificationScript,
} from './verification/script.ts';
import type { Deviation } from './verification/site.ts';
import { TABLES, type TablesEvidence } from './verification/tables.ts';

const SCRIPT = 'conda_ferry_verify.py';
const LINKS_SCRIPT = 'conda_ferry_links.py';

/**
 * How far a run came: the driver's Python started, the application was let in by the cluster, its
 * executors registered, tables were tried.
 */
const STAGES = ['driver', 'application', 'executors', 'tables'] as const;
export type Stage = (typeof STAGES)[number];

/**
 * What only a proof needs. Spark's own patience with a ResourceManager that is not there is 15 minutes
 * (yarn-default.xml, `yarn.resourcemanager.connect.max-wait.ms`), longer than anybody waits here.
 */
const PATIENCE: Readonly<Record<string, string>> = {
  'spark.hadoop.yarn.resourcemanager.connect.max-wait.ms': '20000',
  'spark.hadoop.yarn.resourcemanager.connect.retry-interval.ms': '10000',
};
/** Part of the time limit that executors have to register; after that those who are there are asked. */
const PART_FOR_REGISTERING = 0.2;

/** What to run on an edge node to learn what the executors have; made for `Edge.run`. */
export interface VerificationCommand {
  command: string;
  files: Record<string, string>;
}

export interface VerificationSubject extends Questions {
  staging: Staging;
  /** DataFrames are tried as well, in the ways of pandas where it is there. */
  tables: boolean;
}

/**
 * The environment's own spark-submit line with our script as the application, so that what is
 * proven is what people paste: the short one where there is one. It runs in a fresh folder; the
 * global layout's relative path gets its symlink directory there.
 */
export function verificationCommand(
  subject: VerificationSubject,
  { executors, timeoutSeconds }: { executors: number; timeoutSeconds: number },
): VerificationCommand {
  const { staging } = subject;
  const line = lineFor(subject, null, {
    tool: 'spark-submit',
    application: SCRIPT,
    conf: {
      'spark.app.name': `${PROOF_PREFIX}${staging.environment}@${staging.revision}`,
      'spark.executor.instances': String(executors),
      'spark.dynamicAllocation.enabled': 'false',
      'spark.ui.enabled': 'false',
      // A metastore that is away says nothing of an environment.
      'spark.sql.catalogImplementation': 'in-memory',
      // The script itself waits for executors, and says so when they do not come.
      'spark.scheduler.minRegisteredResourcesRatio': '0',
      ...(staging.cluster.manager === 'yarn' && PATIENCE),
    },
  });
  const link =
    line.short !== null || line.directory === null
      ? ''
      : `ln -s ${quote(`${line.directory}/${aliasOf(staging)}`)} . && `;
  return {
    command: `${link}${line.short ?? line.text}`,
    files: {
      [SCRIPT]: verificationScript(subject, {
        executors,
        seconds: timeoutSeconds * PART_FOR_REGISTERING,
        tables: subject.tables,
      }),
    },
  };
}

/** The form that is run as the proof. */
export function verifiedForm(staging: Staging): LineForm {
  return formOf(staging, { tool: 'spark-submit' });
}

/** Where there is no cluster: the unpacked interpreter on the edge itself says what it can. */
export function smokeCommand(subject: VerificationSubject): VerificationCommand {
  const python = `${subject.staging.driverPrefix}/bin/python`;
  return {
    command: `PYTHONNOUSERSITE=1 ${quote(python)} ${SCRIPT}`,
    files: { [SCRIPT]: smokeScript(subject) },
  };
}

/** What the script found, as it prints it. */
interface Evidence {
  npv: string[];
  /** Executors that Spark knew of when they were asked; null when it did not say. */
  registered: number | null;
  driver: DriverEvidence | null;
  executors: ExecutorEvidence[];
  /** Null where they were not tried. */
  tables: TablesEvidence | null;
}

export const DRIVER = object<DriverEvidence>({
  host: string,
  // Python itself does not always know.
  executable: or(string, ''),
  prefix: string,
  python: string,
  files: mapOf(string),
});

export const EXECUTOR = object<ExecutorEvidence>({
  host: string,
  executable: or(string, ''),
  python: string,
  glibc: or(string, null),
  packages: mapOf(or(string, '')),
  numpyFile: or(string, null),
  failedImports: mapOf(string),
  prefix: or(string, undefined),
  files: or(mapOf(string), undefined),
});

const EVIDENCE = object<Evidence>({
  npv: listOf(string),
  registered: or(number, null),
  driver: or(DRIVER, null),
  executors: listOf(EXECUTOR),
  tables: or(TABLES, null),
});

export type Proof = Pick<
  Verification,
  'outcome' | 'reason' | 'npv' | 'driver' | 'executors' | 'tables'
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
  const { driver, executors, tables } = evidence;
  return {
    outcome: found === null ? 'proven' : 'failed',
    reason: found?.reason ?? null,
    npv: npvOf(evidence),
    driver,
    executors,
    ...(tables && { tables: tables.ran }),
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

/** Why in words where the line is there and cannot be read: others write to the same output. */
function printedEvidence(stdout: string): Evidence | string | null {
  const line = stdout.split('\n').findLast((candidate) => candidate.startsWith(MARK));
  if (line === undefined) return null;
  try {
    return readJson(line.slice(MARK.length), EVIDENCE, (why) => new Misfit(why));
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    return `The evidence of the run could not be read: ${error.message}.`;
  }
}

/** How far the run came that printed this; null when not even the driver's Python started. */
export function stageReached(stdout: string): Stage | null {
  const line = stdout.split('\n').findLast((candidate) => candidate.startsWith(REACHED));
  return fitOrNull(line?.slice(REACHED.length).trim(), oneOf(STAGES));
}

/** What was printed by others than the script itself. */
export function withoutMarks(stdout: string): string {
  return stdout
    .split('\n')
    .filter((line) => !line.startsWith(REACHED) && !line.startsWith(MARK))
    .join('\n');
}

/** What is known of a failed proof beside its reason. */
interface Contradicted {
  deviation: Deviation | null;
  traceback: string | null;
}

interface Contradiction extends Contradicted {
  reason: string;
}

function contradiction(evidence: Evidence, subject: VerificationSubject): Contradiction | null {
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

/**
 * Asks the edge whether a zip stores links, after a run that hung: it prints their names. Such an
 * archive cannot be packed here, but it can be put in place of one.
 */
export function linkCommand(subject: VerificationSubject): VerificationCommand {
  const { driverPrefix, archivePath } = subject.staging;
  return {
    command: `${quote(`${driverPrefix}/bin/python`)} ${LINKS_SCRIPT} ${quote(archivePath)}`,
    files: {
      [LINKS_SCRIPT]: `import stat, sys, zipfile
for entry in zipfile.ZipFile(sys.argv[1]).infolist():
    if stat.S_ISLNK(entry.external_attr >> 16):
        print(entry.filename)
`,
    },
  };
}

/** The newest evidence replaces older evidence from the same edge. */
export function withVerification(
  verifications: readonly Verification[],
  added: Verification,
): Verification[] {
  return [...verifications.filter((known) => known.edge !== added.edge), added];
}

/** Stagings with what the site's files said when one of them was proven, and what starts it since. */
export function withStaging(stagings: readonly Staging[], proven: Staging): Staging[] {
  const { archiveLink } = proven;
  return stagings.map((known) =>
    known.edge === proven.edge
      ? { ...known, archiveLink, cluster: withSite(known.cluster, proven.cluster) }
      : known,
  );
}

/** Adds or replaces a revision's verification, with the staging that was proven. */
export function recordVerification(
  environment: Environment,
  revision: number,
  added: Verification,
  staging: Staging,
): Environment {
  return {
    ...environment,
    revisions: environment.revisions.map((known) =>
      known.number === revision
        ? {
            ...known,
            stagings: withStaging(known.stagings, staging),
            verifications: withVerification(known.verifications, added),
          }
        : known,
    ),
  };
}
