import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRegistry } from '../../../src/adapters/watch/registry.ts';
import { createEvents } from '../../../src/domain/events.ts';
import { measureEvents } from '../../../src/domain/measured-events.ts';

const BUILD = { user: 'U0ANARUIZ1', environment: 'churn', build: 'b1', attempt: 1 };

test('what happens to a build is measured, and nothing of whose it is', async () => {
  const registry = createRegistry();
  const { emit } = createEvents([measureEvents(registry)]);
  const step = { ...BUILD, reason: 'as in @1' };
  emit('build-started', { ...BUILD, waited: 12 });
  emit('step-ended', { ...step, step: 'solve', outcome: 'complete', seconds: 4 });
  emit('step-ended', { ...step, step: 'stage', outcome: 'failed', seconds: 90 });
  const archive = { ...BUILD, bytes: 1000, files: 5 };
  emit('archive-made', { ...archive, kind: 'packed', known: 7, made: 3 });
  emit('archive-made', { ...archive, kind: 'known', known: null, made: null });
  emit('archive-staged', { ...BUILD, edge: 'prod', revision: 1, bytes: 1000, seconds: 3 });
  emit('line-shown', { ...BUILD, edge: 'prod', revision: 1, seconds: 31 });
  emit('staging-verified', {
    ...{ ...BUILD, edge: 'prod', revision: 1, outcome: 'proven', executors: 2 },
    ...{ seconds: 20, reason: null },
  });
  const settled = { ...BUILD, revision: null, reused: false, reason: null, seconds: 95 };
  emit('build-settled', { ...settled, outcome: 'failed', code: 'disk-full' });
  emit('build-settled', { ...settled, outcome: 'ready', code: null });
  emit('errand-ended', {
    ...{ kind: 'plan', errand: 'e1', user: 'U0ANARUIZ1', environment: 'churn', packages: 16 },
    ...{ outcome: 'answered', seconds: 1.5, code: null, reason: null, details: null },
  });
  emit('errand-ended', {
    ...{ kind: 'plan', errand: 'e2', user: 'U0ANARUIZ1', environment: 'churn', packages: null },
    ...{ outcome: 'failed', seconds: 2, code: 'edge-denied', reason: 'no', details: null },
  });
  emit('duty-failed', { duty: 'retention', seconds: 1, reason: 'the edge is away' });
  // Of this one there is no metric.
  emit('owner-reminded', { environment: 'churn' });

  const { text } = await registry.text();
  const lines = text.split('\n');
  for (const line of [
    'conda_ferry_build_wait_seconds_sum 12',
    'conda_ferry_step_seconds_sum{step="solve",outcome="complete"} 4',
    'conda_ferry_step_seconds_bucket{le="60",step="stage",outcome="failed"} 0',
    'conda_ferry_step_seconds_bucket{le="120",step="stage",outcome="failed"} 1',
    'conda_ferry_archives_total{kind="packed"} 1',
    'conda_ferry_archives_total{kind="known"} 1',
    'conda_ferry_segments_total{kind="known"} 7',
    'conda_ferry_segments_total{kind="made"} 3',
    'conda_ferry_packed_bytes_total 1000',
    'conda_ferry_staged_bytes_total{edge="prod"} 1000',
    'conda_ferry_line_seconds_sum{edge="prod"} 31',
    'conda_ferry_proofs_total{edge="prod",outcome="proven"} 1',
    'conda_ferry_builds_total{outcome="failed",code="disk-full"} 1',
    'conda_ferry_builds_total{outcome="ready",code="none"} 1',
    'conda_ferry_build_seconds_sum{outcome="ready"} 95',
    'conda_ferry_errand_seconds_sum{kind="plan",outcome="answered"} 1.5',
    'conda_ferry_errands_total{outcome="answered",code="none"} 1',
    'conda_ferry_errands_total{outcome="failed",code="edge-denied"} 1',
    'conda_ferry_errands_total{outcome="failed",code="kerberos"} 0',
    'conda_ferry_duties_failed_total{duty="retention"} 1',
  ]) {
    assert.ok(lines.includes(line), line);
  }
  const told = lines.filter((line) => /U0ANARUIZ1|churn|b1/.test(line));
  assert.deepEqual(told, []);
});
