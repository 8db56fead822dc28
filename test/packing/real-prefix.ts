import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { output } from './tools.ts';

const LAB = fileURLToPath(new URL('../../.lab/', import.meta.url));
export const LAB_PYTHON = `${LAB}python/bin/python`;
export const LAB_CHANNEL = `${LAB}channel`;
export const CONDA_PACK = `${LAB}python/bin/conda-pack`;

const CREATE = fileURLToPath(new URL('../harness/create-environment.py', import.meta.url));

/** Why no real environment can be made here, or false. */
export const noRealPrefix: string | false =
  existsSync(`${LAB_CHANNEL}/noarch/repodata.json`) && existsSync(CONDA_PACK)
    ? false
    : 'there is no channel or no conda-pack in .lab: run `npm run prepare-lab`';

/** Creates an environment from the lab's channel, without network. */
export async function realPrefix(prefix: string, ...specs: string[]): Promise<string> {
  await createPrefix(LAB_CHANNEL, prefix, specs);
  return prefix;
}

/** Creates an environment from a channel that is a folder; packages are kept beside the prefix. */
export async function createPrefix(
  channel: string,
  prefix: string,
  specs: readonly string[],
): Promise<void> {
  await mkdir(dirname(prefix), { recursive: true });
  const url = pathToFileURL(channel).href;
  await output(LAB_PYTHON, CREATE, url, prefix, `${dirname(prefix)}/pkgs`, ...specs);
}
