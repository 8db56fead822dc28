import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { verifyPrefix } from '../../../src/adapters/engines/lock.ts';
import type { FerryError } from '../../../src/domain/errors.ts';
import type { Lock } from '../../../src/domain/lock.ts';

const folder = mkdtempSync(join(tmpdir(), 'verify-prefix-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const six = {
  ...{ name: 'six', version: '1.0', build: '0', subdir: 'noarch', channel: 'forge' },
  ...{ url: 'https://conda.example.com/noarch/six-1.0-0.conda', sha256: 'a'.repeat(64) },
  ...{ md5: null, size: 1 },
};
const lock: Lock = { platform: 'linux-64', packages: [six] };

/** A prefix with the package, which says that these are its files. */
function prefixWith(files: readonly string[], sha256 = six.sha256): string {
  const prefix = join(mkdtempSync(join(folder, 'made-')), 'env');
  mkdirSync(join(prefix, 'conda-meta'), { recursive: true });
  mkdirSync(join(prefix, 'lib'));
  symlinkSync('lib', join(prefix, 'lib64'));
  symlinkSync(folder, join(prefix, 'lib/out'));
  const record = { ...six, sha256, files };
  writeFileSync(join(prefix, 'conda-meta/six-1.0-0.json'), JSON.stringify(record));
  return prefix;
}

describe('a prefix that an engine made', () => {
  test('is taken where it is what was locked', async () => {
    const files = ['lib/six.py', 'lib64/six.so', 'lib/../lib/six.txt', 'lib/out', 'gone/x', '..x'];
    await verifyPrefix(prefixWith(files), lock);
  });

  for (const [what, file] of [
    ['an entry point that leads out', 'bin/../../evil'],
    ['a file beside the prefix', '../evil'],
    ['an absolute path', '/etc/cron.d/evil'],
    ['a file behind a link that leads out', 'lib/out/evil'],
  ] as const) {
    test(`is refused for ${what}, naming the package and the file`, async () => {
      await assert.rejects(
        verifyPrefix(prefixWith(['lib/six.py', file]), lock),
        (error: FerryError) => {
          assert.equal(error.code, 'package-unsafe');
          assert.ok(error.message.includes('six 1.0') && error.message.includes(`\`${file}\``));
          return true;
        },
      );
    });
  }

  test('is refused for a package with other bytes than those that were locked', async () => {
    const prefix = prefixWith([], 'b'.repeat(64));
    await assert.rejects(verifyPrefix(prefix, lock), { code: 'prefix-differs' });
  });
});
