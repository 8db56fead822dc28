import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { saidAs } from '../../src/domain/audit.ts';
import { MARK } from '../../src/domain/secrets.ts';

describe('what was said', () => {
  test('is kept on one line, as far as it is short, with the name of its file', () => {
    assert.equal(saidAs(' create churn\n  numpy ', null), 'create churn numpy');
    assert.equal(saidAs('create churn', 'env.yml'), 'create churn (with env.yml)');
    assert.equal(saidAs('x'.repeat(501), null), `${'x'.repeat(500)}…`);
  });

  test('shows no half of a secret, wherever a long text is cut', () => {
    const address = `https://ana:${'p'.repeat(300)}@channel.example/`;
    for (let before = 0; before < 9_000; before += 37) {
      const said = saidAs(
        `create churn ${'- numpy '.repeat(before / 8)} ${address} ${'x '.repeat(9_000)}`,
        null,
      );
      assert.doesNotMatch(said, /ppp/);
    }
    assert.doesNotMatch(
      saidAs(`create https://ana:${'p'.repeat(20_000)}@channel.example/`, null),
      /ppp/,
    );
    assert.match(saidAs(`create ${address} ${'x '.repeat(9_000)}`, null), new RegExp(MARK));
  });

  test('costs the same of a text of any length', () => {
    const long = 'dependencies:\n  - numpy=1.26 # token\n'.repeat(30_000);
    const least = Math.min(
      ...Array.from({ length: 5 }, () => {
        const begun = performance.now();
        saidAs(long, null);
        return performance.now() - begun;
      }),
    );
    assert.ok(least < 5, `${least} ms for ${long.length} characters`);
  });
});
