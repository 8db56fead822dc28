import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FerryError } from '../../src/domain/errors.ts';
import { formatRequirement, parseRequirement } from '../../src/domain/pip.ts';
import { holds, pythonsOf } from '../../src/domain/pip-marker.ts';
import fc from '../harness/properties.ts';

describe('a requirement of pip', () => {
  test('is read with its extras, constraints, marker and address, in the form pip compares', () => {
    for (const [typed, written] of [
      ['numpy', 'numpy'],
      ['Flask_SQLAlchemy ~= 3.0', 'flask-sqlalchemy~=3.0'],
      ['zope..interface', 'zope-interface'],
      ['requests [Socks, security] >= 2.28 , < 3', 'requests[security,socks]>=2.28,<3'],
      ['numpy (>=1.26,<2)', 'numpy>=1.26,<2'],
      ['numpy==1.26.*, !=1.26.1,', 'numpy==1.26.*,!=1.26.1'],
      ['torch==2.1.0+cu118', 'torch==2.1.0+cu118'],
      ['old===1.0-custom', 'old===1.0-custom'],
      ['tomli>=2 ;  python_version  < "3.11"', 'tomli>=2; python_version < "3.11"'],
      ['own@https://a.b/own.whl', 'own @ https://a.b/own.whl'],
      ['own @ https://a.b/o;p.whl ; os_name=="nt"', 'own @ https://a.b/o;p.whl ; os_name=="nt"'],
      ['numpy;', 'numpy'],
    ] as const) {
      assert.equal(formatRequirement(parseRequirement(typed)), written);
    }
  });

  test('that is none says what to write instead', () => {
    for (const [typed, says] of [
      ['numpy=1.26', /has no operator of pip.*Write `numpy==1\.26`/s],
      ['numpy 1.26', /has no operator of pip.*Write `numpy==1\.26`/s],
      ['pandas >=1.0 <2.0', /two constraints need a `,`.*Write `pandas>=1\.0,<2\.0`/s],
      ['scipy>=1.*', /only after `==` and `!=`.*Write `scipy>=1`/s],
      ['scipy~=1', /two parts or more.*Write `scipy~=1\.0`/s],
      ['numpy, pandas', /a `,` stands between two constraints/],
      ['numpy>=', /there is no version after `>=`/],
      ['numpy==one', /`one` is not a version/],
      ['two words', /`words` is not a version constraint/],
      ['numpy[a b]', /`a b` is not an extra/],
      ['==1.0', /is not the name of a package/],
      ['', /is not the name of a package/],
    ] as const) {
      assert.throws(
        () => parseRequirement(typed),
        (error) =>
          error instanceof FerryError &&
          error.code === 'bad-requirement' &&
          says.test(`${error.message} ${error.suggestion}`),
        typed,
      );
    }
  });

  test('is the same when what was read is read again', () => {
    const word = fc.constantFrom(
      ...'ab1.-_[],;@<>=!~*() "\'+'.split(''),
      'numpy',
      '>=1',
      '1.0',
      ' @ ',
    );
    const text = fc.array(word, { maxLength: 12 }).map((words) => words.join(''));
    fc.assert(
      fc.property(text, (typed) => {
        let read: ReturnType<typeof parseRequirement>;
        try {
          read = parseRequirement(typed);
        } catch (error) {
          assert.ok(error instanceof FerryError, typed);
          return;
        }
        assert.deepEqual(parseRequirement(formatRequirement(read)), read);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('a marker', () => {
  const judged = (marker: string, python: string | null = null) =>
    holds(marker, 'linux-64', pythonsOf(python));

  test('on the platform is certain', () => {
    for (const [marker, expected] of [
      ['sys_platform == "linux"', true],
      ["sys_platform=='win32'", false],
      ['platform_system != "Windows"', true],
      ['os_name == "nt" or sys_platform == "darwin"', false],
      ['sys_platform in "linux darwin"', true],
      ['"win" not in sys_platform', true],
      ['platform_machine == "x86_64"', true],
      ['platform_machine == "arm64" and python_version < "3.9"', false],
      ['(platform_python_implementation == "CPython")', true],
      ['extra == "test"', false],
      ['platform_release >= "5"', null],
    ] as const) {
      assert.equal(judged(marker), expected, marker);
    }
  });

  test('on Python is as certain as what is known of Python', () => {
    for (const [marker, python, expected] of [
      ['python_version < "3.9"', null, null],
      ['python_version < "3.9"', '=3.11', false],
      ['python_version >= "3.9"', '=3.11.4', true],
      ['python_version < "3.11"', '>=3.9,<3.13', null],
      ['python_version < "3.8"', '>=3.9,<3.13', false],
      ['"3.8" > python_version', '>=3.9', false],
      ['python_version == "3.9"', '=3.9', true],
      ['python_version == "3.*"', '>=3.8', true],
      ['python_version in "3.8 3.9"', '=3.9', true],
      ['python_full_version < "3.9.2"', '==3.9.1', true],
      ['python_full_version < "3.9.2"', '=3.9', null],
      ['python_version < "3.9" or sys_platform == "linux"', null, true],
      ['python_version >= "3.10"', '=3.9', false],
    ] as const) {
      assert.equal(judged(marker, python), expected, `${marker} with python${python}`);
    }
  });

  test('that is none is left for pip to judge', () => {
    for (const marker of [
      '',
      'python_version',
      'a == b',
      '"a" == "b"',
      '((',
      'x < "1" and',
      '!!',
    ]) {
      assert.equal(judged(marker, '=3.11'), null, marker);
    }
  });
});
