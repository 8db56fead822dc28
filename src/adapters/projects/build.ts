import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { FerryError, userError } from '../../domain/errors.ts';
import type { Progress } from '../../domain/ports.ts';
import type { ProjectPin } from '../../domain/request.ts';
import { listOf, readJson } from '../../domain/shape.ts';
import { runSandboxed, type SandboxLimits, type SandboxPolicy } from '../host/sandbox.ts';
import { buildFailed, buildHung, INSPECTION, refuseUnusable, wheelRefused } from './errors.ts';
import { artifactName, SOURCE } from './source.ts';
import { mergeStages, type Stage, tidyStage } from './stage.ts';

export interface Installation {
  pins: readonly ProjectPin[];
  /** Holds the bytes of every pin under its sha256, already checked. */
  directory: string;
  prefix: string;
  policy: SandboxPolicy;
  limits: Partial<SandboxLimits>;
  progress: Progress;
}

const INSPECTOR = join(import.meta.dirname, 'inspect.py');
const PIP = ['-m', 'pip', '--no-input', '--disable-pip-version-check', '--no-cache-dir'];
const BUILD = ['--no-index', '--no-deps', '--no-build-isolation', '--check-build-dependencies'];
const INSTALL = ['--no-index', '--no-deps', '--no-compile', '--ignore-installed'];
const QUIET = ['--no-warn-script-location', '--root-user-action', 'ignore'];
/** The first moment a zip file can express: wheels built twice are the same bytes. */
const EPOCH = '315532800';

/**
 * Builds every project, checks that all fit, and only then adds their files to the prefix.
 * The environment's own Python and setuptools build them, so that what is compiled fits its numpy.
 */
export async function installProjects(installation: Installation): Promise<void> {
  const { pins, directory, prefix, progress } = installation;
  if (!existsSync(join(prefix, 'bin', 'python'))) throw noPython();
  const work = await mkdtemp(join(directory, 'work-'));
  try {
    const wheels: string[] = [];
    for (const [index, pin] of pins.entries()) {
      progress.detail(`building ${pin.name}`);
      const input = await copyInput(join(directory, pin.sha256), join(work, `${index}`));
      wheels.push(input.endsWith('.whl') ? input : await build(pin, input, work, installation));
    }
    await inspect(wheels, work, installation);
    const stages: Stage[] = [];
    for (const [index, wheel] of wheels.entries()) {
      const { name = basename(wheel) } = pins[index] ?? {};
      progress.detail(`installing ${name}`);
      const path = join(work, `${index}`, 'stage');
      await stage(wheel, path, work, installation);
      stages.push({ name, path });
    }
    await mergeStages(stages, prefix);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function copyInput(home: string, work: string): Promise<string> {
  const [entry = SOURCE] = await readdir(home);
  const input = join(work, 'input', entry);
  await mkdir(join(work, 'input'), { recursive: true });
  await cp(join(home, entry), input, { recursive: true, verbatimSymlinks: true });
  return input;
}

/** Path of the wheel that a source tree or sdist makes. */
async function build(
  pin: ProjectPin,
  input: string,
  work: string,
  installation: Installation,
): Promise<string> {
  const output = join(input, '..', '..', 'wheel');
  await mkdir(output);
  const args = [...PIP, 'wheel', ...BUILD, '--use-pep517', '--wheel-dir', output, input];
  try {
    const result = await runPython(args, work, installation);
    const [wheel] = (await readdir(output)).filter((file) => file.endsWith('.whl'));
    if (result.code !== 0 || !wheel) throw buildFailed(pin.name, result.tail);
    artifactName(wheel);
    return join(output, wheel);
  } catch (error) {
    const isHung = error instanceof FerryError && error.code === 'program-hung';
    throw isHung ? buildHung(pin.name, error) : error;
  }
}

async function inspect(
  wheels: readonly string[],
  work: string,
  installation: Installation,
): Promise<void> {
  const program = await readFile(INSPECTOR, 'utf8');
  const result = await runPython(['-', ...wheels], work, installation, program);
  const names = wheels.map((path) => basename(path));
  if (result.code !== 0) throw wheelRefused(names, result.tail);
  const inspections = readJson(result.stdout, listOf(INSPECTION), (why) =>
    wheelRefused(names, [`what its requirements are cannot be read: ${why}`]),
  );
  refuseUnusable(inspections);
}

/** Installs a wheel into an empty folder with the layout of the prefix. */
async function stage(
  wheel: string,
  path: string,
  work: string,
  installation: Installation,
): Promise<void> {
  await mkdir(path, { recursive: true });
  const args = [...PIP, 'install', ...INSTALL, ...QUIET, '--prefix', path, wheel];
  const result = await runPython(args, work, installation);
  if (result.code !== 0) throw wheelRefused([basename(wheel)], result.tail);
  await tidyStage(path);
}

/**
 * Runs the environment's own Python in the sandbox, where the prefix can be read only. A package
 * may hold code that starts with every Python, so even pip is trusted with no more than one folder.
 */
function runPython(
  args: readonly string[],
  work: string,
  { prefix, policy, limits, progress }: Installation,
  input?: string,
) {
  const bytecode = join(work, 'bytecode');
  const command = {
    file: join(prefix, 'bin', 'python'),
    args: ['-I', '-X', `pycache_prefix=${bytecode}`, ...args],
    readable: [prefix],
    directory: work,
    path: [join(prefix, 'bin')],
    named: {
      SOURCE_DATE_EPOCH: EPOCH,
      PYTHONNOUSERSITE: '1',
      // For the Pythons that pip starts: compiled once in all steps, and nothing beside sources.
      PYTHONPYCACHEPREFIX: bytecode,
    },
    signal: progress.signal,
    log: (line: string) => progress.log(line),
    limits,
    ...(input === undefined ? {} : { input }),
  };
  return runSandboxed(command, policy);
}

function noPython() {
  return userError({
    code: 'project-requirements',
    message: 'The environment has no Python to install a project into.',
    suggestion: 'Add `python` to the command.',
  });
}
