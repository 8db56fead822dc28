import { printable } from '../names.ts';
import { Mistake } from './mistake.ts';

/** What may not be in a text, why, and what to type instead. */
type Rules = ReadonlyArray<readonly [RegExp, string | ((words: string) => string), string | null]>;

/** Forms a MatchSpec allows but a request does not: they could reach outside the channels. */
const FOREIGN: Rules = [
  [/^-\S*/, 'it starts with `-`', 'Options are listed by `help create`.'],
  [/^<[@#!]\S*|^@\S+/, 'people and channels are not packages', 'Name the package.'],
  [/:[a-z0-9_+-]+:(?!:)/, 'emoji are not packages', 'Name the package.'],
  [/\p{Extended_Pictographic}/u, 'emoji are not packages', 'Name the package.'],
  [
    /[a-z][a-z0-9+.-]*:\/\/\S*|^[~.]{0,2}[/\\]\S*|\\|\.(?:conda|tar\.bz2|whl)$/i,
    'addresses and paths are not packages',
    'The operator configures channels; for your own code use `--project`.',
  ],
  [/[^\x20-\x7e]/u, 'it has a character no package has', 'Type it in plain ASCII.'],
  [
    /;.*\b(?:python_version|python_full_version|sys_platform|platform_\w+|os_name|extra)\b.*/,
    (marker) =>
      `\`${printable(marker.replace(/^;\s*/, ''))}\` is a marker of pip, which conda does not have`,
    'Leave out what follows the `;`.',
  ],
];

/** What is left of a spec when its brackets are set aside has few characters. */
const CHARACTERS: Rules = [
  [/@/, '`@` is not an operator of conda', 'Versions follow `=`.'],
  [
    /(?<!:):(?!:)/,
    'a channel stands before two colons',
    'Write `conda-forge::numpy` for a channel and `numpy=1.26` for a version.',
  ],
  [/#.*/, 'comments are not part of a spec', 'Leave out what follows the `#`.'],
  [/[\^$]/, 'regular expressions and `^` are not offered', 'Write `=1.2` or `>=1.2,<2` instead.'],
  [
    /[`;&"'(){}?%]/,
    'it has a character no package has',
    'Specs look like `numpy`, `numpy=1.2` or `numpy>=1,<2`.',
  ],
  [/(?<!\*)\/(?!.*::)/, 'a path is not a package', 'A channel stands before `::`.'],
];

/** Throws the Mistake of the first rule that a whole spec breaks. */
export function refuseForeign(text: string): void {
  refuseAny(text, FOREIGN);
}

/** The same for a spec without its brackets. */
export function refuseCharacters(text: string): void {
  refuseAny(text, CHARACTERS);
}

function refuseAny(text: string, rules: Rules): void {
  for (const [pattern, reason, hint] of rules) {
    const match = pattern.exec(text);
    if (!match) continue;
    const end = match.index + match[0].length;
    const why = typeof reason === 'string' ? reason : reason(match[0]);
    throw new Mistake(why, { start: match.index, end }, hint);
  }
}
