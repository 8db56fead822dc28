import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { requestOf } from '../../../commands/create/arguments.ts';
import { parseCommand } from '../../../commands/grammar/parse.ts';
import { commands } from '../../../commands/registry.ts';
import { createCommand } from '../../../src/domain/request.ts';
import { settings } from '../../answers/samples.ts';

function read(text: string) {
  const parsed = parseCommand(text, commands, settings);
  assert.ok(parsed.kind === 'command', JSON.stringify(parsed));
  // `create` takes what its grammar names.
  return requestOf(parsed.arguments as unknown as Parameters<typeof requestOf>[0]);
}

describe('the command of a request', () => {
  const texts = [
    'create churn numpy --pip rich',
    'create churn python=3.11 numpy>=1.26 --pip requests>=2 --pip dask[array]==2.0 --channel internal',
    'create churn numpy --pip \'rich; python_version < "3.12"\'',
    'create churn numpy --pip "rich; sys_platform == \'linux\'" --layout global',
  ];
  for (const text of texts) {
    test(`is what was typed: ${text}`, () => {
      assert.equal(createCommand(read(text)), text);
      assert.deepEqual(read(createCommand(read(text))), read(text));
    });
  }

  test('says the same requirement once', () => {
    assert.equal(
      createCommand(read('create churn numpy --pip rich --pip Rich')),
      'create churn numpy --pip rich',
    );
  });
});
