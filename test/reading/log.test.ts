/** A log is read the same wherever that happens, and a long one leaves the process free to answer. */
import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { describe, test } from 'node:test';
import { readLog } from '../../src/reading/log.ts';
import { contentOfLog } from '../../src/reading/log-content.ts';
import { FAILURES } from '../domain/diagnosis-logs.ts';

const LINE = '26/11/23 01:09:19 INFO TaskSetManager: Starting task 1.0 in stage 2.0 (TID 3)\n';
const FAILED = Object.values(FAILURES).flat();
const bytes = (text: string) => new TextEncoder().encode(text);

describe('a long log', () => {
  test('shows in a thread what it shows here, as one text and as files', async () => {
    const all = FAILED.join(`\n${LINE.repeat(20)}`);
    assert.ok(all.length > 64 * 1024, 'long enough for a thread');
    const here = contentOfLog({ text: all, files: [] });
    assert.ok(here.findings.length > 20);
    assert.deepEqual(await readLog({ text: all, files: [] }), here);
    const files = FAILED.map((log) => bytes(`${log}\n${LINE.repeat(20).trimEnd()}`));
    const whole = contentOfLog({ text: '', files });
    assert.deepEqual(await readLog({ text: '', files }), whole);
    assert.deepEqual(
      whole.findings.map(({ id }) => id),
      here.findings.map(({ id }) => id),
    );
  });

  test('of many megabytes is read while the process is free for others', async () => {
    const [failure = ''] = FAILED;
    const file = bytes(`${LINE.repeat(200_000)}${failure}`);
    // Before the loop has turned once, nothing is told of it.
    await new Promise((resolve) => setImmediate(resolve));
    const before = performance.eventLoopUtilization();
    const { findings } = await readLog({ text: '', files: [file, file] });
    const { utilization } = performance.eventLoopUtilization(before);
    assert.equal(findings.length > 0, true);
    assert.ok(utilization < 0.5, `busy for ${utilization} of the time`);
  });
});
