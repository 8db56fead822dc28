import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { mergeStages } from '../../../src/adapters/projects/stage.ts';

const SITE = 'lib/python3.11/site-packages';

const root = mkdtempSync(join(tmpdir(), 'ferry-merge-'));
after(() => rmSync(root, { recursive: true, force: true }));
let count = 0;

/** A prefix with a link in it, a folder beside it, and a stage with one file. */
function world(link: { at: string; to: (outside: string) => string }, file: string) {
  count += 1;
  const base = join(root, String(count));
  const prefix = join(base, 'prefix');
  const outside = join(base, 'outside');
  const stage = join(base, 'stage');
  for (const folder of [join(prefix, 'conda-meta'), join(prefix, SITE), outside]) {
    mkdirSync(folder, { recursive: true });
  }
  mkdirSync(dirname(join(stage, file)), { recursive: true });
  writeFileSync(join(stage, file), 'VALUE = 1\n');
  symlinkSync(link.to(outside), join(prefix, link.at));
  const merged = mergeStages([{ name: 'model 1.0', path: stage }], prefix);
  return { merged, prefix, outside };
}

describe("a project's file is never written", () => {
  const FOLDERS: [string, string, (outside: string) => string][] = [
    ['a folder', `${SITE}/model`, (outside) => outside],
    ['a folder above', 'share', () => '../outside'],
    ['a folder that is not there', `${SITE}/model`, (outside) => join(outside, 'later')],
  ];
  for (const [what, at, to] of FOLDERS) {
    test(`through a link out of the prefix in place of ${what}`, async () => {
      const { merged, outside } = world({ at, to }, join(at, 'sub/core.py'));
      await assert.rejects(merged, {
        code: 'project-unsafe',
        message: new RegExp(`\`${at}\` of the environment is a link that leads out of it`),
      });
      assert.deepEqual(readdirSync(outside), []);
    });
  }

  test('through a link to nothing that has its very path', async () => {
    const file = `${SITE}/model.py`;
    const { merged, outside } = world({ at: file, to: (each) => join(each, 'planted.py') }, file);
    await assert.rejects(merged, { code: 'conda-files-clobbered' });
    assert.deepEqual(readdirSync(outside), []);
  });
});

test("a project's file goes where a link within the prefix leads", async () => {
  const { merged, prefix } = world({ at: 'lib64', to: () => 'lib' }, 'lib64/python3.11/model.py');
  await merged;
  assert.deepEqual(readdirSync(join(prefix, 'lib/python3.11')), ['model.py', 'site-packages']);
});
