import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import {
  InvocationRefusal,
  type InvocationRequest,
  invoke,
  launchArguments,
} from '../../src/domain/invocation.ts';
import { CHURN, STANDALONE, TGZ } from './invocation-requests.ts';

const IN_HDFS = { path: TGZ.path, hdfs: 'hdfs:///ferry/ab12/churn.tar.gz' };

function codeOf(request: InvocationRequest): string {
  try {
    invoke(request);
  } catch (error) {
    if (error instanceof InvocationRefusal) return error.code;
    throw error;
  }
  return 'served';
}

describe('a Jupyter kernel', () => {
  it('is a kernel specification whose driver is the environment', () => {
    const kernel = JSON.parse(
      invoke({ ...CHURN, for: 'jupyter', activation: { GDAL_DATA: 'share/gdal' } }).text,
    );
    assert.equal(kernel.language, 'python');
    assert.equal(kernel.display_name, 'churn@3 (PySpark)');
    assert.ok(kernel.argv.includes('/srv/ferry/envs/churn/3/bin/python'));
    assert.ok(kernel.argv.includes('{connection_file}'));
    assert.equal(kernel.env.SPARK_HOME, '/opt/spark');
    assert.equal(kernel.env.PYSPARK_PYTHON, './churn_zip/churn/bin/python');
    assert.equal(kernel.env.GDAL_DATA, '/srv/ferry/envs/churn/3/share/gdal');
    // bin/spark-submit sets it elsewhere.
    assert.equal(kernel.env.PYTHONHASHSEED, '0');
  });

  it('gives Spark the options of a whole launch, read back by Python', () => {
    const request = { ...CHURN, conf: { 'spark.app.name': `it's "$HOME" \\ #1` } };
    const kernel = JSON.parse(invoke({ ...request, for: 'jupyter' }).text);
    const python = spawnSync(
      'python3',
      ['-c', 'import json, os, shlex; print(json.dumps(shlex.split(os.environ["ARGS"])))'],
      {
        // Jupyter makes one dollar of two.
        env: {
          PATH: process.env.PATH,
          ARGS: kernel.env.PYSPARK_SUBMIT_ARGS.replaceAll('$$', '$'),
        },
        encoding: 'utf8',
      },
    );
    const launch = launchArguments(request, false);
    assert.deepEqual(JSON.parse(python.stdout), [
      ...launch.slice(launch.indexOf('--master')),
      'pyspark-shell',
    ]);
  });

  it('doubles each dollar, because Jupyter replaces names after one', () => {
    const { text, environment } = invoke({
      ...CHURN,
      for: 'jupyter',
      conf: { 'spark.app.name': `costs $HOME and $${'{X}'}` },
    });
    const { env } = JSON.parse(text);
    assert.match(env.PYSPARK_SUBMIT_ARGS, /costs \$\$HOME and \$\$\{X\}/);
    assert.equal(env.PYSPARK_SUBMIT_ARGS.replaceAll('$$', '$'), environment.PYSPARK_SUBMIT_ARGS);
  });

  it('is refused for an environment that is known to lack ipykernel, and warned of when unknown', () => {
    const warned = (packages: string[] | null) =>
      invoke({ ...CHURN, for: 'jupyter', packages }).warnings.map(({ id }) => id);
    assert.equal(codeOf({ ...CHURN, for: 'jupyter', packages: ['numpy'] }), 'ipykernel-missing');
    assert.deepEqual(warned(['ipykernel', 'numpy']), []);
    assert.deepEqual(warned(null), ['ipykernel']);
  });

  it('starts in any folder with the global layout too', () => {
    const { directory, environment } = invoke({
      ...CHURN,
      layout: 'global',
      alias: null,
      for: 'jupyter',
    });
    assert.equal(directory, null);
    assert.equal(environment.PYSPARK_DRIVER_PYTHON, '/srv/ferry/envs/churn/3/bin/python');
  });

  it('is refused where it cannot start', () => {
    assert.equal(codeOf({ ...CHURN, for: 'jupyter', mode: 'cluster' }), 'shell-in-cluster-mode');
    assert.equal(
      codeOf({ ...CHURN, for: 'jupyter', cluster: { ...CHURN.cluster, sparkHome: null } }),
      'spark-home-required',
    );
    assert.equal(codeOf({ ...CHURN, for: 'jupyter', application: 'a.py' }), 'application-not-used');
  });
});

describe('a Livy request', () => {
  it('posts a batch with the archive in HDFS and the driver in the cluster', () => {
    const { text, destination } = invoke({
      ...CHURN,
      for: 'livy',
      archive: IN_HDFS,
      application: 'hdfs:///jobs/score.py',
      arguments: ['a b'],
    });
    const body = JSON.parse(text);
    assert.equal(destination, 'POST /batches on the Livy server');
    assert.equal(body.file, 'hdfs:///jobs/score.py');
    assert.deepEqual(body.args, ['a b']);
    assert.deepEqual(body.archives, ['hdfs:///ferry/ab12/churn.tar.gz#churn_zip']);
    assert.equal(
      body.conf['spark.yarn.appMasterEnv.PYSPARK_PYTHON'],
      './churn_zip/churn/bin/python',
    );
    assert.equal(body.conf['spark.yarn.appMasterEnv.PYTHONNOUSERSITE'], '1');
  });

  it('opens a session without an application', () => {
    const { text, destination } = invoke({ ...CHURN, for: 'livy', archive: IN_HDFS });
    assert.equal(JSON.parse(text).kind, 'pyspark');
    assert.equal(destination, 'POST /sessions on the Livy server');
  });

  it('says that no Livy server was asked', () => {
    const { warnings } = invoke({ ...CHURN, for: 'livy', archive: IN_HDFS });
    assert.ok(warnings.some(({ id }) => id === 'livy-not-run'));
  });

  it('is refused for files it would have to upload', () => {
    assert.equal(codeOf({ ...CHURN, for: 'livy' }), 'livy-needs-hdfs');
    assert.equal(
      codeOf({ ...CHURN, for: 'livy', archive: IN_HDFS, application: 'a.py' }),
      'application-unreachable',
    );
    assert.equal(
      codeOf({ ...CHURN, for: 'livy', archive: IN_HDFS, cluster: STANDALONE }),
      'livy-unsupported',
    );
  });
});

describe('spark-defaults.conf', () => {
  it('holds one setting a line, interpreters and archive among them', () => {
    const { text } = invoke({
      ...CHURN,
      for: 'spark-defaults',
      conf: { 'spark.app.name': 'a\\b c' },
    });
    assert.deepEqual(text.split('\n'), [
      'spark.master yarn',
      'spark.submit.deployMode client',
      'spark.pyspark.driver.python /srv/ferry/envs/churn/3/bin/python',
      'spark.pyspark.python ./churn_zip/churn/bin/python',
      'spark.sql.execution.pyspark.python ./churn_zip/churn/bin/python',
      'spark.yarn.appMasterEnv.PYSPARK_PYTHON ./churn_zip/churn/bin/python',
      'spark.executorEnv.PYTHONNOUSERSITE 1',
      'spark.executorEnv.PYTHON_EGG_CACHE ./.eggs',
      'spark.executorEnv.PYTHONPATH ',
      'spark.executorEnv.PYTHONHOME ',
      'spark.executorEnv.NUMBA_CACHE_DIR ./.numba',
      'spark.executorEnv.MPLCONFIGDIR ./.matplotlib',
      'spark.executorEnv.XDG_CACHE_HOME ./.cache',
      'spark.executorEnv.LANG C.UTF-8',
      'spark.executorEnv.PYTHONHASHSEED 0',
      'spark.app.name a\\\\b c',
      'spark.yarn.tags conda-ferry:churn@3',
      'spark.yarn.dist.archives /srv/ferry/archives/ab12/churn.zip#churn_zip',
      '',
    ]);
  });

  it('tells the pyspark shell both interpreters by setting, which no spark-env.sh replaces', () => {
    const { warnings } = invoke({ ...CHURN, for: 'spark-defaults' });
    const { text = '' } = warnings.find(({ id }) => id === 'pyspark-driver') ?? {};
    const driver = 'spark.pyspark.driver.python=/srv/ferry/envs/churn/3/bin/python';
    const executor = 'spark.pyspark.python=./churn_zip/churn/bin/python';
    assert.ok(text.includes(`\`pyspark --conf ${driver} --conf ${executor}\``), text);
  });

  it('uses spark.archives off YARN', () => {
    const { text } = invoke({ ...CHURN, for: 'spark-defaults', archive: TGZ, cluster: STANDALONE });
    assert.match(text, /^spark\.archives \S+#churn_zip$/m);
  });

  it('refuses a value the file would change', () => {
    assert.equal(
      codeOf({ ...CHURN, for: 'spark-defaults', conf: { 'spark.a': ' b' } }),
      'bad-value',
    );
  });
});

describe('a Spark Connect session', () => {
  const request = {
    ...CHURN,
    for: 'connect',
    archive: IN_HDFS,
    cluster: { ...CHURN.cluster, master: 'sc://connect:15002' },
  } as const;

  it('sends the archive of the edge and uses its interpreter', () => {
    const { text } = invoke({ ...request, conf: { 'spark.sql.shuffle.partitions': '"8"' } });
    assert.equal(
      text,
      [
        'from pyspark.sql import SparkSession',
        '',
        'spark = SparkSession.builder.remote("sc://connect:15002").getOrCreate()',
        'spark.addArtifacts("/srv/ferry/archives/ab12/churn.tar.gz#churn_zip", archive=True)',
        'spark.conf.set("spark.sql.execution.pyspark.python", "./churn_zip/churn/bin/python")',
        'spark.conf.set("spark.sql.shuffle.partitions", "\\"8\\"")',
        '',
      ].join('\n'),
    );
  });

  it('sends each further archive as one of its own, and files only', () => {
    const conf = (value: string) => ({ ...request, conf: { 'spark.archives': value } });
    assert.match(
      invoke(conf('/srv/model.zip#model')).text,
      /addArtifacts\("\S+#churn_zip", "\/srv\/model.zip#model", archive=True\)/,
    );
    assert.equal(codeOf(conf('hdfs:///model.zip#model')), 'archive-unreachable');
  });

  it('sends rows as before where the environment has no pyarrow, which Spark 4 would need', () => {
    const cluster = { ...request.cluster, spark: '4.0.1' };
    const snippet = (packages: string[] | null, conf = {}) =>
      invoke({ ...request, cluster, packages, conf });
    const off = 'spark.conf.set("spark.sql.execution.pythonUDF.arrow.enabled", "false")';
    assert.ok(snippet(['numpy']).text.includes(off));
    assert.ok(!snippet(['numpy', 'pyarrow']).text.includes('arrow.enabled'));
    assert.ok(!invoke({ ...request, packages: ['numpy'] }).text.includes('arrow.enabled'));
    const own = { 'spark.sql.execution.pythonUDF.arrow.enabled': 'true' };
    assert.equal(snippet(['numpy'], own).text.split('arrow.enabled').length, 2);
    const ids = ({ warnings }: ReturnType<typeof invoke>) => warnings.map(({ id }) => id);
    assert.ok(ids(snippet(null)).includes('connect-arrow'));
    assert.ok(!ids(snippet(['numpy'])).includes('connect-arrow'));
  });

  it('names a client that can join the session, and what the server must have been started with', () => {
    const textOf = (packages: string[], manager: 'yarn' | 'standalone', id: string) =>
      invoke({
        ...request,
        packages,
        cluster: { ...request.cluster, manager },
      }).warnings.find((warning) => warning.id === id)?.text;
    assert.match(textOf(['numpy'], 'yarn', 'client-python') ?? '', /pyspark-client` 3\.5\.9/);
    assert.match(
      textOf(['pyspark-client'], 'yarn', 'client-python') ?? '',
      /own Python, `\/srv\/ferry\/envs\/churn\/3\/bin\/python`/,
    );
    assert.match(
      textOf(['numpy'], 'yarn', 'connect-server-python') ?? '',
      /spark\.yarn\.isPython=true/,
    );
    assert.equal(textOf(['numpy'], 'standalone', 'connect-server-python'), undefined);
  });

  it('is Python', () => {
    const compiled = spawnSync('python3', ['-c', 'import ast, sys; ast.parse(sys.stdin.read())'], {
      input: invoke({ ...request, conf: { 'spark.sql.x': `'"\\\n`.slice(0, 3) } }).text,
    });
    assert.equal(compiled.status, 0, String(compiled.stderr));
  });

  it('is refused where it would break', () => {
    assert.equal(
      codeOf({ ...request, cluster: { ...request.cluster, spark: '3.4.4' } }),
      'connect-unsupported',
    );
    assert.equal(
      codeOf({ ...request, conf: { 'spark.executor.memory': '1g' } }),
      'conf-not-at-runtime',
    );
    // Spark unpacks it, also on YARN.
    assert.equal(codeOf({ ...request, archive: CHURN.archive }), 'archive-format');
  });
});
