/**
 * Which words of a line belong to one package: `python 3.11 numpy >= 1.26, pandas` names three.
 * The rules are conda's for one quoted spec, applied to a list of them.
 */
import { parseSpec } from '../../src/domain/spec.ts';
import { type Token, tokenize, withoutQuotes } from '../../src/domain/tokens.ts';
import { listRows } from './list-rows.ts';
import { MARKER, unmarked, type Word } from './spec-marks.ts';

/** Digits that begin a version and not a name: `3.11`, `1.26.*`, `2024a`, but not `7zip`. */
const NUMBER =
  /^\d+(?:[.!_+-][\w.*+!-]*|\*|(?:a|b|c|rc|alpha|beta|dev|post|pre)\d*(?:\.\d+)*|[a-z])?$/i;
const OPERATOR = /^(?:[=<>!~]|\|)/;
/** A word that can only be a build when it follows a version. */
const BUILD = /^(?:[A-Za-z0-9_.+]*_\d+|\d+_[a-z][A-Za-z0-9_]*|[A-Za-z0-9_.+]*\*[A-Za-z0-9_.+*]*)$/;

const IN_STARS = /^\*[A-Za-z].*\*$/;

/** The words so far of one package. */
interface Group {
  start: number;
  end: number;
  hasVersion: boolean;
  /** The version is a word of its own: `python 3.11`. */
  isApart: boolean;
  /** The version is a lone `*`, which people write only for the sake of the build behind it. */
  isAny: boolean;
  hasBuild: boolean;
  /** What follows belongs to it: `>=`, `1.26,`. */
  isOpen: boolean;
}

/** One token for each package; positions are those of `typed`. */
export function specTokens(
  tokens: readonly Token[],
  typed: string,
  channels: readonly string[] = [],
): Token[] {
  const { rows, others } = listRows(tokens, typed, channels);
  return [...rows, ...groupedTokens(others, typed)].sort((left, right) => left.start - right.start);
}

function groupedTokens(tokens: readonly Token[], typed: string): Token[] {
  const groups: Group[] = [];
  let group: Group | null = null;
  const words = unmarked(withoutListBrackets(tokens, typed), typed);
  const markers = [...typed.matchAll(MARKER)];
  for (const [index, word] of words.entries()) {
    const marker = markers.find(
      (match) => match.index <= word.start && word.start < match.index + match[0].length,
    );
    if (group && marker) {
      // A marker of pip is named as such, not taken for packages.
      Object.assign(group, { end: marker.index + marker[0].length, isOpen: false });
    } else if (word.kind === 'separator') {
      const isJoined: boolean = group !== null && joins(group, word, wordAfter(words, index));
      if (group && isJoined) Object.assign(group, { end: word.end, isOpen: true });
      else group = null;
    } else if (group && belongs(group, word)) {
      extend(group, word);
    } else {
      group = begin(word);
      groups.push(group);
    }
  }
  return groups.flatMap((one) => tokensOf(one, typed));
}

/** `[numpy, "pandas"]` and `(numpy, pandas)`, as people write a list in other languages. */
function withoutListBrackets(tokens: readonly Token[], typed: string): readonly Token[] {
  const [first] = tokens;
  const start = first?.start ?? 0;
  const text = typed.slice(start, tokens.at(-1)?.end ?? 0);
  const inner = /^(?:\[([^[\](){}]*)\]|\(([^[\](){}]*)\)|\{([^[\](){}]*)\})[.,]?$/.exec(text);
  const list = inner?.slice(1).find((some) => some !== undefined);
  // Options among them are not part of a list.
  if (!list?.trim() || tokenize(text).length !== tokens.length) return tokens;
  return tokenize(list).map((token) => ({
    ...token,
    start: token.start + start + 1,
    end: token.end + start + 1,
  }));
}

function tokensOf({ start, end }: Group, typed: string): Token[] {
  const shown = typed.slice(start, end);
  const text = withoutQuotes(shown);
  const trimmed = tokenOf(text, start);
  // A quote that only closes within the last word belongs to it.
  const shownOfIt = typed.slice(trimmed.start, trimmed.end);
  const isCut = ['"', "'"].some((quote) => shownOfIt.split(quote).length % 2 === 0);
  const token = isCut ? { ...trimmed, end } : trimmed;
  const isQuoted = shown !== text;
  // Quotes around a whole list, though it is not one spec, still mean the list.
  if (!isQuoted || isSpec(token.text)) return [token];
  const inner = specTokens(wordsOf(text, start), `${' '.repeat(start)}${text}`);
  return inner.length > 1 && inner.every((one) => isSpec(one.text)) ? inner : [token];
}

function tokenOf(text: string, start: number): Token {
  const from = start + text.length - text.trimStart().length;
  const trimmed = text.trim();
  return { text: trimmed, start: from, end: from + trimmed.length, quoted: false };
}

function wordsOf(text: string, start: number): Token[] {
  return [...text.matchAll(/\S+/g)].map((match) => tokenOf(match[0], start + match.index));
}

function isSpec(text: string): boolean {
  try {
    parseSpec(text);
    return true;
  } catch {
    return false;
  }
}

/** A comma joins two constraints of a version, and separates packages everywhere else. */
function joins(group: Group, separator: Word, next: Word | undefined): boolean {
  if (separator.text === ';' || next === undefined) return false;
  const isConstraint = OPERATOR.test(next.text) && !isMention(next.text);
  return isConstraint || (group.hasVersion && isNumber(next.text));
}

/** The next word, whatever separates it. */
function wordAfter(words: readonly Word[], index: number): Word | undefined {
  return words.slice(index + 1).find((word) => word.kind === 'word');
}

function belongs(group: Group, { text }: Word): boolean {
  // pip's `numpy @ ADDRESS`.
  if (group.isOpen || text === '@') return true;
  if (text.startsWith('::') && !group.hasVersion) return true;
  if (isMention(text)) return false;
  if (OPERATOR.test(text)) return !/^~?\//.test(text);
  if (/^[[(]/.test(text)) return true;
  if (group.hasBuild) return false;
  if (!group.hasVersion) return isNumber(text) || /^(?:\*|v\d+(?:\.\d+)+)$/.test(text);
  const isBold = IN_STARS.test(text);
  if (group.isAny) return true;
  if (BUILD.test(text)) return group.isApart || (!isBold && text !== '*');
  return group.isApart && /^\d+$/.test(text);
}

function begin(typed: Word): Group {
  const word = withoutStars(typed);
  const constraint = /^[^\s=<>!~[]+\s*(.*)$/s.exec(word.text.replace(/\[.*$/s, ''))?.[1] ?? '';
  return {
    start: word.start,
    end: word.end,
    hasVersion: constraint !== '',
    isApart: false,
    isAny: false,
    hasBuild: /[^=<>!~,|]=[^=]/.test(constraint),
    isOpen: isOpen(word.text),
  };
}

/** A word in bold that does not follow a version is a package. */
function withoutStars(word: Word): Word {
  if (!IN_STARS.test(word.text)) return word;
  return { ...word, text: word.text.slice(1, -1), start: word.start + 1, end: word.end - 1 };
}

function extend(group: Group, { text, end }: Word): void {
  if (/^::/.test(text) || (group.isOpen && !group.hasVersion && /^[A-Za-z_]/.test(text))) {
    // Still the channel and the name: `conda-forge :: numpy`.
    Object.assign(group, { end, isOpen: isOpen(text), hasVersion: /[=<>!~]/.test(text) });
    return;
  }
  const isVersion = !group.hasVersion || group.isOpen || /^(?:[<>!~|]|==)/.test(text);
  if (!text.startsWith('[')) {
    if (isVersion) Object.assign(group, { hasVersion: true, isApart: true, isAny: text === '*' });
    else group.hasBuild = true;
  }
  if (/^[=<>!~]*[^=<>!~,|]+=[^=]/.test(text)) group.hasBuild = true;
  group.end = end;
  group.isOpen = isOpen(text);
}

function isOpen(text: string): boolean {
  return /(?:[=<>!~|]|::|^@)$/.test(text) && !isMention(text);
}

function isNumber(text: string): boolean {
  return (
    text.split('|').every((part, at) => NUMBER.test(part) || (at > 0 && OPERATOR.test(part))) ||
    /^\d[^=]*=[^=]/.test(text)
  );
}

/** Slack's way to write people, channels and groups. */
function isMention(text: string): boolean {
  return /^<[@#!]/.test(text);
}
