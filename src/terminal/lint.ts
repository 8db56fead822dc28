import { size } from '../domain/figures.ts';
import { ARCHITECTURES } from '../domain/platform.ts';
import { type LintProfile, type LintReport, lint, PROFILES } from '../packing/lint.ts';
import { whileShown } from './block.ts';
import {
  JSON_OPTION,
  readArguments,
  type TerminalCommand,
  usageError,
  writeJson,
} from './command.ts';

const OPTIONS = {
  profile: {
    type: 'string',
    value: 'P',
    choices: PROFILES.map(({ name }) => name),
    says: 'judge for one cluster only',
  },
  glibc: { type: 'string', value: 'V', says: 'the glibc of its hosts: 2.17' },
  architecture: {
    type: 'string',
    value: 'A',
    choices: Object.values(ARCHITECTURES),
    says: 'of its hosts: x86_64 or aarch64',
  },
  'free-bytes': { type: 'string', value: 'N', says: 'what is free on its hosts' },
  json: JSON_OPTION,
} as const;

export const command: TerminalCommand = {
  options: OPTIONS,
  notes: () => [`Profiles: ${PROFILES.map(({ name }) => name).join(', ')}.`],
  async run(words, usage) {
    const { values, positionals } = readArguments(words, OPTIONS, usage);
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) throw usageError('Name one archive.', usage);
    const profile = profileOf(values, usage);
    const report = await whileShown(`Reading ${file}`, () => lint(file, profile));
    if (values.json) writeJson(report);
    else show(report);
    // An archive that some cluster can take is not wrong; one that none can take is.
    return Object.values(report.verdicts).every((verdict) => verdict === 'fails') ? 1 : 0;
  },
};

/** One of the known profiles with what the person adds to it; undefined judges for all of them. */
function profileOf(
  values: {
    profile?: string | undefined;
    glibc?: string | undefined;
    architecture?: string | undefined;
    'free-bytes'?: string | undefined;
  },
  usage: string,
): LintProfile | undefined {
  const { profile: name, glibc, architecture, 'free-bytes': freeBytes } = values;
  if (name === undefined) {
    if (glibc === undefined && architecture === undefined && freeBytes === undefined)
      return undefined;
    throw usageError('Say for which cluster with `--profile`.', usage);
  }
  const known = PROFILES.find((profile) => profile.name === name);
  if (known === undefined) return undefined;
  if (freeBytes !== undefined && !/^\d+$/.test(freeBytes)) {
    throw usageError('`--free-bytes` is a whole number of bytes.', usage);
  }
  return {
    ...known,
    glibc: glibc ?? null,
    architecture: Object.values(ARCHITECTURES).find((each) => each === architecture) ?? null,
    freeBytes: freeBytes === undefined ? null : Number(freeBytes),
  };
}

function show(report: LintReport): void {
  const failing = Object.entries(report.verdicts).filter(([, verdict]) => verdict === 'fails');
  const lines = report.findings.flatMap((finding) => [
    `${finding.severity === 'error' ? '✗' : '!'} ${finding.id}: ${finding.text}`,
    `    ${finding.fix}`,
    ...(finding.paths.length > 0 ? [`    ${finding.paths.join(', ')}`] : []),
    ...(finding.profiles.length > 0 ? [`    on ${finding.profiles.join(', ')}`] : []),
  ]);
  const verdict =
    failing.length === 0
      ? `✓ works on ${Object.keys(report.verdicts).join(', ')}`
      : `✗ fails on ${failing.map(([name]) => name).join(', ')}`;
  process.stdout.write(
    `${report.file}: ${report.format}, ${report.files} files, ${size(report.bytes)}\n${[...lines, verdict].join('\n')}\n`,
  );
}
