import type { Environment, ExecutorEvidence, Staging, Verification } from './environment.ts';
import { lineFor } from './lines.ts';
import { quote } from './shell.ts';

/** The mark before the one line of JSON that the script prints among everything Spark prints. */
const MARK = 'CONDA_FERRY_EVIDENCE ';
/** The mark before the name of what has been reached: all that is known of a run that hangs. */
const REACHED = 'CONDA_FERRY_REACHED ';
/** In place of numpy's version where there is none: an answer too, and all must agree on it. */
const NO_NUMPY = 'no numpy';
const SCRIPT = 'conda_ferry_verify.py';
const LINKS_SCRIPT = 'conda_ferry_links.py';

/**
 * How far a run came: the driver's Python started, the application was let in by the cluster, its
 * executors registered.
 */
export type Stage = 'driver' | 'application' | 'executors';

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

export interface VerificationSubject {
  environment: string;
  revision: number;
  staging: Staging;
  /** Package asked for → modules to import on every executor. */
  imports: Record<string, string[]>;
}

/**
 * The environment's own spark-submit line with our script as the application, so that what is
 * proven is what people paste. It runs in a fresh folder; the global layout's relative path gets
 * its symlink directory there.
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
      'spark.app.name': `conda-ferry verify ${subject.environment}@${subject.revision}`,
      'spark.executor.instances': String(executors),
      'spark.dynamicAllocation.enabled': 'false',
      'spark.ui.enabled': 'false',
      // The script itself waits for executors, and says so when they do not come.
      'spark.scheduler.minRegisteredResourcesRatio': '0',
      ...(staging.cluster.manager === 'yarn' && PATIENCE),
    },
  });
  const link =
    line.directory === null ? '' : `ln -s ${quote(`${staging.root}/${staging.alias}`)} . && `;
  return {
    command: `${link}${line.text}`,
    files: {
      [SCRIPT]: verificationScript(subject, executors, timeoutSeconds * PART_FOR_REGISTERING),
    },
  };
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
  executors: ExecutorEvidence[];
}

export type Proof = Pick<Verification, 'outcome' | 'reason' | 'npv' | 'executors'>;

/**
 * Reads the evidence from what the run printed; null when the line is not there.
 * `proven` needs an answer from every executor, the article's one-element set, every import, and
 * Python and numpy from under the alias.
 */
export function readEvidence(stdout: string, subject: VerificationSubject): Proof | null {
  const evidence = printedEvidence(stdout);
  if (evidence === null) return null;
  const reason = contradiction(evidence, subject);
  const { executors } = evidence;
  return {
    outcome: reason === null ? 'proven' : 'failed',
    reason,
    npv: npvOf(evidence),
    executors,
  };
}

/** The evidence of the smoke test: on the edge nothing lies under the alias. */
export function readSmokeEvidence(stdout: string): Omit<Proof, 'outcome'> | null {
  const evidence = printedEvidence(stdout);
  if (evidence === null) return null;
  const [name, why] = Object.entries(evidence.executors[0]?.failedImports ?? {})[0] ?? [];
  const reason = name === undefined ? null : `\`import ${name}\` fails on the edge: ${why}`;
  return { reason, npv: npvOf(evidence), executors: evidence.executors };
}

/** Nothing to agree on where no executor has numpy. */
function npvOf({ npv }: Evidence): string[] {
  return npv.every((version) => version === NO_NUMPY) ? [] : npv;
}

function printedEvidence(stdout: string): Evidence | null {
  const line = stdout.split('\n').findLast((candidate) => candidate.startsWith(MARK));
  return line === undefined ? null : (JSON.parse(line.slice(MARK.length)) as Evidence);
}

/** How far the run came that printed this; null when not even the driver's Python started. */
export function stageReached(stdout: string): Stage | null {
  const line = stdout.split('\n').findLast((candidate) => candidate.startsWith(REACHED));
  return line === undefined ? null : (line.slice(REACHED.length).trim() as Stage);
}

/** What was printed by others than the script itself. */
export function withoutMarks(stdout: string): string {
  return stdout
    .split('\n')
    .filter((line) => !line.startsWith(REACHED) && !line.startsWith(MARK))
    .join('\n');
}

function contradiction(evidence: Evidence, subject: VerificationSubject): string | null {
  const { npv, executors, registered } = evidence;
  if (executors.length === 0) return 'No executor answered.';
  const inside = `/${subject.staging.alias}/${subject.environment}/`;
  for (const executor of executors) {
    const { host, executable, numpyFile } = executor;
    if (!executable.includes(inside)) {
      return `The Python on ${host} is ${executable || 'unknown'}, not the one of the archive.`;
    }
    const [name, why] = Object.entries(executor.failedImports)[0] ?? [];
    if (name !== undefined) return `\`import ${name}\` fails on ${host}: ${why}`;
    if (numpyFile !== null && !numpyFile.includes(inside)) {
      return `On ${host} numpy comes from ${numpyFile}, not from the archive.`;
    }
  }
  if (npv.length !== 1) {
    return `The executors do not agree on numpy: ${npv.join(', ') || 'no answer'}.`;
  }
  if (registered !== null && executors.length < registered) {
    return `Only ${executors.length} of ${registered} executors answered.`;
  }
  return null;
}

/** Modules by package as a Python literal; names come from file names, so they are quoted as JSON. */
function importsLiteral(subject: VerificationSubject): string {
  return JSON.stringify(JSON.stringify(subject.imports));
}

/** What every Python is asked; runs on Python 3.7 and later. */
function questions(subject: VerificationSubject): string {
  return `import json, os, platform, socket, sys
IMPORTS = json.loads(${importsLiteral(subject)})

def evidence():
    import importlib
    versions, failed = {}, {}
    for package, modules in IMPORTS.items():
        for name in modules:
            try:
                module = importlib.import_module(name)
                versions.setdefault(package, str(getattr(module, "__version__", "")))
            except BaseException as error:
                failed[name] = "%s: %s" % (type(error).__name__, str(error)[:300])
        try:
            from importlib.metadata import version
            versions[package] = version(package)
        except Exception:
            pass
    numpy = sys.modules.get("numpy")
    if numpy is None:
        try:
            import numpy
        except ImportError:
            numpy = None
    return {
        "host": socket.gethostname(),
        "executable": sys.executable,
        "python": platform.python_version(),
        "glibc": platform.libc_ver()[1] or None,
        "packages": versions,
        "numpyFile": getattr(numpy, "__file__", None),
        "failedImports": failed,
    }
`;
}

/**
 * Every executor is asked: the tasks start when all have registered, and then the first round of
 * offers gives each of them one. Tasks read their input to its end, because a Python worker that has
 * not done so is not used again (pyspark `worker.py`) and the next one imports everything anew.
 */
function verificationScript(
  subject: VerificationSubject,
  executors: number,
  seconds: number,
): string {
  return `${questions(subject)}
import time

def reached(stage):
    print("${REACHED}" + stage)
    sys.stdout.flush()

reached("driver")

def on_executor(pause):
    def ask(inputs):
        for _ in inputs:
            pass
        time.sleep(pause)
        found = evidence()
        found["container"] = found["host"] + os.getcwd()
        return [json.dumps(found, sort_keys=True)]
    return ask

def npv(x):
    try:
        import numpy
        return numpy.__version__
    except ImportError:
        return "${NO_NUMPY}"

from pyspark import SparkContext
sc = SparkContext.getOrCreate()
reached("application")

def registered():
    try:
        return sc._jsc.sc().getExecutorMemoryStatus().size() - 1
    except Exception:
        return None

deadline = time.time() + ${seconds}
known = registered()
while known is not None and known < ${executors} and time.time() < deadline:
    time.sleep(0.1)
    known = registered()
if known is None or known > 0:
    reached("executors")

answers = {}
tasks = 2 * max(${executors}, known or 0)
for pause in (0, 0.2, 1):
    for text in sc.parallelize(range(tasks), tasks).mapPartitions(on_executor(pause)).collect():
        answer = json.loads(text)
        answers[answer.pop("container")] = answer
    if len(answers) >= (known or 1):
        break

versions = sorted(set(sc.parallelize(range(1000), 10).map(npv).collect()))
print("${MARK}" + json.dumps({"npv": versions, "registered": known, "executors": list(answers.values())}))
sys.stdout.flush()
sc.stop()
`;
}

function smokeScript(subject: VerificationSubject): string {
  return `${questions(subject)}
found = evidence()
numpy = sys.modules.get("numpy")
print("${MARK}" + json.dumps({"npv": [numpy.__version__] if numpy else ["${NO_NUMPY}"], "registered": None, "executors": [found]}))
`;
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

/** Adds or replaces a revision's verification in the record of its environment. */
export function recordVerification(
  environment: Environment,
  revision: number,
  added: Verification,
): Environment {
  return {
    ...environment,
    revisions: environment.revisions.map((known) =>
      known.number === revision
        ? { ...known, verifications: withVerification(known.verifications, added) }
        : known,
    ),
  };
}
