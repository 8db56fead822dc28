import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fencedPackages } from '../../src/slack/attachments.ts';

const textOf = (message: string): string | null => {
  const file = fencedPackages(message);
  return file && new TextDecoder().decode(file.bytes);
};

describe('packages between fences', () => {
  test('are what stands there, without the language and blanks before them', () => {
    assert.equal(textOf('look: ```yaml\n\n  name: x\n``` and ```y```'), 'name: x\n');
    assert.equal(textOf('```numpy\npandas```'), 'pandas');
    assert.equal(textOf('```numpy```'), 'numpy');
    assert.equal(textOf('no ``` second fence'), null);
  });

  test('are looked for as fast where fences and blanks fill a message that has no second one', () => {
    for (const filling of [' ', '\n', '\t', 'a']) {
      const before = process.cpuUsage();
      assert.equal(textOf(`\`\`\`${filling.repeat(200_000)}`), null);
      const { user } = process.cpuUsage(before);
      assert.ok(user < 400_000, `${JSON.stringify(filling)}: ${user / 1000} ms`);
    }
  });
});
