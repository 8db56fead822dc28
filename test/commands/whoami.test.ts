import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { execute } from '../../commands/execute.ts';
import { commandHelp, commands } from '../../commands/registry.ts';
import { plainPhrase } from '../../src/domain/phrase.ts';
import { environment } from '../answers/samples.ts';
import { createMemory } from '../slack/memory.ts';

async function whoami(user: string, operators: readonly string[]): Promise<string> {
  const { services, store } = createMemory();
  store.environments.set('churn', { ...environment('churn', 1), owner: 'U1' });
  const settings = { ...services.settings, operators };
  const place = { user, channel: 'C1', team: null };
  const context = { ...place, services: { ...services, settings }, commands: commandHelp };
  const reply = await execute('whoami', commands, context);
  assert.equal(reply.kind, 'notice', JSON.stringify(reply));
  return plainPhrase(reply.text);
}

describe('who somebody is to the bot', () => {
  test('names what they own, what they may do and who may do the rest', async () => {
    const told = await whoami('U1', ['U8', 'U9']);
    assert.match(
      told,
      /^You are @U1\. You own 1 environment\. You may build under every name that/,
    );
    assert.match(told, /Operators may do the rest: @U8, @U9$/);
  });

  test('tells an operator that everything is theirs to mend', async () => {
    assert.match(await whoami('U9', ['U9']), /^You are @U9, an operator: .* no environment yet\.$/);
  });

  test('names no operators where there are none', async () => {
    assert.match(await whoami('U2', []), /look at and verify everything\.$/);
  });
});
