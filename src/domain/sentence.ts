import { isName } from './names.ts';

/** A sentence about an environment, read: its name where there is one, and what it should hold. */
export interface Sentence {
  name: string | null;
  /** Specs as text, versions joined to their names. */
  specs: readonly string[];
}

/** What people say around names and packages; no package is called so in any usual channel. */
const LITTLE_WORDS = new Set(
  `a an the my our me us we i i'd it its this some any and or with in on of for to from using
  containing contains including includes having has have that which where please pls can could
  would should will you like want wants need needs give get let make made create build new set up
  called named name also plus both as is be just only latest recent version versions env envs
  environment environments conda package packages library libraries hi hello hey thanks`.split(
    /\s+/,
  ),
);
/** Those that make a sentence of a command where they stand after its name. */
const TELLING = new Set(
  `a an the my our me us and or with of for to containing including having has that which please
  called named env environment`.split(/\s+/),
);
/** Those no environment is called, where the name should stand. */
const NO_NAMES = new Set(`a an the my our me us please with for called named new some`.split(' '));
const NAMING = new Set(['called', 'named', 'name']);
const QUESTION = /^(?:what|how|why|when|where|who|which|is|are|does|do|did)$/;
const ASKING = /^(?:create|make|build|new|need|want|set|give|get|env|environment)$/;

/**
 * The words after `create`, when they are a sentence rather than a name and packages: `an env with
 * numpy`, `my env numpy`. Null otherwise. `isPackage` decides about words that are in a channel.
 */
export function sentenceAfterCreate(
  words: readonly string[],
  isPackage: (word: string) => boolean,
): Sentence | null {
  const plain = words.map(bare);
  const tells =
    NO_NAMES.has(plain[0] ?? '') ||
    // Between two packages `and` is no more than a comma.
    plain.some(
      (word, index) =>
        index > 0 && TELLING.has(word) && !(word === 'and' && index > 1) && !isPackage(word),
    );
  return tells ? read(words, isPackage) : null;
}

/** A whole message that begins with no command: `please make an environment with numpy`. */
export function sentenceAsking(
  words: readonly string[],
  isPackage: (word: string) => boolean,
): Sentence | null {
  const plain = words.map(bare);
  const asks =
    !QUESTION.test(plain[0] ?? '') &&
    !words.some((word) => word.startsWith('-')) &&
    plain.some((word) => ASKING.test(word));
  const sentence = asks ? read(words, isPackage) : null;
  // What holds no package of a channel asks for something else.
  return sentence?.specs.some((spec) => isPackage(nameOf(spec))) ? sentence : null;
}

function read(words: readonly string[], isPackage: (word: string) => boolean): Sentence | null {
  let name: string | null = null;
  const specs: string[] = [];
  let before = '';
  for (const typed of words.flatMap((word) => word.split(/,(?=\s*[A-Za-z])/))) {
    const text = typed.replace(/[,;!?]+$|(?<!\d)\.$/, '');
    const word = bare(typed);
    if (text === '') continue;
    const isLittle = LITTLE_WORDS.has(word) && !NAMING.has(before);
    if (/^\d+(\.[\dx*]+)*$/.test(text) && specs.length > 0) {
      specs.push(`${specs.pop()}=${text.replace(/\.[x*]$/, '')}`);
    } else if (!isLittle) {
      const isFree = name === null && isName(text) && !isPackage(word);
      if (NAMING.has(before) && isName(text)) name = text;
      else if (isFree && specs.length === 0) name = text;
      else specs.push(text);
    }
    before = word;
  }
  return specs.length === 0 ? null : { name, specs };
}

function bare(word: string): string {
  return word.toLowerCase().replace(/[,.;:!?]+$/, '');
}

function nameOf(spec: string): string {
  return /^[^\s=<>!~[]+/.exec(spec)?.[0].toLowerCase() ?? '';
}
