import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { ReadSettings } from '../../src/reading/content.ts';
import { readPackagesFile } from '../../src/reading/read-file.ts';
import { document } from '../../src/terminal/read.ts';

const FILES = join(import.meta.dirname, 'files');
const SETTINGS: ReadSettings = { platform: 'linux-64', channels: null, groups: [], has: null };

/** A folder for each: a file as people publish them, and what `read --json` says of it. */
describe('files as people publish them', () => {
  for (const folder of readdirSync(FILES)) {
    test(folder, () => {
      const names = readdirSync(join(FILES, folder)).filter(
        (name) => !name.startsWith('expected.'),
      );
      assert.equal(names.length, 1);
      const [name = ''] = names;
      const bytes = readFileSync(join(FILES, folder, name));
      const settings = join(FILES, folder, 'expected.settings.json');
      const content = readPackagesFile(name, bytes, {
        ...SETTINGS,
        ...(existsSync(settings) ? JSON.parse(readFileSync(settings, 'utf8')) : {}),
      });
      const expected = JSON.parse(readFileSync(join(FILES, folder, 'expected.json'), 'utf8'));
      assert.deepEqual(document(content), expected);
    });
  }
});
