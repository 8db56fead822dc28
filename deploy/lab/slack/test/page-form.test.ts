/** A form on the page, with the keyboard alone: menus that ask the app, a file, an update from the app. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { type SlackEmulator, startSlackEmulator } from '../index.ts';
import { type BoltApp, startBoltApp } from './bolt-app.ts';
import { launchBrowser, noBrowser } from './chromium.ts';
import { addForm } from './form-app.ts';

describe('a form on the page', { skip: noBrowser }, () => {
  let slack: SlackEmulator;
  let app: BoltApp;
  let browser: Browser;
  let page: Page;
  let submitted: object[];

  before(async () => {
    const commands = [{ command: '/form', description: 'A form', usageHint: '' }];
    slack = await startSlackEmulator({ rateLimits: false, commands });
    app = await startBoltApp(slack, 'socket');
    submitted = addForm(app.app).submitted;
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 360, height: 740 } });
    page.setDefaultTimeout(10_000);
    await page.goto(`${slack.url}?user=ana#C0GENERAL1`);
  });
  after(async () => {
    await browser.close();
    await app.stop();
    await slack.stop();
  });

  it('is filled, refused, updated by the app and sent, and nothing in it gets lost', async () => {
    await page.getByLabel('Message #general').fill('/form');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Form' });
    await dialog.waitFor();
    const packages = dialog.getByRole('combobox', { name: 'Packages' });
    await packages.focus();
    await page.keyboard.press('Enter');
    await page.getByText('Type at least 2 characters').waitFor();
    await page.keyboard.type('groups');
    await page.getByText('Versions', { exact: true }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('option', { name: 'numpy=2.2.6', selected: true }).waitFor();
    await page.keyboard.press('Escape');

    await dialog
      .getByLabel('File')
      .setInputFiles({ name: 'a.yml', mimeType: 'text/plain', buffer: Buffer.from('name: a') });
    await dialog.getByRole('button', { name: 'Remove a.yml' }).waitFor();

    const edge = dialog.getByRole('combobox', { name: 'Edge' });
    await edge.focus();
    await page.keyboard.press('Enter');
    await page.keyboard.type('mad');
    await page.keyboard.press('Enter');
    await dialog.getByText('madrid runs Python 3.11').waitFor();
    await dialog.getByRole('combobox', { name: 'Packages numpy=2.2.6' }).waitFor();
    await dialog.getByRole('combobox', { name: 'Edge madrid' }).waitFor();
    await dialog.getByRole('button', { name: 'Remove a.yml' }).waitFor();

    // What is chosen is taken out where nothing is typed.
    await packages.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('option', { name: 'numpy=2.2.6' }).waitFor();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
    await dialog.getByRole('button', { name: 'Send' }).press('Enter');
    await dialog.getByText('no package').waitFor();

    await packages.focus();
    await page.keyboard.press('Enter');
    await page.keyboard.type('pandas');
    await page.getByRole('option', { name: 'pandas=1' }).waitFor();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
    await dialog.getByRole('button', { name: 'Send' }).press('Enter');
    await dialog.waitFor({ state: 'detached' });
    assert.match(
      JSON.stringify(submitted.at(-1)),
      /"specs":.*pandas=1.*"files":\[\{.*a\.yml.*madrid/,
    );
  });
});
