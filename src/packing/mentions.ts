/**
 * Where a file mentions the prefix. A match of its bytes is a mention only when the bytes around
 * it say that a path begins and ends there: `/env` is not in `/usr/bin/env`, nor `/opt/env` in
 * `/opt/env-2`, but `-I/opt/env`, `file:///opt/env` and `/a:/opt/env:/b` are.
 */

/** The patterns are also Python's: `bin/conda-unpack` gets the same two tables. */
type Rule = readonly [pattern: string, isPath: boolean];

/** How many bytes before a match, and after it, the rules look at. */
const BEFORE_BYTES = 80;
const AFTER_BYTES = 8;

/** What stands before a match. The first rule that fits decides; without one a path begins. */
export const BEFORE_RULES: readonly Rule[] = [
  // `https://opt/env`: the first part is a host. `file:///opt/env` and `sqlite:////opt/env` have none.
  ['[A-Za-z][A-Za-z0-9+.-]*:/$', false],
  ['[A-Za-z][A-Za-z0-9+.-]*:/{2,}$', true],
  ['file://[A-Za-z0-9.-]+$', true],
  // `-I/opt/env`, and whatever else compilers and linkers take without a space.
  ['(^|[^\\w./~-])-([A-Za-z]|isystem|isysroot|iquote|idirafter|include|imacros)$', true],
  // An installer's root in front of an absolute path: empty, unless somebody stages.
  ['(DESTDIR|SYSROOT|[Ss]ysroot)[})]?["\']?$', true],
  // Escapes of strings: `"\n/opt/env"`, `"\x1b[32m/opt/env"`, `%3D/opt/env`.
  ['(^|[^\\\\])(\\\\\\\\)*\\\\([abfnrtv]|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|[0-7]{1,3})$', true],
  ['(\\x1b|\\\\e|\\\\033|\\\\x1[bB])\\[[0-9;]*m$', true],
  ['%(0[9AaDd]|2[0-26-9BbCc]|3[A-Fa-f]|5[BbDd]|7[BbDd])$', true],
  // Typographic quotes, and full-width punctuation.
  ['(\\xe2\\x80|\\xe3\\x80|\\xef\\xbc|\\xc2[\\xa0\\xab\\xbb])[\\x80-\\xbf]?$', true],
  // A name, a variable or a glob goes on: `/data/opt/env`, `${ROOT}/opt/env`, `"$X"/opt/env`.
  ['[\\w.+~*\\\\\\x80-\\xff})-]/*$', false],
  ['\\$(\\w+|\\{[^{}]*\\}|\\([^()]*\\))["\']/*$', false],
];

/** A string in a binary may have its length in front: one byte, which may be a letter. */
export const LENGTH_BYTE_RULE: Rule = ['(^|[\\x00-\\x1f\\x7f])[\\w.+~*\\\\\\x80-\\xff})-]$', true];

/** Where conda put the prefix itself, `.` in front is part of the text: `.<prefix>/lib`. */
export const DECLARED_RULE: Rule = ['(^|[^\\w./~-])\\.$', true];

/** What stands behind a match. The first rule that fits decides; without one the path ends. */
export const AFTER_RULES: readonly Rule[] = [
  ['^(\\xe2\\x80|\\xe3\\x80|\\xef\\xbc|\\xc2[\\xa0\\xab\\xbb])', true],
  ['^[\\w+~\\x80-\\xff-]', false],
  // `/opt/env.old`, but not the end of a sentence.
  ['^\\.+[\\w-]', false],
  ['^@\\w', false],
  ['^%(0[09AaDd]|2[2367CcFf]|3[AaBbEeFf])', true],
  ['^%[0-9A-Fa-f]{2}', false],
  ['^\\\\ ', false],
  ['^\\$[\\w{(]', false],
  ['^\\{', false],
  ['^\\*([^/]|$)', false],
];

const compile = (rules: readonly Rule[]) =>
  rules.map(([pattern, isPath]) => ({ pattern: new RegExp(pattern), isPath }));
/** `declared` is text in which the package told conda to replace its placeholder. */
export type TextKind = 'text' | 'declared' | 'binary';

const before: Readonly<Record<TextKind, ReturnType<typeof compile>>> = {
  text: compile(BEFORE_RULES),
  declared: compile([DECLARED_RULE, ...BEFORE_RULES]),
  binary: compile([LENGTH_BYTE_RULE, ...BEFORE_RULES]),
};
const after = compile(AFTER_RULES);

function judge(rules: ReturnType<typeof compile>, text: string): boolean {
  return rules.find(({ pattern }) => pattern.test(text))?.isPath ?? true;
}

/** A way to write a path. */
export type Spelling = (path: string) => string;

/** As it is; as JSON may escape it; as a URL has it; as a shell escapes its spaces. */
const SPELLINGS: readonly Spelling[] = [
  (path) => path,
  (path) => path.replaceAll('/', '\\/'),
  encodeURI,
  (path) => path.replaceAll(' ', '\\ '),
];

export interface Mention {
  at: number;
  bytes: number;
  spell: Spelling;
}

/** One name of the prefix in one spelling. */
export interface Needle {
  bytes: Buffer;
  spell: Spelling;
}

/** Binaries are only looked through for the path as it is. */
export function needlesOf(names: readonly string[]): { text: Needle[]; binary: Needle[] } {
  const text: Needle[] = [];
  for (const name of names) {
    for (const spell of SPELLINGS) {
      const bytes = Buffer.from(spell(name));
      if (!text.some((other) => other.bytes.equals(bytes))) text.push({ bytes, spell });
    }
  }
  return { text, binary: text.filter(({ spell }) => spell === SPELLINGS[0]) };
}

/** Every mention, in order; they do not overlap. */
export function findMentions(
  content: Buffer,
  needles: readonly Needle[],
  kind: TextKind,
): Mention[] {
  const mentions: Mention[] = [];
  for (const { bytes, spell } of needles) {
    for (let at = content.indexOf(bytes); at >= 0; at = content.indexOf(bytes, at + 1)) {
      if (isPath(content, at, at + bytes.length, kind)) {
        mentions.push({ at, bytes: bytes.length, spell });
      }
    }
  }
  return mentions.sort((left, right) => left.at - right.at);
}

function isPath(content: Buffer, at: number, end: number, kind: TextKind): boolean {
  const behind = content.toString('latin1', end, end + AFTER_BYTES);
  if (!judge(after, behind)) return false;
  const head = content.toString('latin1', Math.max(0, at - BEFORE_BYTES), at);
  // `file:\/\/\/opt\/env` is read as what it stands for.
  const front = content[at] === BACKSLASH ? head.replaceAll('\\/', '/') : head;
  return judge(before[kind], front);
}

const BACKSLASH = 0x5c;

/** The content with every mention replaced by `target`, spelled as the mention was. */
export function replaceMentions(
  content: Buffer,
  mentions: readonly Mention[],
  target: string,
): Buffer {
  const parts: Buffer[] = [];
  let from = 0;
  for (const { at, bytes, spell } of mentions) {
    parts.push(content.subarray(from, at), Buffer.from(spell(target)));
    from = at + bytes;
  }
  parts.push(content.subarray(from));
  return Buffer.concat(parts);
}
