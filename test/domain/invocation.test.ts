import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  InvocationRefusal,
  type InvocationRequest,
  invoke,
  launchArguments,
} from '../../src/domain/invocation.ts';
import { CHURN, KUBERNETES, STANDALONE, TGZ } from './invocation-requests.ts';

/** Any JSON value in place of a request: what the command line gets. */
function invokeJson(value: unknown) {
  return invoke(value as InvocationRequest);
}

function refusal(value: unknown): InvocationRefusal {
  try {
    invokeJson(value);
  } catch (error) {
    if (error instanceof InvocationRefusal) return error;
    throw error;
  }
  assert.fail(`not refused: ${JSON.stringify(value)}`);
}

describe('the lines of the article', () => {
  it('names the driver on the edge and the executors in the archive in the local layout', () => {
    assert.equal(
      invoke(CHURN).text,
      'PYSPARK_DRIVER_PYTHON=/srv/ferry/envs/churn/3/bin/python PYSPARK_PYTHON=./churn_zip/churn/bin/python' +
        ' SPARK_HOME=/opt/spark PYTHONNOUSERSITE=1' +
        ' env -u PYTHONHOME -u PYTHONPATH -u PYSPARK_DRIVER_PYTHON_OPTS -u SPARK_REMOTE' +
        ' pyspark --master yarn --deploy-mode client' +
        ' --conf spark.pyspark.driver.python=/srv/ferry/envs/churn/3/bin/python' +
        ' --conf spark.pyspark.python=./churn_zip/churn/bin/python' +
        ' --conf spark.sql.execution.pyspark.python=./churn_zip/churn/bin/python' +
        ' --conf spark.yarn.appMasterEnv.PYSPARK_PYTHON=./churn_zip/churn/bin/python' +
        ' --conf spark.executorEnv.PYTHONNOUSERSITE=1 --conf spark.executorEnv.PYTHON_EGG_CACHE=./.eggs' +
        " --conf 'spark.executorEnv.PYTHONPATH=' --conf 'spark.executorEnv.PYTHONHOME='" +
        ' --conf spark.yarn.tags=conda-ferry:churn@3' +
        " --archives '/srv/ferry/archives/ab12/churn.zip#churn_zip'",
    );
  });

  it('serves driver and executors with one relative path in the global layout', () => {
    const { text, environment, directory, warnings } = invoke({
      ...CHURN,
      layout: 'global',
      alias: null,
    });
    assert.deepEqual(environment, {
      SPARK_HOME: '/opt/spark',
      PYSPARK_PYTHON: './MYGLOBALENV/churn/bin/python',
      PYTHONNOUSERSITE: '1',
    });
    assert.match(text, /-u PYSPARK_DRIVER_PYTHON /);
    assert.match(text, /--archives '\S+churn\.zip#MYGLOBALENV'$/);
    assert.equal(directory, '/srv/ferry');
    assert.deepEqual(
      warnings.map(({ id }) => id),
      ['working-directory'],
    );
  });

  it('runs a global layout in the staging root it is told', () => {
    assert.equal(
      invoke({ ...CHURN, layout: 'global', root: '/data/ferry/' }).directory,
      '/data/ferry',
    );
  });

  it('submits an application with its arguments after the archives', () => {
    const { argv } = invoke({
      ...CHURN,
      tool: 'spark-submit',
      application: 'jobs/score me.py',
      arguments: ['--day', '2026-11-23', ''],
    });
    assert.equal(argv[0], 'spark-submit');
    assert.deepEqual(argv.slice(-6), [
      '--archives',
      '/srv/ferry/archives/ab12/churn.zip#churn_zip',
      'jobs/score me.py',
      '--day',
      '2026-11-23',
      '',
    ]);
  });

  it('ends where the application goes when there is none yet, and says so', () => {
    const { text, warnings } = invoke({ ...CHURN, tool: 'spark-submit' });
    assert.match(text, /#churn_zip'$/);
    assert.deepEqual(
      warnings.map(({ id }) => id),
      ['application-missing'],
    );
  });

  it('derives the alias from environment and format', () => {
    const aliasOf = (path: string) =>
      /#(\w+)$/.exec(invoke({ ...CHURN, alias: null, archive: { path } }).argv.at(-1) ?? '')?.[1];
    assert.equal(aliasOf('/a/churn.ZIP'), 'churn_zip');
    assert.equal(aliasOf('/a/churn.tar.gz'), 'churn_tgz');
    assert.equal(aliasOf('/a/churn.tgz'), 'churn_tgz');
  });

  it('prefers the archive in HDFS to the one on the edge', () => {
    const { argv } = invoke({
      ...CHURN,
      archive: { ...CHURN.archive, hdfs: 'hdfs:///ferry/ab12/churn.zip' },
    });
    assert.equal(argv.at(-1), 'hdfs:///ferry/ab12/churn.zip#churn_zip');
  });

  it('is one line of printable text, and the same in at most eight rows', () => {
    const { text, rows } = invoke(CHURN);
    assert.doesNotMatch(text, /[\p{Cc}\p{Zl}\p{Zp}]/u);
    assert.equal(
      rows,
      `PYSPARK_DRIVER_PYTHON=/srv/ferry/envs/churn/3/bin/python PYSPARK_PYTHON=./churn_zip/churn/bin/python SPARK_HOME=/opt/spark PYTHONNOUSERSITE=1 \\
  env -u PYTHONHOME -u PYTHONPATH -u PYSPARK_DRIVER_PYTHON_OPTS -u SPARK_REMOTE \\
  pyspark --master yarn --deploy-mode client \\
  --conf spark.pyspark.driver.python=/srv/ferry/envs/churn/3/bin/python --conf spark.pyspark.python=./churn_zip/churn/bin/python \\
  --conf spark.sql.execution.pyspark.python=./churn_zip/churn/bin/python --conf spark.yarn.appMasterEnv.PYSPARK_PYTHON=./churn_zip/churn/bin/python \\
  --conf spark.executorEnv.PYTHONNOUSERSITE=1 --conf spark.executorEnv.PYTHON_EGG_CACHE=./.eggs --conf 'spark.executorEnv.PYTHONPATH=' \\
  --conf 'spark.executorEnv.PYTHONHOME=' --conf spark.yarn.tags=conda-ferry:churn@3 \\
  --archives '/srv/ferry/archives/ab12/churn.zip#churn_zip'`,
    );
    const conf = Object.fromEntries(
      [...'abcdefghijklmnopqrst'].map((letter) => [`spark.x.${letter}`, 'y'.repeat(99)]),
    );
    assert.ok((invoke({ ...CHURN, conf }).rows ?? '').split('\n').length <= 8);
  });
});

describe('who uses a revision', () => {
  const tagsOf = (request: InvocationRequest) =>
    /--conf '?spark\.yarn\.tags=([^ ']+)/.exec(invoke(request).text)?.[1] ?? null;

  it('is told to YARN by a tag of the revision, beside the tags of the person', () => {
    assert.equal(tagsOf(CHURN), 'conda-ferry:churn@3');
    assert.equal(tagsOf({ ...CHURN, environment: 'Churn' }), 'conda-ferry:churn@3');
    const conf = { 'spark.yarn.tags': 'team-a,nightly' };
    assert.equal(tagsOf({ ...CHURN, conf }), 'team-a,nightly,conda-ferry:churn@3');
  });

  it('is not told where no revision is meant, and where there is no YARN', () => {
    assert.equal(tagsOf({ ...CHURN, revision: null }), null);
    assert.equal(
      tagsOf({ ...CHURN, cluster: STANDALONE, archive: { path: '/srv/churn.tar.gz' } }),
      null,
    );
  });
});

describe('cluster mode', () => {
  const submit = {
    ...CHURN,
    tool: 'spark-submit',
    mode: 'cluster',
    application: 'app.py',
  } as const;

  it('never sets PYSPARK_DRIVER_PYTHON, and takes it away', () => {
    for (const layout of ['local', 'global'] as const) {
      const { environment, text } = invoke({ ...submit, layout });
      assert.ok(!('PYSPARK_DRIVER_PYTHON' in environment));
      assert.match(text, / env .*-u PYSPARK_DRIVER_PYTHON .*spark-submit /);
      assert.equal(environment.SPARK_HOME, '/opt/spark');
    }
  });

  it('gives the application master what the executors get', () => {
    const { argv } = invoke({ ...submit, activation: { GDAL_DATA: 'share/gdal' } });
    for (const prefix of ['spark.yarn.appMasterEnv', 'spark.executorEnv']) {
      assert.ok(argv.includes(`${prefix}.PYTHONNOUSERSITE=1`));
      assert.ok(argv.includes(`${prefix}.PYTHON_EGG_CACHE=./.eggs`));
      assert.ok(argv.includes(`${prefix}.GDAL_DATA=./churn_zip/churn/share/gdal`));
    }
  });

  it('works for the global layout from any folder: the archive has the driver too', () => {
    const { directory, warnings } = invoke({ ...submit, layout: 'global', alias: null });
    assert.equal(directory, null);
    assert.deepEqual(warnings, []);
  });

  it('sets the interpreter of a Kubernetes driver by setting: its pod has no shell', () => {
    const { argv } = invoke({
      ...submit,
      cluster: KUBERNETES,
      archive: { ...TGZ, hdfs: 'hdfs://nn/ferry/churn.tar.gz' },
      application: 'local:///opt/app.py',
    });
    assert.ok(argv.includes('spark.pyspark.python=./churn_zip/churn/bin/python'));
    assert.ok(argv.includes('spark.kubernetes.driverEnv.PYTHON_EGG_CACHE=./.eggs'));
  });
});

describe('both Pythons', () => {
  const inArchive = './churn_zip/churn/bin/python';
  const onEdge = '/srv/ferry/envs/churn/3/bin/python';
  const hdfs = { ...CHURN.archive, hdfs: 'hdfs:///ferry/ab12/churn.zip' };
  const cells: [string, InvocationRequest, driver: string][] = [
    ['the shell', CHURN, onEdge],
    ['spark-submit', { ...CHURN, tool: 'spark-submit' }, onEdge],
    ['cluster mode', { ...CHURN, tool: 'spark-submit', mode: 'cluster' }, inArchive],
    ['a notebook', { ...CHURN, for: 'jupyter' }, onEdge],
    ['spark-defaults.conf', { ...CHURN, for: 'spark-defaults' }, onEdge],
    ['its cluster mode', { ...CHURN, for: 'spark-defaults', mode: 'cluster' }, inArchive],
    ['Livy', { ...CHURN, for: 'livy', archive: hdfs }, inArchive],
    ['a standalone cluster', { ...CHURN, archive: TGZ, cluster: STANDALONE }, onEdge],
    ['a pod', { ...CHURN, archive: TGZ, cluster: KUBERNETES }, onEdge],
  ];
  for (const [name, request, driver] of cells) {
    it(`are settings of ${name}, because variables lose to those of a site`, () => {
      const { text } = invoke(request);
      // `key=value` on a command line, `key value` among properties, `"key": "value"` in JSON.
      const setting = (key: string) =>
        new RegExp(`\\b${key.replaceAll('.', '\\.')}(?:=| |": ")([^\\s"]+)`).exec(text)?.[1];
      assert.equal(setting('spark.pyspark.driver.python'), driver);
      assert.equal(setting('spark.pyspark.python'), inArchive);
    });
  }

  it('are one relative path in the global layout', () => {
    const { argv } = invoke({ ...CHURN, layout: 'global', alias: null });
    for (const side of ['driver.', '']) {
      assert.ok(argv.includes(`spark.pyspark.${side}python=./MYGLOBALENV/churn/bin/python`));
    }
  });

  it('are those of functions in SQL too, where Spark asks a setting of its own', () => {
    const sql = (spark: string | null) =>
      invoke({ ...CHURN, cluster: { ...CHURN.cluster, spark } }).argv.filter((argument) =>
        argument.startsWith('spark.sql.'),
      );
    for (const spark of ['3.5.9', '4.0.1']) {
      assert.deepEqual(sql(spark), [`spark.sql.execution.pyspark.python=${inArchive}`]);
    }
    assert.deepEqual([...sql('3.4.4'), ...sql(null)], []);
  });
});

describe('a site whose spark-env.sh exports what no setting replaces', () => {
  const on = (siteVariables: string[], change: Partial<InvocationRequest> = {}) =>
    invoke({ ...CHURN, ...change, cluster: { ...CHURN.cluster, siteVariables } });
  const first =
    'SPARK_HOME=/opt/spark bash --norc -c \'. "$SPARK_HOME/bin/load-spark-env.sh"; exec env "$@"\' spark-env ';

  it('has its file read before the line, which stays as it is', () => {
    for (const name of ['PYTHONPATH', 'PYTHONHOME', 'PYSPARK_DRIVER_PYTHON_OPTS', 'SPARK_REMOTE']) {
      const { text, argv, environment } = on([name]);
      assert.equal(text, first + invoke(CHURN).text);
      assert.deepEqual([argv, environment], [invoke(CHURN).argv, invoke(CHURN).environment]);
    }
  });

  it('is found by the shell’s own SPARK_HOME where the profile has none', () => {
    const cluster = { ...CHURN.cluster, sparkHome: null, siteVariables: ['PYTHONPATH'] };
    assert.match(invoke({ ...CHURN, cluster }).text, /^bash --norc -c .* spark-env PYSPARK_DRIVER/);
  });

  it('is read before a notebook kernel, which keeps what the file would replace', () => {
    const kernel = { for: 'jupyter' } as const;
    const plain = invoke({ ...CHURN, ...kernel });
    const { argv, environment } = on(['PYTHONPATH', 'PYSPARK_PYTHON'], kernel);
    assert.deepEqual(argv.slice(0, 6), [
      ...['bash', '--norc', '-c', '. "$SPARK_HOME/bin/load-spark-env.sh"; exec env "$@"'],
      ...['spark-env', 'PYSPARK_PYTHON=./churn_zip/churn/bin/python'],
    ]);
    assert.deepEqual([argv.slice(6), environment], [plain.argv, plain.environment]);
  });

  it('is told to people who take a file of settings instead', () => {
    const { warnings } = on(['PYTHONPATH'], { for: 'spark-defaults' });
    assert.match(
      warnings.find(({ id }) => id === 'site-variables')?.text ?? '',
      /exports PYTHONPATH, .*--for shell/,
    );
  });

  it('is left alone where settings win, or where the tool does not read it', () => {
    assert.equal(on(['PYSPARK_PYTHON', 'PYSPARK_DRIVER_PYTHON']).text, invoke(CHURN).text);
    const submit = { tool: 'spark-submit' } as const;
    const { text } = on(['PYSPARK_DRIVER_PYTHON_OPTS'], submit);
    assert.equal(text, invoke({ ...CHURN, ...submit }).text);
  });
});

describe('variables of a container', () => {
  const named = (argv: readonly string[], prefix: string) =>
    argv.flatMap((argument) =>
      argument.startsWith(`${prefix}.`) ? argument.slice(prefix.length + 1) : [],
    );

  const submit = { ...CHURN, tool: 'spark-submit', mode: 'cluster' } as const;

  it('in a line take away a site’s packages, and unpack eggs in a place that is there', () => {
    assert.deepEqual(named(invoke(submit).argv, 'spark.executorEnv'), [
      'PYTHONNOUSERSITE=1',
      'PYTHON_EGG_CACHE=./.eggs',
      'PYTHONPATH=',
      'PYTHONHOME=',
    ]);
  });

  it('give caches a place, text one encoding and one hash, where nobody has to read them', () => {
    const argv = launchArguments(submit, false);
    const executors = named(argv, 'spark.executorEnv');
    assert.deepEqual(executors, [
      'PYTHONNOUSERSITE=1',
      'PYTHON_EGG_CACHE=./.eggs',
      'PYTHONPATH=',
      'PYTHONHOME=',
      'NUMBA_CACHE_DIR=./.numba',
      'MPLCONFIGDIR=./.matplotlib',
      'XDG_CACHE_HOME=./.cache',
      'LANG=C.UTF-8',
      'PYTHONHASHSEED=0',
    ]);
    assert.deepEqual(
      named(argv, 'spark.yarn.appMasterEnv').filter((each) => !each.startsWith('PYSPARK_')),
      executors,
    );
  });

  it('are not set on the edge, where there is a home and a locale', () => {
    const { argv, environment } = invoke(CHURN);
    assert.deepEqual(named(argv, 'spark.yarn.appMasterEnv').length, 1);
    assert.deepEqual(Object.keys(environment).sort(), [
      ...['PYSPARK_DRIVER_PYTHON', 'PYSPARK_PYTHON', 'PYTHONNOUSERSITE', 'SPARK_HOME'],
    ]);
  });

  it('give way to the person’s own', () => {
    const conf = {
      'spark.executorEnv.LANG': 'de_DE.UTF-8',
      'spark.executorEnv.PYTHONPATH': '/mnt/team',
    };
    const executors = named(invoke({ ...CHURN, conf }).argv, 'spark.executorEnv');
    assert.deepEqual(
      executors.filter((each) => /^(LANG|PYTHONPATH)=/.test(each)),
      ['LANG=de_DE.UTF-8', 'PYTHONPATH=/mnt/team'],
    );
  });
});

describe('variables of activate.d', () => {
  it('point into the unpacked prefix for the driver and under the alias for executors', () => {
    const { environment, argv } = invoke({ ...CHURN, activation: { PROJ_DATA: 'share/proj/' } });
    assert.equal(environment.PROJ_DATA, '/srv/ferry/envs/churn/3/share/proj');
    assert.ok(argv.includes('spark.executorEnv.PROJ_DATA=./churn_zip/churn/share/proj'));
  });
});

describe('other variables of an activated shell', () => {
  it('are given to driver and executors as they are, and several paths one by one', () => {
    const { environment, argv } = invoke({
      ...CHURN,
      activation: { PLUGINS: 'lib/one:lib/two', ROOT_DIR: '' },
      variables: { PROJ_NETWORK: 'ON' },
    });
    assert.equal(environment.PROJ_NETWORK, 'ON');
    assert.equal(environment.ROOT_DIR, '/srv/ferry/envs/churn/3');
    assert.ok(argv.includes('spark.executorEnv.PROJ_NETWORK=ON'));
    assert.ok(
      argv.includes(
        'spark.executorEnv.PLUGINS=./churn_zip/churn/lib/one:./churn_zip/churn/lib/two',
      ),
    );
  });

  it('give way to the person’s own, and go before what every container gets', () => {
    const { argv } = invoke({
      ...CHURN,
      activation: { MPLCONFIGDIR: 'etc/matplotlib', PROJ_DATA: 'share/proj' },
      conf: { 'spark.executorEnv.PROJ_DATA': '/mnt/proj' },
    });
    assert.deepEqual(
      argv.filter((each) => /MPLCONFIGDIR|PROJ_DATA/.test(each)),
      [
        'spark.executorEnv.MPLCONFIGDIR=./churn_zip/churn/etc/matplotlib',
        'spark.executorEnv.PROJ_DATA=/mnt/proj',
      ],
    );
  });
});

describe('variables that decide how Spark starts', () => {
  it('are left out of activation, and said to be', () => {
    const { text, warnings } = invoke({
      ...CHURN,
      activation: { JAVA_HOME: 'lib/jvm', PATH: 'bin', PYTHONPATH: 'x' },
      variables: { LD_PRELOAD: 'libx.so', SPARK_HOME: '/opt/other' },
    });
    assert.equal(text, invoke(CHURN).text);
    assert.deepEqual(
      warnings.map(({ id }) => id),
      ['activation-left-out'],
    );
  });
});

describe('masters', () => {
  it('understands the old form of the article and writes the new one', () => {
    const { text, warnings } = invoke({
      ...CHURN,
      cluster: { ...CHURN.cluster, master: 'yarn-client' },
    });
    assert.match(text, /--master yarn --deploy-mode client/);
    assert.deepEqual(
      warnings.map(({ id }) => id),
      ['old-master'],
    );
  });

  it('refuses an old form that contradicts the mode', () => {
    const cluster = { ...CHURN.cluster, master: 'yarn-cluster' };
    assert.equal(refusal({ ...CHURN, cluster }).code, 'mode-conflict');
    assert.match(
      invoke({ ...CHURN, cluster, tool: 'spark-submit', mode: 'cluster' }).text,
      /--master yarn --deploy-mode cluster/,
    );
  });
});

describe('what the person adds', () => {
  const withConf = (conf: Record<string, string>) => ({ ...CHURN, conf });

  it('goes into --conf after ours', () => {
    const { text } = invoke(
      withConf({ 'spark.executor.memory': '4g', 'spark.app.name': "Ana's job" }),
    );
    assert.ok(
      text.includes("--conf spark.executor.memory=4g --conf 'spark.app.name=Ana'\\''s job'"),
    );
  });

  it('adds archives to ours, because --archives replaces the setting', () => {
    const { argv } = invoke(withConf({ 'spark.yarn.dist.archives': 'hdfs:///a.zip#a, /b.zip' }));
    assert.equal(
      argv.at(-1),
      '/srv/ferry/archives/ab12/churn.zip#churn_zip,hdfs:///a.zip#a,/b.zip',
    );
    assert.ok(!argv.some((argument) => argument.startsWith('spark.yarn.dist.archives')));
  });

  it('adds them under the name every manager reads, and refuses the one that only YARN reads', () => {
    assert.match(
      invoke(withConf({ 'spark.archives': '/b.zip#b' })).argv.at(-1) ?? '',
      /#churn_zip,\/b\.zip#b$/,
    );
    const onStandalone = { ...CHURN, archive: TGZ, cluster: STANDALONE };
    const { argv } = invoke({ ...onStandalone, conf: { 'spark.archives': '/b.tgz#b' } });
    assert.match(argv.at(-1) ?? '', /churn\.tar\.gz#\w+,\/b\.tgz#b$/);
    const error = refusal({ ...onStandalone, conf: { 'spark.yarn.dist.archives': '/b.zip#b' } });
    assert.equal(error.code, 'conf-conflict');
    assert.match(error.message, /YARN only/);
  });

  it('takes an archive that a web server has', () => {
    const archive = { ...CHURN.archive, hdfs: 'https://files.example.com/ab12/churn.zip' };
    assert.match(
      invoke({ ...CHURN, archive }).text,
      /--archives 'https:\S+\/churn\.zip#churn_zip'/,
    );
    const withPassword = { ...archive, hdfs: 'https://ana:x@files.example.com/churn.zip' };
    assert.equal(refusal({ ...CHURN, archive: withPassword }).code, 'secret-in-request');
  });

  it('takes an @ in a path for a character, not for credentials', () => {
    for (const archive of [
      { path: '/srv/a@b/churn.zip', hdfs: null },
      { path: '/srv/churn.zip', hdfs: 'hdfs://nn/ferry/a@b/churn.zip' },
    ]) {
      const location = archive.hdfs ?? archive.path;
      assert.ok(invoke({ ...CHURN, archive }).text.endsWith(`'${location}#churn_zip'`));
    }
  });

  it('warns of a Spark that cannot find itself only where its home is not known', () => {
    const warned = (sparkHome: string | null) =>
      invoke({ ...CHURN, cluster: { ...CHURN.cluster, sparkHome } }).warnings.some(
        ({ id }) => id === 'spark-home-unknown',
      );
    assert.deepEqual([warned(null), warned('/opt/spark')], [true, false]);
  });

  it('keeps the name of an archive that the site would have fetched to the edge first', () => {
    const forced = 'spark.yarn.dist.forceDownloadSchemes';
    for (const hdfs of ['https://files.example.com/churn.zip', 'hdfs:///ferry/churn.zip']) {
      const request = { ...CHURN, archive: { ...CHURN.archive, hdfs } };
      assert.ok(invoke(request).argv.includes(`${forced}=`), hdfs);
      assert.match(refusal({ ...request, conf: { [forced]: 'http' } }).message, /needs it empty/);
    }
    assert.ok(!invoke(CHURN).text.includes(forced));
  });

  it('says who fetches an archive from a web server', () => {
    const warned = (request: InvocationRequest) =>
      invoke(request).warnings.find(({ id }) => id === 'archive-over-http')?.text ?? '';
    const hdfs = 'https://files.example.com/churn.tar.gz';
    const archive = { ...TGZ, hdfs };
    assert.match(warned({ ...CHURN, archive }), /for every run.*staging folder/);
    assert.match(warned({ ...CHURN, archive, cluster: STANDALONE }), /every executor/);
    assert.equal(warned({ ...CHURN, archive: TGZ }), '');
  });

  it('says of Kubernetes what only real pods decide', () => {
    const { warnings } = invoke({ ...CHURN, archive: TGZ, cluster: KUBERNETES });
    assert.match(warnings.find(({ id }) => id === 'pods-not-met')?.text ?? '', /glibc/);
  });

  it('may repeat the line but never contradict it', () => {
    assert.equal(
      invoke(withConf({ 'spark.master': 'yarn', 'spark.executorEnv.PYTHONNOUSERSITE': '1' })).text,
      invoke(CHURN).text,
    );
    for (const conf of [
      { 'spark.master': 'local[2]' },
      { 'spark.submit.deployMode': 'cluster' },
      { 'spark.yarn.appMasterEnv.PYSPARK_PYTHON': '/usr/bin/python3' },
      { 'spark.executorEnv.PYTHON_EGG_CACHE': '/tmp' },
      { 'spark.executorEnv.PYTHONHOME': '/usr' },
      { 'spark.pyspark.python': 'python3' },
      { 'spark.yarn.dist.archives': '/b.zip#churn_zip' },
      { 'spark.archives': '/b.zip#churn_zip' },
    ]) {
      const error = refusal(withConf(conf as Record<string, string>));
      assert.equal(error.code, 'conf-conflict', JSON.stringify(conf));
      assert.ok(error.message.includes(Object.keys(conf)[0] ?? ''));
    }
  });

  it('never carries a secret', () => {
    for (const conf of [
      { 'spark.hadoop.fs.s3a.secret.key': 'x' },
      { 'spark.ssl.keyPassword': 'x' },
      { 'spark.hadoop.fs.azure.account.key.acme': 'x' },
      { 'spark.app.url': 'https://ana:hunter2@example.com/' },
    ]) {
      const error = refusal(withConf(conf as Record<string, string>));
      assert.equal(error.code, 'secret-in-conf', JSON.stringify(conf));
      assert.doesNotMatch(error.message, /hunter2/);
    }
    invoke(withConf({ 'spark.hadoop.hadoop.security.credential.provider.path': 'jceks://x' }));
  });

  it('never ships an egg', () => {
    assert.equal(refusal(withConf({ 'spark.submit.pyFiles': '/a.py,/b.egg' })).code, 'egg');
  });
});

describe('combinations that cannot work are refused with the reason', () => {
  const submit = { ...CHURN, tool: 'spark-submit' } as const;
  const spark4 = { spark: '4.0.1', hadoop: '3.4.1' };
  const cells: [string, unknown, string][] = [
    ['pyspark in cluster mode', { ...CHURN, mode: 'cluster' }, 'shell-in-cluster-mode'],
    [
      'pyspark with an application',
      { ...CHURN, application: 'a.py' },
      'pyspark-takes-no-application',
    ],
    [
      'pyspark with arguments alone',
      { ...CHURN, arguments: ['x'] },
      'pyspark-takes-no-application',
    ],
    ['arguments without application', { ...submit, arguments: ['x'] }, 'application-required'],
    ['an option as application', { ...submit, application: '--jars=x.py' }, 'bad-application'],
    ['a Java archive as application', { ...submit, application: 'x.jar' }, 'bad-application'],
    ['zip where Hadoop 3.3 loses modes', { ...CHURN, cluster: STANDALONE }, 'archive-format'],
    [
      'zip where Spark brings Hadoop 3.3',
      { ...CHURN, cluster: { ...STANDALONE, hadoop: '3.4.1' } },
      'archive-format',
    ],
    [
      'zip with an old cluster Hadoop',
      { ...CHURN, cluster: { ...STANDALONE, spark: '4.0.1' } },
      'archive-format',
    ],
    [
      'plain tar off YARN',
      { ...CHURN, archive: { path: '/a.tar' }, cluster: { ...STANDALONE, ...spark4 } },
      'archive-format',
    ],
    [
      'jar off YARN',
      { ...CHURN, archive: { path: '/a.jar' }, cluster: { ...STANDALONE, ...spark4 } },
      'archive-format',
    ],
    ['tar.bz2', { ...CHURN, archive: { path: '/a.tar.bz2' } }, 'archive-format'],
    ['tar.xz', { ...CHURN, archive: { path: '/a.tar.xz' } }, 'archive-format'],
    ['tar.zst', { ...CHURN, archive: { path: '/a.tar.zst' } }, 'archive-format'],
    ['no suffix', { ...CHURN, archive: { path: '/churn' } }, 'archive-format'],
    ['nothing but a suffix', { ...CHURN, archive: { path: '/srv/.zip' } }, 'archive-format'],
    ['comma in the path', { ...CHURN, archive: { path: '/a,b.zip' } }, 'archive-path'],
    ['hash in the path', { ...CHURN, archive: { path: '/a#b.zip' } }, 'archive-path'],
    ['blank in the path', { ...CHURN, archive: { path: '/a b.zip' } }, 'archive-path'],
    ['pattern in the path', { ...CHURN, archive: { path: '/a*.zip' } }, 'archive-path'],
    [
      'credentials in the URL',
      { ...CHURN, archive: { path: '/a.zip', hdfs: 's3a://k:s@b/a.zip' } },
      'secret-in-request',
    ],
    ['relative path', { ...CHURN, archive: { path: 'a.zip' } }, 'bad-path'],
    ['path with ..', { ...CHURN, archive: { path: '/srv/../a.zip' } }, 'bad-path'],
    [
      'hdfs that is no URL',
      { ...CHURN, archive: { path: '/a.zip', hdfs: '/ferry/a.zip' } },
      'bad-path',
    ],
    [
      'Spark 3.0 off YARN',
      { ...CHURN, archive: TGZ, cluster: { ...STANDALONE, spark: '3.0.3' } },
      'archives-unsupported',
    ],
    [
      'standalone without master',
      { ...CHURN, archive: TGZ, cluster: { ...STANDALONE, master: null } },
      'master-required',
    ],
    [
      'Kubernetes with a wrong master',
      { ...CHURN, archive: TGZ, cluster: { ...KUBERNETES, master: 'https://x' } },
      'bad-master',
    ],
    [
      'YARN with a wrong master',
      { ...CHURN, cluster: { ...CHURN.cluster, master: 'local[2]' } },
      'bad-master',
    ],
    [
      'standalone in cluster mode',
      { ...submit, archive: TGZ, mode: 'cluster', cluster: STANDALONE },
      'mode-unsupported',
    ],
    [
      'Kubernetes cluster mode, local archive',
      { ...submit, archive: TGZ, mode: 'cluster', cluster: KUBERNETES },
      'archive-unreachable',
    ],
    [
      'Kubernetes cluster mode, local application',
      {
        ...submit,
        archive: { ...TGZ, hdfs: 's3a://b/churn.tgz' },
        mode: 'cluster',
        cluster: KUBERNETES,
        application: 'a.py',
      },
      'application-unreachable',
    ],
    ['client mode without a prefix', { ...CHURN, driverPrefix: null }, 'driver-prefix-required'],
    ['a taken alias', { ...CHURN, alias: 'tmp' }, 'alias-taken'],
    [
      'an alias that is a folder of stagings',
      { ...CHURN, layout: 'global', alias: 'envs' },
      'alias-taken',
    ],
    [
      'an alias that the site gives its own archive',
      { ...CHURN, cluster: { ...CHURN.cluster, siteAliases: ['site', 'churn_zip'] } },
      'alias-of-site',
    ],
  ];
  for (const [name, request, code] of cells) {
    it(name, () => {
      const error = refusal(request);
      assert.equal(error.code, code, error.message);
      assert.ok(error.suggestion, 'a refusal says what to do instead');
      assert.deepEqual(JSON.parse(JSON.stringify(error)), {
        error: { code, message: error.message, suggestion: error.suggestion },
      });
    });
  }
});

describe('combinations that work are served', () => {
  const submit = { ...CHURN, tool: 'spark-submit' } as const;
  const cells: [string, unknown][] = [
    ['tar.gz on standalone', { ...CHURN, archive: TGZ, cluster: STANDALONE }],
    [
      'zip on standalone with Spark 4',
      { ...CHURN, cluster: { ...STANDALONE, spark: '4.0.1', hadoop: '3.4.1' } },
    ],
    [
      'zip on standalone with Spark 4 alone',
      { ...CHURN, cluster: { ...STANDALONE, spark: '4.2.1', hadoop: null } },
    ],
    ['tar on YARN', { ...CHURN, archive: { path: '/a.tar' } }],
    ['local archive in YARN cluster mode', { ...submit, mode: 'cluster' }],
    ['global without a prefix', { ...CHURN, layout: 'global', driverPrefix: null }],
    ['Kubernetes client mode, local archive', { ...CHURN, archive: TGZ, cluster: KUBERNETES }],
    [
      'Kubernetes cluster mode with uploads',
      {
        ...submit,
        archive: TGZ,
        mode: 'cluster',
        cluster: KUBERNETES,
        application: 'a.py',
        conf: { 'spark.kubernetes.file.upload.path': 's3a://b/up' },
      },
    ],
    [
      'a local cluster',
      {
        ...CHURN,
        archive: TGZ,
        cluster: { ...STANDALONE, manager: 'local-cluster', master: 'local-cluster[2,1,1024]' },
      },
    ],
    ['Spark 2.4 on YARN', { ...CHURN, cluster: { ...CHURN.cluster, spark: '2.4.0-cdh6.3.2' } }],
    [
      'only what is required',
      {
        environment: 'a',
        archive: { path: '/a.zip' },
        driverPrefix: '/a',
        cluster: { manager: 'yarn' },
      },
    ],
  ];
  for (const [name, request] of cells) it(name, () => void invokeJson(request));
});

describe('a malformed request is refused by name', () => {
  const cells: [unknown, string][] = [
    [null, 'bad-request'],
    [[], 'bad-request'],
    ['x', 'bad-request'],
    [{ ...CHURN, enviroment: 'x' }, 'unknown-key'],
    [{ ...CHURN, archive: { ...CHURN.archive, sha256: 'x' } }, 'unknown-key'],
    [{ ...CHURN, environment: undefined }, 'missing-field'],
    [{ ...CHURN, cluster: {} }, 'missing-field'],
    [{ ...CHURN, environment: '../x' }, 'bad-name'],
    [{ ...CHURN, environment: 'a..b' }, 'bad-name'],
    [{ ...CHURN, environment: '-x' }, 'bad-name'],
    [{ ...CHURN, environment: 'a'.repeat(65) }, 'bad-name'],
    [{ ...CHURN, alias: 'x y' }, 'bad-name'],
    [{ ...CHURN, alias: 'x#y' }, 'bad-name'],
    [{ ...CHURN, revision: 0 }, 'bad-type'],
    [{ ...CHURN, revision: '3' }, 'bad-type'],
    [{ ...CHURN, layout: 'both' }, 'bad-value'],
    [{ ...CHURN, tool: 'spark-shell' }, 'bad-value'],
    [{ ...CHURN, cluster: { ...CHURN.cluster, manager: 'mesos' } }, 'bad-value'],
    [{ ...CHURN, cluster: { ...CHURN.cluster, spark: 'latest' } }, 'bad-version'],
    [{ ...CHURN, cluster: { ...CHURN.cluster, siteVariables: 'PYTHONPATH' } }, 'bad-type'],
    [{ ...CHURN, cluster: { ...CHURN.cluster, siteVariables: ['a b'] } }, 'bad-type'],
    [{ ...CHURN, arguments: [1] }, 'bad-type'],
    [{ ...CHURN, arguments: ['a\nb'] }, 'bad-character'],
    [{ ...CHURN, arguments: ['a\0b'] }, 'bad-character'],
    [{ ...CHURN, arguments: ['a\u202eb'] }, 'bad-character'],
    [{ ...CHURN, arguments: ['\ud800'] }, 'bad-character'],
    [{ ...CHURN, conf: { 'executor.memory': '1g' } }, 'bad-conf-key'],
    [{ ...CHURN, conf: { 'spark.a=b': '1g' } }, 'bad-conf-key'],
    [{ ...CHURN, conf: { 'spark.a': 1 } }, 'bad-type'],
    [{ ...CHURN, activation: { GDAL_DATA: '/usr/share' } }, 'bad-activation'],
    [{ ...CHURN, activation: { GDAL_DATA: '../x' } }, 'bad-activation'],
    [{ ...CHURN, activation: { 'A B': 'x' } }, 'bad-activation'],
    [{ ...CHURN, activation: { PLUGINS: 'lib:/usr/lib' } }, 'bad-activation'],
    [{ ...CHURN, activation: { PLUGINS: 'lib:../x' } }, 'bad-activation'],
    [{ ...CHURN, variables: { MODE: 'a$b' } }, 'bad-variable'],
    [{ ...CHURN, variables: { 'A B': 'x' } }, 'bad-variable'],
    [{ ...CHURN, imports: ['os; x'] }, 'bad-type'],
    [JSON.parse('{"__proto__": {"environment": "x"}, "constructor": 1}'), 'unknown-key'],
  ];
  for (const [request, code] of cells) {
    it(`${code}: ${JSON.stringify(request)?.slice(0, 60)}`, () => {
      assert.equal(refusal(request).code, code);
    });
  }
});

describe('a slip in a request', () => {
  for (const [slip, meant] of [
    [{ enviroment: 'x' }, 'environment'],
    [{ tool: 'pysaprk' }, 'pyspark'],
    [{ layout: 'globl' }, 'global'],
    [{ cluster: { ...CHURN.cluster, manager: 'yran' } }, 'yarn'],
  ] as const) {
    it(`is told with ${meant}, which is meant`, () => {
      const { suggestion } = refusal({ ...CHURN, ...slip });
      assert.match(suggestion ?? '', new RegExp(`^Did you mean \`${meant}\`\\?`));
    });
  }
});
