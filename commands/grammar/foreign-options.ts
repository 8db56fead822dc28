/** Options of pip and conda that mean nothing here, and what to type instead of each. */
import { type FerryError, userError } from '../../src/domain/errors.ts';
import { printable } from '../../src/domain/names.ts';
import type { Token } from '../../src/domain/tokens.ts';

interface ForeignOption {
  flags: readonly string[];
  /** What follows is its value. */
  takesValue: boolean;
  /** What it is, after `OPTION `. */
  meaning: string;
  instead: string;
  /** Without it the command says the same; otherwise only the person knows what was meant. */
  isNeedless: boolean;
}

const FOREIGN_OPTIONS: readonly ForeignOption[] = [
  {
    flags: ['-r', '--requirement', '-f', '--file'],
    takesValue: true,
    meaning: 'names a file on your machine, which cannot be read from here',
    instead: 'Type or paste the packages that stand in it: `create NAME python=3.11 numpy`.',
    isNeedless: false,
  },
  {
    flags: ['-e', '--editable'],
    takesValue: true,
    meaning: 'installs code of your own from where it lies',
    instead: 'For your own code use `--project REPOSITORY@REF`, or attach a wheel.',
    isNeedless: false,
  },
  {
    flags: ['--clone'],
    takesValue: true,
    meaning: 'copies an environment of your own machine, which cannot be read from here',
    instead: 'Type or paste its packages: `create NAME python=3.11 numpy`.',
    isNeedless: false,
  },
  {
    flags: ['--hash'],
    takesValue: true,
    meaning: 'is the checksum of a file of pip; conda’s packages have others',
    instead: 'Leave it out.',
    isNeedless: true,
  },
  {
    flags: ['-i', '--index-url', '--extra-index-url', '--find-links', '--trusted-host', '--index'],
    takesValue: true,
    meaning: 'names an index of pip; packages come from the configured conda channels',
    instead: 'Leave it out, or choose a channel with `-c NAME`.',
    isNeedless: true,
  },
  {
    flags: ['--no-binary', '--only-binary', '--constraint', '--prefer-binary', '--pre', '-t'],
    takesValue: true,
    meaning: 'tells pip which files to take; conda’s packages are always binaries',
    instead: 'Leave it out; a version is written `numpy=1.26`.',
    isNeedless: false,
  },
  {
    flags: ['--platform', '--subdir'],
    takesValue: true,
    meaning: 'chooses a platform, which the profile of the cluster decides',
    instead: 'Leave it out.',
    isNeedless: true,
  },
  {
    flags: ['--group', '-G', '--feature', '--optional'],
    takesValue: true,
    meaning: 'names a part of a project of your own; here an environment has its packages alone',
    instead: 'Leave it out.',
    isNeedless: true,
  },
  {
    flags: ['--no-deps', '--only-deps', '--dry-run', '-d', '--offline', '--force', '--dev'],
    takesValue: false,
    meaning: 'changes how an installer works; here each environment is built whole',
    instead: 'Leave it out.',
    isNeedless: true,
  },
];
const WITHOUT_VALUE = ['--prefer-binary', '--pre'];

/** The mistake of an option that is not ours, and how many words it takes; null if not known. */
export function foreignOption(
  words: readonly Token[],
  index: number,
): { error: FerryError; words: number } | null {
  const word = words[index];
  if (!word) return null;
  // `-rreq.txt` and `-f=env.yml` have their value with them.
  const flag = /^(?:--[^=]+|-[rfei](?=\S*[./=]))/.exec(word.text)?.[0] ?? word.text;
  const known = FOREIGN_OPTIONS.find(({ flags }) => flags.includes(flag));
  if (!known) return null;
  const takesNext =
    known.takesValue && flag === word.text && !WITHOUT_VALUE.includes(flag) && words[index + 1];
  const end = takesNext ? takesNext.end : word.end;
  const position = { start: word.start, end };
  return {
    words: takesNext ? 2 : 1,
    error: userError({
      code: 'foreign-option',
      message: `\`${printable(flag)}\` ${known.meaning}.`,
      suggestion: known.instead,
      position,
      replacement: known.isNeedless
        ? { text: '', start: words[index - 1]?.end ?? word.start, end }
        : null,
    }),
  };
}
