import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pendingSteps } from '../../src/domain/build.ts';
import { linesFor } from '../../src/terminal/follow.ts';
import { fitLine, textOfLine } from '../../src/terminal/line.ts';
import { build } from '../answers/samples.ts';

const [solve, create, ...later] = pendingSteps();
if (!solve || !create) throw new Error('a build has steps');
const at = 1_000_000;
const sample = build('running', {
  createdAt: at - 4_000,
  startedAt: at - 3_000,
  steps: [
    {
      ...solve,
      status: 'complete',
      detail: '9 packages, 62 MB',
      startedAt: at - 3_000,
      finishedAt: at - 2_000,
    },
    { ...create, status: 'in_progress', detail: '31 MB of 62 MB', startedAt: at - 2_000 },
    ...later,
  ],
});

const drawn = (columns: number, seconds: number | null = null) =>
  linesFor(sample, { position: null, seconds }, at, { columns, wheel: '⠹' }).map((line) =>
    textOfLine(fitLine(line, columns - 1)).trimEnd(),
  );

describe('a build that is followed', () => {
  test('has a line for each step, and a bar where the size is known', () => {
    assert.deepEqual(drawn(90, 42), [
      'churn  4.0 s  Step 2 of 5: creating the environment, about 40 s left',
      '  ✔ Solve                    9 packages, 62 MB · 1.0 s',
      '  ⠹ Create the environment   ━━━━━━━━━━╌╌╌╌╌╌╌╌╌╌ 50 %  31 MB of 62 MB · 2.0 s',
      '  · Pack the archive',
      '  · Stage it on the edge',
      '  · Verify on the executors',
    ]);
  });

  test('keeps what tells most in 24 columns', () => {
    assert.deepEqual(drawn(24).slice(0, 4), [
      'churn  4.0 s  Step 2 o…',
      '  ✔ Solve 9 packages, …',
      '  ⠹ Create the environ…',
      '  · Pack the archive',
    ]);
  });
});
