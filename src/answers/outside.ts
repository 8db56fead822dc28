/**
 * Text that came from outside (people, solvers, remote hosts) made fit to show: what cannot be
 * seen is written out, what must not be seen is taken out, and nothing is longer than its place.
 */
import { stripVTControlCharacters } from 'node:util';
import { withoutSecrets } from '../domain/secrets.ts';

/**
 * Colours of terminals are dropped, line ends become `\n`, tabs become spaces; every other control
 * or format character (bidirectional overrides, zero-width joiners, NUL) is written as `\u{…}`.
 */
export function visible(text: string): string {
  const plain = stripVTControlCharacters(text)
    .replace(/\r\n?|\u2028|\u2029|\u0085/g, '\n')
    .replaceAll('\t', '    ')
    .toWellFormed();
  const shown = plain.replace(
    /(?!\n)[\p{Cc}\p{Cf}\p{Co}\p{Cn}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
  return withoutSecrets(shown, 'answer');
}

/** At most `limit` UTF-16 units, the last one an ellipsis when something was cut. */
export function clip(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text
    .slice(0, limit - 1)
    .toWellFormed()
    .replace(/\ufffd$/, '')}…`;
}

/** One line of outside text. */
export function line(text: string, limit: number): string {
  return clip(
    visible(text)
      .replace(/\s*\n\s*/g, ' ')
      .trim(),
    limit,
  );
}

/** Outside text of several lines; the beginning is kept. */
export function passage(text: string, limit: number): string {
  return clip(visible(text).trim(), limit);
}

/** `py-rattler 0.28.0`: why it was chosen, in parentheses, is in the log. */
export function engineName(engine: string): string {
  return line(engine.replace(/ \(.*\)$/s, ''), 160);
}
