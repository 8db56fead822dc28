/**
 * Where the values of a TOML file stand, found by their text: the parser does not say. A line is
 * given once for each text, so that rows that are the same have each their own.
 */
export class Places {
  readonly #lines: readonly string[];
  readonly #given = new Set<string>();

  constructor(lines: readonly string[]) {
    this.#lines = lines;
  }

  /** The line of `[table]`, or of the first of its tables; 1 when it is written in another way. */
  ofTable(table: string): number {
    const name = table.replaceAll('"', '');
    const headers = this.#lines.map((line) =>
      /^\s*\[+([^\]]*)\]/.exec(line)?.[1]?.replace(/["'\s]/g, ''),
    );
    const at = headers.indexOf(name);
    if (at >= 0) return at + 1;
    return headers.findIndex((header) => header?.startsWith(`${name}.`)) + 1 || 1;
  }

  /** The line of `key = …` in a table, or of the table `[table.key]`. */
  ofKey(table: string, key: string): number {
    const quoted = literally(key);
    const pattern = new RegExp(
      `^\\s*(?:["']?${quoted}["']?\\s*[=.]|\\[.*\\b${quoted}["']?\\s*\\])`,
    );
    return this.#first(table, key, (line) => pattern.test(line));
  }

  /** The line of a text within a table. */
  ofText(table: string, text: string): number {
    const start = text.split('\n')[0] ?? text;
    const isQuoted = (line: string) =>
      [`"${start}`, `'${start}`].some((each) => line.includes(each));
    return this.#first(table, text, isQuoted);
  }

  #first(table: string, text: string, fits: (line: string) => boolean): number {
    const start = this.ofTable(table);
    for (let line = start; line <= this.#lines.length; line += 1) {
      const key = `${line} ${text}`;
      if (this.#given.has(key) || !fits(this.#lines[line - 1] ?? '')) continue;
      this.#given.add(key);
      return line;
    }
    return start;
  }
}

const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
