/** The page can be used by everybody: axe's rules (WCAG 2.1 AA), in light and dark, wide and on a phone. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { type SlackEmulator, startSlackEmulator } from '../index.ts';
import { threeSteps, twoPlaces } from './beside-app.ts';
import { type BoltApp, startBoltApp } from './bolt-app.ts';
import { launchBrowser, noBrowser } from './chromium.ts';

const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'];

interface Violation {
  id: string;
  help: string;
  nodes: { target: string[]; failureSummary: string }[];
}

/** On a phone the sidebar is there when it is asked for. */
async function toSidebar(page: Page): Promise<void> {
  const menu = page.locator('.menu-button');
  if (await menu.isVisible()) await menu.click();
}

/** What a person sees → how they get there from the channel. */
const VIEWS: Readonly<Record<string, (page: Page) => Promise<unknown>>> = {
  'a channel': async () => undefined,
  'a thread': async (page) => {
    await page.locator('.message', { hasText: 'queued' }).first().hover();
    await page.getByRole('button', { name: /repl/i }).first().click();
  },
  'a form': async (page) => {
    await page.getByRole('button', { name: 'Retry' }).first().click();
    await page.getByRole('dialog').waitFor();
  },
  'the aside': async (page) => {
    const aside = page.locator('#aside');
    if (!(await aside.isVisible())) await page.getByRole('button', { name: 'Behind it' }).click();
    await aside.getByText('3 of 9 packages').waitFor();
  },
  'what a step of the guide printed': async (page) => {
    await page.getByRole('button', { name: /^Break/ }).click();
    await page.getByRole('button', { name: 'Run it' }).click();
    await page.locator('#guide .code-block').waitFor();
  },
  'the Home tab': async (page) => {
    await toSidebar(page);
    await page.getByRole('link', { name: 'Conda Ferry' }).click();
    await page.getByRole('tab', { name: 'Home' }).click();
  },
  'the choice of a person': async (page) => {
    await toSidebar(page);
    await page.getByRole('button', { name: /^Ana Ruiz .* \(you\): switch person$/ }).click();
    await page.getByRole('menu').waitFor();
  },
};

const SCREENS = [
  { name: 'light', width: 1400, colorScheme: 'light' },
  { name: 'dark', width: 1400, colorScheme: 'dark' },
  { name: 'on a phone', width: 360, colorScheme: 'light' },
] as const;

describe('the page', { skip: noBrowser }, () => {
  let slack: SlackEmulator;
  let app: BoltApp;
  let browser: Browser;

  before(async () => {
    slack = await startSlackEmulator({ rateLimits: false });
    slack.setGuide(threeSteps());
    slack.setAside(twoPlaces());
    app = await startBoltApp(slack, 'socket');
    browser = await launchBrowser();
  });
  after(async () => {
    await browser.close();
    await app.stop();
    await slack.stop();
  });

  for (const { name, width, colorScheme } of SCREENS) {
    for (const [view, go] of Object.entries(VIEWS)) {
      it(`breaks no rule of axe: ${view}, ${name}`, async () => {
        const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
        try {
          page.setDefaultTimeout(5_000);
          await page.goto(slack.url);
          await page.getByLabel('Message #data-science').fill('/conda-env create churn numpy');
          await page.keyboard.press('Enter');
          await page.getByRole('button', { name: 'Retry' }).first().waitFor();
          await go(page);
          await page.evaluate(AXE);
          const found = (await page.evaluate(`axe.run({ runOnly: ${JSON.stringify(RULES)} })`)) as {
            violations: Violation[];
          };
          const told = found.violations.flatMap(({ id, help, nodes }) =>
            nodes.map((node) => `${id} (${help}): ${node.target.join(' ')} ${node.failureSummary}`),
          );
          assert.deepEqual(told, []);
          const width = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
          assert.ok(Number(width) <= 0, `it is ${width} pixels wider than the screen`);
        } finally {
          await page.close();
        }
      });
    }
  }
});
