import { type ErrorFields, type FerryError, userError } from '../../domain/errors.ts';
import { printable } from '../../domain/names.ts';
import { explained, lastWords, type Rule, SAYS } from './errors.ts';

const instead = (name: string) => `ask conda for \`${name}\`, or pip for another version`;

const moreToBuild = (name: string, lacks: string): ErrorFields => ({
  code: 'sdist-build-requirement',
  message: `The build of ${name} needs ${lacks}, which it does not say that it needs (\`build-system.requires\`), so the lock has it not.`,
  suggestion: `Ask the operator to name it under \`build\` of \`${name}\` in \`sdists\`; or ${instead(name)}.`,
});

/** What pip, build backends and compilers write when the build of an sdist fails; the first that fits. */
const RULES: readonly Rule[] = [
  [
    SAYS.otherPython,
    (name, found) => ({
      code: 'sdist-other-python',
      message: `${name} needs Python ${printable(found)}, which the environment’s is not.`,
      suggestion: `Ask for another Python; or ${instead(name)}.`,
    }),
  ],
  [
    SAYS.compiler,
    (name, found) => ({
      code: 'sdist-needs-compiler',
      message: `${name} has compiled parts, and this build host has no compiler \`${printable(found)}\`.`,
      suggestion: `The operator installs it (apt-get install gcc); or ${instead(name)}.`,
    }),
  ],
  [
    /No matching distribution found for (\S+)/,
    (name, found) => moreToBuild(name, `\`${printable(found)}\``),
  ],
  [SAYS.module, (name, found) => moreToBuild(name, `the module \`${printable(found)}\``)],
  [
    SAYS.room,
    (name) => ({
      code: 'sdist-too-large',
      message: `The build of ${name} wrote more than a build may.`,
      suggestion: `Instead, ${instead(name)}.`,
    }),
  ],
  [
    SAYS.network,
    (name) => ({
      code: 'sdist-needs-network',
      message: `The build of ${name} wants the network, which a build does not have.`,
      suggestion: `Instead, ${instead(name)}.`,
    }),
  ],
];

/** What the end of a log means; the last words of it where no rule fits. */
export function sdistFailed(name: string, tail: readonly string[]): FerryError {
  const details = tail.join('\n');
  const failed = {
    code: 'sdist-build-failed',
    message: `${name} could not be built from its source: ${lastWords(tail)}`,
    suggestion: `The log has all its output. Instead, ${instead(name)}.`,
    details,
  };
  return explained(RULES, name, details) ?? userError(failed);
}

export function sdistHung(name: string, cause: FerryError): FerryError {
  return userError({
    code: 'sdist-build-hung',
    message: `The build of ${name} did not end in time and was stopped.`,
    suggestion: `Instead, ${instead(name)}.`,
    details: cause.details,
  });
}

/** `wheel`: what its build has made. */
export function otherPackage(file: string, wheel: string): FerryError {
  return userError({
    code: 'sdist-other-package',
    message: `\`${printable(file)}\` builds \`${printable(wheel)}\`, which is not what it says it is.`,
    suggestion: 'Ask pip for another version, and tell the operator.',
  });
}
