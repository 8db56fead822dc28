import { latestRevision } from '../../domain/environment.ts';
import { userError } from '../../domain/errors.ts';
import { counted, size } from '../../domain/figures.ts';
import { fingerprint } from '../../domain/fingerprint.ts';
import { compareLocks, type Lock } from '../../domain/lock.ts';
import type { Channel, Edge, Progress } from '../../domain/ports.ts';
import type { ArchiveFormat, ProjectPin } from '../../domain/request.ts';
import { formatSpec } from '../../domain/spec.ts';
import type { BuildRun } from '../context.ts';
import { explainRefusal } from './refused-solve.ts';

/** Everything that decides the bytes of the archive, known before anything is built. */
export interface Solved {
  lock: Lock;
  projects: ProjectPin[];
  format: ArchiveFormat;
  fingerprint: string;
}

/** Asks the engine for a lock and pins projects. The same request later may solve to newer packages. */
export async function solve(run: BuildRun, progress: Progress): Promise<Solved> {
  const { ports, build } = run;
  const engine = await ports.engine.describe();
  await run.update((current) => ({ ...current, engine: `${engine.version} (${engine.reason})` }));
  progress.log(`engine ${engine.version}: ${engine.reason}`);
  progress.detail(`asking ${engine.version}`);

  const edges = edgesOf(run);
  const profiles = await Promise.all(edges.map((edge) => edge.profile(progress)));
  const { request } = build;
  progress.log(`specs ${request.specs.map(formatSpec).join(' ')}`);
  const asked = {
    specs: request.specs,
    channels: channelsOf(run),
    platform: ports.platform,
    glibc: oldest(profiles.map((profile) => profile.glibc)),
  };
  const began = ports.clock.now();
  const lock = await ports.engine.solve(asked, progress).catch(async (error: unknown) => {
    throw await explainRefusal(run, asked, error, ports.clock.now() - began, progress);
  });
  const projects =
    request.projects.length === 0
      ? []
      : await ports.projects.pin(
          request.projects,
          await ports.workspace.projectDirectory(build.id),
          progress,
        );
  // A zip keeps its modes only where YARN unpacks it; tar.gz is right everywhere.
  const format =
    request.format !== 'auto'
      ? request.format
      : profiles.every((profile) => profile.manager === 'yarn')
        ? 'zip'
        : 'tar.gz';
  const { environment, layout, packer } = request;
  await describeChange(run, lock, progress);
  return {
    lock,
    projects,
    format,
    fingerprint: fingerprint({ environment, lock, projects, layout, format, packer }),
  };
}

export function edgesOf(run: BuildRun): Edge[] {
  return run.build.request.edges.map((name) => {
    const edge = run.ports.edges.get(name);
    if (edge) return edge;
    throw userError({
      code: 'unknown-edge',
      message: `The edge \`${name}\` is not configured on this build host.`,
      suggestion: `Choose one of ${[...run.ports.edges.keys()].map((known) => `\`${known}\``).join(', ')}.`,
    });
  });
}

/** Named channels in the order typed, or the configured defaults. Channels of specs are added last. */
function channelsOf(run: BuildRun): Channel[] {
  const { channels } = run.ports;
  const { request } = run.build;
  const asked =
    request.channels.length > 0
      ? request.channels.map((name) => channels.find((channel) => channel.name === name))
      : channels.filter((channel) => channel.default);
  const named = request.specs.map((spec) =>
    channels.find((channel) => channel.name === spec.channel),
  );
  return [...new Set([...asked, ...named])].filter((channel) => channel !== undefined);
}

/** glibc is forward compatible only, so the oldest node decides what may be installed. */
function oldest(versions: readonly (string | null)[]): string | null {
  const known = versions.filter((version) => version !== null);
  return (
    known.toSorted((left, right) => left.localeCompare(right, 'en', { numeric: true }))[0] ?? null
  );
}

async function describeChange(run: BuildRun, lock: Lock, progress: Progress): Promise<void> {
  const environment = await run.ports.store.readEnvironment(run.build.request.environment);
  const before = environment ? latestRevision(environment) : null;
  const bytes = lock.packages.reduce((sum, entry) => sum + (entry.size ?? 0), 0);
  const weight = bytes > 0 ? `, ${size(bytes)}` : '';
  if (before === null) {
    progress.detail(`${counted(lock.packages.length, 'package')}${weight}`);
    return;
  }
  const { added, removed, changed } = compareLocks(before.lock, lock);
  const parts = [
    added.length > 0 && `${added.length} added`,
    changed.length > 0 && `${changed.length} changed`,
    removed.length > 0 && `${removed.length} removed`,
  ].filter(Boolean);
  const difference = parts.length > 0 ? parts.join(', ') : 'the same packages';
  progress.detail(
    `${counted(lock.packages.length, 'package')}${weight}: ${difference} since @${before.number}`,
  );
}
