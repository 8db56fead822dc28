import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { DriverEvidence, ExecutorEvidence, ProofTimes } from '../../src/domain/environment.ts';
import type { Edge, RunResult } from '../../src/domain/ports.ts';
import { readEvidence, readSmokeEvidence } from '../../src/domain/verification/evidence.ts';
import { stageReached, withoutMarks } from '../../src/domain/verification/printed.ts';
import {
  type Deviation,
  explainSite,
  readSite,
  siteCommand,
  siteThatWins,
} from '../../src/domain/verification/site.ts';
import type { TablesEvidence } from '../../src/domain/verification/tables.ts';
import { type VerificationSubject, verificationCommand } from '../../src/domain/verification.ts';
import type { BuildPorts } from '../../src/pipeline/context.ts';
import { verifyStaging } from '../../src/pipeline/steps/verify.ts';
import { archive } from '../answers/samples.ts';
import fc from '../harness/properties.ts';

const subject: VerificationSubject = {
  imports: { numpy: ['numpy'] },
  tables: true,
  staging: {
    ...{ edge: 'edge', environment: 'churn', revision: 3, archive },
    archivePath: '/srv/archives/ab/churn.tar.gz',
    archiveLink: null,
    globalFolder: null,
    hdfs: null,
    driverPrefix: '/srv/envs/churn/3',
    root: '/srv',
    layout: 'local',
    aliases: { local: 'churn_tar_gz', global: 'MYGLOBALENV' },
    cluster: {
      name: 'yarn',
      manager: 'yarn',
      spark: '3.5.9',
      hadoop: '3.5.0',
      master: null,
      sparkHome: '/opt/spark',
      glibc: '2.36',
      architecture: 'x86_64',
    },
    activation: {},
    stagedAt: 0,
  },
};

const executor = (change: Partial<ExecutorEvidence> = {}): ExecutorEvidence => ({
  host: 'node-1',
  executable: '/nm/container_1/churn_tar_gz/churn/bin/python',
  python: '3.11.3',
  glibc: '2.36',
  packages: { numpy: '2.2.6' },
  numpyFile: '/nm/container_1/churn_tar_gz/churn/lib/python3.11/site-packages/numpy/__init__.py',
  failedImports: {},
  ...change,
});

const driver = (change: Partial<DriverEvidence> = {}): DriverEvidence => ({
  host: 'edge-1',
  executable: '/srv/envs/churn/3/bin/python',
  prefix: '/srv/envs/churn/3',
  python: '3.11.3',
  files: { numpy: '/srv/envs/churn/3/lib/python3.11/site-packages/numpy/__init__.py' },
  ...change,
});

const printed = (evidence: {
  npv?: string[];
  registered?: number | null;
  driver?: DriverEvidence | null;
  executors?: ExecutorEvidence[];
  tables?: TablesEvidence | null;
  times?: ProofTimes;
}) =>
  `noise\nCONDA_FERRY_EVIDENCE ${JSON.stringify({
    npv: ['2.2.6'],
    registered: 1,
    driver: driver(),
    executors: [executor()],
    ...evidence,
  })}\nmore noise\n`;

/** The step alone, on an edge that answers as told. */
async function verifyWith(answer: () => Partial<RunResult>) {
  const edge = {
    name: 'edge',
    run: async () => ({ code: null, timedOut: false, stdout: '', stderr: '', ...answer() }),
  } as unknown as Edge;
  const ports = {
    clock: { now: () => 0 },
    verification: { enabled: true, timeoutSeconds: 30, executors: 2 },
  } as BuildPorts;
  return verifyStaging(ports, edge, subject, {
    signal: new AbortController().signal,
    log: () => {},
    detail: () => {},
  });
}

describe('evidence', () => {
  it('proves an environment that every registered executor has', () => {
    const proof = readEvidence(printed({}), subject);
    assert.deepEqual([proof?.outcome, proof?.reason, proof?.npv], ['proven', null, ['2.2.6']]);
  });

  it('is that of the executors alone where the driver said nothing of itself', () => {
    const proof = readEvidence(printed({ driver: null }), subject);
    assert.deepEqual([proof?.outcome, proof?.driver], ['proven', null]);
  });

  it('and how far a run came are no words of what ran: those stay', () => {
    const stdout = `one\nCONDA_FERRY_REACHED driver\n${printed({})}says CONDA_FERRY_REACHED`;
    const said = 'one\nnoise\nmore noise\nsays CONDA_FERRY_REACHED';
    assert.equal(withoutMarks(stdout), said);
  });

  it('is not there when nothing was printed', () => {
    assert.equal(readEvidence('noise\n', subject), null);
  });

  const unreadable: [string, string, RegExp][] = [
    ['no JSON', 'CONDA_FERRY_EVIDENCE {"npv": ["2.2', /could not be read: it is not JSON\.$/],
    ['null', 'CONDA_FERRY_EVIDENCE null', /could not be read: the whole is null, not an object\.$/],
    [
      'an executor without a host',
      'CONDA_FERRY_EVIDENCE {"npv": [], "executors": [{}]}',
      /could not be read: executors\[0\]\.host is missing, not text\.$/,
    ],
  ];
  for (const [what, line, reason] of unreadable) {
    it(`that is ${what} proves nothing, and says that it could not be read`, () => {
      const proof = readEvidence(`noise\n${line}\n`, subject);
      assert.equal(proof?.outcome, 'failed');
      assert.match(proof?.reason ?? '', reason);
      assert.match(readSmokeEvidence(`${line}\n`)?.reason ?? '', reason);
    });
  }

  it('is judged without a crash whatever others print in its place', () => {
    const part = fc.oneof(fc.constant(executor()), fc.jsonValue());
    const documents = fc.oneof(
      fc.json(),
      fc.string(),
      fc
        .record({ npv: fc.jsonValue(), driver: part, executors: fc.array(part) })
        .map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(documents, (document) => {
        const stdout = `CONDA_FERRY_EVIDENCE ${document.replaceAll('\n', ' ')}\n`;
        assert.ok(['proven', 'failed'].includes(readEvidence(stdout, subject)?.outcome ?? ''));
        readSmokeEvidence(stdout);
      }),
    );
  });

  const iteritems = {
    step: 'createDataFrame',
    error: "AttributeError: 'DataFrame' object has no attribute 'iteritems'",
    traceback: `Traceback (most recent call last):
  File "/tmp/run/conda_ferry_verify.py", line 90, in tables
    assert len(session.createDataFrame(local).filter("even").collect()) == 5
  File "/opt/spark/python/lib/pyspark.zip/pyspark/sql/pandas/conversion.py", line 474, in _convert_from_pandas
    for column, series in pdf.iteritems():
  File "/srv/envs/churn/3/lib/python3.11/site-packages/pandas/core/generic.py", line 5989, in __getattr__
    return object.__getattribute__(self, name)
AttributeError: 'DataFrame' object has no attribute 'iteritems'`,
  };

  it('says what of DataFrames and pandas was run, where it was', () => {
    const tables = { ran: ['a DataFrame', 'toPandas'], failed: null };
    const proof = readEvidence(printed({ tables }), subject);
    assert.deepEqual([proof?.outcome, proof?.tables], ['proven', tables.ran]);
    assert.ok(!('tables' in (readEvidence(printed({ tables: null }), subject) ?? {})));
  });

  it('says whose the seconds were, where the driver said it', () => {
    const times = { application: 6, executors: 3, asking: 4 };
    assert.deepEqual(readEvidence(printed({ times }), subject)?.times, times);
    assert.ok(!('times' in (readEvidence(printed({}), subject) ?? {})));
  });

  it('of a table that fails is a failed proof, told with its cause and what to do', async () => {
    const tables = { ran: ['a DataFrame', 'toPandas'], failed: iteritems };
    const proof = await verifyWith(() => ({ stdout: printed({ tables }) }));
    assert.deepEqual([proof.outcome, proof.tables], ['failed', tables.ran]);
    assert.match(
      proof.reason ?? '',
      /^createDataFrame fails: AttributeError: .*'iteritems'\. PySpark itself calls .*pandas<2/,
    );
    assert.ok(!('traceback' in proof));
  });

  it('is asked of tables only where they are to be tried', () => {
    const script = (tables: boolean) =>
      verificationCommand({ ...subject, tables }, { executors: 1, timeoutSeconds: 30 }).files;
    assert.match(JSON.stringify(script(true)), /toPandas/);
    assert.doesNotMatch(JSON.stringify(script(false)), /toPandas|reached\(.{2}tables/);
  });

  it('has no numpy to show for an environment without one, but must agree on that', () => {
    const without = executor({ numpyFile: null });
    const proof = readEvidence(printed({ npv: ['no numpy'], executors: [without] }), subject);
    assert.deepEqual([proof?.outcome, proof?.npv], ['proven', []]);
    const mixed = readEvidence(printed({ npv: ['2.2.6', 'no numpy'] }), subject);
    assert.match(mixed?.reason ?? '', /do not agree on numpy: 2\.2\.6, no numpy/);
  });

  const contradictions: [string, Parameters<typeof printed>[0], RegExp][] = [
    ['nobody answers', { executors: [] }, /No executor answered/],
    ['one of the executors does not answer', { registered: 2 }, /Only 1 of 2 executors answered/],
    [
      'Python is the node’s own',
      { executors: [executor({ executable: '/usr/bin/python3' })] },
      /The Python on node-1 is \/usr\/bin\/python3, not the one of the archive/,
    ],
    [
      'numpy is the node’s own',
      { executors: [executor({ numpyFile: '/usr/lib/python3/numpy/__init__.py' })] },
      /On node-1 numpy comes from \/usr\/lib\/python3\/numpy/,
    ],
    [
      'another package is the node’s own',
      { executors: [executor({ files: { six: '/opt/site/six.py' } })] },
      /On node-1 six comes from \/opt\/site\/six\.py/,
    ],
    [
      'Python has the library of another',
      { executors: [executor({ prefix: '/usr' })] },
      /The Python on node-1 uses the standard library of \/usr, not its own/,
    ],
    [
      'the driver’s Python is the edge’s own',
      { driver: driver({ executable: '/usr/bin/python3', prefix: '/usr' }) },
      /The Python on the driver is \/usr\/bin\/python3/,
    ],
    [
      'the driver’s packages are the edge’s own',
      { driver: driver({ files: { numpy: '/opt/site/numpy/__init__.py' } }) },
      /On the driver numpy comes from \/opt\/site\/numpy/,
    ],
    [
      'the driver’s prefix only begins like the environment’s',
      { driver: driver({ prefix: '/srv/envs/churn/30' }) },
      /the standard library of \/srv\/envs\/churn\/30/,
    ],
    [
      'an import fails',
      { executors: [executor({ failedImports: { numpy: 'ImportError: libx' } })] },
      /`import numpy` fails on node-1: ImportError: libx/,
    ],
    ['two numpys are seen', { npv: ['1.26.4', '2.2.6'] }, /do not agree on numpy/],
  ];
  for (const [what, evidence, reason] of contradictions) {
    it(`proves nothing when ${what}`, () => {
      const proof = readEvidence(printed(evidence), subject);
      assert.equal(proof?.outcome, 'failed');
      assert.match(proof?.reason ?? '', reason);
    });
  }
});

describe('a site that wins', () => {
  const folder = mkdtempSync(join(tmpdir(), 'site-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(
    join(folder, 'spark-env.sh'),
    `# export PYSPARK_PYTHON=/in/a/comment
export HADOOP_TOKEN=hunter2 PYSPARK_PYTHON="\${SITE_HOME}/bin/python" ; SITE_PASSWORD=hunter3
[ -z "$NEVER" ] || export PYTHONHOME=/usr
. ${folder}/python.sh
SITE_HOME=/opt/site; export PYSPARK_PYTHON=$SITE_HOME/bin/python
echo noise
`,
  );
  writeFileSync(join(folder, 'python.sh'), 'export PYTHONPATH=/opt/site/lib:/opt/more\n');
  writeFileSync(
    join(folder, 'spark-defaults.conf'),
    `# spark.pyspark.python /in/a/comment
spark.hadoop.fs.s3a.secret.key hunter4
spark.pyspark.driver.python=/usr/bin/python3
  spark.submit.pyFiles : hdfs:///site/tools.zip
spark.executorEnv.PYTHONPATH   /opt/executors
`,
  );
  const { stdout } = spawnSync('sh', ['-c', siteCommand('/opt/spark')], {
    env: { PATH: process.env.PATH, SPARK_CONF_DIR: folder },
    encoding: 'utf8',
  });
  const site = readSite(stdout);
  const winner = (deviation: Deviation) => {
    const found = siteThatWins(site, deviation);
    return found && explainSite(found, deviation);
  };

  it('is read by what decides on Python alone: no secret leaves the edge', () => {
    assert.doesNotMatch(stdout, /hunter|PASSWORD|TOKEN|comment/);
    assert.deepEqual(
      site.map(({ file, line, name, value }) => [basename(file), line, name, value]),
      [
        ['spark-env.sh', 2, 'PYSPARK_PYTHON', '/opt/site/bin/python'],
        ['spark-env.sh', 3, 'PYTHONHOME', '/usr'],
        ['spark-env.sh', 5, 'PYSPARK_PYTHON', '/opt/site/bin/python'],
        ['python.sh', 1, 'PYTHONPATH', '/opt/site/lib:/opt/more'],
        ['spark-defaults.conf', 3, 'spark.pyspark.driver.python', '/usr/bin/python3'],
        ['spark-defaults.conf', 4, 'spark.submit.pyFiles', 'hdfs:///site/tools.zip'],
        ['spark-defaults.conf', 5, 'spark.executorEnv.PYTHONPATH', '/opt/executors'],
      ],
    );
  });

  const winners: [Deviation, RegExp][] = [
    [
      { side: 'executors', part: 'python', path: '/opt/site/bin/python' },
      /^`spark-env\.sh` on the edge \(`\S+\/spark-env\.sh`, line 5\) exports `PYSPARK_PYTHON=\$SITE_HOME\/bin\/python` \(`\/opt\/site\/bin\/python`\) and wins on the executors: .*load-spark-env\.sh/,
    ],
    [
      { side: 'driver', part: 'python', path: '/usr/bin/python3' },
      /`spark-defaults\.conf` .*line 3\) sets `spark\.pyspark\.driver\.python` to `\/usr\/bin\/python3` and wins on the driver\. Have it removed/,
    ],
    [
      { side: 'driver', part: 'packages', path: '/opt/more/numpy/__init__.py' },
      /`python\.sh` .*line 1\) exports `PYTHONPATH=/,
    ],
    [
      {
        ...{ side: 'executors', part: 'packages' },
        path: '/nm/container_1/tools.zip/tools/__init__.py',
      },
      /line 4\) sets `spark\.submit\.pyFiles`/,
    ],
    [{ side: 'executors', part: 'library', path: '/usr' }, /line 3\) exports `PYTHONHOME=\/usr`/],
  ];
  for (const [deviation, sentence] of winners) {
    it(`is named with file and line: ${deviation.path} on the ${deviation.side}`, () => {
      assert.match(winner(deviation) ?? '', sentence);
    });
  }

  it('is not accused when its files do not lead there', () => {
    assert.equal(winner({ side: 'driver', part: 'python', path: '/home/ana/python' }), null);
  });

  it('is named when the driver’s Python did not even start', async () => {
    const home =
      'CONDA_FERRY_SITE variable\t/etc/spark/spark-env.sh\t7\tPYTHONHOME\t/usr\nCONDA_FERRY_SITE value\tPYTHONHOME\t/usr\n';
    const outputs = ['', home];
    const proof = await verifyWith(() => ({
      ...{ code: 1, stderr: 'Fatal Python error: init_fs_encoding' },
      stdout: outputs.shift() ?? '',
    }));
    assert.match(
      proof.reason ?? '',
      /^`spark-env\.sh` on the edge \(`\/etc\/spark\/spark-env\.sh`, line 7\) exports `PYTHONHOME=\/usr`.* The run ended with: Fatal Python error/,
    );
  });

  it('ends what a failed proof says', async () => {
    const outputs = [printed({ driver: driver({ executable: '/usr/bin/python3' }) }), stdout];
    const proof = await verifyWith(() => ({ stdout: outputs.shift() ?? '' }));
    assert.equal(proof.outcome, 'failed');
    assert.match(
      proof.reason ?? '',
      /^The Python on the driver is \/usr\/bin\/python3, not the one of the archive\. `spark-defaults\.conf` on the edge/,
    );
    assert.deepEqual(proof.form, {
      ...{ purpose: 'shell', tool: 'spark-submit', mode: 'client', layout: 'local' },
    });
    assert.ok(!('deviation' in proof));
  });
});

describe('the run', () => {
  it('is the line people paste, with a bounded patience for the ResourceManager', () => {
    const { command } = verificationCommand(subject, { executors: 2, timeoutSeconds: 300 });
    assert.match(command, / spark-submit --master yarn --deploy-mode client /);
    assert.match(command, /spark\.sql\.catalogImplementation=in-memory/);
    assert.match(command, /resourcemanager\.connect\.max-wait\.ms=20000/);
  });

  it('is the short line where the edge has one', () => {
    const staging = { ...subject.staging, archiveLink: '/srv/envs/churn/3/churn.tar.gz' };
    for (const layout of ['local', 'global'] as const) {
      const { command } = verificationCommand(
        { ...subject, staging: { ...staging, layout } },
        { executors: 2, timeoutSeconds: 300 },
      );
      assert.match(
        command,
        /^\/srv\/run churn@3 spark-submit --conf 'spark\.app\.name=.* conda_ferry_verify\.py$/,
      );
    }
  });

  it('tells how far it came', () => {
    assert.equal(stageReached('noise'), null);
    assert.equal(
      stageReached('CONDA_FERRY_REACHED driver\nx\nCONDA_FERRY_REACHED application\n'),
      'application',
    );
  });

  const verify = (result: Partial<RunResult>) => verifyWith(() => result);

  it('says what it was waiting for when its time was up', async () => {
    const reached = (stage: string) => `CONDA_FERRY_REACHED ${stage}\n`;
    for (const [stdout, reason] of [
      ['', /^Spark gave no answer within 30 seconds: .*not even started/],
      [reached('driver'), /did not start the application/],
      [reached('application'), /no executor registered/],
      [reached('executors'), /their Python does not answer/],
      [reached('tables'), /goes through pandas does not come back/],
    ] as const) {
      const proof = await verify({ timedOut: true, stdout });
      assert.equal(proof.outcome, 'failed');
      assert.match(proof.reason ?? '', reason);
    }
  });

  it('does not take a lost executor for a cluster that is not there', async () => {
    const proof = await verify({
      code: 1,
      stdout: 'CONDA_FERRY_REACHED driver\nCONDA_FERRY_REACHED application\nValueError: x\n',
      stderr: 'WARN: java.net.ConnectException: Connection refused\n',
    });
    assert.deepEqual(
      [proof.outcome, proof.reason],
      ['failed', 'The run ended with code 1: ValueError: x'],
    );
  });

  it('tells what was said last and not where in Java that was', async () => {
    const proof = await verify({
      code: 1,
      stdout: [
        'CONDA_FERRY_REACHED driver',
        'Caused by: java.io.EOFException: no port number from the daemon',
        '    at org.apache.spark.executor.Executor$TaskRunner.run(Executor.scala:624)',
        '    ... 1 more',
        '',
        '',
      ].join('\n'),
    });
    assert.equal(
      proof.reason,
      'The run ended with code 1: Caused by: java.io.EOFException: no port number from the daemon',
    );
  });
});
