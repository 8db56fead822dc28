import { type FerryError, outsideError, userError } from '../../domain/errors.ts';
import { size } from '../../domain/figures.ts';
import type { LockedWheel } from '../../domain/lock.ts';
import { printable } from '../../domain/names.ts';

/** What uv says when an index did not answer. */
const UNREACHABLE =
  /Request failed after|Failed to (?:fetch|download)|error sending request|operation timed out|dns error/i;

/** What uv's refusal is: an index that cannot be reached, or requirements that cannot be met. */
export function refusedBy(words: string, indexes: readonly string[]): FerryError {
  const details = words.trim();
  if (UNREACHABLE.test(details)) return indexUnreachable(indexes.join(', '), details);
  return userError({
    code: 'requirements-unsatisfiable',
    message: 'What is asked of pip cannot be had.',
    details,
  });
}

/** `which`: names of the indexes, or the host. */
export function indexUnreachable(which: string, details: string, cause?: unknown): FerryError {
  return outsideError(
    {
      code: 'index-unreachable',
      message: `The index of pip packages does not answer (${printable(which)}).`,
      suggestion: 'Retry the build; if it happens again, tell the operator.',
      details,
      retryable: true,
    },
    cause,
  );
}

export function resolverMissing(python: string, details: string): FerryError {
  return outsideError({
    code: 'resolver-missing',
    message: `Packages of pip cannot be resolved: ${python} has no uv.`,
    suggestion:
      'Remove the private virtual environment so that it is made again, or install deploy/requirements.txt into it.',
    details,
  });
}

export function resolverFailed(details: string, cause?: unknown): FerryError {
  return outsideError(
    {
      code: 'resolver-failed',
      message: 'Packages of pip could not be resolved: uv did not answer as it should.',
      suggestion: 'Retry the build; the log has what it said.',
      details,
      retryable: true,
    },
    cause,
  );
}

export function noChecksum(name: string, version: string): FerryError {
  return outsideError({
    code: 'no-checksum',
    message: `The index publishes no sha256 for ${printable(name)} ${printable(version)}, so its bytes cannot be checked.`,
    suggestion: 'Ask the operator for an index that does.',
  });
}

export function secretAddress(name: string, version: string): FerryError {
  return outsideError({
    code: 'address-with-secret',
    message: `The index gives ${printable(name)} ${printable(version)} an address with a password or token, which locks and manifests would hold.`,
    suggestion: 'Ask the operator for an index that gives addresses without one.',
  });
}

export function sdistUnreadable(name: string, version: string, why: string): FerryError {
  return userError({
    code: 'sdist-unreadable',
    message: `The source of ${name} ${printable(version)} does not say what it needs: ${printable(why, 200)}.`,
    suggestion: `Ask conda for \`${name}\`, or pip for another version.`,
  });
}

export function tooManySdists(most: number): FerryError {
  return userError({
    code: 'requirements-conflict',
    message: `More than ${most} versions were looked at that are there as source alone, and none fits so far.`,
    suggestion: 'Name the version you need: `--pip "name==1.2"`.',
  });
}

/** `requirements`: all of what the build needs, or the one that cannot be. */
export function buildRefused(
  name: string,
  requirements: readonly string[],
  details: string,
): FerryError {
  const list = printable(requirements.join(', '), 200);
  return userError({
    code: 'sdist-build-requirement',
    message: `What builds \`${name}\` from its source cannot be had as wheels: ${list}.`,
    suggestion: `Ask conda for \`${name}\`, or pip for another version.`,
    details,
  });
}

/** The lock is of a time, or of a build host, where it was allowed. */
export function sdistNotAllowed({ name, version }: LockedWheel): FerryError {
  return userError({
    code: 'sdist-not-allowed',
    message: `${name} ${version} is there as source alone, and the operator does not allow to build it here.`,
    suggestion: `Ask the operator to allow it: \`${name}\` under \`sdists\` in the configuration.`,
  });
}

export function wheelChanged(wheel: LockedWheel): FerryError {
  return outsideError({
    code: 'wheel-changed',
    message: `The index now has other bytes for ${wheel.name} ${wheel.version} than when it was resolved.`,
    suggestion: 'Ask for the packages again, so that they are resolved anew.',
    details: wheel.url,
  });
}

export function wheelGone(wheel: LockedWheel): FerryError {
  return outsideError({
    code: 'wheel-gone',
    message: `The index no longer has the file of ${wheel.name} ${wheel.version}.`,
    suggestion: 'Ask for the packages again, so that they are resolved anew.',
    details: wheel.url,
  });
}

export function tooLarge(wheel: LockedWheel, most: number): FerryError {
  return userError({
    code: 'wheel-too-large',
    message: `The file of ${wheel.name} ${wheel.version} has more than ${size(most)}.`,
    suggestion: 'Ask conda for the package instead.',
  });
}

export function diskFull(cause: unknown): FerryError {
  return outsideError(
    {
      code: 'disk-full',
      message: 'There is no space left on the build host for the packages of pip.',
      suggestion: 'The operator makes room in the data directory.',
      retryable: true,
    },
    cause,
  );
}
