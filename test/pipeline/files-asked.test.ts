/** A file of a conversation is taken for whoever sees it there, and by those who had it before. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FileAsker, Projects } from '../../src/domain/ports.ts';
import { settings } from '../answers/samples.ts';
import { createWorld } from './world.ts';

const ANA = 'U0ANARUIZ1';
const BEN = 'U0BENOKAF1';
const [OPERATOR = ''] = settings.operators;

test('who must see a file is who asks first; then the environment has had it', async () => {
  const askers: (FileAsker | null)[] = [];
  const pin: Projects['pin'] = async (_references, _directory, _progress, asker) => {
    askers.push(asker);
    return [{ name: 'features', origin: 'features.whl', sha256: 'a'.repeat(64) }];
  };
  const world = createWorld({ projects: { pin, install: async () => undefined } });
  const seenBy = async (user: string, text: string) => {
    askers.length = 0;
    const reply = await world.say(user, text);
    assert.notEqual(reply.kind, 'refusal', JSON.stringify(reply));
    return [...new Set(askers.map((asker) => asker?.user ?? null))];
  };
  assert.deepEqual(await seenBy(BEN, 'plan churn numpy --project F0123456'), [BEN]);
  assert.deepEqual(await seenBy(ANA, 'create churn numpy --project F0123456'), [ANA]);
  await world.work('churn');
  assert.deepEqual([...new Set(askers.map((asker) => asker?.user))], [ANA]);
  assert.equal((await world.newest('churn')).state, 'ready');
  // An operator who never saw the file, and whoever copies what is built.
  assert.deepEqual(await seenBy(OPERATOR, 'create churn numpy pandas --project F0123456'), [null]);
  await world.work('churn');
  assert.deepEqual(await seenBy(BEN, 'clone churn as mine'), []);
  await world.work('mine');
  assert.deepEqual(askers, [null]);
  assert.deepEqual(await seenBy(BEN, 'create mine numpy --project F0999999'), [BEN]);
});
