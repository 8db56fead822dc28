import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { cannotRunPython, runPython } from '../deploy/lab/slack/test/python.ts';

const SENT = join(import.meta.dirname, '.out/slack');
const count = globSync('*.json', { cwd: SENT }).length;

test('everything the tests sent to Slack is right by Slack’s own models', {
  skip: cannotRunPython || (count === 0 && 'no other test has sent anything yet'),
}, (context) => {
  const { status, output } = runPython('validate_blocks.py', [SENT]);
  assert.equal(status, 0, output);
  context.diagnostic(`${count} messages and views`);
});
