import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Loaded for the first file: a command that is typed without one begins in half the time. */
const load = (): typeof import('yaml') => require('yaml');

/** The way to a value: `['edges', 0, 'port']`. */
export type Path = readonly (string | number)[];

export interface YamlMistake {
  line: number;
  /** Counted from 1; absent where it is the line, or the whole. */
  column?: number;
  /** What is wrong, and what to write instead. */
  message: string;
  /** A key that its mapping has already; everything else is wrong syntax. */
  isRepeatedKey: boolean;
  /** It is no row that is wrong. */
  isWhole?: boolean;
  /** From here on it is another file. */
  isSecondFile?: boolean;
}

export interface Yaml {
  /** What could be read of it, however much is wrong; the first of repeated keys. */
  content: unknown;
  mistakes: YamlMistake[];
  /** Where a value stands, or the nearest that holds it; lines are counted from 1. */
  lineOf(path: Path): number | null;
}

/** What people do who know no YAML, by the parser's name for it; what is not here it says in its own words. */
const WORDS: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'it is indented by a tab; write spaces',
  BAD_INDENT:
    'it stands further left or right than what it belongs to, or a bracket before it is not closed; give the rows of one list the same spaces',
  BLOCK_AS_IMPLICIT_KEY:
    'there is more than one `: ` in it, or the line below stands further right; put a value with `: ` in it into quotes',
  MULTILINE_IMPLICIT_KEY:
    'a key has no `: ` behind it, or a quote of the line before is not closed',
  MISSING_CHAR: 'something is not closed, or a space is missing behind `:`, `-` or `,`',
  BAD_SCALAR_START:
    'a value begins with a character that YAML has a meaning for; put it into quotes',
  BAD_DQ_ESCAPE:
    'in double quotes a backslash begins an escape; write two of them, or single quotes',
  UNEXPECTED_TOKEN: 'something stands behind the end of a value, or a bracket too many',
  BAD_ALIAS: 'a value begins with `*` or `&`; put it into quotes',
};

/** Aliases of a file that a person wrote; more of them are made to fill the memory. */
const MOST_ALIASES = 100;

/** No list of packages or configuration goes deeper; the parser's time grows with the square of it. */
const DEEPEST = 100;
const LISTS_ON_ONE_LINE = new RegExp(`(?:[-?:][ \\t]+){${DEEPEST}}`);

/**
 * The line from which a text goes deeper than `DEEPEST`, or null. Counts brackets that are open and
 * lists that begin on one line, without knowing quotes: text that is no nesting but looks like so
 * much of it is nobody's either.
 */
function lineTooDeep(source: string): number | null {
  let open = 0;
  for (const [index, line] of source.split('\n').entries()) {
    for (const bracket of line.match(/[[\]{}]/g) ?? []) {
      open = Math.max(0, open + ('[{'.includes(bracket) ? 1 : -1));
      if (open > DEEPEST) return index + 1;
    }
    if (LISTS_ON_ONE_LINE.test(line)) return index + 1;
  }
  return null;
}

/** What is nested too deep to be read at all. */
function unread(line: number, isWhole: boolean): Yaml {
  const message = `lists in lists, more than ${DEEPEST} deep`;
  return {
    content: null,
    mistakes: [{ line, message, isRepeatedKey: false, ...(isWhole ? { isWhole } : {}) }],
    lineOf: () => null,
  };
}

/** The parser goes into itself with each `: ` of a line; null where that is too deep for it. */
function parsedOrNull<T>(parse: () => T): T | null {
  try {
    return parse();
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Parses one document. `asText` keeps every scalar as it is written: `3.10` is no number. */
export function parseYaml(source: string, { asText = false } = {}): Yaml {
  const deep = lineTooDeep(source);
  if (deep !== null) return unread(deep, false);
  const { isCollection, isNode, isScalar, LineCounter, parseDocument, visit } = load();
  const lines = new LineCounter();
  const document = parsedOrNull(() =>
    parseDocument(source, {
      lineCounter: lines,
      prettyErrors: false,
      logLevel: 'error',
      schema: asText ? 'failsafe' : 'core',
      // `<<: *usual`, as the loaders of conda and of its tools have it.
      merge: asText,
      // Its own look compares each key with all before it: seconds for a mapping of some thousand.
      uniqueKeys: false,
    }),
  );
  if (document === null) return unread(1, true);
  const lineAt = (offset: number): number => Math.max(1, lines.linePos(offset).line);
  const columnAt = (offset: number): number => Math.max(1, lines.linePos(offset).col);
  // After a mistake in the syntax, everything may look like one; repeated keys are each their own.
  const [first] = document.errors;
  const mistakes: YamlMistake[] = first
    ? [
        {
          ...{ line: lineAt(first.pos[0]), column: columnAt(first.pos[0]), isRepeatedKey: false },
          message: WORDS[first.code] ?? first.message,
          ...(first.code === 'MULTIPLE_DOCS' ? { isSecondFile: true } : {}),
        },
      ]
    : [];
  /** By key, what stands in a mapping; the first of each. */
  const places = new WeakMap<object, ReadonlyMap<unknown, unknown>>();
  visit(document, {
    Map(_, map) {
      const known = new Map<unknown, unknown>();
      map.items = map.items.filter(({ key, value }) => {
        if (!isScalar(key)) return true;
        if (!known.has(key.value)) return known.set(key.value, value);
        const line = lineAt(key.range?.[0] ?? 0);
        const message = `the key \`${String(key.value)}\` is there twice; leave one`;
        mistakes.push({ line, message, isRepeatedKey: true });
        return false;
      });
      places.set(map, known);
    },
  });
  const lineOf = (path: Path): number | null => {
    let line: number | null = null;
    let node: unknown = document.contents;
    for (const part of path) {
      node = isCollection(node) ? (places.get(node)?.get(part) ?? node.get(part, true)) : null;
      if (!isNode(node)) break;
      if (node.range) line = lineAt(node.range[0]);
    }
    return line;
  };
  try {
    return { content: document.toJS({ maxAliasCount: MOST_ALIASES }), mistakes, lineOf };
  } catch (error) {
    // An alias without its anchor, too many of them, or too deep.
    const { message: said } = error as Error;
    const message = said.startsWith('Excessive alias')
      ? `it repeats parts of itself more than ${MOST_ALIASES} times`
      : said;
    const whole = { line: 1, message, isRepeatedKey: false, isWhole: true };
    return { content: null, mistakes: [...mistakes, whole], lineOf };
  }
}
