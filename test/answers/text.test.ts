import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { describeLive } from '../../src/answers/live.ts';
import { describeSettled } from '../../src/answers/settled.ts';
import { describeStory } from '../../src/answers/story.ts';
import { renderText, textOf } from '../../src/answers/text.ts';
import { isSettled } from '../../src/domain/build.ts';
import { linesForBuild } from '../../src/domain/lines.ts';
import { testGoldens } from '../harness/golden.ts';
import { build, buildReply, samples, settings, staging } from './samples.ts';

const texts = Object.fromEntries(
  Object.entries(samples).map(([name, reply]) => [
    `${name}.txt`,
    `${renderText(reply, settings)}\n`,
  ]),
);

/** What is sent of each build: its message, the story below it, and the word to who waited. */
const sent = Object.fromEntries(
  Object.entries(samples).flatMap(([name, reply]) => {
    if (reply.kind !== 'build' || reply.audience !== 'channel') return [];
    const { build: shown } = reply;
    const kind = name.replace(/^build-/, '');
    const story = describeStory(shown, ['solving', 'it ends here'], settings);
    return [
      [`live-${kind}.txt`, `${textOf(describeLive(shown, settings))}\n`],
      ...(isSettled(shown)
        ? [
            [`story-${kind}.txt`, `${textOf(story)}\n`],
            [
              `settled-${kind}.txt`,
              `${textOf(describeSettled(shown, 'https://slack.example/1'))}\n`,
            ],
          ]
        : []),
    ];
  }),
);

describe('replies as terminal text', () => {
  testGoldens(join(import.meta.dirname, 'golden'), texts);

  test('a line to paste stands alone on its line, exactly as it was made', () => {
    const ready = build('ready');
    const [line] = linesForBuild(ready);
    const text = renderText(buildReply(ready), settings);
    assert.ok(line && text.split('\n').includes(line.short ?? assert.fail()));
    assert.ok(text.includes(`\n${line.rows}\n`));
  });

  test('a build whose edge gives no line is shown with the reason', () => {
    const odd = { ...staging(), driverPrefix: 'no/path' };
    const text = renderText(buildReply(build('ready', { stagings: [odd] })), settings);
    assert.match(text, /churn@3 is ready[\s\S]*⚠️ .*must be an absolute path/);
    assert.match(text, /Proven on the executors/);
  });

  test('nothing a remote host wrote can steer the terminal', () => {
    const hostile = build('failed', {
      failure: {
        code: 'edge-denied',
        kind: 'outside',
        message: 'a\u001b]0;title\u0007b\u001b[2Jc\u202ed\u0000e',
        suggestion: null,
        details: null,
        retryable: false,
      },
    });
    const text = renderText(buildReply(hostile), settings);
    assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    assert.match(text, /d\\u\{0\}e/);
  });
});

describe('what is sent of a build', () => {
  testGoldens(join(import.meta.dirname, 'sent'), sent);

  test('is six rows once it is ready: title, short line, whole line, proof, who asked, buttons', () => {
    const { parts } = describeLive(build('ready'), settings);
    assert.deepEqual(
      parts.map(({ kind }) => kind),
      ['heading', 'code', 'code', 'prose', 'small', 'buttons'],
    );
  });

  test('tells in its story which edge has other bytes', () => {
    const [first, other] = [staging('lab'), staging('madrid')];
    const sha256 = 'd'.repeat(64);
    const stagings = [first, { ...other, archive: { ...other.archive, sha256 } }];
    const story = textOf(describeStory(build('ready', { stagings }), [], settings));
    assert.match(story, new RegExp(`sha256 .a{64}., on .madrid. .${sha256}. · fingerprint`));
  });

  test('has the whole line in one place: neither the story nor the word to who waited repeats it', () => {
    const ready = build('ready');
    const whole = linesForBuild(ready)[0]?.rows ?? assert.fail();
    const story = textOf(describeStory(ready, [], settings));
    const told = textOf(describeSettled(ready, null));
    assert.deepEqual([story.includes(whole), told.includes(whole)], [false, false]);
  });
});
