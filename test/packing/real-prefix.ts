import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { output } from './tools.ts';

const LAB = fileURLToPath(new URL('../../.lab/', import.meta.url));
export const LAB_PYTHON = `${LAB}python/bin/python`;
export const CONDA_PACK = `${LAB}python/bin/conda-pack`;

/** Why no real environment can be made here, or false. */
export const noRealPrefix: string | false =
  existsSync(`${LAB}channel/noarch/repodata.json`) && existsSync(CONDA_PACK)
    ? false
    : 'there is no channel or no conda-pack in .lab: run `npm run prepare-lab`';

/** Solver and installer under pixi; copies, so that nothing is shared with the package cache. */
const CREATE = `
import asyncio, sys
from pathlib import Path
import rattler

async def main(channel, prefix, cache, specs):
    records = await rattler.solve(sources=[rattler.Channel(channel)], specs=specs, platforms=["linux-64", "noarch"],
                                  virtual_packages=rattler.VirtualPackage.detect())
    await rattler.install(records, target_prefix=prefix, cache_dir=cache, show_progress=False)

asyncio.run(main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4:]))
`;

/** Creates an environment from the lab's channel, without network. */
export async function realPrefix(prefix: string, ...specs: string[]): Promise<string> {
  await mkdir(dirname(prefix), { recursive: true });
  const channel = `file://${LAB}channel`;
  await output(LAB_PYTHON, '-c', CREATE, channel, prefix, `${dirname(prefix)}/pkgs`, ...specs);
  return prefix;
}
