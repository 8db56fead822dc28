/** Marks around packages that say nothing about them: bullets, bold, punctuation, comments. */
import type { Token } from '../../src/domain/tokens.ts';

/** A word, or a comma or semicolon between words; offsets are those of the typed text. */
export interface Word {
  kind: 'word' | 'separator';
  text: string;
  start: number;
  end: number;
}

const BULLET =
  /^(?:-+|[\u2022\u2023\u25e6\u2043\u2219\u00b7\u25aa\u25cf\u25cb\u2713\u2714]\ufe0f?)$/;
const BULLET_FIRST = /^(?:[*+>]|\d+[.)]|\(\d+\))$/;
/** A box to tick, and words and signs that people put between two packages. */
const TICK_BOX = /^\[[xX]?\]$/;
const BETWEEN = /^(?:and|plus|with|&+|\+|\/)$/i;

const CLAUSE =
  '(?:python_(?:full_)?version|sys_platform|platform_\\w+|os_name|implementation_\\w+|extra)' +
  '\\s*(?:[=<>!~]+|not\\s+in|in)\\s*(?:"[^"]*"|\'[^\']*\'|[\\w.]+)';
/** `; python_version < "3.12" and sys_platform == "linux"`, as pip writes when a line counts. */
export const MARKER = new RegExp(
  `;\\s*\\(*${CLAUSE}\\)*(?:\\s+(?:and|or)\\s+\\(*${CLAUSE}\\)*)*`,
  'g',
);

/** The words that are left when marks are set aside. */
export function unmarked(tokens: readonly Token[], typed: string): Word[] {
  const kept = withoutTickBoxes(withoutComments(tokens, typed), typed);
  let bold = '';
  return kept.flatMap((token) => {
    if (token.quoted) {
      // `"numpy","pandas>=2"` are two; a comma within quotes belongs to its spec.
      const parts = separated({ ...token, text: typed.slice(token.start, token.end) });
      if (!parts.some(({ kind }) => kind === 'separator')) {
        return [{ kind: 'word' as const, ...place(token) }];
      }
      return parts.map((part) => ({ ...part, text: part.text.replace(/^["']|["']$/g, '') }));
    }
    if (BULLET.test(token.text)) return [];
    const isFirst = token === kept[0] || isFirstOfLine(token, typed);
    if (isFirst && BULLET_FIRST.test(token.text)) return [];
    if (BETWEEN.test(token.text)) return [{ kind: 'separator' as const, ...place(token) }];
    return separated(token).flatMap((word) => {
      if (word.kind === 'separator') return [word];
      const plain = withoutEmphasis(word, bold);
      bold = plain.bold;
      return plain.word.text === '' ? [] : [plain.word];
    });
  });
}

function place({ text, start, end }: Token): Omit<Word, 'kind'> {
  return { text, start, end };
}

function isFirstOfLine(token: Token, typed: string): boolean {
  return /\n[ \t]*$/.test(typed.slice(0, token.start));
}

/** From a `#` that begins a line or stands alone to the end of its line, as in conda's files. */
function withoutComments(tokens: readonly Token[], typed: string): Token[] {
  let until = 0;
  return tokens.filter((token) => {
    if (token.start < until) return false;
    const isComment =
      !token.quoted &&
      (/^#+$/.test(token.text) || (/^#/.test(token.text) && isFirstOfLine(token, typed)));
    if (!isComment) return true;
    const end = typed.indexOf('\n', token.start);
    until = end < 0 ? typed.length : end;
    return false;
  });
}

/** `[ ]` and `[x]` at the beginning of a line, behind its bullet. */
function withoutTickBoxes(tokens: readonly Token[], typed: string): Token[] {
  return tokens.filter((token, index) => {
    const before = tokens[index - 1];
    const isClosing = token.text === ']' && before?.text === '[';
    const opening = isClosing ? before : token;
    const isBox =
      isClosing ||
      TICK_BOX.test(token.text) ||
      (token.text === '[' && tokens[index + 1]?.text === ']');
    const line = typed.slice(typed.lastIndexOf('\n', opening.start - 1) + 1, opening.start);
    const isFirst = opening === tokens[0] || /^[\s*\u2022-]*$/.test(line);
    return !(isBox && (isFirst || tokens[tokens.indexOf(opening) - 1]?.text === '-'));
  });
}

/** Cuts at commas and semicolons that do not stand in brackets. */
function separated(token: Token): Word[] {
  const words: Word[] = [];
  let depth = 0;
  let quote = '';
  let from = 0;
  const push = (kind: Word['kind'], start: number, end: number) => {
    if (end <= start) return;
    const text = token.text.slice(start, end);
    words.push({ kind, text, start: token.start + start, end: token.start + end });
  };
  for (const [at, character] of [...token.text.split('')].entries()) {
    if (token.quoted && (quote === '' ? /["']/.test(character) : character === quote)) {
      quote = quote === '' ? character : '';
    }
    if (quote !== '') continue;
    depth += character === '[' ? 1 : character === ']' ? -1 : 0;
    // A marker of pip stays with its package.
    const rest = token.text.slice(at);
    const isEnd = /^[;,]*$|^;(?!python_|sys_|platform_|os_name|implementation_|extra)/.test(rest);
    if (depth === 0 && (character === ',' || (character === ';' && isEnd))) {
      push('word', from, at);
      push('separator', at, at + 1);
      from = at + 1;
    }
  }
  push('word', from, token.text.length);
  return words;
}

/** `*numpy*`, `_numpy_`, `~numpy~`, `*numpy pandas*`, `• numpy` and `numpy.` are numpy. */
function withoutEmphasis(word: Word, before: string): { word: Word; bold: string } {
  let { text, start, end } = word;
  let bold = before;
  const cut = (left: number, right: number) => {
    text = text.slice(left, text.length - right);
    start += left;
    end -= right;
  };
  if (/^[\u2022\u25e6\u25aa\u00b7\u25cf]./.test(text)) cut(1, 0);
  const both = /^(\*{1,2}|_{1,2}|~{1,2})[A-Za-z0-9].*[^*_~\s]\1[.:]?$/.exec(text)?.[1];
  const opening = /^([*~]{1,2})[A-Za-z]/.exec(text)?.[1];
  // `*cuda*` after a version is a build; which one it is, the words before it say.
  if (both && !(both === '*' && text.length > 2)) {
    cut(both.length, both.length + (/[.:]$/.test(text) ? 1 : 0));
  } else if (opening && !both) {
    cut(opening.length, 0);
    bold = opening;
  } else if (bold !== '' && text.endsWith(bold)) {
    cut(0, bold.length);
    bold = '';
  }
  const ending =
    /(?<=[A-Za-z0-9*\]_])\.+$/.exec(text)?.[0] ?? /^[A-Za-z][\w.-]*?([!?]+)$/.exec(text)?.[1];
  if (ending) cut(0, ending.length);
  return { word: { ...word, text, start, end }, bold };
}
