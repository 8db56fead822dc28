/** Estimates from past builds: medians of those like it, and nothing where there is no past. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Build, newBuild, STEP_NAMES, type StepName } from '../../src/domain/build.ts';
import {
  estimate,
  secondsLeft,
  secondsUntilBegun,
  type Timing,
  timingOf,
} from '../../src/domain/estimate.ts';
import { ordinal, roughly } from '../../src/domain/figures.ts';
import type { Lock } from '../../src/domain/lock.ts';
import { build as sample } from '../answers/samples.ts';
import { locked } from '../pipeline/world.ts';

const lockOf = (...texts: string[]): Lock => ({
  platform: 'linux-64',
  packages: texts.map(locked),
});

/** A build whose steps took so many seconds, one after the other from 1000 s on. */
function ended(lock: Lock, seconds: Partial<Record<StepName, number>>, change = {}): Build {
  let at = 1_000_000;
  const steps = STEP_NAMES.map((name) => {
    const startedAt = at;
    at += (seconds[name] ?? 0) * 1000;
    return { name, status: 'complete' as const, detail: null, startedAt, finishedAt: at };
  });
  const { request, requester } = sample('ready');
  const made = newBuild({ id: 'b1', request, requester, now: 0 });
  return { ...made, state: 'ready', lock, steps, ...change };
}

/** The timings of these builds, the newest first, as the store has them. */
function pastOf(...builds: Build[]): Timing[] {
  const past: Timing[] = [];
  for (const build of builds) past.unshift(...[timingOf(build, past) ?? []].flat());
  return past;
}

const numpy = lockOf('numpy 1.0');
const scipy = lockOf('numpy 1.0', 'scipy 1.0');

describe('how long a build takes', () => {
  const past = pastOf(
    ended(numpy, { create: 60, pack: 10 }),
    ended(numpy, { create: 5, pack: 10 }),
    ended(numpy, { create: 7, pack: 10 }),
    ended(numpy, { create: 6, pack: 100 }),
  );

  test('is the median of each step, of builds whose packages were known', () => {
    assert.equal(estimate(past, numpy), 16);
  });

  test('is that of builds with new packages where one is new, or nothing is known of them', () => {
    assert.equal(estimate(past, scipy), 70);
    assert.equal(estimate(past, null), 70);
  });

  test('is that of other builds where there is none of the kind', () => {
    assert.equal(estimate(past.slice(-1), numpy), 70);
    assert.equal(estimate(past.slice(0, 1), scipy), 106);
  });

  test('is not known without a past', () => {
    assert.equal(estimate([], numpy), null);
    assert.equal(secondsLeft(ended(numpy, {}), [], 0), null);
  });

  test('counts of a step that began beside another one what it added', () => {
    const build = ended(numpy, { create: 10, pack: 20, stage: 5 });
    const beside = build.steps.map((step) =>
      step.name === 'stage' ? { ...step, startedAt: (step.startedAt ?? 0) - 15_000 } : step,
    );
    const timing = timingOf({ ...build, steps: beside }, []);
    assert.equal(timing?.seconds.stage, 5);
    const packing = beside.map((step) =>
      ['pack', 'stage', 'verify'].includes(step.name)
        ? { ...step, status: 'in_progress' as const, finishedAt: null }
        : step,
    );
    const now = 1_000_000 + 28_000;
    const left = secondsLeft(
      { ...build, steps: packing },
      [timing].flatMap((each) => each ?? []),
      now,
    );
    assert.equal(left, 2 + 5);
  });

  test('is not told by what was not built, did not end well, or went on from an earlier attempt', () => {
    for (const change of [{ reused: true }, { state: 'failed' }, { attempt: 2 }, { lock: null }]) {
      assert.equal(timingOf(ended(numpy, { create: 1 }, change), []), null);
    }
  });
});

describe('what is left of a build', () => {
  const past = pastOf(ended(numpy, { solve: 2, create: 10, pack: 20, stage: 30, verify: 40 }));
  const at = (name: StepName, seconds: number): number | null => {
    const now = 1_000_000 + seconds * 1000;
    const done = STEP_NAMES.indexOf(name);
    const running = ended(numpy, {});
    const steps = running.steps.map((step, index) => ({
      ...{ ...step, startedAt: 1_000_000 },
      status: index < done ? 'complete' : index === done ? 'in_progress' : 'pending',
    })) as Build['steps'];
    return secondsLeft({ ...running, state: 'running', steps }, past, now);
  };

  test('is what the step at work and those after it have yet to take', () => {
    assert.equal(at('create', 4), 96);
    assert.equal(at('stage', 0), 70);
  });

  test('is not less than the steps that follow, however long one takes', () => {
    assert.equal(at('create', 500), 90);
    assert.equal(at('verify', 500), 0);
  });
});

describe('until a build begins', () => {
  const rows: [string, (number | null)[], (number | null)[], number | null][] = [
    ['is what the only build has left', [30], [], 30],
    ['is the soonest of two slots', [30, 10], [], 10],
    ['has those before it in the slot that is free first', [30, 10], [50], 30],
    ['has all of them in one slot, one after the other', [10], [50, 50], 110],
    ['is not known where nobody is at work', [], [], null],
    ['is not known where something cannot be told', [null], [], null],
    ['is not known where one before it cannot be told', [10], [null], null],
  ];
  for (const [name, running, before, expected] of rows) {
    test(name, () => assert.equal(secondsUntilBegun(running, before), expected));
  }
});

test('guesses and places are said as people say them', () => {
  const guesses = [3.2, 42, 91, 238, 4000].map((seconds) => roughly(seconds * 1000));
  assert.deepEqual(guesses, [
    ...['about 3 s', 'about 40 s', 'about 2 min', 'about 4 min', 'about 67 min'],
  ]);
  const places = [1, 2, 3, 4, 11, 12, 13, 21, 111].map(ordinal).join(' ');
  assert.equal(places, '1st 2nd 3rd 4th 11th 12th 13th 21st 111th');
});
