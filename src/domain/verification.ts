import { aliasOf, type LineForm, type Staging } from './environment.ts';
import { formOf, lineFor } from './lines.ts';
import { quote } from './shell.ts';
import { PROOF_PREFIX } from './use.ts';
import { type Questions, smokeScript, verificationScript } from './verification/script.ts';

const SCRIPT = 'conda_ferry_verify.py';
const LINKS_SCRIPT = 'conda_ferry_links.py';

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
      // Nobody looks at it afterwards.
      'spark.ui.enabled': 'false',
      'spark.eventLog.enabled': 'false',
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
