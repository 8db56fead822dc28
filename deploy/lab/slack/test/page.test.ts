/** The page, in a real browser: what a person can do and see without any Slack. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { type SlackEmulator, startSlackEmulator } from '../index.ts';
import { type BoltApp, startBoltApp } from './bolt-app.ts';
import { launchBrowser, noBrowser } from './chromium.ts';

/** A button that asks before it acts. */
const button = (action: string, label: string) => ({
  type: 'button',
  action_id: action,
  text: { type: 'plain_text', text: label },
  confirm: {
    title: { type: 'plain_text', text: 'Really?' },
    text: { type: 'plain_text', text: 'It takes a while.' },
    confirm: { type: 'plain_text', text: 'Yes' },
    deny: { type: 'plain_text', text: 'No' },
  },
});

describe('the page', { skip: noBrowser }, () => {
  let slack: SlackEmulator;
  let app: BoltApp;
  let browser: Browser;
  let page: Page;
  const problems: string[] = [];

  before(async () => {
    slack = await startSlackEmulator({
      rateLimits: false,
      shortcuts: [{ callbackId: 'explain', name: 'Explain this' }],
    });
    app = await startBoltApp(slack, 'socket');
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    page.setDefaultTimeout(10_000);
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    await page.goto(slack.url);
  });

  /** What the app posts in #data-science. */
  async function post(message: object): Promise<{ ts: string }> {
    const response = await fetch(`${slack.apiUrl}chat.postMessage`, {
      method: 'POST',
      headers: { authorization: `Bearer ${slack.botToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ channel: 'C0DATASCI1', ...message }),
    });
    const answer = (await response.json()) as { ok: boolean; ts: string };
    assert.equal(answer.ok, true, JSON.stringify(answer));
    return answer;
  }

  after(async () => {
    await browser.close();
    await app.stop();
    await slack.stop();
  });

  it('completes and runs a command, and shows the private answer and the post as they come', async () => {
    const field = page.getByLabel('Message #data-science');
    await field.fill('/con');
    await page.keyboard.press('Tab');
    assert.equal(await field.inputValue(), '/conda-env ');
    await page.keyboard.type('create churn numpy>=1.26,<2');
    await page.keyboard.press('Enter');
    await page
      .locator('.message.ephemeral', { hasText: 'queued' })
      .getByText('Only visible to you')
      .waitFor();
    await page.getByRole('button', { name: 'Retry' }).waitFor();
    assert.equal(app.seen[0]?.text, 'create churn numpy&gt;=1.26,&lt;2');
  });

  it('clicks a button, fills the modal, shows its errors and closes it', async () => {
    await page.getByRole('button', { name: 'Retry' }).click();
    const dialog = page.getByRole('dialog', { name: 'Edit' });
    await dialog.waitFor();
    await page.locator('.message', { hasText: 'retrying' }).getByText('(edited)').waitFor();
    await dialog.getByLabel('Name').fill('bad');
    await dialog.getByRole('button', { name: 'Go' }).click();
    await dialog.getByText('no such name').waitFor();
    await dialog.getByLabel('Name').fill('good');
    await dialog.locator('[data-action-id="pkg"]').click();
    await page.keyboard.type('numpy');
    await page.getByRole('option', { name: 'numpy' }).click();
    await dialog.getByRole('button', { name: 'Go' }).click();
    await dialog.waitFor({ state: 'detached' });
    await slack.untilMessage(({ text }) => text === 'named good');
  });

  it('shows other people only what they may see', async () => {
    await page.getByRole('button', { name: /^Ana Ruiz .* \(you\): switch person$/ }).click();
    await page.getByRole('menuitem', { name: 'Ben Okafor' }).click();
    await page.getByRole('button', { name: /^Ben Okafor .* \(you\): switch person$/ }).waitFor();
    assert.equal(await page.locator('.message.ephemeral').count(), 0);
    assert.equal(await page.getByRole('link', { name: 'platform-ops' }).count(), 0);
    await page.getByText('retrying').waitFor();
  });

  it('never turns what people write into markup or unsafe links', async () => {
    const evil = '<img src=x onerror=alert(1)> <javascript:alert(1)|click> &lt;b&gt;';
    await post({ text: evil });
    await post({
      text: 'x',
      blocks: [{ type: 'markdown', text: `[a](javascript:alert(1)) ${evil}` }],
    });
    await slack.say({ user: 'ana', channel: 'C0DATASCI1', text: '<script>alert(1)</script>' });
    await page.getByText('<script>alert(1)</script>').waitFor();
    assert.equal(await page.locator('.messages img:not(.avatar), .messages script').count(), 0);
    assert.equal(await page.locator('a[href^="javascript"]').count(), 0);
  });

  it('opens a linked message in its thread', async () => {
    const { message } = await slack.mention({ user: 'ana', channel: 'general', text: 'help' });
    const reply = await slack.untilMessage(({ text }) => text === 'you called');
    await page.goto(`${slack.url}?user=ana#C0GENERAL1/${reply.ts}`);
    await page.locator(`#thread [data-ts="${reply.ts}"].linked`).waitFor();
    await page.locator(`#thread [data-ts="${message.ts}"]`).waitFor();
  });

  it('shows the Home tab the app publishes', async () => {
    await page.getByRole('link', { name: 'Conda Ferry' }).click();
    await page.getByRole('tab', { name: 'Home' }).click();
    await page.getByRole('heading', { name: 'Your environments' }).waitFor();
  });

  it('keeps the keyboard in an open dialog, and gives it back where it was', async () => {
    await page.goto(slack.url);
    const { ts } = await post({
      text: 'ready',
      blocks: [{ type: 'actions', block_id: 'kept', elements: [button('ask', 'Ask')] }],
    });
    const opener = page.locator(`[data-ts="${ts}"]`).getByRole('button', { name: 'Ask' });
    await opener.focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('alertdialog', { name: 'Really?' });
    await dialog.waitFor();
    const inside = () =>
      dialog.evaluate((element) => element.contains(element.ownerDocument.activeElement));
    for (let presses = 0; presses < 5; presses += 1) {
      assert.equal(await inside(), true);
      await page.keyboard.press('Tab');
      // The browser's own controls are part of the round.
      if (!(await inside())) await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    assert.equal(
      await opener.evaluate((element) => element === element.ownerDocument.activeElement),
      true,
    );
  });

  it('takes Escape in a modal whichever control has the focus', async () => {
    await page.goto(slack.url);
    const field = page.getByLabel('Message #data-science');
    await field.fill('/conda-env create churn');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Retry' }).last().click();
    const dialog = page.getByRole('dialog', { name: 'Edit' });
    await dialog.waitFor();
    assert.equal(
      await dialog
        .getByLabel('Name')
        .evaluate((element) => element === element.ownerDocument.activeElement),
      true,
    );
    await dialog.locator('[data-action-id="pkg"]').click();
    await page.keyboard.press('Escape');
    await dialog.waitFor();
    await dialog.getByRole('button', { name: 'Close' }).focus();
    const closed: string[] = [];
    const listen = (request: { postData(): string | null }) => {
      const data = request.postData() ?? '';
      if (data.includes('closeView')) closed.push(data);
    };
    page.on('request', listen);
    await page.keyboard.press('Escape');
    // What is typed at once goes to the conversation, and a whole command is sent by one Enter.
    await field.fill('/conda-env');
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    assert.equal(await field.inputValue(), '');
    page.off('request', listen);
    assert.equal(closed.length, 1);
  });

  it('fits a narrow screen, with the channels one press away', async () => {
    const narrow = await browser.newPage({ viewport: { width: 360, height: 720 } });
    narrow.setDefaultTimeout(10_000);
    await narrow.goto(slack.url);
    await narrow.getByRole('button', { name: 'Ask' }).last().waitFor();
    const wider = () =>
      narrow.evaluate<string[]>(`
        [...document.querySelectorAll('#conversation *, #top *')]
          .filter((element) => !element.closest('pre, .table-scroll, .usage'))
          .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
          .map((element) => element.className)`);
    assert.deepEqual(await wider(), []);
    const general = narrow.getByRole('link', { name: 'general' });
    assert.equal(await general.isVisible(), false);
    await narrow.getByRole('button', { name: 'Channels and people' }).click();
    await general.click();
    await narrow.getByRole('heading', { name: 'general', exact: true }).waitFor();
    assert.equal(await general.isVisible(), false);
    await narrow.close();
  });

  it('is dark where the system is', async () => {
    const paper = async (colorScheme: 'light' | 'dark') => {
      await page.emulateMedia({ colorScheme });
      return page.evaluate<string>(
        `getComputedStyle(document.getElementById('conversation')).backgroundColor`,
      );
    };
    assert.equal(await paper('light'), 'rgb(255, 255, 255)');
    assert.equal(await paper('dark'), 'rgb(27, 25, 30)');
  });

  it('draws emoji itself, and leaves those that it cannot', async () => {
    const { ts } = await post({ text: '✅ done :warning: :no_such: ⚠️ `✅`' });
    const message = page.locator(`[data-ts="${ts}"]`);
    await message.waitFor();
    const alternatives = await message
      .locator('img.emoji')
      .evaluateAll((images) => images.map((image) => image.getAttribute('alt')));
    assert.deepEqual(alternatives, ['✅', '⚠', '⚠']);
    await message.getByText(':no_such:').waitFor();
  });

  it('raised no error all the while', () => {
    assert.deepEqual(problems, []);
  });
});

describe('the command line', () => {
  it('prints one line of JSON to use, and ends when told', async () => {
    const main = join(import.meta.dirname, '../main.ts');
    const child = spawn(process.execPath, [main, '--port', '0'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(child.stdout, 'data');
    const printed = JSON.parse(String(line)) as { url: string; apiUrl: string };
    assert.equal((await fetch(printed.url)).status, 200);
    assert.equal(printed.apiUrl, `${printed.url}api/`);
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  });

  it('says in a line when the port is taken', async () => {
    const slack = await startSlackEmulator();
    try {
      const { port } = new URL(slack.url);
      const words = [join(import.meta.dirname, '../main.ts'), '--port', port];
      const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'pipe'] });
      const [[said], [code]] = await Promise.all([once(child.stderr, 'data'), once(child, 'exit')]);
      assert.equal(code, 1);
      assert.match(String(said), new RegExp(`^--port ${port}: another program uses it`));
    } finally {
      await slack.stop();
    }
  });
});

describe('the recorder', () => {
  it('keeps each accepted message and view once, as the app sent it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'recorded-'));
    const slack = await startSlackEmulator({ record: directory });
    try {
      const post = (args: object) =>
        fetch(`${slack.apiUrl}chat.postMessage`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${slack.botToken}`,
            'content-type': 'application/json',
          },
          body: JSON.stringify({ channel: 'C0GENERAL1', ...args }),
        });
      const message = { text: 'x', blocks: [{ type: 'divider' }] };
      await post(message);
      await post(message);
      await post({ blocks: [{ type: 'nope' }] });
      const files = readdirSync(directory);
      assert.equal(files.length, 1);
      assert.deepEqual(JSON.parse(readFileSync(join(directory, files[0] ?? ''), 'utf8')), message);
    } finally {
      await slack.stop();
      rmSync(directory, { recursive: true });
    }
  });
});
