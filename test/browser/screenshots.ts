/**
 * Uses the bot in the browser as a person does and keeps what they see:
 * `node test/browser/screenshots.ts PAGE_URL DIRECTORY`, with the page of a running `npm run demo` that has said
 * that it stays up. The guide and what is behind it are on `guide`, `demo` and `demo-dark` alone.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';

const [url = '', directory = 'screenshots'] = process.argv.slice(2);
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

mkdirSync(directory, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ARGUMENTS,
});
const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
page.setDefaultTimeout(240_000);
await page.goto(url);

async function keep(name: string): Promise<void> {
  await page.screenshot({ path: join(directory, `${name}.png`) });
  process.stdout.write(`${name}\n`);
}

async function type(on: Page, text: string): Promise<void> {
  await on.getByLabel('Message #data-science').fill(text);
  await on.keyboard.press('Enter');
}

await page.getByRole('complementary', { name: 'Behind it' }).getByText('YARN').first().waitFor();
await page.waitForTimeout(1000);
await keep('guide');
await page.getByRole('button', { name: 'Put it into the field' }).click();
await page.keyboard.press('Enter');
await page.locator('#guide [aria-current="step"]', { hasText: 'Watch' }).waitFor();
// While it is proven there is something at every place.
await page.locator('#aside .place.now', { hasText: 'containers' }).waitFor();
await keep('demo');
await page.emulateMedia({ colorScheme: 'dark' });
await keep('demo-dark');
await page.emulateMedia({ colorScheme: 'light' });
await page.locator('#guide [aria-current="step"]', { hasText: 'Copy' }).waitFor();
await page.getByRole('button', { name: 'Close the guide' }).click();
await page.getByRole('button', { name: 'Close Behind it' }).click();

await type(page, '/conda-env help');
await page.locator('.message.ephemeral').last().waitFor();
await page.waitForTimeout(500);
await keep('help');

await type(page, '/conda-env create');
const dialog = page.getByRole('dialog');
await dialog.waitFor();
await keep('form');
await dialog.getByLabel(/name/i).first().fill('1churn');
await dialog
  .getByLabel(/list of packages/i)
  .first()
  .fill('python=3.11\nnumpy>=2\npandas');
await dialog
  .getByRole('button', { name: /build|create/i })
  .last()
  .click();
await page.waitForTimeout(1000);
await keep('form-mistake');
await dialog.getByLabel(/name/i).first().fill('churn');
await dialog
  .getByRole('button', { name: /build|create/i })
  .last()
  .click();
await dialog.waitFor({ state: 'detached' });
await page.getByText('Building churn').first().waitFor();
await page.waitForTimeout(3000);
await keep('running');
await page.getByText('churn@1 is ready').first().waitFor();
await page.waitForTimeout(2000);
await page
  .getByText('churn@1 is ready')
  .first()
  .evaluate((title) => title.scrollIntoView({ block: 'start' }));
await page.waitForTimeout(500);
await keep('ready');

await type(page, '/conda-env create model python=3.10 scipy');
// What does not go together is told to who asked alone, before there is a build.
await page.locator('.message.ephemeral', { hasText: 'scipy' }).last().waitFor();
await page.waitForTimeout(1500);
await keep('failed');

await type(page, '/conda-env craete churn');
await page.locator('.message.ephemeral').last().waitFor();
await page.waitForTimeout(700);
await keep('refused');

await page.getByRole('button', { name: 'Line to copy' }).last().click();
await page.getByRole('dialog').waitFor();
await page.waitForTimeout(500);
await keep('copy-line');
await browser.close();
