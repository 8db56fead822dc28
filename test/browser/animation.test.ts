import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Screen } from '../harness/screen.ts';
import { Film } from './animation.ts';

const SIZE = { columns: 20, rows: 3, title: 'A <film> & "more"' };

function filmOf(...pieces: [at: number, text: string][]): string {
  const screen = new Screen(SIZE);
  const film = new Film();
  for (const [at, text] of pieces) {
    screen.write(text);
    film.look(screen, at);
  }
  return film.svg({ ...SIZE, rest: 1000 }, pieces.at(-1)?.[0] ?? 0);
}

describe('a film of a terminal', () => {
  test('has each text once, from when it was written until it was replaced', () => {
    const svg = filmOf([0, 'one\r\n'], [1000, 'two'], [3000, '\rsix\u001b[K']);
    for (const text of ['one', 'two', 'six']) assert.equal(svg.split(`>${text}<`).length, 2, svg);
    // Of 4 s: two from a quarter to three.
    assert.match(svg, /@keyframes s\d+\{0%\{opacity:0\}25%\{opacity:1\}75%\{opacity:0\}\}/);
  });

  test('shows without motion what stands there at last, and where it has scrolled to', () => {
    const svg = filmOf([0, 'one\r\ntwo\r\nthree'], [1000, '\rfour\u001b[K\r\nfive\r\nsix']);
    const [still = ''] = svg.split('@media(prefers-reduced-motion:no-preference)');
    assert.doesNotMatch(still, /animation/);
    assert.match(still, /#all\{transform:translateY\(-36px\)\}/);
    const [, over = ''] = /<g class="(s\d+)"><text[^>]*>three</.exec(svg) ?? [];
    assert.ok(still.includes(`.${over}{opacity:0}`), svg);
    const [, last = ''] = /<g class="(s\d+)"><text[^>]*>six</.exec(svg) ?? [];
    assert.ok(!still.includes(`.${last}{opacity:0}`), svg);
  });

  test('keeps columns and colours, and what was written is text and no markup', () => {
    const svg = filmOf([0, 'a\u001b[32m  ✔ <b>\u001b[39m&']);
    assert.match(svg, /<text x="25.2" y="13" class="g" textLength="42"[^>]*>✔ &lt;b></);
    assert.match(svg, /<text x="67.2" y="13">&amp;</);
    assert.match(svg, /<title>A &lt;film> &amp; &quot;more&quot;<\/title>/);
    assert.doesNotMatch(svg, /<script|href/);
  });
});
