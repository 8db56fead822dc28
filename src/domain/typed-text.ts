/**
 * What keyboards, chat clients and web pages make of a command, undone before its words are read.
 * White space and marks become blanks, so that offsets stay where a person sees them.
 */

/** Characters that mean the same as one of ASCII. */
const SAME: ReadonlyArray<readonly [RegExp, string]> = [
  [/[\u2018\u2019\u201a\u201b\u2032\u00b4]/g, "'"],
  [/[\u201c-\u201f\u2033\u00ab\u00bb]/g, '"'],
  [/[\u3001]/g, ','],
  [/[\u3002]/g, '.'],
  [/[\u2265\u2a7e\u2267]/g, '>='],
  [/[\u2264\u2a7d\u2266]/g, '<='],
  [/\u2260/g, '!='],
  [/\u2026/g, '...'],
];

/** Not visible, and beside white space or a mark of no meaning: what pasting leaves behind. */
const HIDDEN = '(?:\\u200b|\\u200c|\\u200d|\\u2060|\\ufeff)+';
const BESIDE = '[\\s`"\',;]';
const EDGE = new RegExp(`(?<=^|${BESIDE})${HIDDEN}|${HIDDEN}(?=$|${BESIDE})`, 'g');

/**
 * A command's text in plain characters: straight quotes, ASCII operators, digits and dashes, no
 * marks of code, none of HTML's escapes, which the source of a page has. An application's own
 * arguments, after a lone `--`, stay as they are.
 */
export function plainText(text: string): string {
  const end = /(?:^|\s)--(?=\s|$)/.exec(text)?.index ?? text.length;
  return plain(text.slice(0, end)) + text.slice(end);
}

function plain(text: string): string {
  let result = text
    .replace(/&(?:amp;)*(?:lt|#0*60|#x0*3c);/gi, '<')
    .replace(/&(?:amp;)*(?:gt|#0*62|#x0*3e);/gi, '>')
    .replace(/&(?:amp;)*(?:quot|#34);/g, '"')
    .replace(/&(?:amp;)*(?:apos|#39);/g, "'")
    .replace(/&(?:amp;)*nbsp;/g, ' ')
    .replace(/&amp;/g, '&')
    .replace(/\uff1b/g, '; ')
    .replace(/[\uff01-\uff5e]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0));
  for (const [pattern, ascii] of SAME) result = result.replace(pattern, ascii);
  return (
    result
      .replace(/[\p{Zs}\t\u0085\u2028\u2029]/gu, ' ')
      .replace(EDGE, (hidden) => ' '.repeat(hidden.length))
      // A keyboard's dash before a long option was two hyphens, before a letter alone it was one.
      .replace(/(^|\s)[\u2013\u2014](?=[A-Za-z](?:\s|$))/g, '$1-')
      .replace(/(^|\s)[\u2013\u2014]{1,2}(?=[A-Za-z])/g, '$1--')
      .replace(/[\u2010-\u2015\u2212\ufe58\ufe63]/g, '-')
      // The language of a fence, and the sign that a line of a shell goes on.
      .replace(/(?<=```)[a-z]+(?=[ ]*\r?\n)/gi, (language) => ' '.repeat(language.length))
      .replace(/(?<=^|\s)\\(?=\s|$)/g, ' ')
      .replace(/`+/g, (ticks) => ' '.repeat(ticks.length))
  );
}
