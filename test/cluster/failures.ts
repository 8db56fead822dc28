/**
 * The three failures of the article "Conda envs in PySpark", made on a real cluster as people make
 * them, diagnosed from what Spark really printed, and cured by the line of our build.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { diagnose } from '../../src/domain/diagnosis.ts';
import { invocationRequest } from '../../src/domain/lines.ts';
import {
  type Built,
  type Output,
  resultIn,
  subjectOf,
  tell,
  typed,
  type World,
} from './cluster.ts';

/** The article's deciles; pandas is imported where the work is done: on the executors. */
const DECILES = `import json
from pyspark import SparkContext

def deciles(column):
    import pandas as pd
    return pd.qcut(pd.Series(column), 10, labels=False).value_counts().sort_index().tolist()

sc = SparkContext.getOrCreate()
columns = [[float((number * 37) % 100) for number in range(100)]] * 4
print("RESULT " + json.dumps(sc.parallelize(columns, 2).map(deciles).collect()[0]))
sc.stop()
`;
const EQUAL_PARTS = Array.from({ length: 10 }, () => 10);

const NUMPY = `import json
from pyspark import SparkContext

def npv(x):
    import numpy
    return numpy.__version__

sc = SparkContext.getOrCreate()
print("RESULT " + json.dumps(sorted(set(sc.parallelize(range(4), 2).map(npv).collect()))))
sc.stop()
`;

/** A package as people shipped them before wheels: its data must be a file before it can be opened. */
const GREETING = `import pkg_resources

def greeting():
    with open(pkg_resources.resource_filename("greeting", "words.txt")) as file:
        return file.read()
`;
const GREETINGS = `import json
from pyspark import SparkContext

def greet(x):
    import greeting
    return greeting.greeting()

sc = SparkContext.getOrCreate()
print("RESULT " + json.dumps(sorted(set(sc.parallelize(range(4), 2).map(greet).collect()))))
sc.stop()
`;

/** What `setup.py bdist_egg` leaves: a zip of the packages and their metadata. */
const MAKE_EGG = `import os, sys, zipfile
egg, *folders = sys.argv[1:]
with zipfile.ZipFile(egg, "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr("EGG-INFO/PKG-INFO", "Metadata-Version: 1.1\\n")
    archive.writestr("EGG-INFO/not-zip-safe", "\\n")
    for top in folders:
        for folder, _, names in os.walk(top):
            for name in names:
                if not name.endswith(".pyc"):
                    path = os.path.join(folder, name)
                    archive.write(path, os.path.relpath(path, os.path.dirname(top)))
`;

/** The cache folder of a user whose home cannot be written, not even by root. */
const NO_HOME = '--conf spark.executorEnv.XDG_CACHE_HOME=/dev/null/cache';

/**
 * Registers the tests. `churn` has numpy 1.26 and a pandas compiled against it; `newer` has numpy
 * 2.2, setuptools and no pandas: unpacked on the edge, it is also what a node's own Python would be.
 */
export function provesCures(world: () => World, churn: () => Built, newer: () => Built): void {
  const prefixOf = (build: Built) => subjectOf(build).staging.driverPrefix;
  const python = (build: Built) => join(prefixOf(build), 'bin/python');
  const packages = (build: Built) => join(prefixOf(build), 'lib/python3.11/site-packages');
  const submit =
    'spark-submit --master yarn --deploy-mode client --conf spark.executor.instances=1';
  let deciles: string;
  let makeEgg: string;
  before(() => {
    deciles = world().file('deciles.py', DECILES);
    makeEgg = world().file('make-egg.py', MAKE_EGG);
  });

  const findingIn = (output: Output, build: Built, application: string) => {
    assert.notEqual(output.code, 0, tell(output));
    const findings = diagnose(`${output.stderr}\n${output.stdout}`, {
      invocationRequest: invocationRequest(subjectOf(build), { tool: 'spark-submit', application }),
    });
    const [finding] = findings;
    assert.ok(finding, tell(output));
    assert.deepEqual(
      findings.slice(1).map(({ id }) => id),
      [],
      'one cause and no other',
    );
    return finding;
  };
  const assertCured = (output: Output, expected: unknown) => {
    assert.equal(output.code, 0, tell(output));
    assert.deepEqual(resultIn(output), expected);
  };

  test('pandas is missing on the executors, whose Python is the node’s own: the line ships it', async () => {
    const failed = await world().ssh(
      `PYSPARK_DRIVER_PYTHON=${python(churn())} PYSPARK_PYTHON=${python(newer())} ${submit} ${deciles}`,
    );
    const finding = findingIn(failed, churn(), deciles);
    assert.equal(finding.id, 'module-missing-on-executor');
    assert.match(finding.cause, /`pandas`/);
    assertCured(await world().ssh(finding.command), EQUAL_PARTS);
  });

  test('an egg hides numpy and cannot load its compiled parts: the line needs no egg', async () => {
    const application = world().file('numpy.job.py', NUMPY);
    const egg = join(world().directory, 'files/numpy-1.26.4-py3.11-linux-x86_64.egg');
    await world().ssh(`${python(newer())} ${makeEgg} ${egg} ${packages(churn())}/numpy`);
    const failed = await world().ssh(
      `PYSPARK_DRIVER_PYTHON=${python(newer())} PYSPARK_PYTHON=${python(newer())} ${submit} --py-files ${egg} ${application}`,
    );
    const finding = findingIn(failed, churn(), application);
    assert.equal(finding.id, 'egg-shadows-package');
    const line = await world().line(`run churn spark-submit -- ${application}`);
    assertCured(await world().ssh(typed(line)), ['1.26.4']);
  });

  test('an egg cannot be unpacked where no home is writable: the line gives it a cache', async () => {
    const application = world().file('greetings.py', GREETINGS);
    const source = join(world().file('greeting/__init__.py', GREETING), '..');
    world().file('greeting/words.txt', 'good morning');
    const egg = join(world().directory, 'files/greeting-1.0-py3.11.egg');
    await world().ssh(`${python(newer())} ${makeEgg} ${egg} ${source}`);
    const failed = await world().ssh(
      `PYSPARK_DRIVER_PYTHON=${python(newer())} PYSPARK_PYTHON=${python(newer())} ${submit} ${NO_HOME} --py-files ${egg} ${application}`,
    );
    const finding = findingIn(failed, newer(), application);
    assert.equal(finding.id, 'egg-cache');
    const { text } = await world().line(`run newer spark-submit --layout local -- ${application}`);
    const withEgg = text.replace(' --archives ', ` ${NO_HOME} --py-files ${egg} --archives `);
    assertCured(await world().ssh(withEgg), ['good morning']);
  });

  test('compiled code meets a numpy it was not built for: the line keeps foreign packages out', async () => {
    const { staging } = subjectOf(churn());
    const shell = `export PYTHONPATH=${packages(newer())};`;
    const failed = await world().ssh(
      `${shell} PYSPARK_DRIVER_PYTHON=${python(churn())} PYSPARK_PYTHON=./churn_zip/churn/bin/python ${submit} --archives '${staging.hdfs ?? staging.archivePath}#churn_zip' ${deciles}`,
    );
    const finding = findingIn(failed, churn(), deciles);
    assert.equal(finding.id, 'numpy-abi');
    assertCured(await world().ssh(`${shell} ${finding.command}`), EQUAL_PARTS);
  });
}
