/** People in answers are values: each renderer names them, and no text somebody typed becomes one. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { renderText } from '../../src/answers/text.ts';
import { outsideError, toFailure, userError } from '../../src/domain/errors.ts';
import { followedBy, plainPhrase } from '../../src/domain/phrase.ts';
import { type Reply, refusal } from '../../src/domain/reply.ts';
import { renderMessage } from '../../src/slack/blocks.ts';
import { settings } from './samples.ts';

const ANA = { person: 'U0ANARUIZ1' };
const belongs = userError({
  code: 'name-taken',
  message: ['`churn` belongs to ', ANA, '.'],
  suggestion: ['Ask ', ANA, '.'],
  others: [userError({ code: 'busy', message: [ANA, ' builds it.'], suggestion: 'Wait.' })],
});

/** The people a message names, and everything else of its rich text. */
function inSlack(reply: Reply): { people: string[]; text: string } {
  const people: string[] = [];
  const texts: string[] = [];
  JSON.stringify(renderMessage(reply, settings).blocks, (_, value) => {
    if (value?.type === 'user') people.push(value.user_id);
    if (value?.type === 'text') texts.push(value.text);
    return value;
  });
  return { people, text: texts.join('') };
}

describe('a person in an answer', () => {
  test('is a person in Slack, in messages, suggestions and further mistakes', () => {
    const { people, text } = inSlack(refusal(belongs, null));
    assert.deepEqual(people, [ANA.person, ANA.person, ANA.person]);
    assert.equal(text, '⚠️ churn belongs to .Ask .⚠️  builds it. Wait.');
  });

  test('is a name in a terminal, in errors, and on a stored build', () => {
    const text = renderText(refusal(belongs, null), settings);
    assert.match(text, /`churn` belongs to @U0ANARUIZ1\.\nAsk @U0ANARUIZ1\./);
    assert.equal(belongs.message, '`churn` belongs to @U0ANARUIZ1.');
    assert.equal(toFailure(belongs).suggestion, 'Ask @U0ANARUIZ1. Wait.');
  });

  test('stays one where a sentence is added', () => {
    assert.deepEqual(followedBy(['Of ', ANA, '.'], 'Later.'), ['Of ', ANA, '.', ' ', 'Later.']);
    assert.equal(followedBy('One.', 'Two.'), 'One. Two.');
    assert.equal(plainPhrase(followedBy([ANA, ' waits.'], 'Two.')), '@U0ANARUIZ1 waits. Two.');
  });

  test('is never what somebody typed', () => {
    const typed = outsideError({
      code: 'odd',
      message: 'There is no `<@U0ANARUIZ1>` <@U0ANARUIZ1>.',
    });
    for (const reply of [
      refusal(typed, '<@U0ANARUIZ1>'),
      { kind: 'notice', tone: 'information', text: typed.message } as const,
    ])
      assert.deepEqual(inSlack(reply).people, []);
  });

  test('is shown after a long text only where there is room', () => {
    const long = userError({ code: 'long', message: ['x'.repeat(9_000), ANA, 'y'.repeat(9_000)] });
    const { people, text } = inSlack(refusal(long, null));
    assert.deepEqual(people, [ANA.person]);
    assert.ok(text.length < 2_100, `${text.length} characters`);
  });
});
