import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { explainConflict } from '../../src/domain/conflict-words.ts';
import { parseSpec } from '../../src/domain/spec.ts';

/** What py-rattler 0.28 and conda 26.7 with two solvers said of requests to a channel made for it. */
interface Recorded {
  solver: 'rattler' | 'conda-rattler' | 'conda-classic';
  case: string;
  specs: string[];
  text: string;
}
const recorded: Recorded[] = JSON.parse(
  readFileSync(join(import.meta.dirname, 'data/conflicts.json'), 'utf8'),
);

const SCIPY = /`scipy`( 1\.15\.3)? needs `python` >=3\.11,<3\.12, and `python[^`]*` is asked for/;
const SHARED = /`lib-[abc]`( 1\.0)? needs `shared` \d.*, and `lib-[abc]`( 1\.0)? needs `shared` \d/;

/** By case: what people read. Null: a solver may say nothing of use; then its own words are kept. */
const told: Readonly<Record<string, RegExp>> = {
  'python vs one': SCIPY,
  'python vs exact': SCIPY,
  'python vs two':
    /`(numba|scipy)`.* needs `python` >=3\.11,<3\.12, and `python=3\.9` is asked for/,
  'two conflict': SHARED,
  'three conflict': SHARED,
  'numba numpy2': /`numba`( 0\.59\.0)? needs `numpy` >=1\.22,<1\.27, and `numpy=2\.2` is asked for/,
  llvm: /`numba`( 0\.59\.0)? needs `llvmlite` >=0\.42,<0\.43, and `llvmlite=0\.43` is asked for/,
  broken: /This cannot be built: `broken`( 1\.0)? needs `nowhere` >=2, which is not in the channel/,
  'broken py': /`broken` 1\.0 needs `nowhere` >=2, which is not in/,
  deep: /`bottom` 1\.0 \(for `deep`\) needs `numpy` <1, which is not in/,
  cuda: /`gpu`( 1\.0)? needs CUDA >=12 on the node/,
  glibc: /`newlibc`( 1\.0)? needs glibc >=2\.40, and the nodes have glibc 2\.28/,
  archspec: /`archy`( 1\.0)? needs a processor of the kind `x86_64_v4`/,
  ssl: /`oldssl`( 1\.0)? needs `openssl` <2.*|`python`( 3\.11\.5)? needs `openssl` >=3/,
  'build conflict': /`mklthing`( 1\.0)? needs `blas` \(build mkl\)/,
  constrains: /`constrained` 1\.0 allows only `numpy` <2, and `numpy=2` is asked for/,
  win: /needs Windows/,
  'win noarch': /needs Windows/,
  'noarch python':
    /`pure`.* needs? `python` >=3\.12 or >=3\.8,<3\.10, and `python=3\.11` is asked for/,
  'noarch python low': /`pure`( 0\.9)? needs `python` >=3\.8,<3\.10, and `python=3\.12` is/,
  'pandas old': /`pandas`( 2\.0\.3)? needs `python` >=3\.10,<3\.11, and `python=3\.11` is/,
  'pandas old numpy2': /`pandas`( 2\.0\.3)? needs `(numpy` >=1\.21,<2|python` >=3\.10,<3\.11)/,
  all: SCIPY,
  range: SCIPY,
  or: SCIPY,
  'build and python': /`numpy`( 1\.26\.4)? needs `python` >=3\.10,<3\.11, and `python=3\.11` is/,
  priority: /`numpy` comes only from the first of the channels `over`, `main`/,
  'priority scipy': /`numpy` comes only from the first of the channels `over`, `main`/,
};
/** conda's classic solver names a virtual package in place of these causes. */
const SAID_BADLY = ['broken py', 'deep', 'constrains', 'priority', 'priority scipy'];

function explain(text: string, specs: readonly string[], channels = ['main']) {
  const asked = { specs: specs.map((spec) => parseSpec(spec)), channels, glibc: '2.28' };
  return explainConflict(text, asked);
}

describe('why packages do not go together', () => {
  for (const { solver, case: name, specs, text } of recorded) {
    const isSaid = solver !== 'conda-classic' || !SAID_BADLY.includes(name);
    test(`${solver} on ${specs.join(' ')}: ${isSaid ? 'is said in our words' : 'is left to it'}`, () => {
      const channels = name.startsWith('priority') ? ['over', 'main'] : ['main'];
      const explained = explain(text, specs, channels);
      if (!isSaid) return assert.equal(explained, null);
      assert.match(explained?.message ?? '', told[name] ?? /$^/);
      assert.ok((explained?.message.length ?? 0) < 400);
      assert.doesNotMatch(explained?.message ?? '', /[├└│]|a0|virtual|: `python`.*: `/);
    });
  }

  /** libmamba's trees and lists, as conda's default solver, mamba and micromamba print them. */
  const libmamba: readonly (readonly [text: string, specs: readonly string[], told: RegExp])[] = [
    [
      `Encountered problems while solving:
  - package scipy-1.15.3-py311_0 requires python >=3.11,<3.12.0a0, but none of the providers can be installed

Could not solve for environment specs
The following packages are incompatible
├─ python 3.10** is installable and it requires
│  └─ openssl >=3 *, which can be installed;
└─ scipy =* * is not installable because it requires
   └─ python >=3.11,<3.12.0a0 *, which conflicts with any installable versions previously reported.`,
      ['python=3.10', 'scipy'],
      /`scipy` 1\.15\.3 needs `python` >=3\.11,<3\.12, and `python=3\.10` is asked for/,
    ],
    [
      `error    libmamba Could not solve for environment specs
    The following packages are incompatible
    ├─ numpy =2.2 * is requested and can be installed;
    └─ numba =* * is not installable because there are no viable options
       ├─ numba [0.58.0|0.59.0] would require
       │  └─ numpy >=1.22,<1.27 *, which conflicts with any installable versions previously reported;
       └─ numba 0.50.0 would require
          └─ numpy >=1.15 *, which does not exist (perhaps a missing channel).
critical libmamba Could not solve for environment specs`,
      ['numpy=2.2', 'numba'],
      /`numba` 0\.58\.0 and 0\.59\.0 need `numpy` >=1\.22,<1\.27, and `numpy=2\.2` is/,
    ],
    [
      `Encountered problems while solving:
  - nothing provides __cuda >=12 needed by gpu-1.0-cuda_0

Could not solve for environment specs
The following package could not be installed
└─ gpu =* * is not installable because it requires
   └─ __cuda >=12 *, which is missing on the system.`,
      ['gpu', 'python'],
      /`gpu` 1\.0 needs CUDA >=12/,
    ],
    [
      'package lib-a-1.0-0 requires shared 1.*, but none of the providers can be installed\npackage lib-b-1.0-0 requires shared 2.*, but none of the providers can be installed',
      ['lib-a', 'lib-b'],
      SHARED,
    ],
    [
      '  - nothing provides jpeg 9b needed by imaging-2.2.0-py27_2',
      ['imaging', 'python=3.11'],
      /`imaging` 2\.2\.0 needs `jpeg` 9b, which is not in the channel `main`/,
    ],
    [
      '  - package numpy-2.2.6-py311_0 is excluded by strict repo priority',
      ['scipy'],
      /`numpy` comes only from the first/,
    ],
    [
      '  - package constrained-1.0-0 has constraint numpy <2 conflicting with numpy-2.2.6-py311_0',
      ['constrained', 'numpy=2'],
      /`constrained` 1\.0 allows only `numpy` <2, and `numpy=2` is asked for/,
    ],
  ];
  for (const [text, specs, expected] of libmamba) {
    test(`libmamba on ${specs.join(' ')} is said in our words`, () => {
      assert.match(explain(text, specs)?.message ?? '', expected);
    });
  }

  test('packages that live with each other are not accused', () => {
    const text = `Output in format: Requested package -> Available versions

Package python conflicts for:
python=3.10
pandas=2.2 -> python[version='>=3.10,<3.11.0a0|>=3.12,<3.13.0a0']
scipy -> python[version='>=3.11,<3.12.0a0']The following specifications were found to be`;
    const { message, involved } = explain(text, ['python=3.10', 'pandas=2.2', 'scipy']) ?? {};
    assert.match(message ?? '', SCIPY);
    assert.doesNotMatch(message ?? '', /pandas/);
    assert.deepEqual(involved, ['python']);
  });

  test('what says nothing of a known kind is left alone', () => {
    for (const text of ['', 'Killed', 'Traceback (most recent call last):\n  File "x"', 'a → b']) {
      assert.equal(explain(text, ['python=3.10', 'scipy']), null);
    }
  });

  test('a story of any length is read at once', () => {
    const line =
      '│  ├─ scipy 1.7.0 | 1.7.1 would require\n│  │  └─ python >=3.7,<3.8.0a0, for which no candidates were found.\n';
    const text = `Cannot solve the request because of: scipy * cannot be installed\n${line.repeat(20_000)}`;
    const { message = '' } = explain(text, ['python=3.10', 'scipy']) ?? {};
    assert.match(message, /`scipy` 1\.7\.0 and 1\.7\.1 need `python` >=3\.7,<3\.8/);
  });
});
