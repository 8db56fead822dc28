import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '../..');
/** A script of the emulator's page, which has no types. */
const DRAWINGS = join(ROOT, 'deploy/lab/slack/page/emoji.js');

test('the emulator’s page draws every emoji that the product writes', async () => {
  const { drawnCharacters } = (await import(DRAWINGS)) as { drawnCharacters: () => string[] };
  const drawn = drawnCharacters();
  const sources = ['src', 'commands'].flatMap((folder) =>
    globSync(`${folder}/**/*.ts`, { cwd: ROOT }).map((file) =>
      readFileSync(join(ROOT, file), 'utf8'),
    ),
  );
  const written = new Set(
    sources.flatMap((text) => text.match(/(?![©®™])\p{Extended_Pictographic}/gu) ?? []),
  );
  assert.ok(written.size > 5);
  assert.deepEqual(
    [...written].filter((character) => !drawn.includes(character)),
    [],
  );
});
