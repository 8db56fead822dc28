import { userError } from './errors.ts';

/**
 * Names that become folders on a build host and an edge node, archive members and fragments after
 * `#`: environment names and aliases share one rule. A letter first keeps them out of the way of
 * options; no `..` keeps them inside their folder.
 */
const NAME = /^[A-Za-z](?!.*\.\.)[A-Za-z0-9._-]{0,63}$/;

export const NAME_RULE =
  'letters, digits, `.`, `_` and `-`, at most 64, a letter first, no two dots side by side';

export function isName(text: string): boolean {
  return NAME.test(text);
}

/** The nearest allowed name, or null when nothing of the text can be kept. */
export function nearestName(text: string): string | null {
  const kept = text
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/\.{2,}/g, '.')
    .replace(/^[^A-Za-z]+/, '')
    .slice(0, 64)
    .replace(/[-.]+$/, '');
  return isName(kept) ? kept : null;
}

/** Returns the name or throws `bad-name`. `what` is the word people read: "environment name". */
export function parseName(
  text: string,
  what: string,
  position: { start: number; end: number } | null = null,
): string {
  if (isName(text)) return text;
  const nearest = nearestName(text);
  throw userError({
    code: 'bad-name',
    message: `\`${printable(text)}\` cannot be an ${what}: use ${NAME_RULE}.`,
    suggestion: nearest ? `Try \`${nearest}\`.` : 'Try a name such as `churn` or `my-local-env`.',
    position,
  });
}

/** Text from outside made safe to quote back: control and format characters become `\u{…}`. */
export function printable(text: string, limit = 80): string {
  const visible = text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
  const quotable = visible.replaceAll('`', 'ˋ');
  return quotable.length > limit ? `${quotable.slice(0, limit - 1)}…` : quotable;
}

/** Names like this one, to try where it is taken: `churn-2` up to `churn-100`. */
export function numberedNames(name: string): string[] {
  return Array.from({ length: 99 }, (_, index) => `${name}-${index + 2}`);
}
