import type { Environment, ExecutorEvidence, Staging, Verification } from './environment.ts';
import { lineFor } from './lines.ts';
import { quote } from './shell.ts';

/** The mark before the one line of JSON that the script prints among everything Spark prints. */
const MARK = 'CONDA_FERRY_EVIDENCE ';
const SCRIPT = 'conda_ferry_verify.py';

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
  executors: number,
): VerificationCommand {
  const line = lineFor(subject, null, {
    tool: 'spark-submit',
    application: SCRIPT,
    conf: {
      'spark.app.name': `conda-ferry verify ${subject.environment}@${subject.revision}`,
      'spark.executor.instances': String(executors),
      'spark.dynamicAllocation.enabled': 'false',
      'spark.ui.enabled': 'false',
    },
  });
  const { staging } = subject;
  const link =
    line.directory === null ? '' : `ln -s ${quote(`${staging.root}/${staging.alias}`)} . && `;
  return { command: `${link}${line.text}`, files: { [SCRIPT]: verificationScript(subject) } };
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
 * Reads the evidence from what the run printed; null when the line is not there.
 * `proven` needs the article's one-element set, every import, and numpy from under the alias.
 */
export function readEvidence(
  stdout: string,
  subject: VerificationSubject,
): Pick<Verification, 'outcome' | 'reason' | 'npv' | 'executors'> | null {
  const line = stdout.split('\n').findLast((candidate) => candidate.startsWith(MARK));
  if (line === undefined) return null;
  const evidence = JSON.parse(line.slice(MARK.length)) as {
    npv: string[];
    executors: ExecutorEvidence[];
  };
  const reason = contradiction(evidence, subject);
  return { outcome: reason === null ? 'proven' : 'failed', reason, ...evidence };
}

function contradiction(
  evidence: { npv: string[]; executors: ExecutorEvidence[] },
  subject: VerificationSubject,
): string | null {
  if (evidence.npv.length !== 1) {
    return `The executors do not agree on numpy: ${evidence.npv.join(', ') || 'no answer'}.`;
  }
  const inside = `/${subject.staging.alias}/${subject.environment}/`;
  for (const executor of evidence.executors) {
    const [name, why] = Object.entries(executor.failedImports)[0] ?? [];
    if (name !== undefined) return `\`import ${name}\` fails on ${executor.host}: ${why}`;
    if (executor.numpyFile !== null && !executor.numpyFile.includes(inside)) {
      return `On ${executor.host} numpy comes from ${executor.numpyFile}, not from the archive.`;
    }
  }
  return evidence.executors.length > 0 ? null : 'No executor answered.';
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

function verificationScript(subject: VerificationSubject): string {
  return `${questions(subject)}
def on_executor(_):
    found = evidence()
    found["container"] = os.path.basename(os.getcwd())
    return [json.dumps(found, sort_keys=True)]

def npv(x):
    try:
        import numpy
        return numpy.__version__
    except ImportError:
        return "no numpy, python " + platform.python_version()

from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
sc = spark.sparkContext
versions = sorted(set(sc.parallelize(range(1000), 10).map(npv).collect()))
answers = [json.loads(text) for text in set(sc.parallelize(range(100), 20).mapPartitions(on_executor).collect())]
executors = {}
for answer in answers:
    executors.setdefault(answer.pop("container"), answer)
print("${MARK}" + json.dumps({"npv": versions, "executors": list(executors.values())}))
sys.stdout.flush()
spark.stop()
`;
}

function smokeScript(subject: VerificationSubject): string {
  return `${questions(subject)}
found = evidence()
numpy = sys.modules.get("numpy")
print("${MARK}" + json.dumps({"npv": [numpy.__version__] if numpy else ["no numpy, python " + found["python"]], "executors": [found]}))
`;
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
