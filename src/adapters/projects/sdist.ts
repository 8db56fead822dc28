import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { FerryError } from '../../domain/errors.ts';
import { normalName } from '../../domain/pip.ts';
import type { InstallPin } from '../../domain/ports.ts';
import { type Installation, PIP, runPython } from './sandboxed-python.ts';
import { otherPackage, sdistFailed, sdistHung } from './sdist-errors.ts';
import { artifactName, wheelIn } from './source.ts';

/** pip makes a place with what the build has and nothing of the environment (PEP 517). */
const BUILD = ['--no-index', '--no-deps', '--use-pep517'];

/** pip builds in a folder of a new name each time, which what is for debuggers would hold. */
const COMPILED = { CFLAGS: '-g0', CXXFLAGS: '-g0' };

type SdistPin = InstallPin & Required<Pick<InstallPin, 'sdist'>>;

export function isSdist(pin: InstallPin): pin is SdistPin {
  return pin.sdist !== undefined;
}

/**
 * Path of the wheel that an sdist of pip's makes. Its code sees the folder `room` alone, where the
 * sdist lies and nothing of other packages; what it is built with is what the lock has, and where
 * there is no sandbox it is not built, whatever is allowed to people's own code.
 */
export async function buildSdist(
  { name, sdist: { version, builtWith } }: SdistPin,
  input: string,
  room: string,
  installation: Installation,
): Promise<string> {
  const [output, tools] = [join(room, 'wheel'), join(room, 'tools')];
  for (const folder of [output, tools]) await mkdir(folder);
  for (const sha256 of builtWith) {
    const home = join(installation.directory, sha256);
    for (const file of await readdir(home)) await copyFile(join(home, file), join(tools, file));
  }
  const file = basename(input);
  try {
    const result = await runPython(
      [...PIP, 'wheel', ...BUILD, '--find-links', tools, '--wheel-dir', output, input],
      room,
      { ...installation, policy: 'required' },
      { named: COMPILED },
    );
    const wheel = await wheelIn(output);
    if (result.code !== 0 || !wheel) throw sdistFailed(name, result.tail);
    if (!isOf(wheel, name, version)) throw otherPackage(file, wheel);
    return join(output, wheel);
  } catch (error) {
    const isHung = error instanceof FerryError && error.code === 'program-hung';
    throw isHung ? sdistHung(name, error) : error;
  }
}

/** What was locked is what is installed: a build could call its wheel anything. */
function isOf(wheel: string, name: string, version: string): boolean {
  const plain = (text: string) => text.toLowerCase().replace(/(?:\.0)+$/, '');
  const isNamed = normalName(artifactName(wheel)) === normalName(name);
  return isNamed && plain(wheel.split('-')[1] ?? '') === plain(version);
}
