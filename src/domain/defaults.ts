import type { BuildRequest } from './request.ts';
import type { Settings } from './services.ts';

/** The channels of a request: those it names, or the configured default ones. */
export function channelsOf(
  { channels }: Pick<BuildRequest, 'channels'>,
  settings: Pick<Settings, 'channels'>,
): readonly string[] {
  return channels.length > 0 ? channels : defaultsOf(settings.channels);
}

/** The edges of a request: those it names, or the configured default ones. */
export function edgesOf(
  { edges }: Pick<BuildRequest, 'edges'>,
  settings: Pick<Settings, 'edges'>,
): readonly string[] {
  return edges.length > 0 ? edges : defaultsOf(settings.edges);
}

/** Edges that a request has by default need not be said again. */
export function withoutDefaultEdges(request: BuildRequest, settings: Settings): BuildRequest {
  return `${defaultsOf(settings.edges)}` === `${request.edges}`
    ? { ...request, edges: [] }
    : request;
}

function defaultsOf(entries: readonly { name: string; default: boolean }[]): string[] {
  return entries.filter((entry) => entry.default).map((entry) => entry.name);
}
