import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isTried } from '../../src/domain/build.ts';
import { build, staging, verification } from '../answers/samples.ts';

test('nothing is left but the proof once every edge that was asked for has tried it', () => {
  const { request, steps, ...rest } = build('running');
  const asked = {
    ...{ ...rest, request: { ...request, edges: ['lab', 'madrid'] } },
    steps: steps.map((step) => ({ ...step, status: 'in_progress' as const })),
    verifications: [verification('lab'), verification('madrid')],
  };
  const counts = [[], [staging()], [staging(), staging('madrid')]].map((stagings) =>
    isTried({ ...asked, stagings }),
  );
  assert.deepEqual(counts, [false, false, true]);
});
