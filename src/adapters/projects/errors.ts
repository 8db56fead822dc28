import { type ErrorFields, type FerryError, userError } from '../../domain/errors.ts';
import { printable } from '../../domain/names.ts';
import { listOf, object, or, string } from '../../domain/shape.ts';

/** What `inspect.py` says of one wheel. */
interface Inspection {
  name: string;
  version: string;
  /** Its Requires-Python when the environment's Python is outside; otherwise null. */
  python: string | null;
  unmet: { spec: string; found: string | null }[];
  editable: string[];
}

export const INSPECTION = object<Inspection>({
  name: string,
  version: string,
  python: or(string, null),
  unmet: listOf(object<Inspection['unmet'][number]>({ spec: string, found: or(string, null) })),
  editable: listOf(string),
});

/**
 * Throws for a wheel that the environment cannot use: all that is missing is named at once. `ofPip`:
 * those that are packages of pip.
 */
export function refuseUnusable(
  wheels: readonly Inspection[],
  ofPip: (name: string) => boolean,
): void {
  for (const { name, version, python, editable } of wheels) {
    if (editable.length > 0) {
      throw userError({
        code: 'editable-package',
        message: `${name} ${version} is an editable install: ${quote(editable)} points to the machine it was made on.`,
        suggestion: 'Build a real wheel with `python -m build`, or give the sdist or repository.',
      });
    }
    if (python !== null) {
      throw userError(wrongPython(`${name} ${version}`, python));
    }
  }
  const unmet = wheels.flatMap((wheel) =>
    wheel.unmet.map((entry) => ({ ...entry, by: wheel.name })),
  );
  if (unmet.length === 0) return;
  const reasons = unmet.map(({ spec, found, by }) =>
    found === null ? `${by} needs ${spec}` : `${by} needs ${spec}, there is ${found}`,
  );
  throw userError({
    code: 'project-requirements',
    message: `The environment lacks what the project needs: ${printable(reasons.join('; '), 400)}.`,
    suggestion: `Add to the command: ${unmet
      .map(({ spec, by }) => (ofPip(by) ? `--pip "${spec}"` : `"${spec}"`))
      .join(' ')}`,
  });
}

function wrongPython(name: string, wanted: string): ErrorFields {
  return {
    code: 'project-requirements',
    message: `${name} needs Python ${printable(wanted)}, which the environment’s is not.`,
    suggestion: `Add "python${wanted.replaceAll(' ', '')}" to the command.`,
  };
}

/** How pip, setuptools and compilers say why a build fails; what they name is the group. */
export const SAYS = {
  otherPython: /requires a different Python: \S+ not in '([^']+)'/,
  module: /(?:Cannot import|No module named) ['"]([\w.]+)['"]/,
  compiler:
    /(?:command|execute|file or directory:|program) '?((?:[\w./-]*-)?(?:gcc|g\+\+|cc|c\+\+|clang)(?:-\d+)?)'?(?! failed with)/,
  room: /(No space left on device|File too large|File size limit exceeded|Errno 27)/,
  network:
    /(Network is unreachable|name resolution|Name or service not known|Connection refused|Failed to establish a new connection)/,
};

/** What stands in the log of a build, and what to do about it for the name and what was found. */
export type Rule = readonly [RegExp, (name: string, found: string) => ErrorFields];

/** What the first rule that fits says of a log; null where none does. */
export function explained(
  rules: readonly Rule[],
  name: string,
  details: string,
): FerryError | null {
  for (const [pattern, explain] of rules) {
    const match = pattern.exec(details);
    if (match) return userError({ ...explain(name, match[1] ?? ''), details });
  }
  return null;
}

/** What pip and setuptools write when a build fails, and what to do about it; the first that fits. */
const BUILD_RULES: readonly Rule[] = [
  [SAYS.otherPython, (name, found) => wrongPython(name, found)],
  [
    /Some build dependencies for .{0,300}? are (?:missing|conflicting)[^:]{0,300}: (.+?)\.?$/m,
    (name, found) => ({
      code: 'project-requirements',
      message: `The build of ${name} needs packages the environment does not have: ${printable(found)}.`,
      suggestion: `Add to the command: ${found.replaceAll("'", '"').replaceAll(', ', ' ')}`,
    }),
  ],
  [
    SAYS.module,
    (name, found) => ({
      code: 'project-requirements',
      message: `The build of ${name} needs the module ${printable(found)}, which the environment does not have.`,
      suggestion: `Add the package that has it to the command: \`${found.split('.')[0]}\`.`,
    }),
  ],
  [
    SAYS.compiler,
    (name, found) => ({
      code: 'project-needs-compiler',
      message: `${name} has compiled parts, and this build host has no compiler \`${printable(found)}\`.`,
      suggestion:
        'The operator installs it (apt-get install gcc), or you attach a wheel that is built already.',
    }),
  ],
  [
    SAYS.room,
    (name) => ({
      code: 'project-too-large',
      message: `The build of ${name} wrote more than a build may.`,
      suggestion: 'Leave large data out of the package and read it from HDFS instead.',
    }),
  ],
  [
    SAYS.network,
    (name) => ({
      code: 'project-needs-network',
      message: `The build of ${name} wants the network, which a build does not have.`,
      suggestion:
        'Put what it downloads into the project, or attach a wheel that is built already.',
    }),
  ],
];

export function buildFailed(name: string, tail: readonly string[]): FerryError {
  const details = tail.join('\n');
  const failed = {
    code: 'project-build-failed',
    message: `${name} could not be built: ${lastWords(tail)}`,
    suggestion: 'Build it on your machine first: `python -m build`. The log has all its output.',
    details,
  };
  return explained(BUILD_RULES, name, details) ?? userError(failed);
}

export function buildHung(name: string, cause: FerryError): FerryError {
  return userError({
    code: 'project-build-hung',
    message: `The build of ${name} did not end in time and was stopped.`,
    suggestion: 'Build it on your machine first, and attach the wheel.',
    details: cause.details,
  });
}

export function wheelRefused(files: readonly string[], tail: readonly string[]): FerryError {
  const details = tail.join('\n');
  if (/No module named ['"]?pip\b/.test(details)) {
    return userError({
      code: 'project-requirements',
      message: 'The environment has no pip to install a project with.',
      suggestion: 'Add `pip` to the command.',
      details,
    });
  }
  const isForeign = /is not a supported wheel on this platform/.test(details);
  const reason = isForeign ? 'it is built for another Python or platform' : lastWords(tail);
  return userError({
    code: 'project-wheel-refused',
    message: `${files.map((file) => `\`${printable(file)}\``).join(', ')} cannot be installed: ${reason}`,
    suggestion: isForeign
      ? 'Build it with the Python version of the environment, or give the sdist.'
      : 'Check the wheel with `python -m pip install` on your machine.',
    details,
  });
}

export function newerGlibc(
  name: string,
  { file, needed, glibc }: { file: string; needed: string; glibc: string },
): FerryError {
  return userError({
    code: 'project-needs-newer-glibc',
    message: `${name} has compiled parts that need glibc ${needed} (\`${printable(file)}\`), and the edge nodes it is for have ${glibc}.`,
    suggestion: `Use a package of conda’s, or a wheel that is built for manylinux_${glibc.replace('.', '_')} (cibuildwheel); or have the operator build on a host with glibc ${glibc}.`,
  });
}

/** The last lines that say something: pip frames and repeats what a build wrote. */
export function lastWords(tail: readonly string[]): string {
  const telling = tail
    .map((line) => line.replace(/^[\s│╰─>×]+/, '').trim())
    .filter((line) => line !== '' && !/^(?:note:|hint:|\[end of output\]|\[notice\])/.test(line));
  const errors = telling.filter((line) => /(?:Error|error|Exception)\b.{0,300}:/.test(line));
  return printable((errors.length > 0 ? errors : telling).slice(-2).join(' / '), 300);
}

function quote(names: readonly string[]): string {
  return names.map((name) => `\`${printable(name)}\``).join(', ');
}
