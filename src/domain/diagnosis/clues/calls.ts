import { type Frame, ownerOf, packageOf, type Traceback } from '../traceback.ts';
import type { Place } from './clue.ts';

/**
 * The call that used `packages`: the innermost one outside of them and of the interpreter; null
 * where the log shows no calls.
 */
export function callerOf(traceback: Traceback | null, packages: readonly string[]): Frame | null {
  for (const frame of (traceback?.frames ?? []).toReversed()) {
    const owner = ownerOf(frame);
    const used = owner === 'package' && packages.includes(packageOf(frame) ?? '');
    if (!used && owner !== 'interpreter') return frame;
  }
  return null;
}

/** Raised by code of Spark itself, or by `packages` as Spark used them. */
export function isSparksOwn({ traceback }: Place, packages: readonly string[] = []): boolean {
  const caller = callerOf(traceback, packages);
  return caller !== null && ownerOf(caller) === 'spark';
}

/** The packages Spark itself uses. */
export const DATA_PACKAGES = ['pandas', 'numpy', 'pyarrow'] as const;

/** `import pyspark.pandas` did not get to its end. */
export function isImportOfPandasOnSpark({ traceback }: Place): boolean {
  return (traceback?.frames ?? []).some(
    ({ file, name }) => /pyspark(?:\.zip)?\/pandas\//.test(file) && name === '<module>',
  );
}

/** A call inside one of the files or functions. */
export function hasCall({ traceback }: Place, pattern: RegExp): boolean {
  return (traceback?.frames ?? []).some(({ file, name }) => pattern.test(`${file} in ${name}`));
}

/** The innermost call, as `FILE in NAME`; empty where the log shows none. */
export function lastCall({ traceback }: Place): string {
  const frame = traceback?.frames.at(-1);
  return frame === undefined ? '' : `${frame.file} in ${frame.name}`;
}

/** A file of the person's own that has the name of `module`: `…/pandas.py`. */
export function ownFileNamed({ traceback }: Place, module: string): boolean {
  const top = module.split('.')[0] ?? '';
  return (traceback?.frames ?? []).some(
    (frame) => ownerOf(frame) === 'user' && new RegExp(`(?:^|/)${top}(?:\\.py|/)`).test(frame.file),
  );
}

/** A native library of a jar: what it needs is not in the environment. */
export function isOfJava({ message, followedBy, precededBy }: Place): boolean {
  return (
    /UnsatisfiedLinkError|\.jnilib|_jni|jni_|lib\w*4j|libnetty|libsnappy|liblz4-java|libzstd-jni/.test(
      message,
    ) ||
    followedBy(
      /^at (?:java\.base\/)?(?:java\.lang\.(?:ClassLoader|Runtime|System)|jdk\.internal\.loader)/,
      1,
    ) ||
    precededBy(/UnsatisfiedLinkError/, 1)
  );
}
