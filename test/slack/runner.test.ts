import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commands } from '../../commands/registry.ts';
import type { Chat } from '../../src/slack/chat.ts';
import { createRunner } from '../../src/slack/conversation/runner.ts';
import { placeOf } from '../../src/slack/place.ts';
import { createMemory } from './memory.ts';

test('a text is parsed once, however often it is looked at on its way to an answer', async () => {
  let looks = 0;
  const counted = commands.map((command) => ({
    ...command,
    get grammar() {
      looks += 1;
      return command.grammar;
    },
  }));
  const runner = createRunner({
    ...{ commands: counted, services: createMemory().services },
    chat: {} as Chat,
    log: { info() {}, warn() {}, error() {} },
  });
  looks = 0;
  assert.equal(runner.isPrivate('whoami'), true);
  const once = looks;
  assert.ok(once > 0);
  assert.equal(runner.titleOf('whoami'), null);
  runner.reads('whoami');
  await runner.run('whoami', placeOf('U0ANARUIZ1', { way: 'message' }));
  assert.equal(looks, once);
  runner.reads('list');
  assert.ok(looks > once);
});
