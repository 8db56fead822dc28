import { TABLES_SCRIPT } from './tables.ts';

/** The mark before the one line of JSON that the script prints among everything Spark prints. */
export const MARK = 'CONDA_FERRY_EVIDENCE ';
/** The mark before the name of what has been reached: all that is known of a run that hangs. */
export const REACHED = 'CONDA_FERRY_REACHED ';
/** In place of numpy's version where there is none: an answer too, and all must agree on it. */
export const NO_NUMPY = 'no numpy';

/** What every Python is asked about. */
export interface Questions {
  /** Package asked for → modules to import on every executor. */
  imports: Record<string, string[]>;
}

/** Modules by package as a Python literal; names come from file names, so they are quoted as JSON. */
function importsLiteral(subject: Questions): string {
  return JSON.stringify(JSON.stringify(subject.imports));
}

/** What every Python is asked; runs on Python 3.7 and later. */
function questions(subject: Questions): string {
  return `import json, os, platform, socket, sys
IMPORTS = json.loads(${importsLiteral(subject)})

def origin(name):
    import importlib.util
    module = sys.modules.get(name)
    try:
        found = module.__spec__ if module else importlib.util.find_spec(name)
        places = [found.origin] + list(found.submodule_search_locations or [])
    except Exception:
        places = [getattr(module, "__file__", None)]
    return next((place for place in places if place and os.path.isabs(place)), None)

def whereabouts():
    names = {name.split(".")[0] for modules in IMPORTS.values() for name in modules}
    files = {name: origin(name) for name in sorted(names)}
    return {
        "host": socket.gethostname(),
        "executable": sys.executable,
        "prefix": sys.prefix,
        "python": platform.python_version(),
        "files": {name: path for name, path in files.items() if path},
    }

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
        except Exception:
            numpy = None
    found = whereabouts()
    found.update({
        "glibc": platform.libc_ver()[1] or None,
        "packages": versions,
        "numpyFile": getattr(numpy, "__file__", None),
        "failedImports": failed,
    })
    return found
`;
}

/**
 * Settings of the proof's own application, where the site has none: how often, in milliseconds, Spark asks
 * whether the application runs (its own default is 1 s) and whether containers are there (3 s). Spark reads
 * what a line and a site's files set before the script does (`SparkConf.setIfMissing`).
 */
const POLLING: Readonly<Record<string, string>> = {
  'spark.yarn.report.interval': '200ms',
  'spark.yarn.scheduler.heartbeat.interval-ms': '500',
};

/**
 * Every executor is asked: the tasks start when all have registered, and then the first round of
 * offers gives each of them one. Tasks read their input to its end, because a Python worker that has
 * not done so is not used again (pyspark `worker.py`) and the next one imports everything anew.
 * What the driver needs for tables it imports while the application starts, and has Spark plan them
 * while executors register and answer, so that nobody waits for that later. It is all done again where it
 * is tried, so what fails there fails there. Times are the driver's own: of its JVM, then of its Python.
 */
export function verificationScript(
  subject: Questions,
  { executors, seconds, tables }: { executors: number; seconds: number; tables: boolean },
): string {
  return `${questions(subject)}${tables ? TABLES_SCRIPT : ''}
import time
from concurrent.futures import ThreadPoolExecutor

def reached(stage):
    sys.stdout.write("${REACHED}" + stage + "\\n")
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
        return str(getattr(numpy, "__version__", "no version"))
    except ImportError:
        return "${NO_NUMPY}"
    except Exception as error:
        return type(error).__name__

from pyspark import SparkConf, SparkContext
beside = ThreadPoolExecutor(2)
${tables ? 'importing = beside.submit(import_for_tables)' : ''}
SparkContext._ensure_initialized()
conf = SparkConf()
for name, value in ${JSON.stringify(POLLING)}.items():
    conf.setIfMissing(name, value)
sc = SparkContext.getOrCreate(conf)
reached("application")
running = time.monotonic()

def uptime():
    try:
        return sc._jvm.java.lang.management.ManagementFactory.getRuntimeMXBean().getUptime() / 1000.0
    except Exception:
        return None

def registered():
    try:
        return sc._jsc.sc().getExecutorMemoryStatus().size() - 1
    except Exception:
        return None

def ask():
    known = registered()
    while known is not None and known < ${executors} and time.monotonic() < running + ${seconds}:
        time.sleep(0.05)
        known = registered()
    there = time.monotonic()
    if known is None or known > 0:
        reached("executors")
    answers = {}
    once = max(known or ${executors}, 1)
    for tasks, pause in ((once, 0), (2 * once, 0.2), (2 * once, 1)):
        for text in sc.parallelize(range(tasks), tasks).mapPartitions(on_executor(pause)).collect():
            answer = json.loads(text)
            answers[answer.pop("container")] = answer
        if len(answers) >= (known or 1):
            break
    versions = sorted(set(sc.parallelize(range(1000), 10).map(npv).collect()))
    return there, {"npv": versions, "registered": known, "executors": list(answers.values())}

started = uptime()
asking = beside.submit(ask)
${tables ? 'importing.exception()\nprepare_tables()' : ''}
there, found = asking.result()
${tables ? 'reached("tables")' : ''}
found["driver"] = whereabouts()
found["tables"] = ${tables ? 'tables()' : 'None'}
if started is not None:
    found["times"] = {"application": started, "executors": there - running, "asking": time.monotonic() - there}
print("${MARK}" + json.dumps(found))
sys.stdout.flush()
sc.stop()
`;
}

/** What the unpacked interpreter on the edge says where there is no cluster. */
export function smokeScript(subject: Questions): string {
  return `${questions(subject)}
found = evidence()
numpy = sys.modules.get("numpy")
print("${MARK}" + json.dumps({"npv": [str(getattr(numpy, "__version__", "no version"))] if numpy else ["${NO_NUMPY}"], "registered": None, "driver": None, "executors": [found]}))
`;
}
