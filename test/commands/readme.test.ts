import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { commands } from '../../commands/registry.ts';
import { FILE, readme } from './readme.ts';

test('commands/README.md says what help says of every command', () => {
  const written = readFileSync(FILE, 'utf8');
  for (const { name } of commands)
    assert.ok(written.includes(`\n## ${name}\n`), `${name} has none`);
  assert.equal(written, readme(), 'it is older than the commands: node test/commands/readme.ts');
});
