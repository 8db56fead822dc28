/** mrkdwn, markdown and rich_text as elements. Nothing here makes markup from strings. */
import { codeBlock, h, link } from './dom.js';
import { emoji, withEmoji } from './emoji.js';
import { channelById, userById } from './store.js';

const decode = (text) => text.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');

const mention = (text) => h('span.mention', {}, text);

/** `<…>` in mrkdwn: people, channels, dates, broadcasts, links. */
function reference(inner) {
  const [target, label] = inner.split('|');
  if (target.startsWith('@'))
    return mention(`@${userById(target.slice(1))?.real_name ?? label ?? target.slice(1)}`);
  if (target.startsWith('#'))
    return mention(`#${channelById(target.slice(1))?.name || label || target.slice(1)}`);
  if (target.startsWith('!subteam^')) return mention(label ?? '@group');
  if (target.startsWith('!date^')) return dateReference(target, label);
  if (target.startsWith('!')) return mention(`@${target.slice(1)}`);
  // What has no scheme is no link in Slack either.
  if (!/^[a-z]+:/i.test(target)) return `<${decode(inner)}>`;
  return link(decode(target), decode(label ?? target));
}

const two = (number) => String(number).padStart(2, '0');

/** `<!date^seconds^format|fallback>`. */
function dateReference(target, fallback) {
  const [, seconds, format = ''] = target.split('^');
  const at = new Date(Number(seconds) * 1000);
  if (Number.isNaN(at.getTime())) return fallback ?? '';
  const day = at.toLocaleDateString('en', { day: 'numeric', month: 'short', year: 'numeric' });
  const words = {
    date: day,
    date_num: at.toISOString().slice(0, 10),
    date_slash: day,
    date_short: day,
    date_long: day,
    date_pretty: day,
    date_short_pretty: day,
    date_long_pretty: day,
    time: `${two(at.getHours())}:${two(at.getMinutes())}`,
    time_secs: `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`,
    ago: day,
  };
  return h(
    'time',
    { title: at.toString() },
    format.replace(/\{(\w+)\}/g, (whole, name) => words[name] ?? whole),
  );
}

/** Inline patterns: the first that matches earliest wins. Each has the text that stays inside. */
const MRKDWN = [
  [/`([^`\n]+)`/, (inner) => h('code', {}, decode(inner))],
  [/<([^<>\n]+)>/, (inner) => reference(inner)],
  [
    /(?<![\w*])\*(?!\s)([^*\n]+?)(?<!\s)\*(?![\w*])/,
    (inner) => h('strong', {}, inlineWith(MRKDWN, inner)),
  ],
  [
    /(?<![\w_])_(?!\s)([^_\n]+?)(?<!\s)_(?![\w_])/,
    (inner) => h('em', {}, inlineWith(MRKDWN, inner)),
  ],
  [
    /(?<![\w~])~(?!\s)([^~\n]+?)(?<!\s)~(?![\w~])/,
    (inner) => h('s', {}, inlineWith(MRKDWN, inner)),
  ],
];

const MARKDOWN = [
  [/`([^`\n]+)`/, (inner) => h('code', {}, inner)],
  [
    /\[([^\]\n]+\]\([^)\s]+)\)/,
    (inner) => {
      const [label, url] = inner.split('](');
      return link(url, label);
    },
  ],
  [/<(https?:[^<>\s]+)>/, (inner) => link(inner, inner)],
  [/\*\*([^*\n]+)\*\*/, (inner) => h('strong', {}, inlineWith(MARKDOWN, inner))],
  [/(?<!\w)[*_]([^*_\n]+)[*_](?!\w)/, (inner) => h('em', {}, inlineWith(MARKDOWN, inner))],
  [/~~([^~\n]+)~~/, (inner) => h('s', {}, inlineWith(MARKDOWN, inner))],
];

function inlineWith(patterns, text) {
  const nodes = [];
  let rest = text;
  while (rest !== '') {
    const matches = patterns
      .map(([pattern, make]) => ({ match: pattern.exec(rest), make }))
      .filter(({ match }) => match)
      .sort((one, other) => one.match.index - other.match.index);
    const [first] = matches;
    if (!first) break;
    if (first.match.index > 0) nodes.push(...withEmoji(decode(rest.slice(0, first.match.index))));
    nodes.push(first.make(first.match[1]));
    rest = rest.slice(first.match.index + first.match[0].length);
  }
  if (rest !== '') nodes.push(...withEmoji(decode(rest)));
  return nodes;
}

/** Lines joined by breaks; runs of `>` lines become quotes. */
function paragraphs(text) {
  const nodes = [];
  const lines = text.replace(/^\n+|\n+$/g, '').split('\n');
  let quote = [];
  const endQuote = () => {
    if (quote.length > 0) nodes.push(h('blockquote', {}, quote));
    quote = [];
  };
  lines.forEach((line, index) => {
    const quoted = /^(?:&gt;|>) ?(.*)$/.exec(line);
    if (quoted) {
      quote.push(h('div', {}, inlineWith(MRKDWN, quoted[1])));
      return;
    }
    endQuote();
    nodes.push(...inlineWith(MRKDWN, line));
    if (index < lines.length - 1) nodes.push(h('br'));
  });
  endQuote();
  return nodes;
}

/** Slack's mrkdwn. */
export function mrkdwn(text) {
  return text
    .split(/```/)
    .flatMap((part, index) =>
      index % 2 === 1
        ? [codeBlock(decode(part.replace(/^\n|\n$/g, '')))]
        : part
          ? paragraphs(part)
          : [],
    );
}

/** A plain_text or mrkdwn object. */
export function textObject(object) {
  if (!object) return [];
  if (object.type === 'mrkdwn') return mrkdwn(object.text);
  return object.text
    .split('\n')
    .flatMap((line, index) => [...(index > 0 ? [h('br')] : []), ...withEmoji(line)]);
}

function markdownTable(lines) {
  const cells = (line) =>
    line
      .replace(/^\||\|$/g, '')
      .split('|')
      .map((cell) => cell.trim());
  const [head, , ...rows] = lines;
  return h(
    'table.grid',
    {},
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        cells(head).map((cell) => h('th', {}, inlineWith(MARKDOWN, cell))),
      ),
    ),
    h(
      'tbody',
      {},
      rows.map((row) =>
        h(
          'tr',
          {},
          cells(row).map((cell) => h('td', {}, inlineWith(MARKDOWN, cell))),
        ),
      ),
    ),
  );
}

/** Standard markdown, as far as messages use it. */
export function markdown(text) {
  const nodes = [];
  const lines = text.split('\n');
  const takeWhile = (test) => {
    const taken = [];
    while (lines.length > 0 && test(lines[0])) taken.push(lines.shift());
    return taken;
  };
  while (lines.length > 0) {
    const line = lines[0];
    if (/^```/.test(line)) {
      lines.shift();
      nodes.push(codeBlock(takeWhile((one) => !/^```/.test(one)).join('\n')));
      lines.shift();
    } else if (/^#{1,6} /.test(line))
      nodes.push(h('h4', {}, inlineWith(MARKDOWN, lines.shift().replace(/^#+ /, ''))));
    else if (/^\|.*\|/.test(line) && /^\|?[\s:|-]+$/.test(lines[1] ?? ''))
      nodes.push(markdownTable(takeWhile((one) => /^\|/.test(one))));
    else if (/^\s*[-*] /.test(line))
      nodes.push(
        h(
          'ul',
          {},
          takeWhile((one) => /^\s*[-*] /.test(one)).map((one) =>
            h('li', {}, inlineWith(MARKDOWN, one.replace(/^\s*[-*] /, ''))),
          ),
        ),
      );
    else if (/^\s*\d+[.)] /.test(line))
      nodes.push(
        h(
          'ol',
          {},
          takeWhile((one) => /^\s*\d+[.)] /.test(one)).map((one) =>
            h('li', {}, inlineWith(MARKDOWN, one.replace(/^\s*\d+[.)] /, ''))),
          ),
        ),
      );
    else if (/^> ?/.test(line))
      nodes.push(
        h(
          'blockquote',
          {},
          takeWhile((one) => /^> ?/.test(one)).map((one) =>
            h('div', {}, inlineWith(MARKDOWN, one.replace(/^> ?/, ''))),
          ),
        ),
      );
    else if (/^(---+|\*\*\*+)$/.test(line.trim())) {
      lines.shift();
      nodes.push(h('hr'));
    } else if (line.trim() === '') lines.shift();
    else {
      const plain = takeWhile(
        (one) => one.trim() !== '' && !/^(```|#{1,6} |\||\s*[-*] |\s*\d+[.)] |> ?)/.test(one),
      );
      const taken = plain.length > 0 ? plain : [lines.shift()];
      nodes.push(
        h(
          'p',
          {},
          taken.flatMap((one, index) => [
            ...(index > 0 ? [h('br')] : []),
            ...inlineWith(MARKDOWN, one),
          ]),
        ),
      );
    }
  }
  return nodes;
}

const STYLES = [
  ['code', 'code'],
  ['bold', 'strong'],
  ['italic', 'em'],
  ['strike', 's'],
  ['underline', 'u'],
];

const INLINE = {
  text: (element) =>
    element.text
      .split('\n')
      .flatMap((line, index) => [...(index > 0 ? [h('br')] : []), ...withEmoji(line)]),
  link: (element) => link(element.url, element.text || element.url),
  user: (element) => mention(`@${userById(element.user_id)?.real_name ?? element.user_id}`),
  usergroup: (element) => mention(`@${element.usergroup_id}`),
  channel: (element) => mention(`#${channelById(element.channel_id)?.name ?? element.channel_id}`),
  emoji: (element) => emoji(element.name),
  broadcast: (element) => mention(`@${element.range}`),
  date: (element) =>
    dateReference(`!date^${element.timestamp}^${element.format}`, element.fallback),
  color: (element) => element.value,
  team: (element) => element.team_id,
};

const inline = (element) =>
  STYLES.filter(([name]) => element.style?.[name]).reduce(
    (inner, [, tag]) => h(tag, {}, inner),
    INLINE[element.type]?.(element) ?? '',
  );

const RICH = {
  rich_text_section: (element) => h('div.rich-section', {}, element.elements.map(inline)),
  rich_text_list: (element) =>
    h(
      element.style === 'ordered' ? 'ol' : 'ul',
      { class: `indent-${element.indent ?? 0}` },
      element.elements.map((item) => h('li', {}, item.elements.map(inline))),
    ),
  rich_text_preformatted: (element) =>
    codeBlock(element.elements.map((part) => part.text ?? part.url ?? '').join('')),
  rich_text_quote: (element) => h('blockquote', {}, element.elements.map(inline)),
};

export const richText = (block) =>
  (block?.elements ?? []).map((element) => RICH[element.type]?.(element) ?? '');
