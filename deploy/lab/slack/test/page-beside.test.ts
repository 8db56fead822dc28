/** The guide and the aside on the page, in a real browser, with the keyboard alone. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { type SlackEmulator, startSlackEmulator } from '../index.ts';
import { threeSteps, twoPlaces } from './beside-app.ts';
import { type BoltApp, startBoltApp } from './bolt-app.ts';
import { launchBrowser, noBrowser } from './chromium.ts';

describe('the page with a guide and an aside', { skip: noBrowser }, () => {
  let slack: SlackEmulator;
  let app: BoltApp;
  let browser: Browser;
  let aside: ReturnType<typeof twoPlaces>;

  before(async () => {
    slack = await startSlackEmulator({ rateLimits: false });
    app = await startBoltApp(slack, 'socket');
    browser = await launchBrowser();
  });
  beforeEach(() => {
    slack.setGuide(threeSteps());
    aside = twoPlaces();
    slack.setAside(aside);
  });
  after(async () => {
    await browser.close();
    await app.stop();
    await slack.stop();
  });

  async function open(width: number, user = 'ana'): Promise<Page> {
    const context = await browser.newContext({
      viewport: { width, height: 800 },
      permissions: ['clipboard-write'],
    });
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    await page.goto(`${slack.url}?user=${user}`);
    await page.locator('.composer textarea').waitFor();
    return page;
  }

  /** Presses Tab until the focus is on the button of that name. */
  async function tabTo(page: Page, name: string | RegExp): Promise<void> {
    const button = page.getByRole('button', { name });
    await button.waitFor();
    for (let presses = 0; presses < 40; presses += 1) {
      if (await button.evaluate((one) => one === one.ownerDocument.activeElement)) return;
      await page.keyboard.press('Tab');
    }
    assert.fail(`Tab never came to ${name}`);
  }

  const currentStep = (page: Page) => page.locator('#guide [aria-current="step"]').textContent();

  it('leads from the first step to the last by the keyboard, and sends nothing by itself', async () => {
    const page = await open(1400);
    const field = page.getByLabel('Message #data-science');
    await tabTo(page, 'Put it into the field');
    await page.keyboard.press('Enter');
    assert.equal(await field.inputValue(), '/conda-env create first numpy');
    assert.equal(app.seen.length, 0);
    await page.keyboard.press('Enter');
    await page.locator('#guide [role=status]', { hasText: 'Type is done. Next: Copy.' }).waitFor({
      state: 'attached',
    });
    assert.match((await currentStep(page)) ?? '', /Copy/);

    await fetch(`${slack.apiUrl}chat.postMessage`, {
      method: 'POST',
      headers: { authorization: `Bearer ${slack.botToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ channel: 'C0DATASCI1', text: 'the line: ```run first pyspark```' }),
    });
    await tabTo(page, 'Show me the line');
    await page.keyboard.press('Enter');
    await page.locator('.message.linked .copy:focus').waitFor();
    await page.keyboard.press('Enter');
    await page.getByText('And now without.').waitFor();

    await tabTo(page, 'Run it');
    await page.keyboard.press('Enter');
    await page.locator('#guide .code-block', { hasText: 'Traceback: none' }).waitFor();
    await tabTo(page, 'Go on');
    await page.keyboard.press('Enter');
    await page.locator('.guide-panel').getByText('That is all.').waitFor();
    await page.context().close();
  });

  it('is where it was after a reload, closed or open, for each person', async () => {
    const page = await open(1400);
    await slack.say({ user: 'ana', channel: 'data-science', text: 'queued' });
    await page.getByText('The line is in the message.').waitFor();
    await page.getByRole('button', { name: /^Break/ }).click();
    await page.reload();
    await page.getByText('And now without.').waitFor();
    await page.getByRole('button', { name: 'Close the guide' }).click();
    await page.reload();
    await page.getByRole('button', { name: 'Guide', expanded: false }).waitFor();
    assert.equal(await page.locator('#guide').isVisible(), false);
    await page.getByRole('button', { name: 'Guide' }).press('Enter');
    await page.getByText('And now without.').waitFor();
    assert.match(await page.evaluate('document.activeElement.innerText'), /Break/);
    await page.getByRole('button', { name: 'Close the guide' }).click();
    slack.setGuide(threeSteps());
    await page.getByText('The line is in the message.').waitFor();
    await page.context().close();
  });

  it('shows the strip and its places while they are looked at, and gives the focus back', async () => {
    const page = await open(1400);
    const region = page.getByRole('complementary', { name: 'Behind it' });
    await region.getByText('3 of 9 packages').waitFor();
    assert.deepEqual(await region.getByRole('listitem').allInnerTexts(), [
      'Queue\n: done',
      'Build host\n: now',
    ]);
    await region.getByText('Nobody waits.').waitFor();
    await region.getByRole('button', { name: 'Close Behind it' }).focus();
    await page.keyboard.press('Escape');
    assert.equal(await region.isVisible(), false);
    const toggle = page.getByRole('button', { name: 'Behind it', expanded: false });
    assert.equal(
      await toggle.evaluate((one) => one === one.ownerDocument.activeElement),
      true,
      'the focus is on what opens it again',
    );
    await page.reload();
    await toggle.waitFor();
    assert.equal(await region.isVisible(), false);
    await page.context().close();
  });

  it('is a sheet that waits to be asked for on a telephone, and nothing is wider than that', async () => {
    const page = await open(360);
    const region = page.locator('#aside');
    assert.equal(await region.isVisible(), false);
    await page.getByRole('button', { name: 'Behind it' }).click();
    await region.getByText('3 of 9 packages').waitFor();
    const wider = await page.evaluate<string[]>(`
      [...document.querySelectorAll('#guide *, #top *, #aside *')]
        .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
        .map((element) => element.outerHTML.slice(0, 80))`);
    assert.deepEqual(wider, []);
    await page.context().close();
  });

  it('gives its place to a thread where there is no room for both', async () => {
    const page = await open(1400);
    await slack.mention({ user: 'ana', channel: 'general', text: 'help' });
    const reply = await slack.untilMessage(({ text }) => text === 'you called');
    await page.goto(`${slack.url}#C0GENERAL1/${reply.ts}`);
    await page.locator('#thread').waitFor();
    assert.equal(await page.locator('#aside').isVisible(), false);
    await page.getByRole('button', { name: 'Behind it', expanded: false }).click();
    await page.locator('#aside').waitFor();
    assert.equal(await page.locator('#thread').isVisible(), false);
    await page.context().close();
  });
});
