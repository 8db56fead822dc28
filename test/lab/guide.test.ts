/** The demo's guide knows what happened by the messages that people really get, and offers what can be typed. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseCommand } from '../../commands/grammar/parse.ts';
import { commands } from '../../commands/registry.ts';
import { demoGuide } from '../../deploy/lab/guide.ts';
import type { GuideStep, Message, Seen } from '../../deploy/lab/slack/index.ts';
import { describeLive } from '../../src/answers/live.ts';
import type { Build } from '../../src/domain/build.ts';
import { messageOf, renderMessage } from '../../src/slack/blocks.ts';
import { build, samples, settings } from '../answers/samples.ts';

const TRACEBACK = `Traceback (most recent call last):
  File "job.py", line 7, in numpy_version
ModuleNotFoundError: No module named 'numpy'`;

const guide = demoGuide({ ours: 'my-local-env', breakIt: async () => TRACEBACK });
const step = (title: string): GuideStep => {
  const found = guide.steps.find((one) => one.title === title);
  assert.ok(found, title);
  return found;
};

const envelope = {
  ...{ type: 'message' as const, channel: 'C0DATASCI1', ts: '1.000001' },
  ...{ user: 'U0FERRYBOT', team: 'T0ACMEDATA' },
};

/** The live message of a build, as Slack has it. */
function live(about: Build): Message {
  const { text, blocks } = messageOf(describeLive(about, settings));
  const metadata = { event_type: 'conda_ferry_build', event_payload: { build: about.id } };
  return { ...envelope, text, metadata, blocks: blocks as unknown as Message['blocks'] & {} };
}

const seen = (messages: Message[], change: Partial<Seen> = {}): Seen => ({
  ...{ user: 'U0ANARUIZ1', messages, copied: [], answers: [] },
  ...change,
});

const ofTheDemo = (about: Build): Build => ({
  ...about,
  request: { ...about.request, environment: 'my-local-env' },
});

describe('the guide of the demo', () => {
  const asked = seen([live(build('queued'))]);
  const ready = seen([live(build('ready'))]);

  test('knows that somebody asked by every message that a build of theirs has', () => {
    for (const state of ['queued', 'running', 'ready', 'failed', 'cancelled'] as const)
      assert.equal(step('Type').isDone(seen([live(build(state))])), true, state);
    const proven = { ...build('running'), stagings: build('ready').stagings, revision: 3 };
    assert.equal(step('Type').isDone(seen([live(proven)])), true);
  });

  test('does not take what the demo itself or somebody else asks for as theirs', () => {
    assert.equal(step('Type').isDone(seen([live(ofTheDemo(build('ready')))])), false);
    assert.equal(step('Type').isDone({ ...ready, user: 'U0BENOKAF1' }), false);
    assert.equal(step('Type').isDone(seen([])), false);
  });

  test('goes on from watching when a build is ready, and shows its message', () => {
    assert.equal(step('Watch').isDone(asked), false);
    assert.equal(step('Watch').isDone(seen([live(build('failed'))])), false);
    assert.equal(step('Watch').isDone(ready), true);
    assert.equal(step('Copy').find?.message(ready), ready.messages[0]);
    assert.equal(step('Copy').find?.message(asked), undefined);
  });

  test('takes the short line, the whole and the one of spark-submit as copied', () => {
    const copied = (text: string) => step('Copy').isDone({ ...ready, copied: [text] });
    const lines = JSON.stringify(ready.messages).match(/"text":"(?:[^"\\]|\\.)*"/g) ?? [];
    const [short, whole] = lines
      .map((text) => JSON.parse(`{${text}}`).text as string)
      .filter((text) => /pyspark/.test(text) && /^(\/|PYSPARK)/.test(text));
    assert.ok(short && whole);
    assert.equal(copied(short), true);
    assert.equal(copied(whole), true);
    assert.equal(copied(short.replace('pyspark', 'spark-submit app.py')), true);
    assert.equal(copied('numpy'), false);
  });

  test('knows the answer of diagnose', () => {
    for (const name of ['findings', 'findings-own', 'findings-asked'] as const) {
      const { text, blocks } = renderMessage(samples[name] as never, settings);
      const message = { ...envelope, text, blocks: blocks as unknown as Message['blocks'] & {} };
      assert.equal(step('Diagnose').isDone(seen([message])), true, name);
    }
    assert.equal(step('Diagnose').isDone(ready), false);
  });

  test('fills in only what the product takes', () => {
    const told = { ...ready, answers: [TRACEBACK] };
    const texts = guide.steps.flatMap(({ fill }) =>
      fill ? [fill.text(seen([])), fill.text(told)] : [],
    );
    assert.equal(texts.length, 4);
    for (const text of texts) {
      assert.match(text ?? '', /^\/conda-env /);
      const said = parseCommand((text ?? '').replace('/conda-env ', ''), commands, settings);
      assert.equal(said.kind, 'command', text ?? '');
    }
    assert.equal(
      step('Diagnose').fill?.text(told),
      `/conda-env diagnose --environment churn ${TRACEBACK}`,
    );
  });

  test('says each thing in a few words', () => {
    for (const { title, text } of guide.steps) {
      assert.ok(title.length <= 10, title);
      assert.ok(text.length <= 200, `${title}: ${text.length}`);
    }
  });
});
