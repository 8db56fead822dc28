/** Whose failed job a log is of: the environment it names, its line, and the build that mends it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { execute } from '../../commands/execute.ts';
import { parseCommand } from '../../commands/grammar/parse.ts';
import { commandHelp, commands } from '../../commands/registry.ts';
import { renderText } from '../../src/answers/text.ts';
import { type Environment, newEnvironment, type Revision } from '../../src/domain/environment.ts';
import type { Channels } from '../../src/domain/ports.ts';
import type { Reply } from '../../src/domain/reply.ts';
import { formatSpec, parseSpec } from '../../src/domain/spec.ts';
import { build, revision, settings, staging } from '../answers/samples.ts';
import { createMemory } from '../slack/memory.ts';

const ANA = 'U0ANARUIZ1';
const SHA = 'd'.repeat(64);

/** What the default channel and the other one hold. */
const HELD: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'conda-forge': {
    python: ['3.10.14', '3.11.9', '3.13.1'],
    numpy: ['1.26.4', '2.2.6'],
    pandas: ['1.5.3', '2.2.3'],
    'scikit-learn': ['1.5.2'],
    'py-opencv': ['4.10.0'],
    pyyaml: ['6.0.2'],
    pillow: ['11.0.0'],
    'python-dateutil': ['2.9.0'],
    ipykernel: ['6.29.5'],
  },
  internal: { 'acme-metrics': ['1.0'] },
};
const channels: Channels = {
  read: async (names) =>
    names.map((name) => ({
      name,
      has: (wanted) => wanted in (HELD[name] ?? {}),
      versions: (wanted) => HELD[name]?.[wanted] ?? [],
      names: () => Object.keys(HELD[name] ?? {}),
    })),
  close() {},
};

interface Made {
  owner?: string;
  packages?: Readonly<Record<string, string>>;
  specs?: readonly string[];
  change?: Partial<Revision>;
}

/** An environment whose revisions have these packages, the last one the newest. */
function environment(name: string, ...revisions: Made[]): Environment {
  const sample = revision();
  const [entry] = sample.lock.packages;
  assert.ok(entry);
  return {
    ...newEnvironment(name, revisions[0]?.owner ?? ANA, 0),
    revisions: revisions.map(({ packages = {}, specs, change }, index) => ({
      ...sample,
      number: index + 1,
      request: {
        ...sample.request,
        environment: name,
        specs: (specs ?? ['python=3.11', 'numpy']).map((spec) => parseSpec(spec)),
        edges: ['lab'],
      },
      lock: {
        ...sample.lock,
        packages: Object.entries({ python: '3.11.9', numpy: '1.26.4', ...packages }).map(
          ([known, version]) => ({ ...entry, name: known, version }),
        ),
      },
      imports: {},
      stagings: [
        {
          ...staging(),
          archivePath: `/srv/ferry/archives/${SHA}/${name}.zip`,
          hdfs: `hdfs://lab:9000/ferry/${SHA}/${name}.zip`,
          driverPrefix: `/srv/ferry/envs/${name}/${index + 1}`,
          aliases: { local: `${name}_zip`, global: 'MYGLOBALENV' },
        },
      ],
      ...change,
    })),
  };
}

function world(environments: readonly Environment[], known: Channels | undefined = channels) {
  const memory = createMemory(known);
  for (const each of environments) memory.store.environments.set(each.name, each);
  const say = (text: string, more: { user?: string; thread?: string } = {}): Promise<Reply> =>
    execute(text, commands, {
      ...{ user: ANA, channel: 'C0DATASCI1', team: null, ...more },
      ...{ services: memory.services, commands: commandHelp },
    });
  const found = async (text: string, more = {}) => {
    const reply = await say(`diagnose ${text}`, more);
    assert.equal(reply.kind, 'findings', JSON.stringify(reply));
    return reply;
  };
  return { ...memory, say, found };
}

const workerLacks = (module: string, more = '') =>
  `${more}
org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "/opt/spark/python/lib/pyspark.zip/pyspark/worker.py", line 1247, in main
ModuleNotFoundError: No module named '${module}'`;
const SHIPPED = '--archives /srv/ferry/archives/';
const churnShipped = `${SHIPPED}${'e'.repeat(64)}/churn.zip#churn_zip`;

describe('the environment a failed job ran in', () => {
  const churn = () => environment('churn', {}, {}, {});
  const other = () => environment('fraud', {});

  for (const [by, log, revisionNumber] of [
    ['an unpacked prefix', '/srv/ferry/envs/churn/2/bin/python: not found', 2],
    ['an alias', '  File "./churn_zip/churn/lib/python3.11/site.py"', 3],
    ['the folder YARN unpacked', '/tmp/filecache/12/churn.zip/churn/lib/libz.so', 3],
    ['the alias of the global layout', 'PYSPARK_PYTHON=./MYGLOBALENV/churn/bin/python', 3],
    ['what was shipped', 'spark.yarn.dist.archives=churn.zip#churn_zip', 3],
  ] as const) {
    test(`is known by ${by}`, async () => {
      const { own, choices } = await world([other(), churn()]).found(workerLacks('sklearn', log));
      assert.deepEqual(
        [own?.environment, own?.revision, own?.by],
        ['churn', revisionNumber, 'log'],
      );
      assert.deepEqual(choices, []);
    });
  }

  test('is the revision whose archive the log names', async () => {
    const [first = revision(), second = revision()] = churn().revisions;
    const of = (sha256: string, each: Revision) => ({ archive: { ...each.archive, sha256 } });
    const made = environment(
      'churn',
      { change: of(SHA, first) },
      { change: of('e'.repeat(64), second) },
    );
    const { own } = await world([made]).found(
      workerLacks('sklearn', `${SHIPPED}${SHA}/churn.zip#churn_zip`),
    );
    assert.deepEqual([own?.revision, own?.newest, own?.notes], [1, 2, []]);
  });

  test('is the revision of which an edge has that archive, though it was made again since', async () => {
    const [known = revision()] = churn().revisions;
    const sha256 = 'e'.repeat(64);
    const stagings = known.stagings.map((each) => ({
      ...each,
      archive: { ...each.archive, sha256 },
    }));
    const made = environment('churn', { change: { stagings } }, {});
    const { own } = await world([made]).found(workerLacks('sklearn', churnShipped));
    assert.deepEqual([own?.revision, own?.newest, own?.notes], [1, 2, []]);
  });

  test('may have lost the archive or the revision meanwhile, which is said', async () => {
    const { found } = world([churn()]);
    const replaced = await found(workerLacks('sklearn', churnShipped));
    assert.match(replaced.own?.notes.join() ?? '', /of no revision of `churn`/);
    const gone = await found(workerLacks('sklearn', '/srv/ferry/envs/churn/9/bin/python'));
    assert.match(gone.own?.notes.join() ?? '', /names `churn@9`, which is not there/);
  });

  test('is said to be unknown when it is gone as a whole', async () => {
    const reply = await world([]).found(workerLacks('sklearn', churnShipped));
    assert.deepEqual([reply.own, reply.unknown], [null, 'churn']);
    assert.match(renderText(reply, settings), /names `churn`, which is not known here/);
  });

  test('is that of the build whose thread it is asked in', async () => {
    const { found, store } = world([other(), churn()]);
    const message = { channel: 'C0DATASCI1', ts: '1.5' };
    await store.createBuild({ ...build('ready', { revision: 2, message }), id: 'b1' });
    const { own } = await found(workerLacks('sklearn'), { thread: '1.5' });
    assert.deepEqual([own?.environment, own?.revision, own?.by], ['churn', 2, 'thread']);
    const elsewhere = await found(workerLacks('sklearn'), { thread: '1.6' });
    assert.equal(elsewhere.own, null);
  });

  test('is the only one that is theirs, and asked for where there are several', async () => {
    const theirs = environment('bens', { owner: 'U0BENOKAF1' });
    const one = await world([theirs, churn()]).found(workerLacks('sklearn'));
    assert.deepEqual([one.own?.environment, one.own?.by], ['churn', 'only']);
    const { found, say } = world([theirs, churn(), other()]);
    const several = await found(workerLacks('sklearn'));
    assert.equal(several.own, null);
    assert.deepEqual(several.choices.map(({ label }) => label).sort(), ['churn@3', 'fraud@1']);
    const [fraud] = several.choices.filter(({ label }) => label === 'fraud@1');
    const chosen = await say(fraud?.command ?? '');
    assert.equal(chosen.kind, 'findings');
    assert.deepEqual([chosen.own?.environment, chosen.own?.by], ['fraud', 'said']);
    assert.deepEqual(chosen.findings[0]?.evidence, several.findings[0]?.evidence);
    const forgotten = await say('diagnose --environment fraud --kept nothing');
    assert.equal(forgotten.kind === 'refusal' && forgotten.error.code, 'diagnosis-forgotten');
  });

  test('may be said with the log', async () => {
    const { own } = await world([churn(), other()]).found(
      `--environment churn@2 ${workerLacks('sklearn')}`,
    );
    assert.deepEqual([own?.environment, own?.revision, own?.by], ['churn', 2, 'said']);
    const refused = await world([churn()]).say(`diagnose --environment chrun ${workerLacks('x')}`);
    assert.match(JSON.stringify(refused), /Did you mean `churn`/);
  });

  test('is nobody’s where none is known: the answer then stands on its own', async () => {
    const reply = await world([]).found(workerLacks('sklearn'));
    assert.equal(reply.own, null);
    const text = renderText(reply, settings);
    assert.match(text, /`\/conda-env run NAME` gives that line/);
    assert.doesNotMatch(text, /line below|\{line\}/);
  });

  test('is not needed to say what a log shows, as when the store is away', async () => {
    const { found, store } = world([churn()]);
    store.away = true;
    const { own, findings } = await found(workerLacks('sklearn'));
    assert.deepEqual([own, findings[0]?.id], [null, 'module-missing-on-executor']);
  });
});

describe('the line of the environment', () => {
  const lineFor = async (log: string) => {
    const reply = await world([environment('churn', {})]).found(workerLacks('sklearn', log));
    const parsed = parseCommand(reply.own?.lineCommand ?? '', commands, settings);
    assert.equal(parsed.kind, 'command');
    return reply.own;
  };

  test('is in the form the log shows', async () => {
    for (const [log, form, words] of [
      ['', { tool: 'pyspark', mode: 'client', purpose: 'shell' }, /pyspark/],
      [
        'INFO ApplicationMaster: Starting the user application in a separate Thread',
        { tool: 'spark-submit', mode: 'cluster', purpose: 'shell' },
        /--deploy-mode cluster/,
      ],
      [
        'spark-submit --master yarn --deploy-mode client app.py',
        { tool: 'spark-submit', mode: 'client', purpose: 'shell' },
        /spark-submit/,
      ],
      [
        'org.apache.livy.server.LivyServer: starting',
        { tool: 'pyspark', mode: 'cluster', purpose: 'livy' },
        /"archives"/,
      ],
    ] as const) {
      const own = await lineFor(log);
      assert.deepEqual(own?.line?.form, { ...form, layout: 'local' }, log);
      assert.match(own?.line?.text ?? '', words);
      assert.match(own?.line?.text ?? '', /churn/);
    }
  });

  test('of a notebook is that of a shell where no kernel can be made', async () => {
    const own = await lineFor('  File "/opt/lib/ipykernel/kernelapp.py", line 1');
    assert.equal(own?.line?.form.purpose, 'shell');
  });
});

describe('the build that mends it', () => {
  const after = async (log: string, made: Made = {}, known: Channels | undefined = channels) => {
    const { found } = world([environment('churn', made)], known);
    const reply = await found(`--environment churn ${log}`);
    for (const { command } of reply.own?.repairs ?? []) {
      assert.equal(parseCommand(command, commands, settings).kind, 'command', command);
    }
    return { ...reply, fix: reply.findings[0]?.fix ?? '', repairs: reply.own?.repairs ?? [] };
  };

  test('has the package of the module that is missing', async () => {
    for (const [module, name] of [
      ['sklearn', 'scikit-learn'],
      ['cv2', 'py-opencv'],
      ['yaml', 'pyyaml'],
      ['PIL', 'pillow'],
      ['dateutil', 'python-dateutil'],
      ['ipykernel', 'ipykernel'],
    ] as const) {
      const { repairs, fix } = await after(workerLacks(module));
      assert.deepEqual(
        repairs,
        [
          {
            label: `Build it with ${name}`,
            command: `create churn python=3.11 numpy ${name}`,
          },
        ],
        module,
      );
      assert.match(fix, new RegExp(`\`churn@1\` has no \`${name}\``));
    }
  });

  test('takes a package of another channel by its name', async () => {
    const { repairs } = await after(workerLacks('acme_metrics'));
    assert.equal(repairs[0]?.command, 'create churn python=3.11 numpy internal::acme-metrics');
  });

  test('knows a module by what was built with it before', async () => {
    const { found, store } = world([environment('churn', {})]);
    await store.learnModules({ metrics: ['acme-metrics'] });
    const { own } = await found(workerLacks('metrics'));
    assert.match(own?.repairs[0]?.command ?? '', /internal::acme-metrics$/);
    assert.deepEqual((await after(workerLacks('metrics'))).repairs, []);
  });

  test('is not offered for what no channel has', async () => {
    for (const module of ['churn_features', 'pandsa']) {
      const { repairs, fix } = await after(workerLacks(module));
      assert.deepEqual(repairs, [], module);
      assert.match(fix, /no configured channel has a package for .* --project/);
    }
  });

  test('is the operator’s to bring where the package is known and in no channel', async () => {
    const { repairs, fix } = await after(workerLacks('xgboost'));
    assert.deepEqual(repairs, []);
    assert.match(fix, /no configured channel has `.*xgboost.*` comes from\. Ask the operator/);
    assert.doesNotMatch(fix, /--project/);
  });

  test('is offered unchecked where a channel cannot be asked', async () => {
    const silent: Channels = { read: async () => null, close() {} };
    const { repairs } = await after(workerLacks('sklearn'), {}, silent);
    assert.match(repairs[0]?.command ?? '', /scikit-learn$/);
  });

  test('is none where the environment has what is missing: the job ran in another Python', async () => {
    const made = { packages: { 'scikit-learn': '1.5.2' } };
    const { repairs, fix, own, findings } = await after(workerLacks('sklearn'), made);
    assert.deepEqual(repairs, []);
    assert.match(fix, /`churn@1` has `scikit-learn` 1\.5\.2: this job did not run in it/);
    assert.equal(findings[0]?.command, own?.line?.text);
  });

  test('is none where a newer revision has it', async () => {
    const { found } = world([environment('churn', {}, { packages: { 'scikit-learn': '1.5.2' } })]);
    const log = workerLacks('sklearn', '/srv/ferry/envs/churn/1/bin/python');
    const { own, findings } = await found(log);
    assert.match(findings[0]?.fix ?? '', /`churn@2` has `scikit-learn` 1\.5\.2/);
    assert.deepEqual(own?.repairs, [{ label: 'Line of churn@2', command: 'run churn@2' }]);
  });

  test('takes the versions the Spark of the cluster was made for', async () => {
    const log = `Traceback (most recent call last):
  File "/opt/spark/python/pyspark/sql/pandas/conversion.py", line 539, in _convert_from_pandas
    for column, series in pdf.iteritems():
  File "/srv/ferry/envs/churn/1/lib/python3.10/site-packages/pandas/core/generic.py", line 5989, in __getattr__
    return object.__getattribute__(self, name)
AttributeError: 'DataFrame' object has no attribute 'iteritems'`;
    const old = {
      stagings: [{ ...staging(), cluster: { ...staging().cluster, spark: '3.3.4' } }],
    };
    const { repairs, fix, findings } = await after(log, {
      specs: ['python=3.10', 'pandas'],
      packages: { pandas: '2.2.3' },
      change: old,
    });
    assert.equal(findings[0]?.id, 'package-unsupported-by-spark');
    assert.match(fix, /`churn@1` has .*`pandas` 2\.2\.3/);
    assert.equal(repairs[0]?.command, 'create churn python=3.10 pandas>=1.0.5,<2.0');
    const fits = await after(log, { packages: { pandas: '1.5.3' }, change: old });
    assert.deepEqual(fits.repairs, []);
    assert.match(fits.fix, /which fits: this job did not run in it/);
  });

  test('takes the numpy that other packages were compiled for', async () => {
    const log = `Traceback (most recent call last):
  File "/opt/spark/python/lib/pyspark.zip/pyspark/worker.py", line 1247, in main
A module that was compiled using NumPy 1.x cannot be run in
NumPy 2.2.6 as it may crash.
AttributeError: _ARRAY_API not found`;
    const { repairs, fix } = await after(log, { packages: { numpy: '2.2.6' } });
    assert.equal(repairs[0]?.command, 'create churn python=3.11 numpy<2');
    assert.match(fix, /`churn@1` has `numpy` 2\.2\.6/);
  });

  test('is of the other format, or without what may not be in it', async () => {
    const denied = 'Cannot run program "./churn_zip/churn/bin/python": error=13, Permission denied';
    const { repairs } = await after(denied);
    assert.equal(repairs[0]?.command, 'create churn python=3.11 numpy --format tar.gz');
    const { archive } = revision();
    const packed = { change: { archive: { ...archive, format: 'tar.gz' as const } } };
    const already = await after(denied, packed);
    assert.deepEqual(already.repairs, []);
    assert.match(already.fix, /is a \.tar\.gz already: this job used another archive/);
    const py4j = `Traceback (most recent call last):
  File "/srv/ferry/envs/churn/1/lib/python3.11/site-packages/pyspark/sql/session.py", line 500, in getOrCreate
py4j.protocol.Py4JError: org.apache.spark.api.python.PythonUtils.getEncryptionEnabled does not exist in the JVM`;
    const differs = await after(py4j, { specs: ['python=3.11', 'pyspark'] });
    assert.deepEqual(
      differs.repairs.map(({ command }) => command),
      ['create churn python=3.11'],
    );
  });
});

test('a mended build keeps what was asked for', async () => {
  const { repairs } = await (async () => {
    const made = environment('churn', { specs: ['python=3.11', 'conda-forge::numpy>=1.26,<2'] });
    const { found } = world([made]);
    const reply = await found(workerLacks('sklearn'));
    return reply.own ?? { repairs: [] };
  })();
  const parsed = parseCommand(repairs[0]?.command ?? '', commands, settings);
  assert.equal(parsed.kind, 'command');
  assert.deepEqual((parsed.arguments.specs as Parameters<typeof formatSpec>[0][]).map(formatSpec), [
    'python=3.11',
    'conda-forge::numpy>=1.26,<2',
    'scikit-learn',
  ]);
});
