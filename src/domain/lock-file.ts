/** A lock as a file for other programs, most of which make the same environment from it: a row per format. */
import { userError } from './errors.ts';
import { counted } from './figures.ts';
import { sdistsOf } from './lock.ts';
import { condaLockFile } from './lock-files/conda-lock.ts';
import { cyclonedx } from './lock-files/cyclonedx.ts';
import { environmentFile } from './lock-files/environment-yml.ts';
import { explicitList } from './lock-files/explicit.ts';
import { pixiLockFile } from './lock-files/pixi-lock.ts';
import { requirementsFile } from './lock-files/requirements.ts';
import type { LockSubject } from './lock-files/subject.ts';

interface Format {
  /** In words: `explicit list`. */
  title: string;
  /** How a file of it is called, behind the name of the environment. */
  ending: string;
  language: string | null;
  /** The command that makes an environment from the file; null where it takes more than one. */
  use(file: string, name: string): string | null;
  write(subject: LockSubject): string[];
}

export const LOCK_FORMATS = [
  'explicit',
  'environment.yml',
  'requirements.txt',
  'conda-lock',
  'pixi',
  'cyclonedx',
] as const;
export type LockFormat = (typeof LOCK_FORMATS)[number];

const FORMATS: Readonly<Record<LockFormat, Format>> = {
  explicit: {
    ...{ title: 'explicit list', ending: 'explicit.txt', language: null, write: explicitList },
    use: (file, name) => `conda create --name ${name} --file ${file}`,
  },
  'environment.yml': {
    ...{ title: 'environment.yml', ending: 'environment.yml', language: 'yaml' },
    write: environmentFile,
    use: (file, name) => `conda env create --name ${name} --file ${file}`,
  },
  'requirements.txt': {
    ...{ title: 'requirements.txt', ending: 'requirements.txt', language: null },
    write: requirementsFile,
    use: (file) => `pip install --no-deps --requirement ${file}`,
  },
  'conda-lock': {
    ...{ title: 'conda-lock.yml', ending: 'conda-lock.yml', language: 'yaml' },
    write: condaLockFile,
    use: (file, name) => `conda-lock install --name ${name} ${file}`,
  },
  pixi: {
    ...{ title: 'pixi.lock', ending: 'pixi.lock', language: 'yaml', write: pixiLockFile },
    use: () => null,
  },
  cyclonedx: {
    ...{ title: 'CycloneDX bill of materials', ending: 'cdx.json', language: 'json' },
    ...{ write: cyclonedx, use: () => null },
  },
};

/** A file for a person to keep. */
export interface LockFile {
  name: string;
  text: string;
  language: string | null;
  /** One line: `churn@3 as explicit list: 34 packages for linux-64`. */
  title: string;
  /** What to type, elsewhere, to make the environment; null where there is no one line. */
  use: string | null;
  /** What of the revision is not in it. */
  missing: string[];
}

/** Writes the file. Throws `no-pip-packages` where a format would hold nothing. */
export function lockFile(subject: LockSubject, format: LockFormat): LockFile {
  const { label, name, lock, projects } = subject;
  const { title, ending, language, write, use } = FORMATS[format];
  const { packages, wheels = [] } = lock;
  const ofPip = counted(wheels.length, 'package');
  if (format === 'requirements.txt' && wheels.length === 0) {
    throw userError({
      code: 'no-pip-packages',
      message: `\`${label}\` has no packages of pip: all ${packages.length} are conda’s.`,
      suggestion: `Take an exact list for conda: \`lock ${label} --as environment.yml\`.`,
      repairs: [{ label: 'As environment.yml', command: `lock ${label} --as environment.yml` }],
    });
  }
  // A bill of materials has people's own code, and what an sdist was built with is not installed.
  const isBill = format === 'cyclonedx';
  const missing = [
    ...(format === 'requirements.txt'
      ? [`${counted(packages.length, 'package')} of conda, of which the Python is one`]
      : []),
    ...(format === 'explicit' && wheels.length > 0
      ? [`${ofPip} of pip: to conda they are comments`]
      : []),
    ...(isBill ? [] : sdistsOf(lock)).map(({ name: source, builtWith }) => {
      const names = builtWith.map((its) => `${its.name} ${its.version}`).join(', ');
      return `what \`${source}\` was built with, as pip has its source alone: ${names || 'nothing'}`;
    }),
    ...(isBill ? [] : projects).map(
      ({ name: own, origin }) => `your own code \`${own}\` (${origin})`,
    ),
  ];
  const file = `${name}.${ending}`;
  const head = [
    `${label} for ${lock.platform}, as Conda Ferry has built it`,
    ...missing.map((what) => `not in this file: ${what.replaceAll('`', '')}`),
  ];
  const comments = head.map((row) => `# ${row.replace(/\s+/g, ' ')}`);
  // JSON has no comments.
  const rows = [...(language === 'json' ? [] : comments), ...write(subject)];
  const held = format === 'requirements.txt' ? wheels.length : packages.length + wheels.length;
  return {
    ...{ name: file, language, missing, use: use(file, name) },
    title: `${label} as ${title}: ${counted(held, 'package')} for ${lock.platform}`,
    text: `${rows.join('\n')}\n`,
  };
}
