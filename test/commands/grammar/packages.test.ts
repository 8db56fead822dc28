/** What people can type after `create churn`: one list of texts with what each of them means. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCommand } from '../../../commands/grammar/parse.ts';
import { commands } from '../../../commands/registry.ts';
import { renderText } from '../../../src/answers/text.ts';
import { USUAL } from '../../../src/domain/defaults.ts';
import { toFailure } from '../../../src/domain/errors.ts';
import { refusal } from '../../../src/domain/reply.ts';
import type { Settings } from '../../../src/domain/services.ts';
import { formatSpec, type Spec } from '../../../src/domain/spec.ts';

const settings: Settings = {
  command: '/conda-env',
  channels: [
    { name: 'lab', default: true },
    { name: 'conda-forge', default: false },
  ],
  edges: [{ name: 'edge', default: true }],
  indexes: ['pypi'],
  projects: { repositories: [], paths: [] },
  operators: [],
  roles: [],
  approvals: [],
  ...USUAL,
};
const BEFORE = 'create churn ';

function meaning(text: string): string[] {
  const parsed = parseCommand(BEFORE + text, commands, settings);
  if (parsed.kind !== 'command') assert.fail(JSON.stringify(parsed));
  return (parsed.arguments.specs as Spec[]).map(formatSpec);
}

function mistakes(text: string) {
  const parsed = parseCommand(text, commands, settings);
  if (parsed.kind !== 'error') assert.fail(`${text}: ${JSON.stringify(parsed)}`);
  const { error, typed } = parsed;
  const all = [error, ...error.others].map(({ code, position, suggestion }) => ({
    code,
    wrong: position ? typed.slice(position.start, position.end) : null,
    suggestion,
  }));
  const offers = error.repairs.map(({ command }) => command);
  return { all, offers, repair: offers[0] ?? null };
}

const UNDERSTOOD: Readonly<Record<string, readonly (readonly [string, ...string[]])[]>> = {
  'words that belong to a package': [
    ['python 3.11 numpy', 'python==3.11', 'numpy'],
    ['python 3.11 numpy >= 1.26 pandas', 'python==3.11', 'numpy>=1.26', 'pandas'],
    ['python = 3.11 numpy ==1.26.4', 'python=3.11', 'numpy==1.26.4'],
    ['numpy 1.26.* py311* pandas', 'numpy=1.26.*=py311*', 'pandas'],
    ['numpy 1.26.4 py311_0 pandas', 'numpy==1.26.4=py311_0', 'pandas'],
    ['numpy=1.26 =py311_0', 'numpy=1.26=py311_0'],
    ['numpy =1.26 = py311_0 scipy', 'numpy=1.26=py311_0', 'scipy'],
    ['pytorch >=2.1 *cuda*', 'pytorch>=2.1[build=*cuda*]'],
    ['blas * openblas numpy', 'blas=*=openblas', 'numpy'],
    ['numpy >=1.26|<1 pandas', 'numpy>=1.26|<1', 'pandas'],
    ['numpy "~=1.26" pandas', 'numpy~=1.26', 'pandas'],
    ['conda-forge::numpy 1.26', 'conda-forge::numpy==1.26'],
    ['numpy [version=1.26] pandas', 'numpy==1.26', 'pandas'],
    ['tzdata 2024a openssl 1.1.1w', 'tzdata==2024a', 'openssl==1.1.1w'],
    ['r-base 4.3 r-essentials', 'r-base==4.3', 'r-essentials'],
    ['python 7zip', 'python', '7zip'],
    ['7zip 23.01', '7zip==23.01'],
  ],
  'commas, semicolons and lines': [
    ['python=3.11, numpy, pandas', 'python=3.11', 'numpy', 'pandas'],
    [
      'python=3.11, numpy>=1.26,<2, conda-forge::pandas=2.2',
      'python=3.11',
      'numpy>=1.26,<2',
      'conda-forge::pandas=2.2',
    ],
    ['python>=3.10 , <3.12 , numpy', 'python>=3.10,<3.12', 'numpy'],
    ['numpy,pandas>=2,scipy', 'numpy', 'pandas>=2', 'scipy'],
    ['numpy=1.26, 7zip', 'numpy=1.26', '7zip'],
    ['numpy; pandas;', 'numpy', 'pandas'],
    ['numpy;pandas>=2;scipy', 'numpy', 'pandas>=2', 'scipy'],
    ['numpy, pandas.', 'numpy', 'pandas'],
    ['python=3.11\nnumpy\r\npandas', 'python=3.11', 'numpy', 'pandas'],
    ['- numpy\n- pandas', 'numpy', 'pandas'],
    ['• numpy\n•pandas', 'numpy', 'pandas'],
    ['1. numpy\n2. pandas', 'numpy', 'pandas'],
    ['numpy # fast\n# and\npandas', 'numpy', 'pandas'],
  ],
  'quotes and brackets': [
    ['"pandas 2.2.*"', 'pandas=2.2.*'],
    ['“numpy >=1.26” ‘pandas’', 'numpy>=1.26', 'pandas'],
    ['"numpy, pandas >=2"', 'numpy', 'pandas>=2'],
    ['"numpy pandas"', 'numpy', 'pandas'],
    ['pandas=="2.2.*"', 'pandas=2.2.*'],
    ["numpy[version='>=1.26,<2',build=py311*] pandas", 'numpy>=1.26,<2[build=py311*]', 'pandas'],
    [`"numpy[version='>=1.26']"`, 'numpy>=1.26'],
    [`numpy[version=">=1.26, <2"]`, 'numpy>=1.26,<2'],
  ],
  'the marks of chat clients, keyboards and pages': [
    ['`numpy` `pandas>=2`', 'numpy', 'pandas>=2'],
    ['```\nnumpy\npandas\n```', 'numpy', 'pandas'],
    ['numpy&gt;=1.26,&lt;2', 'numpy>=1.26,<2'],
    ['numpy&amp;gt;=1.26', 'numpy>=1.26'],
    ['*numpy* pandas', 'numpy', 'pandas'],
    ['python=3.11 *numpy*', 'python=3.11', 'numpy'],
    ['*numpy pandas* scipy', 'numpy', 'pandas', 'scipy'],
    ['_numpy_ _libgcc_mutex', 'numpy', '_libgcc_mutex'],
    ['scikit–learn python‑dateutil', 'scikit-learn', 'python-dateutil'],
    ['—layout global numpy –c lab', 'numpy'],
    ['numpy\u00a0pandas\u3000scipy', 'numpy', 'pandas', 'scipy'],
    ['\u200bnumpy\ufeff pandas', 'numpy', 'pandas'],
    ['ｎｕｍｐｙ＝１．２６、pandas', 'numpy=1.26', 'pandas'],
    ['numpy≥1.26 pandas≠2.0', 'numpy>=1.26', 'pandas!=2.0'],
    ['&gt; numpy\tpandas', 'numpy', 'pandas'],
    ['pip install numpy==1.26 pandas', 'numpy==1.26', 'pandas'],
    ['conda install numpy pandas', 'numpy', 'pandas'],
    ['numpy&#62;=1.26 pandas&#x3E;=2', 'numpy>=1.26', 'pandas>=2'],
    ['```text\nnumpy\npandas\n```', 'numpy', 'pandas'],
    ['(1) numpy\n(2) pandas', 'numpy', 'pandas'],
    ['- [ ] numpy\n- [x] pandas', 'numpy', 'pandas'],
    ['numpy, pandas!', 'numpy', 'pandas'],
  ],
  'words, signs and brackets around a list': [
    ['python=3.11, numpy, and pandas', 'python=3.11', 'numpy', 'pandas'],
    ['numpy &amp; pandas + scipy', 'numpy', 'pandas', 'scipy'],
    ['python 3.11 + numpy 1.26', 'python==3.11', 'numpy==1.26'],
    ['[numpy, "pandas>=2"]', 'numpy', 'pandas>=2'],
    ['(numpy, pandas)', 'numpy', 'pandas'],
    ['"numpy>=1.26,<2","pandas"', 'numpy>=1.26,<2', 'pandas'],
    ['_openmp_mutex 4.5 2_gnu numpy', '_openmp_mutex==4.5=2_gnu', 'numpy'],
  ],
  'rows of conda list': [
    ['numpy  1.26.4  py311h64a7726_0  lab', 'lab::numpy=1.26.4=py311h64a7726_0'],
    ['numpy 1.26.4 py311_0 conda-forge', 'conda-forge::numpy=1.26.4=py311_0'],
    ['numpy 1.26.4 py311_0 pandas', 'numpy==1.26.4=py311_0', 'pandas'],
    [
      [
        ...['# packages in environment at /opt/x:', '#'],
        '# Name                    Version                   Build  Channel',
        '_libgcc_mutex             0.1                 conda_forge    conda-forge',
        'bzip2                     1.0.8               h4bc722e_7',
        'torch                     2.1                      pypi_0    pypi',
      ].join('\n'),
      'conda-forge::_libgcc_mutex=0.1=conda_forge',
      'bzip2=1.0.8=h4bc722e_7',
      'torch==2.1',
    ],
  ],
  'commands of installers': [
    ['conda install -y numpy; conda install pandas', 'numpy', 'pandas'],
    ['!pip install -q numpy pandas', 'numpy', 'pandas'],
    ['python -m pip install --upgrade numpy', 'numpy'],
    ['uv pip install numpy', 'numpy'],
    ['pixi add numpy', 'numpy'],
    ['poetry add numpy', 'numpy'],
    ['%conda install -y numpy', 'numpy'],
    ['conda install -n base numpy && conda install pandas', 'numpy', 'pandas'],
    ['numpy \\\n  pandas', 'numpy', 'pandas'],
    ['numpy -y -q --override-channels --solver libmamba', 'numpy'],
  ],
};

describe('packages are understood', () => {
  for (const [kind, texts] of Object.entries(UNDERSTOOD)) {
    it(`through ${kind}`, () => {
      for (const [text, ...specs] of texts) assert.deepEqual(meaning(text), specs, text);
    });
  }

  it('behind the prompt of a terminal', () => {
    for (const prompt of [
      '(base) ana@host:~$ ',
      '(base) [ana@host ~]$ ',
      'PS C:\\Users\\ana> ',
      'In [1]: !',
      'ana@mac ~ % ',
      '# ',
    ]) {
      const text = `${prompt}conda create -n x python=3.11 && conda activate x`;
      const parsed = parseCommand(text, commands, settings);
      if (parsed.kind !== 'command') assert.fail(prompt);
      assert.equal(parsed.arguments.name, 'x');
      assert.deepEqual((parsed.arguments.specs as Spec[]).map(formatSpec), ['python=3.11'], prompt);
    }
  });

  it('in a command of conda, pasted whole', () => {
    const parsed = parseCommand('$ conda create -n x -c lab -y python=3.11', commands, settings);
    if (parsed.kind !== 'command') assert.fail(JSON.stringify(parsed));
    assert.equal(parsed.command.name, 'create');
    assert.equal(parsed.arguments.name, 'x');
    assert.deepEqual((parsed.arguments.specs as Spec[]).map(formatSpec), ['python=3.11']);
  });
});

/** Text, the part that is wrong, and the spec it comes nearest to. */
const REFUSED: readonly (readonly [text: string, wrong: string, nearest: string | null])[] = [
  ['numpy@1.26', '@', 'numpy=1.26'],
  ['numpy=>1.26', '=>1.26', 'numpy>=1.26'],
  ['numpy^1.2', '^', 'numpy>=1.2,<2'],
  ['numpy=1.*.3', '=1.*.3', 'numpy=1.*'],
  ['numpy~=1.26.*', '~=1.26.*', 'numpy~=1.26'],
  ['numpy,>=1.26', 'numpy,', 'numpy>=1.26'],
  ['numpy (>=1.26)', '(', 'numpy>=1.26'],
  ['numpy >=1.26 <2', '>=1.26 <2', 'numpy>=1.26,<2'],
  ['numpy=1.26,,<2', '=1.26,,<2', 'numpy=1.26,<2'],
  ['num\u0440y', '\u0440', 'numpy'],
  ['>=1.26', '>=1.26', null],
  ['3.11', '3.11', null],
  ['conda-forge :: numpy', 'conda-forge ', 'conda-forge::numpy'],
  ['nümpy', 'ü', 'numpy'],
  ['dask[complete]', '[complete]', 'dask'],
  ['numpy[url=http://x/y]', 'http://x/y]', 'numpy'],
  ['numpy[foo=1]', 'foo=1', 'numpy'],
  ['numpy[build_number=x]', 'x', 'numpy'],
  ['conda-forge:numpy', ':', 'conda-forge::numpy'],
  ['pip:numpy', ':', 'numpy'],
  [
    'https://conda.anaconda.org/conda-forge::numpy',
    'https://conda.anaconda.org/conda-forge::numpy',
    'conda-forge::numpy',
  ],
  ['conda-forge/osx-64::numpy', 'osx-64', 'conda-forge::numpy'],
  ['python v3.11', 'v3.11', 'python=3.11'],
  ['numpy @ https://host.test/a.whl', 'https://host.test/a.whl', 'numpy'],
  ['numpy;python_version<"3.12"', ';python_version<"3.12"', 'numpy'],
  [
    "numpy==1.26 ; python_version < '3.12' and sys_platform == 'linux'",
    "; python_version < '3.12' and sys_platform == 'linux'",
    'numpy==1.26',
  ],
  ['python: 3.11', ':', 'python=3.11'],
  ['numpy-1.26.4', 'numpy-1.26.4', 'numpy==1.26.4'],
  ['numpy-1.26.4-py311_0', 'numpy-1.26.4-py311_0', 'numpy==1.26.4'],
  ['numpy-1.26.4.tar.gz', 'numpy-1.26.4.tar.gz', 'numpy==1.26.4'],
  ['python3.11', 'python3.11', 'python=3.11'],
  ['v1.26', 'v1.26', null],
  ["numpy[verison='>=1']", "verison='>=1'", "numpy[version='>=1']"],
  ['numpy[subdir=linux64]', 'linux64', 'numpy[subdir=linux-64]'],
  ['numpy~1.26', '~1.26', 'numpy~=1.26'],
  ['dask[complete]==2024.1', '[complete]', 'dask==2024.1'],
  ['dask[complete]>=2; python_version<"3"', '; python_version<"3"', 'dask>=2'],
  ['git+https://host.test/a/b.git@main', 'git+https://host.test/a/b.git@main', null],
  ['nu*py', 'nu*py', null],
  ['__glibc>=2.17', '__glibc', null],
  [':snake:', ':snake:', null],
  ['🐍', '🐍', null],
  ['<@U123>', '<@U123>', null],
];

describe('what is no package is refused', () => {
  for (const [text, wrong, nearest] of REFUSED) {
    it(`${text}: ${wrong}`, () => {
      const { all, repair } = mistakes(BEFORE + text);
      assert.deepEqual(
        all.map((mistake) => [mistake.code, mistake.wrong]),
        [['bad-spec', wrong]],
      );
      assert.equal(repair, nearest === null ? null : `${BEFORE}${nearest}`);
      if (nearest === null) return;
      assert.match(all[0]?.suggestion ?? '', /^Did you mean `/);
      meaning(nearest);
    });
  }

  it('with every mistake at once, and the whole command mended', () => {
    const { all, repair } = mistakes(`${BEFORE}numpy@1.26 pandas=> 2 scipy --layout lcal`);
    assert.deepEqual(
      all.map(({ code, wrong }) => `${code} ${wrong}`),
      ['bad-spec @', 'bad-spec => 2', 'unknown-layout lcal'],
    );
    assert.equal(repair, `${BEFORE}numpy=1.26 pandas>=2 scipy --layout local`);
  });

  it('and an answer says all of them', () => {
    const parsed = parseCommand(`${BEFORE}numpy@1.26 pandas=>2`, commands, settings);
    assert.ok(parsed.kind === 'error');
    const text = renderText(refusal(parsed.error, parsed.typed), settings);
    for (const words of [
      '`numpy@1.26` is',
      '`pandas=>2` is',
      'create churn numpy=1.26 pandas>=2',
    ]) {
      assert.ok(text.replaceAll('‘', '`').includes(words), text);
    }
    const failure = toFailure(parsed.error);
    assert.match(failure.message, /`numpy@1\.26` is.*`pandas=>2` is/);
    assert.match(failure.suggestion ?? '', /`numpy=1\.26`.*`pandas>=2`/);
  });

  it('of pip’s command with what pip would be asked for, too', () => {
    const { offers } = mistakes('pip install "requests>=2" rich');
    assert.deepEqual(offers, [
      'create my-env "requests>=2" rich',
      'create my-env python --pip "requests>=2" --pip rich',
    ]);
    assert.deepEqual(mistakes('pip install requests[socks]').offers, [
      'create my-env python --pip requests[socks]',
    ]);
  });

  it('with the command to type for one of pip or conda', () => {
    for (const [text, instead] of [
      ['pip install numpy==1.26', 'create my-env numpy==1.26'],
      ['conda install -n churn -y numpy', 'add churn numpy'],
      ['conda update --name churn numpy', 'update churn numpy'],
      ['mamba update -n churn', 'update churn'],
      ['conda remove -n churn numpy scipy', 'remove churn numpy scipy'],
      ['conda install -n base numpy', 'create base numpy'],
      ['conda install numpy && conda install pandas', 'create my-env numpy pandas'],
      ['conda install -y numpy; conda install pandas', 'create my-env numpy pandas'],
      ['pixi add numpy', 'create my-env numpy'],
      ['poetry add "numpy>=1" --group dev', 'create my-env "numpy>=1"'],
      ['uv add -c lab numpy', 'create my-env -c lab numpy'],
    ] as const) {
      const [mistake] = mistakes(text).all;
      assert.equal(mistake?.code, 'foreign-command');
      assert.equal(mistake?.suggestion, `Did you mean \`/conda-env ${instead}\`?`, text);
      assert.equal(parseCommand(instead, commands, settings).kind, 'command');
    }
  });

  it('with what to do instead of an option of pip or conda', () => {
    for (const [text, wrong, suggestion, repair] of [
      ['-r requirements.txt', '-r requirements.txt', /paste the packages/, null],
      ['numpy -f environment.yml', '-f environment.yml', /paste the packages/, null],
      ['-rreq.txt', '-rreq.txt', /paste the packages/, null],
      ['--file=spec.txt numpy', '--file=spec.txt', /paste the packages/, null],
      ['-e . numpy', '-e .', /--project/, null],
      ['numpy==1 --hash=sha256:ab scipy', '--hash=sha256:ab', /out/, 'numpy==1 scipy'],
      ['-i https://host.test/simple numpy', '-i https://host.test/simple', /-c NAME/, 'numpy'],
    ] as const) {
      const { all, repair: offered } = mistakes(BEFORE + text);
      assert.deepEqual(
        all.map((mistake) => [mistake.code, mistake.wrong]),
        [['foreign-option', wrong]],
      );
      assert.match(all[0]?.suggestion ?? '', suggestion);
      assert.equal(offered, repair && BEFORE + repair);
    }
  });

  it('by the name of a channel that is not configured', () => {
    const [mistake] = mistakes(`${BEFORE}pkgs/main::numpy`).all;
    assert.equal(mistake?.code, 'unknown-channel');
    assert.equal(mistake?.wrong, 'pkgs/main');
    const channels = [{ name: 'pkgs/main', default: true }];
    const text = `${BEFORE}pkgs/main/linux-64::numpy`;
    assert.equal(parseCommand(text, commands, { ...settings, channels }).kind, 'command');
  });

  it('where a character is hidden inside a word', () => {
    for (const text of ['nu\u200bmpy', 'nu\u202empy', 'numpy\u202e', 'nu\u00admpy']) {
      const { all } = mistakes(BEFORE + text);
      assert.equal(all[0]?.code, 'control-character', JSON.stringify(text));
    }
  });
});

it('an application’s own arguments stay as they are', () => {
  const parsed = parseCommand('run churn spark-submit -- a.py `x` “y” *z*', commands, settings);
  if (parsed.kind !== 'command') assert.fail(JSON.stringify(parsed));
  assert.deepEqual(parsed.arguments.rest, ['a.py', '`x`', '“y”', '*z*']);
});
