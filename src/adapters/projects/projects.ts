import { existsSync } from 'node:fs';
import { mkdir, readdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { outsideError, userError } from '../../domain/errors.ts';
import { printable } from '../../domain/names.ts';
import { meantOf } from '../../domain/near-names.ts';
import type {
  FileAsker,
  InstallPin,
  InstallTarget,
  Progress,
  Projects,
} from '../../domain/ports.ts';
import type { ProjectPin, ProjectReference } from '../../domain/request.ts';
import { isWithin } from '../../domain/roles.ts';
import type { SandboxLimits, SandboxPolicy } from '../host/sandbox.ts';
import { inScratch } from '../host/scratch.ts';
import { installProjects } from './build.ts';
import { exportRepository, type GitSource } from './git.ts';
import { lookInto } from './look-into.ts';
import {
  artifactName,
  copyOpened,
  digestFile,
  digestTree,
  openSource,
  SOURCE,
  snapshot,
  sourceName,
  unsafe,
} from './source.ts';
import { whileOpen } from './while-open.ts';

export interface ProjectsOptions {
  config: {
    repositories: readonly GitSource[];
    /** Folders of the build host that projects may be taken from. */
    paths: readonly string[];
    sandbox: SandboxPolicy;
  };
  /** Folders that are for the people of roles, as roles name them. */
  restricted?: readonly string[];
  dataDirectory: string;
  /** Gets a file attached in the conversation; without it, files are refused. */
  fetchFile?: (
    fileId: string,
    asker: FileAsker | null,
    signal: AbortSignal,
  ) => Promise<{ name: string; content: Uint8Array }>;
  /** PATH and HOME for git are read from it. */
  environment?: Readonly<Record<string, string | undefined>>;
  limits?: Partial<SandboxLimits>;
}

/** People's own code: pinned to exact bytes, built in the sandbox, installed last. */
export function createProjects(options: ProjectsOptions): Projects {
  return new SandboxedProjects(options);
}

class SandboxedProjects implements Projects {
  readonly #options: ProjectsOptions;

  constructor(options: ProjectsOptions) {
    this.#options = options;
  }

  async pin(
    references: readonly ProjectReference[],
    directory: string,
    progress: Progress,
    asker: FileAsker | null,
  ): Promise<ProjectPin[]> {
    const pins: ProjectPin[] = [];
    await mkdir(directory, { recursive: true });
    for (const reference of references) {
      const pin = await inScratch(this.#options.dataDirectory, async (part) => {
        const { name, origin } = await this.#fetch(reference, part, progress, asker);
        const sha256 = await digestOf(part);
        const home = join(directory, sha256);
        if (!existsSync(home)) await rename(part, home);
        return { name, origin, sha256 };
      });
      progress.log(`project ${pin.name} from ${pin.origin}, sha256 ${pin.sha256}`);
      pins.push(pin);
    }
    return pins;
  }

  async install(
    pins: readonly InstallPin[],
    directory: string,
    target: InstallTarget,
    progress: Progress,
  ): Promise<void> {
    const { config, dataDirectory, limits = {} } = this.#options;
    for (const pin of pins) {
      for (const sha256 of [pin.sha256, ...(pin.sdist?.builtWith ?? [])]) {
        const home = join(directory, sha256);
        if (!existsSync(home) || (await digestOf(home)) !== sha256) throw lost(pin);
      }
    }
    const policy = config.sandbox;
    await installProjects({ pins, directory, ...target, dataDirectory, policy, limits, progress });
  }

  /** Puts the bytes of a reference into `part`. */
  async #fetch(
    reference: ProjectReference,
    part: string,
    progress: Progress,
    asker: FileAsker | null,
  ) {
    switch (reference.kind) {
      case 'file':
        return this.#fetchFile(reference, part, progress, asker);
      case 'repository':
        return this.#fetchRepository(reference, part, progress);
      case 'path':
        return this.#copyPath(reference.path, part);
    }
  }

  async #fetchFile(
    { fileId }: ProjectReference & { kind: 'file' },
    part: string,
    progress: Progress,
    asker: FileAsker | null,
  ) {
    const { fetchFile } = this.#options;
    if (!fetchFile) {
      throw userError({
        code: 'project-unsupported',
        message: 'This build host takes no attached files.',
        suggestion: 'Use a configured repository: `--project name@ref`.',
      });
    }
    const { name: file, content } = await fetchFile(fileId, asker, progress.signal);
    const name = artifactName(file);
    await writeFile(join(part, file), content);
    await lookInto(join(part, file));
    return { name, origin: file };
  }

  async #fetchRepository(
    { repository, ref }: ProjectReference & { kind: 'repository' },
    part: string,
    progress: Progress,
  ) {
    const { config, dataDirectory, environment } = this.#options;
    const source = config.repositories.find(({ name }) => name === repository);
    if (!source) {
      throw userError({
        code: 'unknown-repository',
        message: `\`${printable(repository)}\` is not a configured repository.`,
        suggestion: meantOf(
          repository,
          config.repositories.map(({ name }) => name),
        ).suggestion,
      });
    }
    const target = join(part, 'export');
    const mirrors = join(dataDirectory, 'repositories');
    const request = { source, ref, target, mirrors, environment: environment ?? process.env };
    const commit = await exportRepository(request, progress);
    if (existsSync(join(target, '.gitmodules'))) {
      progress.log(`${repository} has submodules; they are left out`);
    }
    await whileOpen(openSource(await realpath(target)), (exported) =>
      snapshot(exported, join(part, SOURCE)),
    );
    await rm(target, { recursive: true });
    const name = await sourceName(join(part, SOURCE), repository);
    return { name, origin: `${repository}@${commit}` };
  }

  /**
   * Whoever asked was let through by the path as they wrote it. Where it really leads, it must not be
   * what roles keep by another name.
   */
  async #requireNoOtherName(path: string, real: string): Promise<void> {
    for (const folder of this.#options.restricted ?? []) {
      const realFolder = await realOrNull(folder);
      if (realFolder === null || !isWithin(real, realFolder) || isWithin(path, folder)) continue;
      throw userError({
        code: 'project-not-allowed',
        message: `\`${printable(path)}\` leads to \`${printable(folder)}\`, which is for the people of a role.`,
        suggestion: `If it is for you, ask for it by its own name: \`--project ${printable(folder)}\`.`,
      });
    }
  }

  async #copyPath(path: string, part: string) {
    const real = await realOrNull(path);
    const roots = await Promise.all(this.#options.config.paths.map(realOrNull));
    const isAllowed = roots.some(
      (root) => root !== null && real !== null && (real === root || real.startsWith(root + sep)),
    );
    if (real === null || !isAllowed) {
      throw userError({
        code: 'project-not-allowed',
        message: `\`${printable(path)}\` is not a path projects may come from, or is not there.`,
        suggestion: 'Attach a wheel or sdist to your message instead.',
      });
    }
    await this.#requireNoOtherName(path, real);
    return whileOpen(openSource(real), async (source) => {
      const found = await source.stat();
      if (found.isFile()) {
        const name = artifactName(basename(real));
        await copyOpened(source, join(part, basename(real)));
        await lookInto(join(part, basename(real)));
        return { name, origin: path };
      }
      if (!found.isDirectory()) throw unsafe(`\`${printable(path)}\` is neither file nor folder`);
      await snapshot(source, join(part, SOURCE));
      return { name: await sourceName(join(part, SOURCE), basename(real)), origin: path };
    });
  }
}

async function realOrNull(path: string): Promise<string | null> {
  return realpath(path).catch(() => null);
}

async function digestOf(home: string): Promise<string> {
  const [entry = SOURCE] = await readdir(home);
  return entry === SOURCE ? digestTree(join(home, SOURCE)) : digestFile(join(home, entry));
}

function lost(pin: ProjectPin) {
  return outsideError({
    code: 'project-lost',
    message: `The bytes of the project ${pin.name} are no longer on this build host.`,
    suggestion: 'Run the command again.',
    details: pin.sha256,
  });
}
