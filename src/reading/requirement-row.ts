import { printable } from '../domain/names.ts';
import { parseRequirement } from '../domain/pip.ts';
import type { Rows } from './rows.ts';

/** Options of a requirements file that ask for what cannot be had, and what to do instead. */
const OPTIONS: readonly (readonly [option: RegExp, message: string, suggestion: string])[] = [
  [
    /^(?:-r|--requirements?\b)/,
    'another file of requirements is not read with this one.',
    'Give that file as well, or copy its rows into this one.',
  ],
  [
    /^(?:-c|--constraints?\b)/,
    'a file of constraints is not read with this one.',
    'Write the versions behind the packages: `numpy==1.26.4`.',
  ],
  [
    /^(?:-i|--(?:extra-)?index-url\b|--pypi-url\b)/,
    'which package indexes there are is configured by the operator.',
    'Leave it out; ask the operator for an index that is missing.',
  ],
  [
    /^(?:-f|--find-links\b|--no-index\b)/,
    'packages come from the configured indexes only.',
    'Leave it out, and attach a wheel of your own as `--project`.',
  ],
  [
    /^--pre\b/,
    'versions before a release are not asked for all at once.',
    'Name the version you need: `numpy==2.0.0rc1`.',
  ],
];
/** Options that say how pip works, not what is in an environment. */
const HARMLESS =
  /^--(?:no-cache-dir|prefer-binary|only-binary|no-binary|require-hashes|trusted-host|use-feature|upgrade|use-pep517|no-build-isolation|no-deps|disable-pip-version-check|quiet|exists-action|timeout|retries)\b|^-[Uq]\b/;
/** What may follow one requirement (pip, "Requirements file format"). */
const HASH = /\s--hash[=\s]\s*(\S+)/g;
const OWN_OPTION =
  /\s--(?:global-option|install-option|config-settings?|build-option|no-binary|only-binary)[=\s]\s*(?:"[^"]*"|'[^']*'|\S+)/g;

/** People copy these from a command; pip itself ignores them behind a requirement. */
const COMMAND_OPTION =
  /\s(?:(?:-[fi]|--(?:find-links|(?:extra-)?index-url|trusted-host))[=\s]\s*\S+|(?:-U|--(?:upgrade|pre|no-deps|no-cache-dir|prefer-binary|no-build-isolation|use-pep517))(?=\s|$))/g;

const REPOSITORY = /(?:^|@\s*|\s|=)((?:(?:git|hg|svn|bzr)\+|git@)\S+)/;
const ARCHIVE = /\.(?:whl|tar\.gz|tgz|zip|tar\.bz2|conda)(?:$|[#?\s])/i;

/** One row as it stands in a requirements file or under `- pip:`, with what cannot be refused. */
export function readRequirementRow(rows: Rows, typed: string, line: number): void {
  const row = typed.replace(/(?:^|\s)#.*$/s, '').trim();
  const options = row.match(COMMAND_OPTION) ?? [];
  for (const text of [row.replace(COMMAND_OPTION, ''), ...options]) {
    if (text.trim() !== '') readOne(rows, text.trim(), line);
  }
}

/** One requirement, or options alone. */
function readOne(rows: Rows, text: string, line: number): void {
  if (HARMLESS.test(text)) {
    rows.note(line, `\`${printable(text)}\` says how pip works, and has no meaning here.`);
    return;
  }
  const foreign = foreignRow(text);
  if (foreign) {
    rows.refuse(line, foreign.message, foreign.suggestion);
    return;
  }
  const hashes = [...text.matchAll(HASH)].map(([, hash = '']) => hash);
  const bare = text.replace(HASH, '');
  if (OWN_OPTION.test(bare)) rows.note(line, 'Options behind a package have no meaning here.');
  rows.attempt(line, () => {
    const requirement = parseRequirement(bare.replace(OWN_OPTION, ''));
    if (requirement.url === null) rows.pip({ ...requirement, hashes }, line);
    else {
      const { message, suggestion } = atAddress(requirement.name, requirement.url);
      rows.refuse(line, message, suggestion);
    }
  });
}

/** What names no package at all: options, repositories, addresses and folders. */
export function foreignRow(text: string): { message: string; suggestion: string } | null {
  const shown = printable(text);
  const repository = REPOSITORY.exec(text)?.[1];
  if (repository !== undefined) {
    return {
      message: `\`${printable(repository)}\` is a repository, which pip would fetch by itself.`,
      suggestion: `Install it as a project: \`--project ${printable(projectOf(repository))}\`.`,
    };
  }
  if (/^(?:-e|--editable\b)/.test(text)) {
    return {
      message: `\`${shown}\` is a folder on the machine the file was written on.`,
      suggestion:
        'Install your own code as a project: `--project REPOSITORY@REF`, or attach a wheel.',
    };
  }
  const option = OPTIONS.find(([pattern]) => pattern.test(text));
  if (option) return { message: `\`${shown}\`: ${option[1]}`, suggestion: option[2] };
  const meant = /^-\s+(.*)$|^(["'])(.*)\2,?$|^(?:python\d? -m )?pip\d? install ([^-].*)$/.exec(
    text,
  );
  const bare = meant?.[1] ?? meant?.[3] ?? meant?.[4];
  if (bare !== undefined) {
    return {
      message: `\`${shown}\` is not written as pip reads it.`,
      suggestion: `Write \`${printable(bare)}\`.`,
    };
  }
  if (text.startsWith('-')) {
    return {
      message: `\`${shown}\` is an option that is not known here.`,
      suggestion: 'Leave the row out; rows name packages.',
    };
  }
  if (/\$\{?\w+\}?/.test(text)) {
    return {
      message: `\`${shown}\` has an environment variable, which nobody fills in.`,
      suggestion: 'Write what it stands for.',
    };
  }
  return foreignPlace(text);
}

function foreignPlace(text: string): { message: string; suggestion: string } | null {
  const [, name = '', place = text] = /^([\w.-]+(?:\s*\[[^\]]*\])?)\s*@\s*(.*)$/s.exec(text) ?? [];
  const shown = printable(place);
  if (/^file:/i.test(place) || /^(?:\.{0,2}[/\\]|~[/\\]|\.{1,2}$|[a-z]:\\)/i.test(place)) {
    const named = name === '' ? '' : `write \`${printable(name)}\` with its version, or `;
    const sentence = `${named}install your own code as a project: \`--project REPOSITORY@REF\`.`;
    return {
      message: `\`${shown}\` is a path on the machine the file was written on.`,
      suggestion: `${sentence[0]?.toUpperCase()}${sentence.slice(1)}`,
    };
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(place)) {
    return atAddress(name, place);
  }
  if (name === '' && (ARCHIVE.test(text) || /^[^;]*\//.test(text))) {
    return {
      message: `\`${shown}\` is a path on the machine the file was written on.`,
      suggestion: 'Attach the wheel or sdist itself, and install it with `--project`.',
    };
  }
  return null;
}

function atAddress(name: string, place: string): { message: string; suggestion: string } {
  return {
    message: `\`${printable(place)}\` is an address; packages come from the configured indexes only.`,
    suggestion:
      name === ''
        ? 'Name the package and its version, or attach its wheel as `--project`.'
        : `Write \`${printable(name)}\` with its version, or attach its wheel as \`--project\`.`,
  };
}

/** `git+https://github.com/acme/churn.git@v1#egg=churn` as `churn@v1`. */
function projectOf(address: string): string {
  const [place = ''] = address.replace(/^\w+\+/, '').split('#');
  const path = place.replace(/^[a-z]+:\/\//i, '').replace(/^[^/@]*@/, '');
  const [, repository = 'REPOSITORY', ref] =
    /([\w.-]+?)(?:\.git)?\/?(?:@([^@/][^@]*))?$/.exec(path) ?? [];
  return `${repository}@${ref ?? 'REF'}`;
}
