import { constants } from 'node:fs';
import {
  chmod,
  chown,
  copyFile,
  lstat,
  mkdir,
  readdir,
  readFile,
  realpath,
  rm,
  writeFile,
} from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { userError } from '../../domain/errors.ts';
import { printable } from '../../domain/names.ts';
import { readInstalled } from '../engines/lock.ts';
import { unsafe } from './source.ts';

/** A wheel installed into a folder of its own that has the layout of the prefix. */
export interface Stage {
  name: string;
  path: string;
}

/**
 * Takes out pip's note of where the wheel lay on the build host: it is of no use elsewhere, and
 * would differ from build to build (PEP 610).
 */
export async function tidyStage(stage: string): Promise<void> {
  for (const path of await listFiles(stage)) {
    if (!path.endsWith('.dist-info/direct_url.json')) continue;
    const record = join(stage, dirname(path), 'RECORD');
    const lines = (await readFile(record, 'utf8')).split('\n');
    await writeFile(record, lines.filter((line) => !line.includes('/direct_url.json,')).join('\n'));
    await rm(join(stage, path));
  }
}

/**
 * Copies the files of all stages into the prefix; nothing is copied before everything is known to
 * fit and to stay in the prefix: a package or its link script may have left links there. Throws
 * `conda-files-clobbered`, `projects-collide`, `project-unsafe`.
 */
export async function mergeStages(stages: readonly Stage[], prefix: string): Promise<void> {
  const owners = new Map<string, string>();
  for (const { name, version, files } of await readInstalled(prefix)) {
    for (const file of files) owners.set(file, `${name} ${version}`);
  }
  const taken = new Map<string, string>();
  const plan: { from: string; to: string }[] = [];
  for (const stage of stages) {
    const files = await listFiles(stage.path);
    const clobbered = files.filter((file) => owners.has(file));
    if (clobbered.length > 0) throw clobbers(stage.name, clobbered, owners);
    for (const file of files) {
      const other = taken.get(file);
      if (other !== undefined) throw collide(stage.name, other, file);
      // Neither a package nor a project of this build: pip's or a script's own leavings.
      if (await isThere(join(prefix, file))) throw clobbers(stage.name, [file], owners);
      taken.set(file, stage.name);
      plan.push({ from: join(stage.path, file), to: join(prefix, file) });
    }
  }
  await refuseLinksOut(prefix, new Set(plan.map(({ to }) => dirname(to))));
  for (const { from, to } of plan) {
    await mkdir(dirname(to), { recursive: true });
    // Also a link to nothing is no place for a file.
    await copyFile(from, to, constants.COPYFILE_EXCL);
    // A copy keeps the owner of its source, who is the sandbox's.
    await chown(to, process.getuid?.() ?? 0, process.getgid?.() ?? 0);
    await chmod(to, (await lstat(from)).mode & 0o100 ? 0o755 : 0o644);
  }
}

/** Whether anything has this path, be it a link to nothing. */
async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => null)) !== null;
}

/** Follows what there is of the folders by then; what is made below stays where that leads. */
async function refuseLinksOut(prefix: string, folders: ReadonlySet<string>): Promise<void> {
  const root = await realpath(prefix);
  for (const folder of folders) {
    let there = folder;
    while (!(await isThere(there))) there = dirname(there);
    const real = await realpath(there).catch(() => null);
    if (real === root || real?.startsWith(root + sep)) continue;
    throw unsafe(
      `\`${printable(relative(prefix, there), 200)}\` of the environment is a link that leads out of it`,
    );
  }
}

/** Paths relative to `root`, sorted. A wheel holds files only; a link could lead anywhere. */
export async function listFiles(root: string): Promise<string[]> {
  if (!(await lstat(root)).isDirectory()) throw unsafe('its place became a link');
  const paths: string[] = [];
  for (const entry of await readdir(root, { withFileTypes: true, recursive: true })) {
    const path = relative(root, join(entry.parentPath, entry.name));
    if (entry.isFile()) paths.push(path);
    else if (!entry.isDirectory()) throw unsafe(`\`${printable(path)}\` is not a plain file`);
  }
  return paths.sort();
}

function clobbers(project: string, files: readonly string[], owners: ReadonlyMap<string, string>) {
  const packages = [...new Set(files.map((file) => owners.get(file) ?? 'the environment'))];
  const [first = ''] = files;
  const more = files.length > 1 ? ` and ${files.length - 1} more` : '';
  return userError({
    code: 'conda-files-clobbered',
    message: `${project} would overwrite files of ${packages.join(', ')}: \`${printable(first, 200)}\`${more}.`,
    suggestion: `Leave ${packages[0]?.split(' ')[0]} out of the command, or leave its files out of the project.`,
    details: files.join('\n'),
  });
}

function collide(project: string, other: string, file: string) {
  return userError({
    code: 'projects-collide',
    message: `${project} and ${other} both bring \`${printable(file, 200)}\`.`,
    suggestion: 'Install one of the two, or rename the module in one.',
  });
}
