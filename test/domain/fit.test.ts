import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FerryError } from '../../src/domain/errors.ts';
import type { EdgeSpark } from '../../src/domain/fit/target.ts';
import { fitLock, fitRequest, runnable, whatRuns, worksWithPandas } from '../../src/domain/fit.ts';
import type { Note } from '../../src/domain/note.ts';
import { parseRequirement } from '../../src/domain/pip.ts';
import type { BuildRequest } from '../../src/domain/request.ts';
import { SPARK_SUPPORT } from '../../src/domain/spark-support.ts';
import { formatSpec, parseSpec } from '../../src/domain/spec.ts';
import { build } from '../answers/samples.ts';
import { locked } from '../pipeline/world.ts';

const requestOf = (text: string, change: Partial<BuildRequest> = {}): BuildRequest => ({
  ...build('queued').request,
  specs: text.split(' ').map((spec) => parseSpec(spec)),
  ...change,
});

/** One edge for each version, `a`, `b` and so on. */
const edgesOf = (...versions: (string | null)[]): EdgeSpark[] =>
  versions.map((spark, index) => ({ edge: 'abc'[index] ?? '', spark }));

/** The specs that are solved. */
const solvedFor = (text: string, ...versions: (string | null)[]) =>
  fitRequest(requestOf(text), edgesOf(...versions))
    .specs.map(formatSpec)
    .join(' ');

/** `python 3.11.9, numpy 2.2.6` */
const lockOf = (text: string) => ({
  platform: 'linux-64' as const,
  packages: text.split(', ').map((entry) => locked(entry)),
});

/** What is said of packages that were solved for one Spark. */
const saidOf = (packages: string, spark: string, request = requestOf('numpy')): Note[] =>
  fitLock(request, lockOf(packages), edgesOf(spark));

function refusalOf(act: () => unknown): FerryError {
  try {
    act();
  } catch (error) {
    if (error instanceof FerryError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const commandsOf = ({ repairs }: FerryError) => repairs.map(({ command }) => command);

describe('what is added to a request', () => {
  const added: Readonly<Record<string, string>> = {
    '2.4': 'numpy<1.24 pandas<2.0 pyarrow<0.15 python<3.8',
    '3.0': 'numpy<1.24 pandas<2.0 pyarrow python<3.9',
    '3.1': 'numpy<1.24 pandas<2.0 pyarrow python<3.10',
    '3.2': 'numpy<1.24 pandas<2.0 pyarrow python<3.10',
    '3.3': 'numpy pandas<2.0 pyarrow python<3.11',
    '3.4': 'numpy pandas<2.0 pyarrow python<3.12',
    '3.5': 'numpy pandas pyarrow python<3.12',
    '4.0': 'numpy pandas pyarrow python<3.14',
    '4.1': 'numpy pandas pyarrow python<3.15',
    '4.2': 'numpy pandas pyarrow python<3.15',
    '4.3': 'numpy pandas pyarrow python<3.15',
  };
  for (const { line } of SPARK_SUPPORT) {
    it(`is what Spark ${line} needs of packages that were left open, and said`, () => {
      const { specs, notes } = fitRequest(requestOf('numpy pandas pyarrow'), edgesOf(`${line}.1`));
      assert.equal(specs.map(formatSpec).join(' '), added[line]);
      const changed = added[line]?.split(' ').filter((spec) => spec.includes('<')) ?? [];
      assert.deepEqual(
        notes.map(({ tone, text }) => [tone, text.split('`')[1]]).sort(),
        changed.map((spec) => ['added', spec]).sort(),
      );
    });
  }

  it('narrows a spec that also allows what would not run, and leaves one that does not', () => {
    assert.equal(solvedFor('python>=3.9', '3.5.9'), 'python>=3.9,<3.12');
    assert.equal(solvedFor('python>=3.9|=3.8', '3.5.9'), "python[version='(>=3.9|=3.8),<3.12']");
    for (const fits of ['python=3.11', 'python==3.10.4', 'python>=3.9,<3.11']) {
      assert.equal(solvedFor(fits, '3.5.9'), fits);
    }
    assert.equal(solvedFor('pandas>=1.5 python=3.10', '3.3.4'), 'pandas>=1.5 python=3.10');
  });

  it('is what all the edges run', () => {
    const { specs, notes } = fitRequest(requestOf('pandas'), edgesOf('3.3.4', '4.0.5', '3.5.9'));
    assert.equal(specs.map(formatSpec).join(' '), 'pandas<2.0 python<3.11');
    assert.match(notes[0]?.text ?? '', /Spark 3\.3 on `a` runs Python 3\.7–3\.10\.$/);
  });

  it('is nothing for numpy without pandas, which is all that numpy breaks', () => {
    assert.equal(solvedFor('numpy', '3.2.4'), 'numpy python<3.10');
  });

  it('is nothing where the Spark is unknown, or the request insists', () => {
    assert.equal(solvedFor('pandas', null, '9.0.0'), 'pandas');
    const insists = requestOf('pandas python=3.13', { force: true });
    assert.deepEqual(fitRequest(insists, edgesOf('3.3.4')), { specs: insists.specs, notes: [] });
  });

  it('is the cluster’s own version of a pyspark that was left open', () => {
    assert.equal(solvedFor('pyspark python=3.11', '3.5.9'), 'pyspark==3.5.9 python=3.11');
    assert.equal(solvedFor('pyspark=3.5 python=3.11', '3.5.9'), 'pyspark=3.5,==3.5.9 python=3.11');
  });
});

describe('a Python that is asked for', () => {
  for (const { line, python } of SPARK_SUPPORT) {
    it(`of Spark ${line} may be any it runs, and the first too new is refused with its last`, () => {
      const [first, last] = python;
      for (const fits of [first, last]) solvedFor(`python=${fits} six`, line);
      const [major, minor] = last.split('.').map(Number);
      // The later ones that were seen to run are told apart below.
      const next = `${major}.${Number(minor) + 2}`;
      const error = refusalOf(() => solvedFor(`python=${next} six`, line));
      assert.equal(error.code, 'unsupported-by-spark');
      assert.ok(error.message.includes(`Spark ${line} on \`a\` runs Python ${first}–${last}, and`));
      assert.deepEqual(commandsOf(error), [
        `create churn python=${last} six`,
        `create churn python=${next} six --force`,
      ]);
    });
  }

  it('3.12 for Spark 3.5 is refused with two ways out', () => {
    for (const spec of ['python=3.12', 'python>=3.12,<3.13', 'python==3.12.4']) {
      const error = refusalOf(() => solvedFor(`${spec} numpy`, '3.5.9'));
      const [older, companion, anyway] = commandsOf(error);
      assert.equal(older, 'create churn python=3.11 numpy');
      assert.equal(companion, `create churn ${spec} numpy setuptools<80`);
      assert.equal(anyway, `create churn ${spec} numpy --force`);
    }
    assert.equal(solvedFor('python=3.12 setuptools', '3.5.9'), 'python=3.12 setuptools<80');
  });

  it('3.10 for Spark 3.2 was seen to run, and it is said that it is not declared', () => {
    assert.equal(solvedFor('python=3.10', '3.2.4'), 'python=3.10');
    const [note] = saidOf('python 3.10.14', '3.2.4');
    assert.equal(note?.tone, 'warning');
    assert.match(note?.text ?? '', /3\.6–3\.9; 3\.10 is not among them, but was seen to run\.$/);
  });

  it('is refused once for edges with the same Spark', () => {
    const edges = edgesOf('3.5.9', '3.5.9');
    const error = refusalOf(() => fitRequest(requestOf('python=3.13'), edges));
    assert.match(error.message, /^Spark 3\.5 on `a` and `b` runs Python 3\.8–3\.11, and [^,]*\.$/);
  });

  it('is refused where the edges have no Python in common, with a build for each', () => {
    const edges = edgesOf('2.4.8', '4.0.5');
    const error = refusalOf(() => fitRequest(requestOf('numpy'), edges));
    assert.match(error.message, /Spark 2\.4 on `a` runs Python 2\.7–3\.7; Spark 4\.0 on `b` runs/);
    assert.deepEqual(commandsOf(error).slice(0, 2), [
      'create churn numpy --edge a',
      'create churn numpy --edge b',
    ]);
  });

  it('is refused for the edge that does not run it, by one that all do', () => {
    const edges = edgesOf('3.5.9', '4.0.5');
    const error = refusalOf(() => fitRequest(requestOf('python=3.13'), edges));
    assert.match(error.message, /^Spark 3\.5 on `a` runs/);
    assert.equal(commandsOf(error)[0], 'create churn python=3.11');
  });
});

describe('a pyspark in the environment', () => {
  it('of another version is refused, with none or the cluster’s instead', () => {
    const error = refusalOf(() => solvedFor('python=3.11 pyspark=4.0', '3.5.9'));
    assert.match(error.message, /which is 3\.5\.9 on `a`, and `pyspark=4\.0` is asked for/);
    assert.deepEqual(commandsOf(error).slice(0, 2), [
      'create churn python=3.11',
      'create churn python=3.11 pyspark==3.5.9',
    ]);
  });

  it('is taken from what pip was to install, too', () => {
    const pip = [parseRequirement('pyspark==4.0.1'), parseRequirement('rich')];
    const request = requestOf('python=3.11', { pip });
    const error = refusalOf(() => saidOf('python 3.11.9, pyspark 4.0.1', '3.5.9', request));
    assert.deepEqual(
      error.repairs.map(({ label }) => label),
      ['Build without pyspark', 'Build with pyspark==3.5.9', 'Build it anyway'],
    );
    assert.deepEqual(commandsOf(error).slice(0, 2), [
      'create churn python=3.11 --pip rich',
      'create churn python=3.11 pyspark==3.5.9 --pip rich',
    ]);
  });

  it('is refused for edges of two versions', () => {
    const edges = edgesOf('3.5.9', '3.5.1');
    const error = refusalOf(() => fitRequest(requestOf('python=3.11 pyspark'), edges));
    assert.deepEqual(commandsOf(error)[0], 'create churn python=3.11');
  });

  it('is refused when it only came along, and never when it is the cluster’s', () => {
    const error = refusalOf(() => saidOf('python 3.11.9, pyspark 3.4.1', '3.5.9'));
    assert.match(error.message, /and this has 3\.4\.1\.$/);
    assert.deepEqual(commandsOf(error), [
      'create churn numpy pyspark==3.5.9',
      'create churn numpy --force',
    ]);
    assert.deepEqual(saidOf('python 3.11.9, pyspark 3.5.9, py4j 0.10.9.7', '3.5.9'), []);
  });

  it('is not proposed to be left out where nothing else was asked for', () => {
    const error = refusalOf(() => solvedFor('pyspark=4.0', '3.5.9'));
    assert.deepEqual(commandsOf(error), [
      'create churn pyspark==3.5.9',
      'create churn pyspark=4.0 --force',
    ]);
  });

  it('and a wrong Python are mended at once', () => {
    const error = refusalOf(() => solvedFor('python=3.13 pyspark=4.0 numpy', '3.5.9'));
    assert.deepEqual(commandsOf(error), [
      'create churn python=3.11 numpy',
      'create churn python=3.13 pyspark=4.0 numpy --force',
    ]);
  });
});

describe('what is said of the packages that were solved', () => {
  /** Packages, what is said of them, and what is proposed instead. */
  const cases: [spark: string, packages: string, text: RegExp | null, instead: string | null][] = [
    ['3.5.9', 'pandas 2.2.3, numpy 1.26.4, pyarrow 16.0', null, null],
    ['3.5.9', 'pandas 2.2.3, numpy 2.2.6', null, null],
    [
      ...(['3.5.9', 'pandas 2.2.3, numpy 2.2.6, pyarrow 16.0'] as const),
      /^Spark 3\.5 on `a` asks for `numpy>=1\.15,<2\.0`, and this has numpy 2\.2\.6: `pyspark\.pandas` breaks/,
      'numpy>=1.15,<2.0',
    ],
    [
      '3.3.4',
      'pandas 2.2.3',
      /works with `pandas>=1\.0\.5,<2\.0`.*`toPandas`/,
      'pandas>=1.0.5,<2.0',
    ],
    ['3.2.4', 'numpy 1.26.4', null, null],
    ['3.2.4', 'pandas 1.5.3, numpy 1.26.4', /this has numpy 1\.26\.4/, 'numpy>=1.14,<1.24'],
    ['4.0.5', 'pandas 1.5.3', /asks for `pandas>=2\.0\.0,<3\.0`/, 'pandas>=2.0.0,<3.0'],
    ['4.2.1', 'pandas 2.3.0, pyarrow 15.0.2', /this has pyarrow 15\.0\.2/, 'pyarrow>=18.0.0'],
    [
      '4.3.0',
      'pandas 3.1.1, pyarrow 20.0',
      /works with .*`pyspark\.pandas` breaks/,
      'pandas>=2.2.0,<3.0',
    ],
    ['2.4.8', 'pandas 1.5.3, pyarrow 0.15.1', /this has pyarrow 0\.15\.1/, 'pyarrow>=0.8.0,<0.15'],
    ['9.9.9', 'pandas 0.1, python 2.7.18, pyspark 1.0', null, null],
  ];
  for (const [spark, packages, text, instead] of cases) {
    it(`is ${text === null ? 'nothing' : 'what breaks'}: Spark ${spark} with ${packages}`, () => {
      const notes = saidOf(packages, spark);
      if (text === null) return assert.deepEqual(notes, []);
      assert.equal(notes.length, 1);
      assert.equal(notes[0]?.tone, 'warning');
      assert.match(notes[0]?.text ?? '', text);
      const name = instead?.split(/[<>=]/)[0];
      const specs = name === 'numpy' ? `"${instead}"` : `numpy "${instead}"`;
      assert.equal(
        notes[0]?.repair?.command.replaceAll('"', ''),
        `create churn ${specs}`.replaceAll('"', ''),
      );
    });
  }

  it('warns of a Java that takes the place of the node’s', () => {
    const request = requestOf('numpy openjdk');
    const [note] = saidOf('python 3.11.9, openjdk 21.0.2', '3.5.9', request);
    assert.match(
      note?.text ?? '',
      /`openjdk` 21\.0\.2 .* Spark 3\.5 on `a` runs on Java 8, 11, 17/,
    );
    assert.equal(note?.repair?.command, 'create churn numpy');
  });

  it('warns of a py4j by itself', () => {
    const [note] = saidOf('python 3.11.9, py4j 0.10.9.9', '3.5.9', requestOf('numpy py4j'));
    assert.equal(note?.repair?.command, 'create churn numpy');
  });

  it('refuses a Python that came with packages settled before', () => {
    const error = refusalOf(() => saidOf('python 3.13.1', '3.5.9'));
    assert.match(error.message, /and this has Python 3\.13\.1\.$/);
    assert.equal(saidOf('python 3.12.4, setuptools 75.8.0', '3.5.9')[0]?.tone, 'warning');
    refusalOf(() => saidOf('python 3.12.4, setuptools 80.1.0', '3.5.9'));
  });

  it('is a note, too, where the request insists, with what would go through without that', () => {
    const request = requestOf('python=3.13', { force: true });
    const [note] = saidOf('python 3.13.1', '3.5.9', request);
    assert.equal(note?.tone, 'forced');
    assert.deepEqual(note?.repair, {
      label: 'Build with python=3.11',
      command: 'create churn python=3.11',
    });
  });

  const proofs: [spark: string | null, packages: string, works: boolean][] = [
    ['3.5.9', 'pandas 2.2.3, numpy 2.2.6, pyarrow 16.0', true],
    ['3.4.4', 'pandas 2.2.3', false],
    ['4.2.1', 'pandas 2.3.0, pyarrow 15.0.2', false],
    [null, 'pandas 0.1', true],
  ];
  for (const [spark, packages, works] of proofs) {
    it(`${works ? 'leaves' : 'takes'} pandas ${works ? 'to' : 'from'} the proof: Spark ${spark} with ${packages}`, () => {
      const lock = lockOf(packages);
      assert.equal(worksWithPandas(requestOf('numpy'), lock, { spark }), works);
      assert.equal(worksWithPandas(requestOf('numpy', { force: true }), lock, { spark }), false);
    });
  }

  it('counts wheels of pip as well', () => {
    const wheel = { name: 'pandas', version: '2.2.3', url: 'x', sha256: 'y', size: 1 };
    const lock = { ...lockOf('python 3.10.14'), wheels: [wheel] };
    assert.equal(fitLock(requestOf('numpy'), lock, edgesOf('3.3.4')).length, 1);
  });
});

describe('what is offered', () => {
  const versions = ['3.13.5', '3.11.3', '3.10.2'];

  it('is a Python that all clusters say they run, as far as they are known', () => {
    assert.deepEqual(runnable('python', versions, edgesOf('3.5.9', '3.3.4')), ['3.10.2']);
    assert.deepEqual(runnable('python', versions, [{ edge: 'lab', spark: null }]), versions);
    assert.deepEqual(runnable('numpy', ['2.2.6'], edgesOf('3.3.4')), ['2.2.6']);
  });
});

describe('what clusters run', () => {
  it('is said for each Spark, and for all of them together', () => {
    assert.deepEqual(whatRuns([{ edge: 'lab', spark: null }]), []);
    const [one, ...more] = whatRuns([{ edge: 'lab', spark: '3.5.9' }]);
    assert.equal(
      one,
      'lab runs Spark 3.5.9: Python 3.8–3.11; with pandas: pandas>=1.0.5, pyarrow>=4.0.0, numpy>=1.15; for pyspark.pandas also pandas<3.0 and numpy<2.0.',
    );
    assert.deepEqual(more, []);
    const edges = [
      { edge: 'lab', spark: '3.5.9' },
      { edge: 'madrid', spark: '3.5.9' },
      { edge: 'old', spark: '3.2.1' },
    ];
    const said = whatRuns(edges);
    assert.match(said[0] ?? '', /^lab and madrid run Spark 3\.5\.9/);
    assert.equal(said.at(-1), 'On all of them: Python 3.8–3.9.');
    const apart = whatRuns([...edges, { edge: 'older', spark: '2.4.8' }]);
    assert.equal(apart.at(-1), 'No Python runs on all of them.');
  });
});
