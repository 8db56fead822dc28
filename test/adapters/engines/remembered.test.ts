import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { rememberDescription } from '../../../src/adapters/engines/remembered.ts';
import { createWorld } from '../../pipeline/world.ts';

describe('what an engine is called', () => {
  test('is asked again after ten minutes, and at once after it could not be said', async () => {
    let at = 0;
    let version = 0;
    const { engine } = createWorld().ports;
    const described = rememberDescription(
      {
        ...engine,
        describe: async () => {
          version += 1;
          if (version === 1) throw new Error('no');
          return { ...(await engine.describe()), version: `rattler ${version}` };
        },
      },
      { now: () => at },
    );
    await assert.rejects(described.describe(), /no/);
    const versions: string[] = [];
    for (const next of [0, 599_999, 600_000]) {
      at = next;
      versions.push((await described.describe()).version);
    }
    assert.deepEqual(versions, ['rattler 2', 'rattler 2', 'rattler 3']);
  });

  test('is known once its channels were read beforehand; one that keeps nothing reads nothing', async () => {
    const { engine } = createWorld().ports;
    const asked: string[] = [];
    const describe = async () => {
      asked.push('version');
      return engine.describe();
    };
    const warm = async () => void asked.push('channels');
    const { signal } = new AbortController();
    const progress = { signal, log: () => undefined, detail: () => undefined };
    const clock = { now: () => 0 };
    const warmed = rememberDescription({ ...engine, describe, warm }, clock);
    await warmed.warm?.([], 'linux-64', progress);
    await warmed.describe();
    assert.deepEqual(asked, ['channels', 'version']);
    assert.equal(rememberDescription({ ...engine, describe }, clock).warm, undefined);
  });
});
