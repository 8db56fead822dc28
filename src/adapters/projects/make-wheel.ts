import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { FerryError } from '../../domain/errors.ts';
import { isHung } from '../host/process.ts';
import { type Installation, PIP, runPython } from './sandboxed-python.ts';
import { wheelIn } from './source.ts';

const WHEEL = ['wheel', '--no-index', '--no-deps', '--use-pep517'];

interface Making {
  /** Options of pip beside those of every build. */
  options: readonly string[];
  /** Variables of the build's own. */
  named?: Readonly<Record<string, string>>;
  /** What it means that there is no wheel, by the end of the log. */
  failed(tail: readonly string[]): FerryError;
  hung(cause: FerryError): FerryError;
}

/** Path of the wheel that pip makes of a source tree or sdist that lies in `room`. */
export async function makeWheel(
  input: string,
  room: string,
  installation: Installation,
  { options, named = {}, failed, hung }: Making,
): Promise<string> {
  const output = join(room, 'wheel');
  await mkdir(output);
  const args = [...PIP, ...WHEEL, ...options, '--wheel-dir', output, input];
  const result = await runPython(args, room, installation, { named }).catch((error: unknown) => {
    throw isHung(error) ? hung(error) : error;
  });
  const wheel = await wheelIn(output);
  if (result.code !== 0 || !wheel) throw failed(result.tail);
  return join(output, wheel);
}
