/** The guide and the aside as a program sees them over HTTP, without a browser. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type SlackEmulator, startSlackEmulator } from '../index.ts';
import { threeSteps, twoPlaces } from './beside-app.ts';

interface StepState {
  title: string;
  done: boolean;
  fill: { label: string; text: string | null } | null;
  find: { channel?: string; ts?: string } | null;
  run: { running: boolean; answer: string | null; error: string | null } | null;
}

describe('beside the conversation', () => {
  let slack: SlackEmulator;
  before(async () => {
    slack = await startSlackEmulator({ rateLimits: false });
  });
  beforeEach(() => {
    slack.setGuide(null);
    slack.setAside(null);
  });
  after(() => slack.stop());

  async function state(user: string) {
    const response = await fetch(`${slack.url}page/state?user=${user}`);
    return (await response.json()) as {
      guide: { title: string; steps: StepState[] } | null;
      aside: { title: string } | null;
    };
  }
  const steps = async (user: string) => (await state(user)).guide?.steps ?? [];

  async function act(action: string, input: object): Promise<Response> {
    const body = JSON.stringify({ action, user: 'ana', ...input });
    return fetch(`${slack.url}page/act`, { method: 'POST', body });
  }

  async function say(text: string): Promise<void> {
    await slack.say({ user: 'ana', channel: 'data-science', text });
  }

  it('there is nothing until a program gives it', async () => {
    const { guide, aside } = await state('ana');
    assert.deepEqual({ guide, aside }, { guide: null, aside: null });
    assert.equal((await fetch(`${slack.url}page/aside`)).status, 404);
  });

  it('a step is done by what its person sees or copies, and by nothing of others', async () => {
    slack.setGuide(threeSteps());
    await say('the line');
    await act('copied', { text: 'run churn pyspark' });
    const done = async (user: string) => (await steps(user)).map((step) => step.done);
    assert.deepEqual(await done('ana'), [false, true, false]);
    assert.deepEqual(await done('ben'), [false, false, false]);
    const [, copy] = await steps('ben');
    assert.equal(copy?.find?.channel, 'C0DATASCI1');
  });

  it('a step that was done stays done', async () => {
    let queued = true;
    const guide = threeSteps();
    const [first] = guide.steps;
    slack.setGuide({ ...guide, steps: [{ ...first, isDone: () => queued } as typeof first & {}] });
    assert.equal((await steps('ana'))[0]?.done, true);
    queued = false;
    assert.equal((await steps('ana'))[0]?.done, true);
  });

  it('runs what a step offers once at a time, and tells only its person what came of it', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    let starts = 0;
    slack.setGuide(
      threeSteps(() => {
        starts += 1;
        return promise;
      }),
    );
    await act('runStep', { step: 2 });
    await act('runStep', { step: 2 });
    assert.equal((await steps('ana'))[2]?.run?.running, true);
    assert.equal((await steps('ana'))[2]?.fill?.text, null);
    resolve('No module named numpy');
    await promise;
    const [, , broken] = await steps('ana');
    assert.deepEqual(broken?.run?.answer, 'No module named numpy');
    assert.deepEqual([broken?.done, broken?.fill?.text], [true, 'No module named numpy']);
    assert.equal((await steps('ben'))[2]?.run?.answer, null);
    assert.equal(starts, 1);
  });

  it('says what hindered a run, and refuses one of a step that has none', async () => {
    slack.setGuide(threeSteps(() => Promise.reject(new Error('the edge is away'))));
    await act('runStep', { step: 2 });
    const [, , broken] = await steps('ana');
    assert.deepEqual([broken?.done, broken?.run?.error], [false, 'the edge is away']);
    const refused = await act('runStep', { step: 0 });
    assert.equal(refused.status, 400);
    assert.match(await refused.text(), /step 0 of the guide runs nothing/);
  });

  it('reads the aside only while somebody follows it, and tells a change once', async () => {
    const aside = twoPlaces();
    slack.setAside(aside);
    assert.equal(aside.reads, 0);
    const gone = new AbortController();
    const response = await fetch(`${slack.url}page/aside`, { signal: gone.signal });
    const told: string[] = [];
    const hearing = (async () => {
      for await (const chunk of response.body ?? []) told.push(new TextDecoder().decode(chunk));
    })().catch(() => {});
    while (aside.reads < 4) await sleep(5);
    gone.abort();
    await hearing;
    assert.equal(told.join('').split('event: view').length - 1, 1);
    assert.match(told.join(''), /"subject":"churn is being built"/);
    let before = -1;
    while (before !== aside.reads) {
      before = aside.reads;
      await sleep(60);
    }
  });

  it('says so when the aside cannot be read', async () => {
    slack.setAside({ ...twoPlaces(), read: () => Promise.reject(new Error('Redis is away')) });
    const gone = new AbortController();
    const response = await fetch(`${slack.url}page/aside`, { signal: gone.signal });
    let told = '';
    for await (const chunk of response.body ?? []) {
      told += new TextDecoder().decode(chunk);
      if (told.includes('event: view')) break;
    }
    gone.abort();
    assert.match(told, /data: \{"error":"Redis is away"\}/);
  });
});
