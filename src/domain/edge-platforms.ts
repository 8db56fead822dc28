/** Which platform is built for: that of the edges, as is configured of their clusters. */
import type { Build } from './build.ts';
import { edgesOf } from './defaults.ts';
import { userError } from './errors.ts';
import type { Lock, Platform } from './lock.ts';
import { isName } from './names.ts';
import { listInWords } from './phrase.ts';
import { ARCHITECTURES } from './platform.ts';
import type { Channels } from './ports.ts';
import { type BuildRequest, createCommand } from './request.ts';
import type { Settings } from './services.ts';

type Sites = Pick<Settings, 'edges' | 'platform'>;

/** What is built for where an edge does not say what its machines are. */
export const usualPlatform = ({ platform }: { platform?: Platform | undefined }): Platform =>
  platform ?? 'linux-64';

/** An edge that is not configured any more is as one that does not say it. */
export function platformOfEdge(edge: string, settings: Sites): Platform {
  const known = settings.edges.find(({ name }) => name === edge);
  return known?.platform ?? usualPlatform(settings);
}

const namesOf = ({ edges }: Sites): readonly string[] => edges.map(({ name }) => name);

/** Those of some edges, of all that are configured where none are named; each once. */
export function platformsOfEdges(
  settings: Sites,
  edges: readonly string[] = namesOf(settings),
): Platform[] {
  return [...new Set(edges.map((edge) => platformOfEdge(edge, settings)))];
}

/** Names of the edges of a platform, in their order. */
export function edgesOn(platform: Platform, settings: Sites, edges = namesOf(settings)): string[] {
  return edges.filter((edge) => platformOfEdge(edge, settings) === platform);
}

/**
 * The platform of a request's edges, of the default ones where it names none. Throws
 * `several-platforms`: packages of one do not run on the machines of another.
 */
export function platformOf(asked: BuildRequest, settings: Sites): Platform {
  const edges = edgesOf(asked, settings);
  const [first = usualPlatform(settings), ...others] = platformsOfEdges(settings, edges);
  if (others.length > 0) throw severalPlatforms(asked, edges, [first, ...others], settings);
  return first;
}

/** The same where it must not be refused: one that is not certain is that of the first edge. */
export function likelyPlatform(asked: Pick<BuildRequest, 'edges'>, settings: Sites): Platform {
  return platformsOfEdges(settings, edgesOf(asked, settings))[0] ?? usualPlatform(settings);
}

/** What channels hold for the platform of a request, for whoever need not know which that is. */
export function channelsFor(
  asked: Pick<BuildRequest, 'edges'>,
  { channels, settings }: { channels: Channels; settings: Sites },
): Channels {
  return channelsOn(channels, likelyPlatform(asked, settings));
}

/** The same of a platform. */
export function channelsOn(channels: Channels, platform: Platform): Channels {
  return { ...channels, read: (names, packages) => channels.read(names, packages, platform) };
}

/** For which platform a build was queued. Records of older versions do not say it. */
export function platformOfBuild(
  { platform, lock, request }: Pick<Build, 'platform' | 'lock' | 'request'>,
  settings: Sites,
): Platform {
  return platform ?? lock?.platform ?? likelyPlatform(request, settings);
}

/** A lock is an answer for one platform. Throws `other-platform` where the edges are of another, and what `platformOf` does. */
export function requirePlatform(lock: Lock, asked: BuildRequest, settings: Sites): Platform {
  const platform = platformOf(asked, settings);
  if (lock.platform === platform) return platform;
  const command = createCommand(asked);
  throw userError({
    code: 'other-platform',
    message: `These packages are for \`${lock.platform}\`, and ${edgesInWords(edgesOf(asked, settings))} for \`${platform}\`.`,
    suggestion: `Let what was asked for be solved again: \`${command}\`.`,
    repairs: [{ label: 'Solve again', command }],
  });
}

/** A name is one line of revisions with one default, so each further platform gets a name of its own. */
function severalPlatforms(
  asked: BuildRequest,
  edges: readonly string[],
  platforms: readonly Platform[],
  settings: Sites,
) {
  const groups = platforms.map((platform, index) => {
    const own = edgesOn(platform, settings, edges);
    const command = createCommand({
      ...asked,
      environment: index === 0 ? asked.environment : namedFor(asked.environment, platform),
      edges: own,
    });
    return { platform, own, command };
  });
  const said = groups.map(({ platform, own }) => `${edgesInWords(own)} for \`${platform}\``);
  return userError({
    code: 'several-platforms',
    message: `${listInWords(said, 'and')}: an environment is built for one platform.`,
    suggestion: `Ask for one each: ${listInWords(
      groups.map(({ command }) => `\`${command}\``),
      'and',
    )}.`,
    repairs: groups.map(({ platform, command }) => ({ label: `Build for ${platform}`, command })),
  });
}

/** `churn-aarch64`; the name itself where there is no room for more. */
function namedFor(environment: string, platform: Platform): string {
  const longer = `${environment}-${ARCHITECTURES[platform]}`;
  return isName(longer) ? longer : environment;
}

const edgesInWords = (edges: readonly string[]): string =>
  `${namedEdges(edges, 'and')} ${edges.length === 1 ? 'is' : 'are'}`;

/** As answers name edges: `` `a` and `b` ``. */
export const namedEdges = (edges: readonly string[], word: 'and' | 'or'): string =>
  listInWords(
    edges.map((edge) => `\`${edge}\``),
    word,
  );
