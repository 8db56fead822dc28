import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { FerryError } from '../../src/domain/errors.ts';
import type { ReadSettings } from '../../src/reading/content.ts';
import { FORMATS } from '../../src/reading/formats.ts';
import { readPackagesFile } from '../../src/reading/read-file.ts';
import fc from '../harness/properties.ts';

const SETTINGS: ReadSettings = { platform: 'linux-64', channels: null, groups: ['dev'], has: null };
const FILES = join(import.meta.dirname, 'files');

const bytesOf = (text: string) => new TextEncoder().encode(text);
const read = (name: string, content: string | Uint8Array) =>
  readPackagesFile(name, typeof content === 'string' ? bytesOf(content) : content, SETTINGS);

/** What a file as a whole is refused with. */
function refusal(name: string, content: string | Uint8Array): FerryError {
  try {
    read(name, content);
  } catch (error) {
    if (error instanceof FerryError) return error;
    throw error;
  }
  throw new Error(`${name} was read`);
}

describe('a file that cannot be read is refused in words', () => {
  test('a large one says how many bytes it has, and how many are read', () => {
    const error = refusal('requirements.txt', 'numpy\n'.repeat(400_000));
    assert.equal(error.code, 'file-too-large');
    assert.match(error.message, /2400000 bytes.*2000000 bytes/);
    assert.equal(read('requirements.txt', 'numpy\n'.repeat(300_000)).pip.length, 1);
  });

  test('an address whose file is that of a package with another name is none', () => {
    const address =
      'https://conda.anaconda.org/conda-forge/noarch/ca-certificates%2D2024.1-0.conda';
    const { lock, refused } = read('explicit.txt', `@EXPLICIT\n${address}\n`);
    assert.deepEqual(lock?.packages, []);
    assert.match(refused[0]?.message ?? '', /is not the address of a conda package/);
  });

  test('one with more packages than anybody builds says how many they are', () => {
    const rows = Array.from({ length: 3_001 }, (_, index) => `p${index}`);
    const error = refusal('requirements.txt', rows.join('\n'));
    assert.equal(error.code, 'file-too-large');
    assert.match(error.message, /names 3001 packages; at most 3000/);
    assert.equal(read('requirements.txt', rows.slice(1).join('\n')).pip.length, 3_000);
  });

  test('one that says more and more of a package refuses the rows that are too many', () => {
    const rows = Array.from({ length: 20_000 }, (_, index) => `numpy>=${index}`);
    const files = {
      'requirements.txt': rows.join('\n'),
      'environment.yml': `dependencies:\n${rows.map((row) => `  - ${row}`).join('\n')}`,
    };
    for (const [name, text] of Object.entries(files)) {
      const { refused } = read(name, text);
      assert.ok(refused.length > 19_000, `${name}: ${refused.length}`);
      assert.match(refused[0]?.message ?? '', /`numpy` is asked for too often/);
    }
  });

  test('a mapping of as many keys as fit in is read in the time of as many rows', () => {
    const keys = Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`);
    const before = process.cpuUsage();
    const { refused, notes } = read('environment.yml', `${keys.join('\n')}\nk7: 2\n`);
    const { user } = process.cpuUsage(before);
    assert.ok(user < 3_000_000, `${user / 1000} ms`);
    assert.equal(notes.length, 20_000);
    assert.match(refused.at(-1)?.message ?? '', /stands in the file twice/);
    assert.equal(refused.at(-1)?.line, 20_001);
  });

  test('one whose row never ends is refused or read in the time of any other', () => {
    const blanks = ' '.repeat(20_000);
    for (const row of [`0=${blanks}=${blanks}x`, `c${blanks}${blanks}c`, '-'.repeat(48_000)]) {
      for (const [name, text] of [
        ['requirements.txt', `numpy\n${row}\n`],
        ['environment.yml', `dependencies:\n  - numpy\n  - ${row}\n`],
      ] as const) {
        const before = process.cpuUsage();
        read(name, text);
        const { user } = process.cpuUsage(before);
        assert.ok(user < 1_500_000, `${name} ${row.slice(0, 5)}: ${user / 1000} ms`);
      }
    }
  });

  test('one whose rows stand in each other on one line is refused in words', () => {
    const { refused } = read('environment.yml', `dependencies:\n  - a${' : a'.repeat(12_000)}\n`);
    assert.match(refused[0]?.message ?? '', /This is not YAML: /);
  });

  test('an empty one, one without text, and an archive say what they are', () => {
    assert.equal(refusal('environment.yml', '').code, 'file-empty');
    assert.equal(refusal('environment.yml', '\uFEFF \n\n').code, 'file-empty');
    assert.match(refusal('requirements.txt', gzipSync('numpy')).message, /compressed with gzip/);
    assert.equal(
      refusal('requirements.txt', new Uint8Array([1, 2, 3, 0, 9])).code,
      'file-not-text',
    );
  });

  test('a file of another kind says what to give in its place', () => {
    for (const [name, content, says] of [
      ['uv.lock', 'version = 1\n', /uv export/],
      ['Pipfile', '[packages]\nnumpy = "*"\n', /pipenv requirements/],
      [
        'meta.yaml',
        'package:\n  name: churn\nrequirements:\n  run:\n    - numpy\n',
        /environment\.yml/,
      ],
      ['notes', 'Dear all, this is no list of packages.\n', /requirements\.txt/],
    ] as const) {
      const error = refusal(name, content);
      assert.equal(error.code, 'file-unknown', name);
      assert.match(error.suggestion ?? '', says);
    }
  });

  test('YAML that would fill the memory is refused, and quickly', () => {
    const levels = Array.from({ length: 30 }, (_, at) => {
      const before =
        at === 0
          ? 'numpy'
          : Array(9)
              .fill(`*a${at - 1}`)
              .join(', ');
      return `x${at}: &a${at} [${before}]`;
    });
    const merges = Array.from({ length: 30 }, (_, at) =>
      at === 0 ? 'x0: &a0 {k: v}' : `x${at}: &a${at} {<<: [*a${at - 1}, *a${at - 1}]}`,
    );
    for (const content of [
      [...levels, 'dependencies: *a29'].join('\n'),
      [...merges, 'dependencies: [numpy]'].join('\n'),
      `dependencies: ${'['.repeat(100_000)}`,
      `dependencies:\n${'- '.repeat(100_000)}x`,
      'dependencies: *nothing\n',
    ]) {
      const { specs, refused } = read('environment.yml', content);
      assert.deepEqual(specs, []);
      assert.ok(refused.length > 0 && refused.length < 5);
    }
  });

  test('YAML deeper than any list of packages is not given to the parser, and its line is named', () => {
    for (const content of [
      `name: churn\ndependencies: ${'['.repeat(101)}`,
      `name: churn\ndependencies: ${'- '.repeat(101)}x`,
    ]) {
      const { refused } = read('environment.yml', content);
      const deep = refused.filter(({ message }) => /more than 100 deep/.test(message));
      assert.deepEqual(
        deep.map(({ line }) => line),
        [2],
      );
    }
  });

  test('TOML that is nested too deeply is refused', () => {
    const { refused } = read('pyproject.toml', `[project]\nx = ${'['.repeat(100_000)}`);
    assert.equal(refused.length, 1);
  });
});

describe('whatever a file holds, each row is read or refused', () => {
  const NAMES = [
    ...['environment.yml', 'requirements.txt', 'explicit.txt', 'package-list.txt'],
    ...['conda-lock.yml', 'pixi.lock', 'pixi.toml', 'pyproject.toml', 'file'],
  ];
  /** Reads, or refuses the file; everything else is a defect. */
  const survives = (name: string, bytes: Uint8Array): void => {
    try {
      const { refused } = readPackagesFile(name, bytes, SETTINGS);
      for (const { line, message } of refused) assert.ok(line >= 1 && message !== '');
    } catch (error) {
      if (!(error instanceof FerryError)) throw error;
    }
  };

  test('for bytes of any kind', () => {
    fc.assert(fc.property(fc.constantFrom(...NAMES), fc.uint8Array({ maxLength: 400 }), survives));
  });

  test('for texts made of the words of these files', () => {
    const word = fc.constantFrom(
      ...[
        'name',
        'channels',
        'dependencies',
        'pip',
        'package',
        'packages',
        'environments',
        'default',
      ],
      ...[
        'version',
        'platform',
        'linux-64',
        'url',
        'conda',
        '[project]',
        '[tool.poetry]',
        '@EXPLICIT',
      ],
      ...[
        '[tool.poetry.dependencies]',
        '[dependencies]',
        '[workspace]',
        '[tool.pixi.dependencies]',
      ],
      ...[
        'numpy',
        '1.26',
        '>=',
        '=',
        '==',
        '^',
        '~',
        '*',
        '|',
        ',',
        ';',
        '#',
        '@',
        '::',
        '-r',
        '-e ',
        'null',
      ],
      ...[
        ': ',
        ':',
        '- ',
        '\n',
        '\n  ',
        '\n    ',
        '\t',
        '"',
        "'",
        '[',
        ']',
        '{',
        '}',
        '&a',
        '*a',
        '\\\n',
      ],
      ...[
        'python_version < "3.9"',
        'https://conda.anaconda.org/conda-forge/noarch/a-1-0.conda',
        '__proto__',
      ],
    );
    const text = fc.array(word, { maxLength: 40 }).map((words) => bytesOf(words.join('')));
    fc.assert(fc.property(fc.constantFrom(...NAMES), text, survives), { numRuns: 2000 });
  });

  test('for values of any kind below the keys of YAML files', () => {
    const keys = [
      'name',
      'channels',
      'dependencies',
      'variables',
      'platforms',
      'package',
      'metadata',
    ];
    const more = [
      'environments',
      'packages',
      'pip',
      'default',
      'linux-64',
      'conda',
      'pypi',
      'url',
      'hash',
    ];
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom(null, 1, true, '', 'numpy', 'linux-64', 'https://a.b/c'),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...keys, ...more, '__proto__'), tie('value'), { maxKeys: 5 }),
      ),
    }));
    const names = fc.constantFrom('environment.yml', 'conda-lock.yml', 'pixi.lock');
    const bytes = value.map((json) => bytesOf(JSON.stringify(json)));
    fc.assert(fc.property(names, bytes, survives), { numRuns: 1000 });
  });

  test('for published files with a part of them changed', () => {
    const published = readdirSync(FILES).flatMap((folder) =>
      readdirSync(join(FILES, folder))
        .filter((name) => !name.startsWith('expected.'))
        .map((name) => ({ name, text: readFileSync(join(FILES, folder, name), 'latin1') })),
    );
    const change = fc.record({
      file: fc.constantFrom(...published),
      at: fc.nat(2000),
      length: fc.nat(20),
      by: fc.oneof(fc.string({ maxLength: 6 }), fc.constantFrom('\n', ': ', '- ', '[]', '{}', '"')),
    });
    fc.assert(
      fc.property(change, ({ file, at, length, by }) => {
        const start = at % file.text.length;
        const text = file.text.slice(0, start) + by + file.text.slice(start + length);
        survives(file.name, Buffer.from(text, 'latin1'));
      }),
      { numRuns: 1500 },
    );
  });
});

test('every format is told by its content, whatever the file is called', () => {
  for (const folder of readdirSync(FILES)) {
    const [name = ''] = readdirSync(join(FILES, folder)).filter(
      (each) => !each.startsWith('expected.'),
    );
    // What is neither a row nor a key of any format needs its name.
    if (['conda-list-root', 'requirements-mistakes'].includes(folder)) continue;
    const bytes = readFileSync(join(FILES, folder, name));
    const { format } = readPackagesFile(name, bytes, SETTINGS);
    assert.equal(readPackagesFile('file', bytes, SETTINGS).format, format, folder);
    assert.ok(FORMATS.some((each) => each.name === format));
  }
});
