import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type FerryError, userError } from '../../src/domain/errors.ts';
import { receiveError, type SentError, sendError } from '../../src/domain/sent-error.ts';

/** As it is read in the other process. */
function sent(error: unknown, clean = (text: string) => text): FerryError {
  return receiveError(JSON.parse(JSON.stringify(sendError(error, clean))) as SentError);
}

const refusal = userError({
  code: 'name-taken',
  message: ['`churn` belongs to ', { person: 'U1' }, '.'],
  suggestion: 'Choose another.',
  repairs: [{ label: 'Name it churn-2', command: 'create churn-2 numpy' }],
  replacement: { text: 'churn-2', start: 7, end: 12 },
  position: { start: 7, end: 12 },
  details: 'the whole story',
  retryable: true,
  others: [userError({ code: 'bad-name', message: 'Another mistake.' })],
  parts: [userError({ code: 'name-taken', message: 'A part.', about: 'numpy' })],
});

describe('an error that is sent to another process', () => {
  test('arrives whole: people as values, commands that would go through, further mistakes', () => {
    const received = sent(refusal);
    const { others, parts } = received;
    assert.deepEqual({ ...received }, { ...refusal, others, parts });
    assert.deepEqual({ ...parts[0] }, { ...refusal.parts[0] });
    assert.deepEqual([received.message, received.others.length], [refusal.message, 1]);
    assert.deepEqual({ ...received.others[0] }, { ...refusal.others[0] });
  });

  test('has no secret in anything that is read, however deep', () => {
    const error = userError({
      code: 'bad',
      message: ['hunter2 of ', { person: 'U1' }],
      suggestion: 'Not hunter2.',
      details: 'hunter2',
      others: [userError({ code: 'bad', message: 'hunter2' })],
      parts: [userError({ code: 'bad', message: 'hunter2' })],
    });
    const clean = (text: string) => text.replaceAll('hunter2', '…');
    const all = JSON.stringify(sendError(error, clean));
    assert.doesNotMatch(all, /hunter2/);
    assert.deepEqual(sent(error, clean).said.message, ['… of ', { person: 'U1' }]);
  });

  test('of an unknown kind is a defect, whose story is for the log', () => {
    const received = sent(new TypeError('x is not a function'));
    assert.deepEqual([received.kind, received.code], ['defect', 'defect']);
    assert.match(received.details ?? '', /x is not a function/);
    assert.doesNotMatch(received.message, /x is not/);
  });
});
