import type { BuildRequest } from './request.ts';
import type { Settings } from './services.ts';

/** What holds of these where a configuration names nothing else, or where there is none. */
export const USUAL = {
  approvalHours: 72,
  closedApprovals: 500,
  quota: {
    builds: null,
    environments: null,
    gigabytes: null,
    environmentGigabytes: null,
    approvals: 10,
  },
  retention: { expireDays: null, remindDays: 7, keepRevisions: null, usedDays: 7 },
} as const satisfies Partial<Settings>;

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
