import { formatRequirement, type PipRequirement } from './pip.ts';
import { formatSpec, type Spec } from './spec.ts';

/** The two layouts of the article *Conda envs in PySpark*. */
export type Layout = 'local' | 'global';
export type ArchiveFormat = 'zip' | 'tar.gz';
export type Packer = 'segments' | 'archiver';

/** The user's own code, as asked for; pinned to exact bytes before it is built. */
export type ProjectReference =
  | { kind: 'file'; fileId: string; name: string }
  | { kind: 'repository'; repository: string; ref: string | null }
  | { kind: 'path'; path: string };

/** A project at exact bytes: `sha256` is over the wheel, sdist or source tree. */
export interface ProjectPin {
  name: string;
  origin: string;
  sha256: string;
}

/** What a person asked for, parsed and checked; nothing in it is free text any more. */
export interface BuildRequest {
  environment: string;
  specs: readonly Spec[];
  /** Installed by pip on top of the conda packages, which it never replaces. */
  pip: readonly PipRequirement[];
  /** Names of configured channels, highest priority first; empty means the configured default. */
  channels: readonly string[];
  projects: readonly ProjectReference[];
  /** Names of configured edge nodes; empty means the default edge. */
  edges: readonly string[];
  layout: Layout;
  /** `auto`: zip where the edge's profile says YARN, tar.gz everywhere else. */
  format: ArchiveFormat | 'auto';
  packer: Packer;
  /** What the cluster does not run is built all the same, and said. */
  force: boolean;
}

/** The packages that were asked for, as people write them: `numpy>=1.26`, `rich (pip)`. */
export function packagesAsked({ specs, pip }: Pick<BuildRequest, 'specs' | 'pip'>): string[] {
  return [
    ...specs.map(formatSpec),
    ...pip.map((requirement) => `${formatRequirement(requirement)} (pip)`),
  ];
}

/**
 * What a person would type to build a request, after the slash command. `insist`: the name is one
 * whatever it looks like, so it is given as an option.
 */
export function createCommand(request: BuildRequest, insist = false): string {
  return `create ${requestWords(request, insist)}`;
}

/** What a person would type to see what a build of the request would have. */
export function planCommand(request: BuildRequest, insist = false): string {
  return `plan ${requestWords(request, insist)}`;
}

/** What a person would type for packages of pip: `--pip "requests>=2"` for each. */
export function pipOptions(pip: BuildRequest['pip']): string[] {
  return pip.map((requirement) => `--pip ${quoted(formatRequirement(requirement))}`);
}

function requestWords(request: BuildRequest, insist: boolean): string {
  const { environment, specs, pip, channels, projects, edges, layout, format, packer, force } =
    request;
  const options = [
    ...pipOptions(pip),
    ...channels.map((channel) => `--channel ${channel}`),
    ...projects.map((project) => `--project ${projectWord(project)}`),
    ...edges.map((edge) => `--edge ${edge}`),
    ...(layout === 'local' ? [] : [`--layout ${layout}`]),
    ...(format === 'auto' ? [] : [`--format ${format}`]),
    ...(packer === 'segments' ? [] : [`--packer ${packer}`]),
    ...(force ? ['--force'] : []),
  ];
  // `-p` is the local layout, `-n` the global one, as in the article.
  const name = insist ? `${layout === 'global' ? '-n' : '-p'} ${environment}` : environment;
  return [name, ...specs.map((spec) => quoted(formatSpec(spec))), ...options].join(' ');
}

/** The projects of a request at the very commits that were found for them; files and paths as asked. */
export function pinnedProjects(
  { projects }: Pick<BuildRequest, 'projects'>,
  pins: readonly ProjectPin[],
): ProjectReference[] {
  return projects.map((project, index) => {
    const { origin = '' } = pins[index] ?? {};
    const commit = origin.slice(origin.lastIndexOf('@') + 1);
    const isPinned = project.kind === 'repository' && /^[0-9a-f]{40,64}$/.test(commit);
    return isPinned ? { ...project, ref: commit } : project;
  });
}

function projectWord(project: ProjectReference): string {
  if (project.kind === 'file') return project.fileId;
  if (project.kind === 'path') return quoted(project.path);
  return project.ref === null ? project.repository : `${project.repository}@${project.ref}`;
}

/** As `tokenize` reads it, which knows no escape: quotes in the text decide those around it. */
export function quoted(text: string): string {
  if (text.includes('"')) return `'${text}'`;
  return /[\s']/.test(text) ? `"${text}"` : text;
}
