/** A suggestion is said to whoever can follow it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prose } from '../../src/answers/document.ts';
import { textOf } from '../../src/answers/text.ts';
import { whatToDo } from '../../src/answers/whose.ts';
import { type FerryError, outsideError, toFailure, userError } from '../../src/domain/errors.ts';

const said = (error: FerryError, operators: string[] = []) =>
  textOf({
    summary: '',
    parts: [prose(whatToDo(toFailure(error), { operators }, 400))],
  }).trim();

const DENIED = {
  code: 'edge-denied',
  message: 'The SSH user may not write there.',
  suggestion: 'Give the SSH user that folder.',
};

test('what only an operator can do is told to them, by name where they are known', () => {
  assert.equal(said(outsideError(DENIED)), 'Tell the operator: Give the SSH user that folder.');
  assert.equal(
    said(outsideError(DENIED), ['U1', 'U2']),
    'Tell the operator @U1 or @U2: Give the SSH user that folder.',
  );
});

test('what may pass by itself is tried again first', () => {
  assert.equal(
    said(outsideError({ ...DENIED, code: 'edge-unreachable', retryable: true })),
    'Press Retry in a while. If it stays so, tell the operator: Give the SSH user that folder.',
  );
});

test('what people can do themselves is told to them', () => {
  const changed = {
    code: 'archive-changed',
    message: 'It changed.',
    suggestion: 'Build it again.',
  };
  assert.equal(said(outsideError(changed), ['U1']), 'Build it again.');
  assert.equal(said(userError({ ...DENIED, code: 'bad-config' }), ['U1']), DENIED.suggestion);
});
