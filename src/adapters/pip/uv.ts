import { join } from 'node:path';
import type { Progress } from '../../domain/ports.ts';
import { listOf, number, object, or, readJson, string } from '../../domain/shape.ts';
import { cleanEnvironment, isHung, run } from '../host/process.ts';
import { resolverFailed, resolverMissing } from './errors.ts';

const PROGRAM = join(import.meta.dirname, 'resolve.py');
const SECONDS = 300;
const MOST_OUTPUT_BYTES = 16 * 1024 * 1024;

/** What `resolve.py` reads. */
export interface UvRequest {
  requirements: readonly string[];
  packages: readonly { name: string; version: string }[];
  keep: readonly { name: string; version: string }[];
  indexes: readonly string[];
  python: string;
  platform: string;
  cache: string;
}

/** What the program says of a package: every wheel of it that may fit. */
export interface Resolved {
  name: string;
  version: string;
  wheels: { url: string; sha256: string | null; size: number | null }[];
}

const ANSWER = object<{ refused: string | null; packages: Resolved[] }>({
  refused: or(string, null),
  packages: or(
    listOf(
      object<Resolved>({
        ...{ name: string, version: string },
        wheels: listOf(
          object<Resolved['wheels'][number]>({
            url: string,
            sha256: or(string, null),
            size: or(number, null),
          }),
        ),
      }),
    ),
    [],
  ),
});

/**
 * Asks uv once, in the folder `work`: the packages, or its refusal in its own words. Throws
 * `resolver-missing` and `resolver-failed`.
 */
export async function askUv(
  { python, network }: { python: string; network: Readonly<Record<string, string>> },
  request: UvRequest,
  work: string,
  progress: Progress,
): Promise<{ refused: string | null; packages: Resolved[] }> {
  const { code, signal, stdout, tail } = await run({
    file: python,
    args: ['-I', PROGRAM],
    cwd: work,
    env: cleanEnvironment({ home: work, named: network }),
    signal: progress.signal,
    timeoutSeconds: SECONDS,
    idleSeconds: null,
    input: `${JSON.stringify(request)}\n`,
    outputLimit: MOST_OUTPUT_BYTES,
  }).catch((error: unknown) => {
    throw isHung(error) ? resolverFailed('uv did not end in time', error) : error;
  });
  const words = tail.join('\n');
  if (words.includes("No module named 'uv'")) throw resolverMissing(python, words);
  if (code !== 0) throw resolverFailed(words || `it ended with ${signal ?? code}`);
  return readJson(stdout.trimEnd().split('\n').at(-1) ?? '', ANSWER, resolverFailed);
}
