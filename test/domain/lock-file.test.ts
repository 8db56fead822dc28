import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { renderText } from '../../src/answers/text.ts';
import type { Lock, LockedWheel } from '../../src/domain/lock.ts';
import { LOCK_FORMATS, type LockFormat, lockFile } from '../../src/domain/lock-file.ts';
import { scalar } from '../../src/domain/lock-files/yaml.ts';
import { readPackagesFile } from '../../src/reading/read-file.ts';
import { parseYaml } from '../../src/reading/yaml.ts';
import { settings } from '../answers/samples.ts';
import fc from '../harness/properties.ts';

const FORGE = 'https://conda.anaconda.org/conda-forge';

function conda(name: string, version: string, build: string, subdir = 'linux-64') {
  const url = `${FORGE}/${subdir}/${name}-${version.replace('!', '%21')}-${build}.conda`;
  const digits = Buffer.from(name).toString('hex');
  return {
    ...{ name, version, build, subdir, channel: 'conda-forge', url, size: 10 },
    ...{ sha256: digits.padEnd(64, '0').slice(0, 64), md5: digits.padEnd(32, '0').slice(0, 32) },
  };
}

const RICH: LockedWheel = {
  ...{ name: 'rich', version: '13.7.0', size: 240_488, sha256: 'a'.repeat(64) },
  url: 'https://files.pythonhosted.org/packages/be/be/rich-13.7.0-py3-none-any.whl',
};

/** Not in the order of names, and with versions that YAML would read as numbers. */
const LOCK: Lock = {
  platform: 'linux-64',
  packages: [
    conda('python', '3.10', '0_cpython'),
    conda('_libgcc_mutex', '0.1', 'conda_forge'),
    conda('tzdata', '2025a', 'h78e105d_0', 'noarch'),
    conda('yes', '1e3', '0'),
  ],
  wheels: [RICH],
};
const SUBJECT = { label: 'churn@3', name: 'churn', lock: LOCK, projects: [] };

const read = (format: LockFormat, subject = SUBJECT) => {
  const { name, text } = lockFile(subject, format);
  return readPackagesFile(name, Buffer.from(text), {
    ...{ platform: 'linux-64', channels: null, groups: [], has: null },
  });
};

/** A bill of materials says what there is; nothing makes an environment from it. */
const READ_BACK = LOCK_FORMATS.filter((format) => format !== 'cyclonedx');

describe('a file of a lock', () => {
  for (const format of READ_BACK) {
    test(`as ${format} is read back as what it was written from`, () => {
      const { specs, pip, lock, refused } = read(format);
      assert.deepEqual(refused, []);
      const isOfPip = format === 'requirements.txt';
      assert.deepEqual(
        specs
          .map(({ name, version, build }) => `${name} ${version?.replace(/^=+/, '')} ${build}`)
          .sort(),
        isOfPip
          ? []
          : [
              '_libgcc_mutex 0.1 conda_forge',
              'python 3.10 0_cpython',
              'tzdata 2025a h78e105d_0',
              'yes 1e3 0',
            ],
      );
      assert.deepEqual(
        pip.map(({ name, specifier }) => [name, specifier]),
        [['rich', '==13.7.0']],
      );
      if (!['explicit', 'conda-lock', 'pixi'].includes(format)) return;
      const bytes = (entry: { name: string; url: string; sha256: string | null }) =>
        `${entry.name} ${entry.url} ${entry.sha256}`;
      assert.deepEqual(lock?.packages.map(bytes).sort(), LOCK.packages.map(bytes).sort());
    });
  }

  test('says what of the revision it cannot hold', () => {
    const projects = [{ name: 'scoring', origin: 'features@0123', sha256: 'b'.repeat(64) }];
    const { missing, text } = lockFile({ ...SUBJECT, projects }, 'explicit');
    assert.deepEqual(missing, [
      '1 package of pip: to conda they are comments',
      'your own code `scoring` (features@0123)',
    ]);
    assert.match(text, /^# not in this file: your own code scoring \(features@0123\)$/m);
    assert.deepEqual(lockFile(SUBJECT, 'conda-lock').missing, []);
  });

  test('of a package that was built from source has its sdist, and says what built it', () => {
    const url = 'https://files.pythonhosted.org/packages/a2/55/docopt-0.6.2.tar.gz';
    const tools = { ...RICH, name: 'setuptools', version: '80.9.0' };
    const docopt = { ...RICH, name: 'docopt', version: '0.6.2', url, builtWith: [tools] };
    const subject = { ...SUBJECT, lock: { ...LOCK, wheels: [docopt] } };
    for (const format of READ_BACK) {
      const { pip, refused } = read(format, subject);
      assert.deepEqual(refused, [], format);
      assert.deepEqual(
        pip.map(({ name, specifier, hashes }) => [name, specifier, hashes]),
        [['docopt', '==0.6.2', format === 'environment.yml' ? [] : [`sha256:${docopt.sha256}`]]],
        format,
      );
      const { missing } = lockFile(subject, format);
      assert.ok(
        missing.includes(
          'what `docopt` was built with, as pip has its source alone: setuptools 80.9.0',
        ),
        format,
      );
    }
  });

  test('as a bill of materials names all that is installed, with its package URL and sha256', () => {
    const projects = [{ name: 'scoring', origin: '/srv/code/scoring', sha256: 'b'.repeat(64) }];
    const subject = { ...SUBJECT, projects };
    const { name, text, missing } = lockFile(subject, 'cyclonedx');
    const bill = JSON.parse(text);
    assert.deepEqual([name, missing], ['churn.cdx.json', []]);
    assert.deepEqual([bill.bomFormat, bill.specVersion, bill.version], ['CycloneDX', '1.6', 1]);
    assert.match(
      bill.serialNumber,
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    assert.deepEqual(
      bill.components.map(({ purl }: { purl: string }) => purl),
      [
        'pkg:conda/_libgcc_mutex@0.1?build=conda_forge&channel=conda-forge&subdir=linux-64&type=conda',
        'pkg:conda/python@3.10?build=0_cpython&channel=conda-forge&subdir=linux-64&type=conda',
        'pkg:conda/tzdata@2025a?build=h78e105d_0&channel=conda-forge&subdir=noarch&type=conda',
        'pkg:conda/yes@1e3?build=0&channel=conda-forge&subdir=linux-64&type=conda',
        'pkg:pypi/rich@13.7.0?file_name=rich-13.7.0-py3-none-any.whl',
        `pkg:generic/scoring?checksum=sha256:${'b'.repeat(64)}`,
      ],
    );
    assert.deepEqual(
      new Set(
        bill.components.map((each: { hashes: { content: string }[] }) => each.hashes[0]?.content),
      ),
      new Set([...LOCK.packages, RICH, ...projects].map(({ sha256 }) => sha256)),
    );
    assert.doesNotMatch(text, /srv/);
    const again = { ...subject, lock: { ...LOCK, packages: LOCK.packages.toReversed() } };
    assert.equal(lockFile(again, 'cyclonedx').text, text);
    assert.notEqual(lockFile(SUBJECT, 'cyclonedx').text, text);
  });

  test('for pip alone is refused where pip has installed nothing', () => {
    const lock: Lock = { platform: LOCK.platform, packages: LOCK.packages };
    assert.throws(() => lockFile({ ...SUBJECT, lock }, 'requirements.txt'), {
      code: 'no-pip-packages',
    });
  });

  test('is printed as it is, and nothing beside it', () => {
    for (const format of LOCK_FORMATS) {
      const file = lockFile(SUBJECT, format);
      assert.equal(`${renderText({ kind: 'file', file }, settings)}\n`, file.text, format);
    }
  });

  test('has channels by their names where every conda knows them, else by their address', () => {
    const own = { ...conda('own', '1', '0'), url: 'https://x.example/a/linux-64/own-1-0.conda' };
    const lock: Lock = { platform: 'linux-64', packages: [...LOCK.packages, own] };
    const { text } = lockFile({ ...SUBJECT, lock }, 'environment.yml');
    assert.match(
      text,
      /channels:\n {2}- conda-forge\n {2}- https:\/\/x\.example\/a\ndependencies:/,
    );
  });
});

test('any text is the same text in YAML', () => {
  const texts = fc.oneof(
    fc.string(),
    fc.constantFrom('no', 'true', 'Null', '1.0', 'a: b', 'x:', '- a', '~', 'é'),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const { content } = parseYaml(`key: ${scalar(text)}\n`, { asText: false });
      assert.deepEqual(content, { key: text });
    }),
  );
});
