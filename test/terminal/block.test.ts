import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { bar, fitLine, foldText, textOfLine, widthOf } from '../../src/terminal/line.ts';
import { onTerminal, type TerminalOptions } from '../harness/pseudo-terminal.ts';

const DRAWING = join(import.meta.dirname, 'drawing.ts');

/** What stands there of the block that `drawing.ts` draws, in so many columns. */
function block(count: number, columns: number): string[] {
  const long = 'a long line of words that no narrow terminal has room for in one of its rows';
  return [
    [`churn@1  step ${count} of 9, ${long}`],
    [`  ✔ solved 日本語 ✅ ${long}`],
    ['  · last of the block'],
  ].map((line) => textOfLine(fitLine(line, columns - 1)).trimEnd());
}

const draw = (options: TerminalOptions = {}) =>
  onTerminal([process.execPath, DRAWING], { columns: 60, ...options });

type Drawing = ReturnType<typeof draw>;

/** Waits until exactly these lines stand there. */
const shows = (terminal: Drawing, ...lines: string[]) =>
  terminal.until((screen) => screen.lines().join('\n') === lines.join('\n'));

async function ends(terminal: Drawing, key: 'e' | 'k', ...lines: string[]) {
  terminal.type(key);
  assert.equal(await terminal.ended, 0);
  assert.deepEqual(terminal.screen.lines(), lines);
}

const BEFORE = 'before the block';
const AFTER = 'after the block';

describe('a block on a terminal', () => {
  for (const columns of [80, 24, 20]) {
    test(`is drawn in place in ${columns} columns, and gone once it is closed`, async () => {
      const terminal = draw({ columns });
      await shows(terminal, BEFORE, ...block(0, columns));
      terminal.type('sss');
      await shows(terminal, BEFORE, ...block(3, columns));
      await ends(terminal, 'e', BEFORE, AFTER);
    });
  }

  test('is cut to the rows there are, so that it can be drawn in place', async () => {
    const terminal = draw({ rows: 3 });
    await shows(terminal, BEFORE, ...block(0, 60).slice(0, 2));
    terminal.type('sss');
    await shows(terminal, BEFORE, ...block(3, 60).slice(0, 2));
    await ends(terminal, 'e', BEFORE, AFTER);
  });

  test('stands below what is written meanwhile, of which each line is whole', async () => {
    const terminal = draw();
    await shows(terminal, BEFORE, ...block(0, 60));
    terminal.type('lsl');
    const log = 'a line of the log';
    await shows(terminal, BEFORE, log, log, ...block(1, 60));
    terminal.type('os');
    await shows(terminal, BEFORE, log, log, 'half a line', ...block(2, 60));
    await ends(terminal, 'k', BEFORE, log, log, 'half a line', ...block(2, 60), AFTER);
  });

  for (const [name, folds, environment] of [
    ['folds', true, {}],
    ['cuts', false, { TERM: 'linux' }],
  ] as const) {
    test(`is drawn anew in a terminal that ${name} what stands there when it is made narrower`, async () => {
      const terminal = draw({ folds, environment: { ...process.env, ...environment } });
      await shows(terminal, BEFORE, ...block(0, 60));
      for (const columns of [40, 21, 60]) {
        terminal.resize(columns);
        await shows(terminal, BEFORE, ...block(0, columns));
      }
      await ends(terminal, 'e', BEFORE, AFTER);
    });
  }

  test('never hides the cursor, and ends with 130 by Ctrl-C', async () => {
    const terminal = draw();
    await shows(terminal, BEFORE, ...block(0, 60));
    terminal.type('\u0003');
    assert.equal(await terminal.ended, 130);
    assert.ok(terminal.screen.isCursorVisible);
    assert.doesNotMatch(terminal.written(), /\?25l/);
  });

  const coloured = /\u001b\[\d+m/;
  test('has colours, but not where NO_COLOR is set', async () => {
    // What runs tests may say of itself that it shows none: `CI`, `NO_COLOR`, a `TERM` without them.
    const environment = { PATH: process.env.PATH, TERM: 'xterm-256color' };
    for (const [more, isColoured] of [
      [{}, true],
      [{ NO_COLOR: '1' }, false],
    ] as const) {
      const terminal = draw({ environment: { ...environment, ...more } });
      await shows(terminal, BEFORE, ...block(0, 60));
      await ends(terminal, 'e', BEFORE, AFTER);
      assert.equal(coloured.test(terminal.written()), isColoured);
    }
  });

  test('is not drawn on a dumb terminal, which has plain lines alone', async () => {
    const terminal = draw({ environment: { ...process.env, TERM: 'dumb' } });
    await shows(terminal, BEFORE);
    terminal.type('sl');
    await shows(terminal, BEFORE, 'a line of the log');
    await ends(terminal, 'e', BEFORE, 'a line of the log', AFTER);
    assert.ok(!terminal.written().includes('\u001b'));
  });
});

describe('a line of a block', () => {
  test('counts two columns of wide characters and none of marks', () => {
    for (const [text, columns] of [
      ['churn', 5],
      ['日本', 4],
      ['✅', 2],
      ['✔', 1],
      ['e\u0301', 1],
      ['👩‍🔬', 2],
      ['', 0],
    ] as const) {
      assert.equal(widthOf(text), columns, text);
    }
  });

  test('is never wider than asked, and cut between characters', () => {
    const line = ['ab', { text: '日本', role: 'title' }, 'c'] as const;
    const cuts = [1, 2, 3, 4, 5, 6, 7].map((columns) => textOfLine(fitLine(line, columns)));
    assert.deepEqual(cuts, ['…', 'a…', 'ab…', 'ab…', 'ab日…', 'ab日…', 'ab日本c']);
  });

  test('is folded between words, and what comes after begins below', () => {
    assert.equal(foldText('  • one two three', 11, '    '), '  • one two\n    three');
    assert.equal(foldText('a verylongword b\nc', 6), 'a\nverylongword\nb\nc');
    assert.equal(foldText('Next: run a · logs b', 14, '  ', ' · '), 'Next: run a\n  logs b');
    assert.equal(foldText('Type `run a b`, or `c`: `d e`', 9), 'Type\n`run a b`,\nor `c`:\n`d e`');
    assert.equal(foldText('', 6), '');
  });

  test('draws a share as a bar of so many columns, whatever it is told', () => {
    const bars = [-1, 0, 0.5, 1, 2].map((share) => textOfLine(bar(share, 4)));
    assert.deepEqual(bars, ['╌╌╌╌', '╌╌╌╌', '━━╌╌', '━━━━', '━━━━']);
  });
});
