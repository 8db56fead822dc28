import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { CLUES } from '../../src/domain/diagnosis/clues.ts';
import { LogReader } from '../../src/domain/diagnosis/log.ts';
import { NeedleFinder } from '../../src/domain/diagnosis/needles.ts';
import {
  diagnose,
  FAILURE_CAUSES,
  FAILURE_IDS,
  mentionsIn,
  packagesWith,
} from '../../src/domain/diagnosis.ts';
import { invoke } from '../../src/domain/invocation.ts';
import { FAILURES, NOT_FOR_US, noise } from './diagnosis-logs.ts';
import { CHURN } from './invocation-requests.ts';
import { filled, HOSTILE, LOGS } from './logs/repeated.ts';
import { SHAPES } from './logs/shapes.ts';

const TRACEBACKS = new URL('data/tracebacks/', import.meta.url);

function ids(text: string): string[] {
  return diagnose(text).map(({ id }) => id);
}

/** What carries a log to the person who pastes it, and leaves its marks. */
const TRANSPORTS: Readonly<Record<string, (text: string) => string>> = {
  'as it is': (text) => text,
  'with Windows line ends': (text) => text.replaceAll('\n', '\r\n'),
  'in colours': (text) =>
    text
      .replace(/\b(\w+Error): /g, '\u001b[0;31m$1\u001b[0m: ')
      .replace(/^/gm, '\u001b[32m')
      .replace(/$/gm, '\u001b[0m'),
  'quoted by Slack': (text) =>
    `Look:\n\`\`\`${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')}\`\`\``,
  'as a Slack quotation': (text) => text.replace(/^/gm, '&gt; '),
  'with smart quotes': (text) =>
    text.replace(/"([^"\n]*)"/g, '\u201c$1\u201d').replace(/'([^'\n]*)'/g, '\u2018$1\u2019'),
  'with links made by Slack': (text) =>
    text.replace(/pyspark\.zip\/pyspark\/\w+\.py/g, (path) => `<http://${path}|${path}>`),
  'from kubectl --prefix': (text) =>
    text.replace(/^/gm, '[pod/churn-exec-1/spark-kubernetes-executor] '),
  'from containerd': (text) => text.replace(/^/gm, '2026-11-23T01:19:42.123456789Z stderr F '),
  'from Airflow': (text) =>
    text.replace(/^/gm, '[2026-11-23, 01:19:42 UTC] {spark_submit.py:521} INFO - '),
  'from Docker Compose': (text) => text.replace(/^/gm, 'spark-worker-1  | '),
  'without indentation': (text) => text.replace(/^[ \t]+/gm, ''),
  'with line ends written out': (text) => JSON.stringify(text).slice(1),
  "from Docker's log file": (text) => JSON.stringify({ log: text, stream: 'stderr' }),
  'from the log of a Livy batch': (text) =>
    JSON.stringify({ id: 1, from: 0, total: 9, log: text.split('\n') }),
};

describe('every cause is found in the words of its programs', () => {
  for (const id of FAILURE_IDS) {
    for (const [index, text] of FAILURES[id].entries()) {
      it(`${id} (${index + 1})`, () => {
        assert.deepEqual(ids(text), [id]);
      });
    }
    it(`${id} has at least two logs to be found in`, () => {
      assert.ok(FAILURES[id].length >= 2);
    });
  }
});

describe('real failures of real clusters', () => {
  for (const file of readdirSync(TRACEBACKS)) {
    it(file, () => {
      const text = readFileSync(new URL(file, TRACEBACKS), 'utf8');
      assert.deepEqual(ids(text), [file.split('.')[0]]);
    });
  }
});

describe('the carrier of a log changes nothing', () => {
  for (const [transport, carry] of Object.entries(TRANSPORTS)) {
    it(transport, () => {
      for (const id of FAILURE_IDS) {
        for (const text of FAILURES[id]) assert.deepEqual(ids(carry(text)), [id], carry(text));
      }
      for (const [name, text] of Object.entries(NOT_FOR_US)) {
        assert.deepEqual(ids(carry(text)), [], `${name}: ${carry(text)}`);
      }
    });
  }
});

describe('evidence in the shape it reaches people', () => {
  for (const [name, id, text] of SHAPES) {
    it(`${id}: ${name}`, () => assert.deepEqual(ids(text), [id]));
  }

  it('a word that a wide terminal broke in two', () => {
    const text =
      'Exception in thread "main" org.apache.spark.SparkException: Please specify spark.kubernet\nes.file.upload.path property.';
    assert.deepEqual(ids(text), ['upload-path-missing']);
  });

  const each = (prefix: (line: number) => string) => (text: string) =>
    text
      .split('\n')
      .map((line, index) => `${prefix(index)}${line}`)
      .join('\n');
  const shippers: Record<string, (text: string) => string> = {
    'ray, in colours': each(() => '\u001b[36m(Actor pid=20686)\u001b[0m '),
    stern: each(() => 'churn-driver spark-kubernetes-driver '),
    mpirun: each(() => '[1,0]<stderr>:'),
    'a build in Docker': each((line) => `#12 3.45${line % 10} `),
    Zeppelin: each(
      () =>
        ' INFO [2026-05-14 09:12:41,123] ({Thread-12} ProcessLauncher.java[processLine]:189) - [INTERPRETER OUTPUT] ',
    ),
    'grep -n': each((line) => `stderr:${line + 10}:`),
    'cat -n': each((line) => `${String(line + 1).padStart(6)}\t`),
    'Cloud Logging': (text) =>
      text
        .split('\n')
        .map((line) => JSON.stringify({ jsonPayload: { message: line }, severity: 'ERROR' }))
        .join('\n'),
    Ansible: (text) => `fatal: [edge1]: FAILED! => ${JSON.stringify({ rc: 1, stderr: text })}`,
    'a record in a record': (text) => JSON.stringify({ a: JSON.stringify({ msg: text }) }),
    'a terminal of 120 letters': (text) =>
      text
        .split('\n')
        .flatMap((line) => line.match(/.{1,120}/g) ?? [''])
        .join('\n'),
  };
  for (const [shipper, carry] of Object.entries(shippers)) {
    it(`tracebacks of workers and of the driver, from ${shipper}`, () => {
      for (const id of ['module-missing-on-executor', 'module-missing-on-driver'] as const) {
        const text = FAILURES[id][0] ?? '';
        assert.deepEqual(ids(carry(text)), [id], carry(text));
      }
      const own = NOT_FOR_US['iteritems in the own function'] ?? '';
      assert.deepEqual(ids(carry(own)), [], carry(own));
    });
  }
});

describe('what a log names', () => {
  it('environments and revisions of ours, by archive, prefix and alias', () => {
    const sha = 'ab12'.repeat(16);
    assert.deepEqual(
      mentionsIn(
        `x\nfile:/srv/ferry/archives/${sha}/churn.zip#churn_zip\n/srv/ferry/envs/churn/12/bin/python\n./other_tgz/other/bin/python\n/opt/envs/x/lib/y`,
      ),
      [
        { environment: 'churn', revision: 12, archive: sha, line: 2 },
        { environment: 'other', revision: null, archive: null, line: 4 },
      ],
    );
  });

  it('the module that is missing, and the package that has it', () => {
    const [finding] = diagnose(FAILURES['module-missing-on-driver'][0] ?? '');
    assert.deepEqual(finding?.missing, { module: 'sklearn', packages: ['scikit-learn'] });
    assert.match(finding?.command ?? '', /create NAME PACKAGES… scikit-learn$/);
    const [asked] = diagnose(FAILURES['module-missing-on-driver'][0] ?? '', {
      packagesOf: (module) => [`of-${module}`],
    });
    assert.deepEqual(asked?.missing?.packages, ['of-sklearn']);
    assert.deepEqual(packagesWith('google.protobuf.message'), ['protobuf']);
    assert.deepEqual(packagesWith('cv2'), ['opencv']);
    assert.deepEqual(packagesWith('pandas.core.frame'), ['pandas']);
    assert.deepEqual(packagesWith('scoring.features'), []);
    assert.deepEqual(packagesWith('constructor'), []);
  });

  it('versions: the fix names what this Spark runs with', () => {
    const fix = (
      id: 'python-unsupported-by-spark' | 'package-unsupported-by-spark',
      spark: string,
    ) =>
      diagnose(
        `26/11/23 01:00:00 INFO SparkContext: Running Spark version ${spark}\n${(FAILURES[id][0] ?? '').replace(/.*Running Spark version.*\n/, '')}`,
      )[0];
    assert.match(
      fix('python-unsupported-by-spark', '3.5.1')?.fix ?? '',
      /Spark 3\.5 runs Python 3\.8–3\.11; build with python=3\.11/,
    );
    assert.match(fix('python-unsupported-by-spark', '3.3.2')?.command ?? '', /python=3\.10$/);
    assert.match(fix('package-unsupported-by-spark', '3.3.2')?.fix ?? '', /pandas>=1\.0\.5,<2\.0/);
    assert.match(
      fix('package-unsupported-by-spark', '9.9.9')?.fix ?? '',
      /pandas<2 below Spark 3\.4/,
    );
  });

  it('and a crash is told last, where nothing else is seen', () => {
    const crash = FAILURES['python-worker-crash'][1] ?? '';
    for (const id of ['mkl-openmp-conflict', 'cache-not-writable', 'numpy-abi'] as const) {
      assert.deepEqual(ids(`${FAILURES[id][0]}\n${crash}`), [id]);
    }
  });
});

describe('the last line of a traceback', () => {
  for (const line of [
    "ModuleNotFoundError: No module named 'numpy'",
    'ImportError: No module named scipy.stats',
  ]) {
    it(`${line}, pasted alone, is a missing module`, () => {
      const [finding, ...more] = diagnose(line);
      assert.deepEqual([finding?.id, more], ['module-missing-on-executor', []]);
      assert.match(finding?.fix ?? '', /environment's own line/);
    });
    it(`${line}, said in passing by a job that goes on, is none`, () => {
      assert.deepEqual(ids(`INFO loading plugins\n${line}\nINFO without it\n`), []);
    });
  }
});

describe('what is not the environment gives no finding', () => {
  for (const [name, text] of Object.entries(NOT_FOR_US)) {
    it(name, () => assert.deepEqual(ids(text), []));
    it(`${name}, in a long log`, () => {
      assert.deepEqual(ids([...noise(500), text, ...noise(500)].join('\n')), []);
    });
  }

  it('an empty text, blanks and a long log of a job that works', () => {
    for (const text of ['', '\n\n', '   ', '\0', noise(5000).join('\n')]) {
      assert.deepEqual(ids(text), []);
    }
  });
});

describe('long and noisy logs', () => {
  /** Begins as what a clue looks for, and goes on as what it would try in every way: no line of a program. */
  const ENDLESS: readonly [begin: string, again: string, end: string][] = [
    ["PermissionError: [Errno 13] Permission denied: '", '/envs/x/lib/', ''],
    ['Error: Cannot run program "python (in directory "', ' ', 'x'],
    ['', 'x', ' is incompatible with must be installed; however, your version '],
    ['', 'libgomp', ': static TLS block'],
    ['', 'x', 'failed to map segment from shared object'],
    ['Py4JException: Method executePython', 'FA', ''],
    ['ImportError: ', 'a-', ' cannot open shared object file'],
    ['', './', ' Permission denied not found: line 1'],
    ['tar: ', '/archives/12345678/', ' Permission denied'],
    ['', 'x', ' is not a wheel file'],
    ['', '/', ' bad interpreter required file not found'],
    ['Wrong FS: c://,', '.jar+', ''],
    ['Error: Permission denied', ' -rwxrwxrwx', ''],
  ];
  for (const [begin, again, end] of ENDLESS) {
    it(`a line that never ends is read as fast as any other: ${begin}${again}…${end}`, () => {
      const line = `${begin}${again.repeat((7_800 - end.length) / again.length)}${end}`;
      const before = process.cpuUsage();
      diagnose(Array.from({ length: 4 }, () => line).join('\n'));
      const { user } = process.cpuUsage(before);
      assert.ok(user < 500_000, `${user / 1000} ms`);
    });
  }

  it('name the right line and quote it', () => {
    for (const id of FAILURE_IDS) {
      const text = FAILURES[id][0] ?? '';
      const log = [...noise(3000), text, ...noise(3000)];
      const [finding, ...others] = diagnose(log.join('\n'));
      assert.equal(finding?.id, id);
      assert.deepEqual(others, []);
      const lines = log.join('\n').split('\n');
      for (const { line, text: quoted } of finding?.evidence ?? []) {
        assert.ok(line > 3000 && line <= 3000 + text.split('\n').length);
        assert.ok(lines[line - 1]?.includes(quoted.slice(0, 80)), `${line}: ${quoted}`);
      }
    }
  });

  it('say a thing once that is said a thousand times', () => {
    const text = Array.from({ length: 1000 }, () => FAILURES['module-missing-on-executor'][0]);
    const [finding] = diagnose(text.join('\n'));
    assert.equal(finding?.id, 'module-missing-on-executor');
    assert.ok((finding?.evidence.length ?? 0) <= 5);
  });

  it('keep processes apart whose lines are interleaved', () => {
    const worker = `org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "/opt/spark/python/lib/pyspark.zip/pyspark/worker.py", line 1247, in main
ModuleNotFoundError: No module named 'pandas'`.split('\n');
    const driver = `Traceback (most recent call last):
  File "/srv/app.py", line 3, in <module>
KeyError: 'x'`.split('\n');
    const lines = worker.flatMap((line, index) => [
      `[pod/churn-exec-1/executor] ${line}`,
      `[pod/churn-driver/driver] ${driver[index]}`,
    ]);
    assert.deepEqual(ids(lines.join('\n')), ['module-missing-on-executor']);
    const swapped = lines.map((line) =>
      line.includes('No module')
        ? line.replace('churn-exec-1/executor', 'churn-driver/driver')
        : line,
    );
    assert.deepEqual(ids(swapped.join('\n')), ['module-missing-on-driver']);
  });
});

describe('the root cause hides its consequences', () => {
  const cases: [string, string[], string][] = [
    [
      'an archive that was not unpacked has no interpreter',
      [FAILURES['interpreter-not-found'][0] ?? '', FAILURES['archive-not-unpacked'][0] ?? ''],
      'archive-not-unpacked',
    ],
    [
      'a full disk breaks the archive',
      [
        'gzip: stdout: No space left on device',
        FAILURES['archive-content-mismatch'][0] ?? '',
        FAILURES['interpreter-not-found'][0] ?? '',
      ],
      'no-space',
    ],
    [
      'an old C library breaks numpy',
      [FAILURES['numpy-abi'][4] ?? '', FAILURES['glibc-or-arch'][0] ?? ''],
      'glibc-or-arch',
    ],
    [
      'an egg hides numpy',
      [FAILURES['egg-shadows-package'][0] ?? '', FAILURES['numpy-abi'][4] ?? ''],
      'egg-shadows-package',
    ],
  ];
  for (const [name, texts, id] of cases) {
    it(name, () => assert.deepEqual(ids(texts.join('\n')), [id]));
  }

  it('and two causes that have nothing to do with each other are both told, surest first', () => {
    const findings = diagnose(
      [FAILURES['activate-d'][0], FAILURES['python-version-mismatch'][0]].join('\n'),
    );
    assert.deepEqual(
      findings.map(({ id }) => id),
      ['python-version-mismatch', 'activate-d'],
    );
    assert.ok((findings[0]?.confidence ?? 0) >= (findings[1]?.confidence ?? 1));
  });

  it('and no two causes explain each other away', () => {
    for (const id of FAILURE_IDS) {
      for (const other of FAILURE_CAUSES[id].explainedBy) {
        assert.ok(!FAILURE_CAUSES[other].explainedBy.includes(id), `${id} and ${other}`);
      }
    }
  });
});

describe('a finding', () => {
  it('has every field, in words', () => {
    for (const id of FAILURE_IDS) {
      for (const text of FAILURES[id]) {
        const [finding] = diagnose(text);
        assert.ok(finding !== undefined);
        assert.ok(finding.confidence > 0.5 && finding.confidence < 1);
        assert.ok(finding.evidence.length > 0);
        for (const words of [finding.title, finding.cause, finding.fix, finding.command]) {
          assert.ok(words.length > 4);
          assert.doesNotMatch(words, /\{|\}|undefined|null|\n/);
        }
        assert.doesNotMatch(finding.cause, /\((?:user: )?it\)|Seen: it/, 'nothing is named');
      }
    }
  });

  it('gives the line of the staging when it is known', () => {
    const [finding] = diagnose(FAILURES['interpreter-not-found'][0] ?? '', {
      invocationRequest: CHURN,
    });
    assert.equal(finding?.command, invoke(CHURN).text);
  });

  it('says how to get the line when the staging is not known', () => {
    const [finding] = diagnose(FAILURES['python-version-mismatch'][0] ?? '', { bot: '/ferry' });
    assert.equal(finding?.command, '/ferry run NAME spark-submit');
  });

  it('takes the name of the environment from the evidence', () => {
    const [finding] = diagnose(FAILURES['exec-bit-lost'][0] ?? '');
    assert.match(finding?.command ?? '', /^\/conda-env create churn .*--format tar\.gz$/);
  });

  it("sends a person's own module to --project and a published one to the line", () => {
    const own = diagnose(FAILURES['module-missing-on-executor'][2] ?? '')[0];
    assert.match(own?.cause ?? '', /`scoring\.features`/);
    assert.match(own?.command ?? '', /--project/);
    const published = diagnose(FAILURES['module-missing-on-executor'][0] ?? '')[0];
    assert.match(published?.command ?? '', /run NAME/);
  });

  it('answers eggs with --project, never with --py-files', () => {
    for (const id of ['egg-cache', 'egg-shadows-package'] as const) {
      const [finding] = diagnose(FAILURES[id][0] ?? '');
      assert.match(finding?.command ?? '', /--project/);
      assert.doesNotMatch(finding?.command ?? '', /--py-files/);
    }
  });

  it('quotes at most 300 characters and no secret', () => {
    const secret = 'hunter2SECRET';
    const line = `26/11/23 01:00:00 ERROR Executor: fs.s3a.secret.key=${secret} password: ${secret} https://ana:${secret}@nn/ token="${secret}" Authorization: Bearer ${secret}${secret} java.io.IOException: No space left on device at /data ${'x'.repeat(5000)} secret=${secret}`;
    const [finding] = diagnose(line);
    assert.equal(finding?.id, 'no-space');
    const text = finding?.evidence[0]?.text ?? '';
    assert.ok(text.includes('No space left on device'));
    assert.ok([...text].length <= 300);
    assert.doesNotMatch(JSON.stringify(finding), /hunter2/);
  });
});

describe('secrets are taken out of evidence', () => {
  for (const text of [
    'spark.hadoop.fs.s3a.secret.key=hunter2',
    '-Dspark.ssl.keyPassword=hunter2',
    '"fs.s3a.access.key": "hunter2"',
    "password='hunter2 hunter2'",
    'fs.azure.account.key.acme.blob.core.windows.net=hunter2',
    'https://ana:hunter2@nn1:9871/x',
    'Authorization: Bearer hunter2hunter2',
    'api_key: hunter2',
    'SLACK_TOKEN=hunter2',
  ]) {
    it(text, () => {
      const [finding] = diagnose(`${text} java.io.IOException: No space left on device`);
      assert.equal(finding?.id, 'no-space');
      assert.match(finding?.evidence[0]?.text ?? '', /«secret»/);
      assert.doesNotMatch(JSON.stringify(finding), /hunter2/);
    });
  }
});

describe('what is read of a log', () => {
  /** The messages that patterns are tried on: lines with a needle, and sentences made of them. */
  function messagesIn(text: string): string[] {
    const messages: string[] = [];
    const finder = new NeedleFinder(CLUES.flatMap(({ needle }) => needle));
    for (const { line } of new LogReader(text).lines(finder, (needles) => needles)) {
      messages.push(line.message);
      for (const sentence of line.sentences()) messages.push(sentence.message);
    }
    return messages;
  }
  const characters = (messages: readonly string[]) =>
    messages.reduce((sum, { length }) => sum + length, 0);

  for (const [name, block] of Object.entries({ ...LOGS, ...HOSTILE })) {
    it(`stays in pieces, and twice the text is at most twice as much: ${name}`, () => {
      const half = filled(block, 500_000);
      const [once, twice] = [messagesIn(half), messagesIn(half + half)];
      assert.ok(twice.every(({ length }) => length <= 8_000));
      // What pieces have in common is read in both.
      assert.ok(characters(twice) <= 2 * characters(once) + 10 * 8_000);
    });
  }
});
