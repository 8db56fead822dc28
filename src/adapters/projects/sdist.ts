import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { normalName } from '../../domain/pip.ts';
import type { InstallPin } from '../../domain/ports.ts';
import { makeWheel } from './make-wheel.ts';
import type { Installation } from './sandboxed-python.ts';
import { otherPackage, sdistFailed, sdistHung } from './sdist-errors.ts';
import { artifactName } from './source.ts';

/** pip builds in a folder of a new name each time, which what is for debuggers would hold. */
const COMPILED = { CFLAGS: '-g0', CXXFLAGS: '-g0' };

type SdistPin = InstallPin & Required<Pick<InstallPin, 'sdist'>>;

export function isSdist(pin: InstallPin): pin is SdistPin {
  return pin.sdist !== undefined;
}

/**
 * Path of the wheel that an sdist of pip's makes. Its code sees the folder `room` alone, where the
 * sdist lies and nothing of other packages; what it is built with is what the lock has, and nothing
 * of the environment (PEP 517). Where there is no sandbox it is not built, whatever is allowed to
 * people's own code.
 */
export async function buildSdist(
  { name, sdist: { version, builtWith } }: SdistPin,
  input: string,
  room: string,
  installation: Installation,
): Promise<string> {
  const tools = join(room, 'tools');
  await mkdir(tools);
  for (const sha256 of builtWith) {
    const home = join(installation.directory, sha256);
    for (const file of await readdir(home)) await copyFile(join(home, file), join(tools, file));
  }
  const sandboxed = { ...installation, policy: 'required' } as const;
  const wheel = await makeWheel(input, room, sandboxed, {
    options: ['--find-links', tools],
    named: COMPILED,
    failed: (tail) => sdistFailed(name, tail),
    hung: (cause) => sdistHung(name, cause),
  });
  if (!isOf(basename(wheel), name, version)) throw otherPackage(basename(input), basename(wheel));
  return wheel;
}

/** What was locked is what is installed: a build could call its wheel anything. */
function isOf(wheel: string, name: string, version: string): boolean {
  const plain = (text: string) => text.toLowerCase().replace(/(?:\.0)+$/, '');
  const isNamed = normalName(artifactName(wheel)) === normalName(name);
  return isNamed && plain(wheel.split('-')[1] ?? '') === plain(version);
}
