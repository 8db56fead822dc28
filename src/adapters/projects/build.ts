import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { userError } from '../../domain/errors.ts';
import { normalName } from '../../domain/pip.ts';
import type { InstallPin } from '../../domain/ports.ts';
import type { ProjectPin } from '../../domain/request.ts';
import { listOf, readJson } from '../../domain/shape.ts';
import { inScratch } from '../host/scratch.ts';
import { compareVersions, glibcNeeded } from './elf.ts';
import {
  buildFailed,
  buildHung,
  INSPECTION,
  newerGlibc,
  refuseUnusable,
  wheelRefused,
} from './errors.ts';
import { lookInto } from './look-into.ts';
import { makeWheel } from './make-wheel.ts';
import { type Installation, PIP, runPython } from './sandboxed-python.ts';
import { buildSdist, isSdist } from './sdist.ts';
import { artifactName, SOURCE } from './source.ts';
import { listFiles, mergeStages, type Stage, tidyStage } from './stage.ts';

const INSPECTOR = join(import.meta.dirname, 'inspect.py');
const WITH_OURS = ['--no-build-isolation', '--check-build-dependencies'];
const INSTALL = ['--no-index', '--no-deps', '--no-compile', '--ignore-installed'];
const QUIET = ['--no-warn-script-location', '--root-user-action', 'ignore'];

/**
 * Builds every project, checks that all fit, and only then adds their files to the prefix.
 * The environment's own Python and setuptools build them, so that what is compiled fits its numpy.
 */
export async function installProjects(installation: Installation): Promise<void> {
  const { prefix, dataDirectory } = installation;
  if (!existsSync(join(prefix, 'bin', 'python'))) throw noPython();
  await inScratch(dataDirectory, (work) => installIn(work, installation));
}

async function installIn(work: string, installation: Installation): Promise<void> {
  const { pins, directory, prefix, progress } = installation;
  const place = join(work, 'install');
  await mkdir(place);
  const wheels: string[] = [];
  for (const [index, pin] of pins.entries()) {
    progress.detail(`building ${pin.name}`);
    // A room of its own: what one has written could be links to where the next is put.
    const room = join(work, `${index}`);
    const input = await copyInput(join(directory, pin.sha256), room);
    const made = await wheelOf(pin, input, room, installation);
    const wheel = join(place, `${index}`, basename(made));
    await mkdir(dirname(wheel));
    await rename(made, wheel);
    wheels.push(wheel);
  }
  await inspect(wheels, place, installation);
  const stages: Stage[] = [];
  for (const [index, wheel] of wheels.entries()) {
    const { name = basename(wheel) } = pins[index] ?? {};
    progress.detail(`installing ${name}`);
    const path = join(place, `stage${index}`);
    await stage(wheel, path, place, installation);
    // Wheels of indexes are chosen by the glibc that their name says.
    if (!/-manylinux[^-]*\.whl$/.test(wheel)) await requireGlibc({ name, path }, installation);
    stages.push({ name, path });
  }
  await mergeStages(stages, prefix);
}

async function copyInput(home: string, room: string): Promise<string> {
  const [entry = SOURCE] = await readdir(home);
  // Also what is of pip's: here it is looked at first, whoever brought it.
  if (entry !== SOURCE) await lookInto(join(home, entry));
  const input = join(room, 'input', entry);
  await mkdir(join(room, 'input'), { recursive: true });
  await cp(join(home, entry), input, { recursive: true, verbatimSymlinks: true });
  return input;
}

async function wheelOf(
  pin: InstallPin,
  input: string,
  room: string,
  installation: Installation,
): Promise<string> {
  if (isSdist(pin)) return buildSdist(pin, input, room, installation);
  return input.endsWith('.whl') ? input : build(pin, input, room, installation);
}

/** Path of the wheel that a source tree or sdist of somebody's own makes. */
async function build(
  pin: ProjectPin,
  input: string,
  room: string,
  installation: Installation,
): Promise<string> {
  const wheel = await makeWheel(input, room, installation, {
    options: WITH_OURS,
    failed: (tail) => buildFailed(pin.name, tail),
    hung: (cause) => buildHung(pin.name, cause),
  });
  artifactName(basename(wheel));
  return wheel;
}

async function inspect(
  wheels: readonly string[],
  work: string,
  installation: Installation,
): Promise<void> {
  const program = await readFile(INSPECTOR, 'utf8');
  const result = await runPython(['-', ...wheels], work, installation, { input: program });
  const names = wheels.map((path) => basename(path));
  if (result.code !== 0) throw wheelRefused(names, result.tail);
  const inspections = readJson(result.stdout, listOf(INSPECTION), (why) =>
    wheelRefused(names, [`what its requirements are cannot be read: ${why}`]),
  );
  const sdists = new Set(installation.pins.filter(isSdist).map(({ name }) => name));
  refuseUnusable(inspections, (name) => sdists.has(normalName(name)));
}

/** Installs a wheel into an empty folder with the layout of the prefix. */
async function stage(
  wheel: string,
  path: string,
  work: string,
  installation: Installation,
): Promise<void> {
  await mkdir(path);
  const args = [...PIP, 'install', ...INSTALL, ...QUIET, '--prefix', path, wheel];
  const result = await runPython(args, work, installation);
  if (result.code !== 0) throw wheelRefused([basename(wheel)], result.tail);
  await tidyStage(path);
}

/** What is compiled here may use what the glibc of this host has, and the edge nodes' may not have. */
async function requireGlibc(
  { name, path }: Stage,
  { glibc, progress }: Installation,
): Promise<void> {
  for (const file of await listFiles(path)) {
    const needed = await glibcNeeded(join(path, file));
    if (needed === null) continue;
    progress.log(`${file} of ${name} needs glibc ${needed}`);
    if (glibc === null || compareVersions(needed, glibc) <= 0) continue;
    throw newerGlibc(name, { file, needed, glibc });
  }
}

function noPython() {
  return userError({
    code: 'project-requirements',
    message: 'The environment has no Python to install a project into.',
    suggestion: 'Add `python` to the command.',
  });
}
