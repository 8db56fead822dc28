/** Golden files: what people read, kept beside the tests so that a review shows every change of it. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

/**
 * Declares the tests that hold `folder` to these texts, by file name: no other words, no file
 * missing and none left over. With `UPDATE_GOLDEN=1` in the environment the folder is rewritten first.
 */
export function testGoldens(folder: string, texts: Readonly<Record<string, string>>): void {
  const names = Object.keys(texts).sort();
  const kept = () => readdirSync(folder).sort();
  if (process.env.UPDATE_GOLDEN) {
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text);
    for (const name of kept()) if (!(name in texts)) rmSync(join(folder, name));
  }
  for (const name of names) {
    test(`${name} reads as agreed`, () => {
      assert.equal(texts[name], readFileSync(join(folder, name), 'utf8'));
    });
  }
  test('no golden file is left over', () => assert.deepEqual(kept(), names));
}
