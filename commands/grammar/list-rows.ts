/** Rows of `conda list` among packages: `numpy  1.26.4  py311h64a7726_0  conda-forge`. */
import type { Token } from '../../src/domain/tokens.ts';

const HEADER = /^#?[ \t]*Name[ \t]+Version[ \t]+Build/m;
/** Channels that a fourth column names even where the columns' blanks are lost. */
const USUAL = ['conda-forge', 'bioconda', 'defaults', 'pypi'];
const NAME = /^[a-z0-9_][\w.-]*$/i;
const VERSION = /^\d[\w.!+]*$/;
const BUILD = /^\w[\w.]*$/;
const CHANNEL = /^[\w./-]+$/;

/**
 * Each row as one token, `CHANNEL::NAME=VERSION=BUILD`, and the words that are in none. What pip
 * installed keeps its name and version alone.
 */
export function listRows(
  tokens: readonly Token[],
  typed: string,
  channels: readonly string[],
): { rows: Token[]; others: Token[] } {
  const rows: Token[] = [];
  const others: Token[] = [];
  const hasHeader = HEADER.test(typed);
  for (const line of linesOf(tokens, typed)) {
    const row = rowOf(line, typed, hasHeader, channels);
    if (row) rows.push(row);
    else others.push(...line);
  }
  return { rows, others };
}

function linesOf(tokens: readonly Token[], typed: string): Token[][] {
  const lines: Token[][] = [];
  let end = 0;
  for (const token of tokens) {
    const last = lines.at(-1);
    if (last && !typed.slice(end, token.start).includes('\n')) last.push(token);
    else lines.push([token]);
    end = token.end;
  }
  return lines;
}

function rowOf(
  line: readonly Token[],
  typed: string,
  hasHeader: boolean,
  channels: readonly string[],
): Token | null {
  const [name, version, build, channel, more] = line;
  if (!name || !version || !build || more || line.some(({ quoted }) => quoted)) return null;
  if (!NAME.test(name.text) || !VERSION.test(version.text) || !BUILD.test(build.text)) return null;
  const isTable = hasHeader || /^(?: {2}|\t)/.test(typed.slice(name.end, version.start));
  const isRow = channel
    ? CHANNEL.test(channel.text) && (isTable || [...USUAL, ...channels].includes(channel.text))
    : isTable && (hasHeader || /_|^\d+$/.test(build.text));
  if (!isRow) return null;
  const isOfPip = channel?.text === 'pypi' || /^pypi_\d+$/.test(build.text);
  const place = channel ? `${channel.text}::` : '';
  const text = isOfPip
    ? `${name.text}==${version.text}`
    : `${place}${name.text}=${version.text}=${build.text}`;
  return { text, start: name.start, end: (channel ?? build).end, quoted: false };
}
