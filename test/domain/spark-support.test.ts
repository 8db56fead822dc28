import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pythonsOf, SPARK_SUPPORT, sparkSupport, specFor } from '../../src/domain/spark-support.ts';

describe('what a line of Spark runs with', () => {
  it('is found by its version, and nothing is made up for another', () => {
    const support = sparkSupport('3.5.9');
    assert.ok(support !== null);
    assert.equal(pythonsOf(support), '3.8–3.11');
    assert.equal(specFor(support, 'numpy'), 'numpy>=1.15,<2.0');
    assert.equal(specFor(support, 'pyarrow'), 'pyarrow>=4.0.0');
    assert.equal(sparkSupport('5.0.0'), null);
    assert.equal(sparkSupport('35'), null);
    assert.equal(sparkSupport(''), null);
  });

  it('is told in order, each line once, and every range is one', () => {
    const number = (version: string) =>
      version.split('.').reduce((sum, part) => sum * 100 + Number(part), 0);
    const lines = SPARK_SUPPORT.map(({ line }) => number(line));
    assert.deepEqual(
      lines,
      [...new Set(lines)].sort((a, b) => a - b),
    );
    for (const { python } of SPARK_SUPPORT) assert.ok(number(python[0]) <= number(python[1]));
  });
});
