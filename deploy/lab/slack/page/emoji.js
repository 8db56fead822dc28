/**
 * Emoji as the page's own drawings, because a machine without an emoji font shows empty boxes.
 * Drawn are those that the bot writes, and some that people react with; any other stays as it is.
 */
import { h } from './dom.js';

const disc = (colour) => `<circle cx="10" cy="10" r="7.500" fill="${colour}"/>`;
const line = (colour, path, width = 2.4) =>
  `<path d="${path}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round"/>`;
const shape = (colour, path) => `<path d="${path}" fill="${colour}"/>`;
const box = (colour) => `<rect x="2" y="2" width="16" height="16" rx="4" fill="${colour}"/>`;

const TICK = 'M5.500 10.500 8.700 13.700 14.500 6.800';
const CROSS = 'M5 5 15 15M15 5 5 15';
const GLASS =
  'M5 2.500h10M5 17.500h10M6.500 2.500v3L10 10l3.500-4.500v-3M6.500 17.500v-3L10 10l3.500 4.500v3';

/** Name in Slack → the character, and what is drawn for it in 20 by 20. */
const DRAWN = {
  white_check_mark: ['✅', box('#1a9c6e') + line('#fff', TICK)],
  heavy_check_mark: ['✔', line('#1a9c6e', TICK, 3)],
  x: ['❌', line('#e0325a', CROSS, 3.4)],
  heavy_multiplication_x: ['✖', line('#e0325a', CROSS, 2.8)],
  warning: [
    '⚠',
    shape('#f2b01e', 'M10 2.500 18.500 17.500H1.500z') +
      line('#4a3500', 'M10 8v4M10 14.800v.1', 1.9),
  ],
  information_source: ['ℹ', box('#2f80d1') + line('#fff', 'M10 9.500v5M10 5.800v.1', 2.2)],
  black_square_for_stop: ['⏹', box('#5b6b7b') + shape('#fff', 'M6.500 6.500h7v7h-7z')],
  hourglass_flowing_sand: [
    '⏳',
    shape('#f2b01e', 'M7.500 5h5L10 8zM7 17c0-2 1.500-3.500 3-3.500s3 1.500 3 3.500z') +
      line('#8a6d3b', GLASS, 1.5),
  ],
  hourglass: [
    '⌛',
    shape('#f2b01e', 'M7 17c0-3 1.500-5 3-5s3 2 3 5z') + line('#8a6d3b', GLASS, 1.5),
  ],
  clipboard: [
    '📋',
    shape('#a9764a', 'M4 3.500h12v15H4z') +
      shape('#fff', 'M5.500 5h9v12h-9z') +
      shape('#8a98a6', 'M7.500 2h5v3h-5z') +
      line('#8a98a6', 'M7.500 9h5M7.500 12h5M7.500 15h3', 1.2),
  ],
  lock: [
    '🔒',
    line('#8a98a6', 'M6.500 9V6.500a3.500 3.500 0 0 1 7 0V9', 2.2) +
      shape('#f2b01e', 'M4 9h12v9H4z') +
      line('#4a3500', 'M10 12.500v2.500', 2),
  ],
  snowflake: [
    '❄',
    line('#2f80d1', 'M10 2v16M3 6l14 8M17 6 3 14M8 3.500 10 5.500l2-2M8 16.500l2-2 2 2', 1.6),
  ],
  wastebasket: [
    '🗑',
    line(
      '#5b6b7b',
      'M3.500 5.500h13M7.500 5V3h5v2M5 5.500l1 12h8l1-12M8.500 8.500v6M11.500 8.500v6',
      1.6,
    ),
  ],
  bell: [
    '🔔',
    shape(
      '#f2b01e',
      'M10 2.500c-3.500 0-5 2.500-5 6V13l-1.500 2h13L15 13V8.500c0-3.500-1.500-6-5-6z',
    ) + line('#8a6d3b', 'M8.500 17h3', 2),
  ],
  bookmark: ['🔖', shape('#e0325a', 'M5.500 2.500h9V17.500L10 14l-4.500 3.500z')],
  clock4: [
    '🕓',
    disc('#e6edf3') + line('#44515e', 'M10 2.500a7.500 7.500 0 1 0 .01 0M10 5.500V10l3 2.200', 1.6),
  ],
  mag_right: [
    '🔎',
    `<circle cx="11.500" cy="8" r="5" fill="#cfe8f7" stroke="#44709a" stroke-width="1.800"/>${line('#44709a', 'M7.800 11.800 3 16.800', 2.6)}`,
  ],
  eyes: [
    '👀',
    '<ellipse cx="6" cy="10" rx="3.800" ry="6" fill="#fff" stroke="#666" stroke-width=".8"/><ellipse cx="14" cy="10" rx="3.800" ry="6" fill="#fff" stroke="#666" stroke-width=".8"/><circle cx="7" cy="11" r="1.900" fill="#333"/><circle cx="15" cy="11" r="1.900" fill="#333"/>',
  ],
  tada: [
    '🎉',
    shape('#f2b01e', 'M2 18 7 6l7 7z') +
      line('#e0325a', 'M11 5c1-2 3-2 3-4M15 9c2-1 2-3 4-3', 1.6) +
      line('#2f80d1', 'M9 3v.1M16 13v.1M17 3v.1', 2.2),
  ],
  '+1': [
    '👍',
    shape(
      '#f2b01e',
      'M6 9 9.500 2.500c1.800 0 2.300 1.500 2 3L11 8h5c1.500 0 2 1.300 1.700 2.500l-1.300 5c-.3 1-1 1.500-2 1.500H6zM2 9h3v8H2z',
    ),
  ],
  rocket: [
    '🚀',
    shape('#8795a5', 'M17.500 2.500c-6 0-9 4-10.500 8l2.500 2.500c4-1.500 8-4.500 8-10.500z') +
      shape('#e0325a', 'M7 8H4L2 11l3.500.5zM12 13v3l-3 2-.5-3.500z') +
      disc('none') +
      '<circle cx="13" cy="7" r="1.600" fill="#cfe8f7"/>',
  ],
  package: [
    '📦',
    shape('#c08a4a', 'M10 2 18 6v8.500l-8 3.500-8-3.500V6z') +
      line('#7d5524', 'M2 6l8 3.800L18 6M10 9.800V18', 1.1),
  ],
  bulb: [
    '💡',
    shape(
      '#f2b01e',
      'M10 2a5.500 5.500 0 0 1 3.200 10l-.7 2.500h-5L6.800 12A5.500 5.500 0 0 1 10 2z',
    ) + line('#6b7885', 'M8 16.500h4M8.800 18.500h2.400', 1.4),
  ],
  red_circle: ['🔴', disc('#e0325a')],
  large_yellow_circle: ['🟡', disc('#f2b01e')],
  large_green_circle: ['🟢', disc('#1a9c6e')],
};

/** Other names that Slack gives the same character. */
const ALIASES = { thumbsup: '+1', heavy_exclamation_mark: 'warning' };

const BY_CHARACTER = new Map(Object.entries(DRAWN).map(([name, [character]]) => [character, name]));

/** Characters this page can draw, for the check that it can draw all that the bot writes. */
export const drawnCharacters = () => [...BY_CHARACTER.keys()];

function picture(name) {
  const [character, drawing] = DRAWN[name];
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20">${drawing}</svg>`;
  return h('img.emoji', {
    src: `data:image/svg+xml,${encodeURIComponent(svg)}`,
    alt: character,
    title: `:${name}:`,
  });
}

/** One emoji by its name in Slack. */
export function emoji(name) {
  const known = ALIASES[name] ?? name;
  return Object.hasOwn(DRAWN, known) ? picture(known) : `:${name}:`;
}

const EMOJI = new RegExp(`(:[a-z0-9_+-]+:|(?:${[...BY_CHARACTER.keys()].join('|')})\uFE0F?)`, 'u');

/** Text with its emoji drawn: a list of strings and pictures. */
export function withEmoji(text) {
  return text.split(EMOJI).map((part, index) => {
    if (index % 2 === 0) return part;
    if (part.startsWith(':')) return emoji(part.slice(1, -1));
    return picture(BY_CHARACTER.get(part.replace('\uFE0F', '')));
  });
}
