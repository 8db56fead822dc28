import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseRequirement } from '../../src/domain/pip.ts';
import { explainPipRefusal, refusedByConda } from '../../src/domain/pip-refusal.ts';
import { locked } from '../pipeline/world.ts';

const packages = ['python 3.11.9', 'six 1.17.0', 'pytorch 2.1.0', 'numpy 1.26.4'].map((text) => ({
  ...locked(text),
  build: text.startsWith('python') ? 'h1_0_cpython' : 'py311_0',
}));
const lock = { packages };

/** As uv 0.13 writes them. */
const FOUND = (name: string) => `

hint: \`${name}\` was found on file:///srv/data/pip/work-x/conda, but not at the requested version.`;
const refused = (cause: string) =>
  `error: No solution found when resolving dependencies\n  cause: ${cause}`;
const UNSATISFIABLE = 'we can conclude that your requirements are unsatisfiable.';

describe('what is asked of pip and conda has in another version', () => {
  const cases: readonly (readonly [asked: string, says: RegExp | null, instead: string | null])[] =
    [
      ['six>=2', /you ask pip for `six>=2` and conda has `six 1\.17\.0`/, 'six>=2'],
      ['torch<2', /`torch<2` and conda has `pytorch 2\.1\.0`/, 'pytorch<2'],
      ['numpy==1.26.*', null, null],
      ['six', null, null],
      ['requests>=99', null, null],
    ];
  for (const [asked, says, instead] of cases) {
    test(`${asked} is ${says ? 'refused' : 'satisfied, or not for conda to say'}`, () => {
      const refusal = refusedByConda([parseRequirement(asked)], lock);
      if (says === null) return assert.equal(refusal, null);
      assert.match(refusal?.message ?? '', says);
      const { conda, specifier } = refusal?.instead ?? {};
      assert.equal(`${conda}${specifier}`, instead);
    });
  }
});

describe('what uv refuses', () => {
  const cases: readonly (readonly [
    what: string,
    details: string,
    says: RegExp,
    instead?: string,
  ])[] = [
    [
      'a package that needs what conda has not',
      refused(`Because only six==1.17.0 is available and all versions of modern depend on six>=2, we can conclude that all versions of modern cannot be used.
         And because you require modern, ${UNSATISFIABLE}${FOUND('six')}`),
      /`modern` needs `six>=2` and conda has `six 1\.17\.0`/,
      'six>=2',
    ],
    [
      'one with several versions that need different ones',
      refused(`Because only six==1.17.0 is available and multi<=1.0 depends on six>=2, we can conclude that multi<=1.0 cannot be used.
         And because only the following versions of multi are available:
             multi<=1.0
             multi>=2.0
         we can conclude that multi<2.0 cannot be used. (1)

         Because only six==1.17.0 is available and multi>=2.0 depends on six>=3,<4, we can conclude that multi>=2.0 cannot be used.
         And because you require multi, ${UNSATISFIABLE}${FOUND('six')}`),
      /`multi` needs `six>=2`, `multi` needs `six>=3,<4` and conda has/,
      'six>=2',
    ],
    [
      'one whose need is said with a marker',
      refused(`Because pandas==3.0.0 depends on numpy{python_full_version < '3.12'}>=2 and only numpy==1.26.4 is available, we can conclude that pandas==3.0.0 cannot be used.
         And because you require pandas==3.0.0, ${UNSATISFIABLE}${FOUND('numpy')}`),
      /`pandas` needs `numpy>=2` and conda has `numpy 1\.26\.4`/,
      'numpy>=2',
    ],
    [
      'a name that no index has',
      refused(
        `Because nowhere was not found in the package registry and all versions of lost depend on nowhere, we can conclude that all versions of lost cannot be used.
         And because you require lost, ${UNSATISFIABLE}`,
      ),
      /^No index of pip has `nowhere`\.$/,
    ],
    [
      'a version that no index has',
      refused(`Because there is no version of loud==9 and you require loud==9, ${UNSATISFIABLE}`),
      /^No index of pip has a version that meets `loud==9`\.$/,
    ],
    [
      'a package without wheels',
      refused(
        `Because pyspark==3.5.1 has no usable wheels and you require pyspark==3.5.1, ${UNSATISFIABLE}

hint: Wheels are required for \`pyspark\` because building from source is disabled for all packages (i.e., with \`--no-build\`)`,
      ),
      /^`pyspark==3\.5\.1` has no wheel for this Python and these nodes: its index has the source alone/,
    ],
    [
      'a package with wheels for other nodes alone',
      refused(
        `Because newlibc==1.0 has no wheels with a matching platform tag (e.g., \`manylinux_2_17_x86_64\`) and only newlibc==1.0 is available, we can conclude that all versions of newlibc cannot be used.
         And because you require newlibc, ${UNSATISFIABLE}`,
      ),
      /^`newlibc==1\.0` has no wheel/,
    ],
    [
      'packages that contradict each other',
      refused(`Because all versions of right depend on loud==2.1 and all versions of left depend on loud<2.1, we can conclude that all versions of left and all versions of right are incompatible.
         And because you require left and right, ${UNSATISFIABLE}`),
      /^What is asked of pip does not go together: Because all versions of right depend on loud==2\.1 and/,
    ],
  ];
  for (const [what, details, says, instead] of cases) {
    test(`is said in words: ${what}`, () => {
      const refusal = explainPipRefusal(details, lock, ['left', 'right'].map(parseRequirement));
      assert.match(refusal.message, says);
      const { conda, specifier } = refusal.instead ?? {};
      assert.equal(refusal.instead && `${conda}${specifier}`, instead ?? null);
      assert.doesNotMatch(refusal.message + refusal.suggestion, /hint|file:|index-strategy/);
    });
  }
});
