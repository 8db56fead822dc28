import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commands } from '../../commands/registry.ts';
import { type Meters, NO_METERS } from '../../src/domain/metrics.ts';
import type { Chat } from '../../src/slack/chat.ts';
import { createRunner } from '../../src/slack/conversation/runner.ts';
import { placeOf } from '../../src/slack/place.ts';
import { createMemory } from './memory.ts';

/** What is observed, in short: the command and what came of it. */
function createMeters() {
  const observed: string[] = [];
  const meters: Meters = {
    ...NO_METERS,
    observe(name, labels, value) {
      assert.equal(name, 'conda_ferry_command_seconds');
      assert.ok(value >= 0 && value < 10, `${value} s`);
      observed.push(Object.values(labels).join(' '));
    },
  };
  return { observed, meters };
}

test('a command is measured by its name and what came of it, and never by what it says', async () => {
  const { observed, meters } = createMeters();
  const { services } = createMemory();
  const broken = new Proxy(services, {
    get(target, name, receiver) {
      if (name === 'listBuilds' || name === 'environments') throw new TypeError('a defect');
      return Reflect.get(target, name, receiver);
    },
  });
  const options = { commands, chat: {} as Chat, log: { info() {}, warn() {}, error() {} }, meters };
  const place = placeOf('U0ANARUIZ1', { way: 'message' });
  const runner = createRunner({ ...options, services });
  for (const text of ['whoami', 'cancel', 'no-such-word secret', '']) await runner.run(text, place);
  assert.deepEqual(observed, ['whoami done', 'cancel refused', 'none refused', 'none done']);
  await createRunner({ ...options, services: broken }).run('list', place);
  assert.equal(observed.at(-1), 'list defect');
});

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
