import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { printedEvidence } from '../../src/domain/verification/printed.ts';
import { verificationScript } from '../../src/domain/verification/script.ts';

/** Spark in one process: executors are folders, and what a test sets in `SITE` the site has set. */
const PYSPARK = `import json, os

SITE = json.loads(os.environ.get("SITE", "{}"))
COMING = int(os.environ.get("COMING", "2"))

class SparkConf:
    def __init__(self):
        self.values = dict(SITE)
    def setIfMissing(self, name, value):
        self.values.setdefault(name, value)

class Anything:
    def __getattr__(self, name):
        return self
    def __call__(self, *_):
        return self

class Uptime(Anything):
    def getUptime(self):
        return 7500

class Registered(Anything):
    asked = 0
    def size(self):
        Registered.asked += 1
        return min(Registered.asked, COMING) + 1

class Rows:
    def __init__(self, parts):
        self.parts = parts
    def map(self, function):
        return Rows([[function(row) for row in part] for part in self.parts])
    def mapPartitions(self, function):
        def on(executor, part):
            os.getcwd = lambda: "/container-%d" % (executor % max(COMING, 1))
            return list(function(iter(part)))
        return Rows([on(executor, part) for executor, part in enumerate(self.parts)])
    def collect(self):
        SparkContext.jobs += 1
        return [row for part in self.parts for row in part]

class SparkContext:
    jobs = 0
    _jvm, _jsc = Uptime(), Registered()
    _ensure_initialized = classmethod(lambda self: None)
    def __init__(self, conf):
        self.conf = conf
    @classmethod
    def getOrCreate(cls, conf):
        return cls(conf)
    def parallelize(self, rows, count):
        rows = list(rows)
        return Rows([rows[at::count] for at in range(count)])
    def stop(self):
        print("STOPPED " + json.dumps({"jobs": self.jobs, "conf": self.conf.values}))
`;

/** Tables: `UNPLANNED` is where a plan fails that is made beforehand, `UNREAD` where one is run. */
const PYSPARK_SQL = `import os

class Column(list):
    def sum(self):
        return sum(self)

class Frame:
    def selectExpr(self, *_):
        return self
    def filter(self, _):
        return self
    def collect(self):
        if os.environ.get("UNREAD"):
            raise ValueError("unread")
        return [0] * 5
    def toPandas(self):
        return {"id": Column(range(10))}
    @property
    def _jdf(self):
        if os.environ.get("UNPLANNED"):
            raise ValueError("unplanned")
        print("PLANNED")
        return self
    def queryExecution(self):
        return self
    def toRdd(self):
        pass

class SparkSession:
    class builder:
        getOrCreate = staticmethod(lambda: SparkSession())
    def range(self, *_):
        return Frame()
    def createDataFrame(self, local):
        return Frame()
`;

const PANDAS = `class DataFrame:
    def __init__(self, columns):
        pass
def to_datetime(values):
    return values
`;

describe('the script of the proof', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ferry-script-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'pyspark'));
  writeFileSync(join(folder, 'pyspark/__init__.py'), PYSPARK);
  writeFileSync(join(folder, 'pyspark/sql.py'), PYSPARK_SQL);
  writeFileSync(join(folder, 'pandas.py'), PANDAS);

  /** What it prints where `tables` are tried, and Spark behaves as the variables say. */
  function run(tables: boolean, variables: Record<string, string> = {}, seconds = 30) {
    const script = join(folder, 'verify.py');
    const subject = { imports: { json: ['json'] } };
    writeFileSync(script, verificationScript(subject, { executors: 2, seconds, tables }));
    const stdout = execFileSync('python3', [script], {
      env: { PATH: process.env.PATH, PYTHONPATH: folder, ...variables },
      encoding: 'utf8',
    });
    const evidence = printedEvidence(stdout);
    assert.ok(evidence !== null && typeof evidence !== 'string', stdout);
    const stopped = /^STOPPED (.*)$/m.exec(stdout)?.[1];
    assert.ok(stopped, stdout);
    const { jobs, conf } = JSON.parse(stopped) as { jobs: number; conf: Record<string, string> };
    return { stdout, evidence, jobs, conf };
  }

  test('asks all executors in one round, then for the one numpy, and says whose the seconds were', () => {
    const { evidence, jobs, stdout } = run(false);
    assert.deepEqual([evidence.registered, evidence.executors.length, jobs], [2, 2, 2]);
    assert.equal(evidence.npv.length, 1);
    assert.deepEqual(Object.keys(evidence.times ?? {}), ['application', 'executors', 'asking']);
    assert.equal(evidence.times?.application, 7.5);
    assert.deepEqual(
      [...stdout.matchAll(/^CONDA_FERRY_REACHED (.*)$/gm)].map(([, stage]) => stage),
      ['driver', 'application', 'executors'],
    );
  });

  test('asks those who are there once the others have had their time', () => {
    const { evidence } = run(false, { COMING: '1' }, 0);
    assert.deepEqual([evidence.registered, evidence.executors.length], [1, 1]);
  });

  test('asks Spark more often whether it runs, unless the site says how often', () => {
    assert.deepEqual(run(false, { SITE: '{"spark.yarn.report.interval": "5s"}' }).conf, {
      'spark.yarn.report.interval': '5s',
      'spark.yarn.scheduler.heartbeat.interval-ms': '500',
    });
  });

  test('has tables planned before they are tried', () => {
    const { evidence, stdout } = run(true);
    assert.deepEqual(evidence.tables?.ran, ['a DataFrame', 'toPandas', 'createDataFrame']);
    assert.ok(stdout.lastIndexOf('PLANNED') < stdout.indexOf('REACHED tables'), stdout);
    assert.equal(stdout.match(/^PLANNED$/gm)?.length, 2);
  });

  test('proves by what ran, whatever could not be planned beforehand', () => {
    const ran = ['a DataFrame', 'toPandas', 'createDataFrame'];
    assert.deepEqual(run(true, { UNPLANNED: '1' }).evidence.tables, { ran, failed: null });
    const { failed } = run(true, { UNREAD: '1' }).evidence.tables ?? {};
    assert.deepEqual([failed?.step, failed?.error], ['a DataFrame', 'ValueError: unread']);
  });
});
