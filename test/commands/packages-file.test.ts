import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { PackagesFile } from '../../commands/command.ts';
import { contentOf, forComparison, forRequest, readAhead } from '../../commands/packages-file.ts';
import { settings } from '../answers/samples.ts';

const FOR_REQUEST = forRequest(settings, []);

/** What the bot reads while it answers nobody else. */
const SHORT = 4_000;

const longFile = (name: string, text: string): PackagesFile => {
  const rows = `\n# ${'so long '.repeat(10)}`.repeat(SHORT / 80);
  return { name, bytes: new TextEncoder().encode(`${text}${rows}\n`) };
};
const sample = (folder: string, name: string): PackagesFile =>
  longFile(
    name,
    readFileSync(join(import.meta.dirname, '../reading/files', folder, name), 'utf8').trimEnd(),
  );

/** Exactly what is said of a file that was read: without its bytes there is nothing else to say. */
const withoutBytes = (file: PackagesFile): PackagesFile => ({ ...file, bytes: new Uint8Array() });

function said(file: PackagesFile): unknown {
  try {
    return contentOf(file, FOR_REQUEST);
  } catch (error) {
    return error;
  }
}

/** A lock with so many packages as nobody builds. */
function lockOf(count: number): PackagesFile {
  const rows = Array.from(
    { length: count },
    (_, index) => `https://conda.anaconda.org/conda-forge/noarch/package-${index}-1.0-0.conda`,
  );
  return longFile('explicit.txt', `@EXPLICIT\n${rows.join('\n')}`);
}

describe('a long file of packages, read before it is asked for', () => {
  const files = [
    sample('conda-lock', 'conda-lock.yml'),
    sample('pyproject', 'pyproject.toml'),
    sample('requirements-mistakes', 'requirements.txt'),
    longFile('poem.txt', 'It was,\nand it was not.'),
    lockOf(3_001),
  ];
  for (const file of files) {
    test(`${file.name} says then what it says when it is read at once, right or wrong`, async () => {
      const ahead = await readAhead(file, FOR_REQUEST);
      assert.deepEqual(said(withoutBytes(ahead)), said(file));
    });
  }

  test('for a request says nothing of what it is in a comparison', async () => {
    const file = longFile('environment.yml', 'channels: [nowhere]\ndependencies: [numpy]');
    const ahead = await readAhead(file, FOR_REQUEST);
    assert.equal(contentOf(ahead, FOR_REQUEST).refused.length, 1);
    assert.equal(contentOf(ahead, forComparison(settings)).refused.length, 0);
  });

  test('keeps nobody waiting: meanwhile the process does whatever else there is', async () => {
    let turns = 0;
    let isRead = false;
    const turn = () => {
      turns += 1;
      if (!isRead) setImmediate(turn);
    };
    const reading = readAhead(lockOf(3_000), FOR_REQUEST);
    turn();
    await reading;
    isRead = true;
    // At once it is none: then nothing else happens until it is read.
    assert.ok(turns > 100, `${turns} turns`);
  });

  test('is given up where it takes too long, and the next one is read', async ({ mock }) => {
    mock.timers.enable({ apis: ['setTimeout'] });
    const reading = readAhead(lockOf(3_000), FOR_REQUEST);
    const next = readAhead(lockOf(1), FOR_REQUEST);
    await new Promise((resolve) => setImmediate(resolve));
    mock.timers.tick(60_000);
    const ahead = await reading;
    assert.throws(() => contentOf(ahead, FOR_REQUEST), { code: 'file-too-large' });
    assert.equal(contentOf(withoutBytes(await next), FOR_REQUEST).specs.length, 1);
  });

  test('is left for later where it is short', async () => {
    const file = { name: 'requirements.txt', bytes: new TextEncoder().encode('rich\n') };
    assert.equal(await readAhead(file, FOR_REQUEST), file);
  });
});
