import { channelsOf, edgesOf } from '../../src/domain/defaults.ts';
import { channelsFor, platformOf } from '../../src/domain/edge-platforms.ts';
import { FerryError, type Repair, userError } from '../../src/domain/errors.ts';
import { runnable } from '../../src/domain/fit.ts';
import {
  missingError,
  missingPackages,
  missingParts,
  repairSpecs,
} from '../../src/domain/missing-packages.ts';
import { isName, numberedNames, printable } from '../../src/domain/names.ts';
import { listInWords } from '../../src/domain/phrase.ts';
import { type BuildRequest, createCommand } from '../../src/domain/request.ts';
import { type Sentence, sentenceAfterCreate, sentenceAsking } from '../../src/domain/sentence.ts';
import { formatSpec, parseSpec, type Spec } from '../../src/domain/spec.ts';
import type { CommandContext } from '../command.ts';

/** The mistake that rows of a file are which cannot be had. */
export const ROWS_REFUSED = 'file-rows';

/** What is known of a `create` before it is done. */
export interface CreateDraft {
  request: BuildRequest;
  /** The name was given as an option: what is said is done. */
  insists: boolean;
  mistakes: readonly FerryError[];
  words: readonly string[];
  /** The request with every wrong word mended; null where one cannot be. */
  repaired: BuildRequest | null;
}

/**
 * Everything that is wrong with a `create`, in one refusal with what would go through instead; or
 * null. What the channels hold decides; where that is not known, only what needs no channel.
 */
export async function reviewCreate(
  draft: CreateDraft,
  context: CommandContext,
): Promise<FerryError | null> {
  const asked = draft.insists ? null : await askForName(draft, context);
  return asked ?? reviewEdges(draft, context) ?? reviewPackages(draft, context);
}

/** Edges of two platforms; a request with other mistakes is looked at for that once they are mended. */
function reviewEdges(
  { request, mistakes }: CreateDraft,
  { services }: CommandContext,
): FerryError | null {
  if (mistakes.length > 0) return null;
  try {
    platformOf(request, services.settings);
    return null;
  } catch (error) {
    if (error instanceof FerryError) return error;
    throw error;
  }
}

/** A message that begins with no command and speaks of an environment to make. */
export async function recognizeCreate(
  words: readonly string[],
  context: CommandContext,
): Promise<FerryError | null> {
  const isPackage = await packagesOf([], context);
  const sentence = isPackage && sentenceAsking(words, isPackage);
  return sentence ? askedBack(sentence, [], context) : null;
}

/** Words that are a sentence, or packages alone: what is meant is asked, and nothing begins. */
async function askForName(
  { request, words }: CreateDraft,
  context: CommandContext,
): Promise<FerryError | null> {
  const isPackage = await packagesOf(request.channels, context);
  const [first = '', ...others] = words;
  const isSpec = !isName(first) && (specOf(first)?.version ?? null) !== null;
  if (isPackage === null && !isSpec) return null;
  const sentence = isPackage && sentenceAfterCreate(words, isPackage);
  if (sentence) return askedBack(sentence, request.channels, context);
  const rest = others.flatMap((word) => specOf(word) ?? []);
  // `create numpy numpy pandas` names it and asks for it.
  const isRepeated = rest.some((spec) => spec.name === first.toLowerCase());
  if (!isSpec && (isRepeated || !isPackage?.(first) || (await isKnownTo(first, context))))
    return null;
  const insisted: Repair[] =
    isSpec || rest.length === 0
      ? []
      : [
          {
            label: `${first} is the name`,
            command: createCommand({ ...request, environment: first, specs: rest }, true),
          },
        ];
  const specs = [first, ...others];
  return askedBack({ name: null, specs }, request.channels, context, insisted, request);
}

async function askedBack(
  sentence: Sentence,
  channels: readonly string[],
  context: CommandContext,
  further: readonly Repair[] = [],
  request: BuildRequest | null = null,
): Promise<FerryError | null> {
  const parsed = sentence.specs.flatMap((text) => specOf(text) ?? []);
  if (parsed.length === 0 || parsed.length < sentence.specs.length) return null;
  const draft: BuildRequest = {
    ...{ environment: '', pip: [], channels, projects: [], edges: [], layout: 'local' },
    ...{ format: 'auto', packer: 'segments', force: false },
    ...request,
    specs: parsed,
  };
  const names = channelsOf(draft, context.services.settings);
  const missing =
    (await missingPackages(parsed, names, channelsFor(draft, context.services))) ?? [];
  const specs = repairSpecs(parsed, missing) ?? parsed;
  const proposals = sentence.name === null ? await freeNames(specs, context) : [sentence.name];
  const repairs = proposals.map((environment): Repair => {
    const command = createCommand({ ...draft, environment, specs });
    return {
      label: sentence.name === null ? `Name it ${environment}` : `Build ${environment}`,
      command,
    };
  });
  const [first] = repairs;
  const packages = listInWords(
    specs.map((spec) => `\`${formatSpec(spec)}\``),
    'and',
  );
  const { command } = context.services.settings;
  return userError({
    code: 'name-missing',
    message:
      sentence.name === null
        ? `What is the environment with ${packages} to be called? Nothing has been started.`
        : `An environment \`${printable(sentence.name)}\` with ${packages}? Nothing has been started.`,
    suggestion: [
      first && `Type \`${command} ${first.command}\`.`,
      further[0] && `If the first word is the name: \`${command} ${further[0].command}\`.`,
    ]
      .filter(Boolean)
      .join(' '),
    repairs: [...repairs, ...further],
  });
}

/** Names made of the packages that no environment has yet. */
async function freeNames(specs: readonly Spec[], context: CommandContext): Promise<string[]> {
  const telling = specs.map(({ name }) => name).filter((name) => name !== 'python');
  const [first = 'python'] = telling;
  const several = telling.slice(0, 3).join('-');
  const candidates =
    telling.length > 1 ? [several, `${first}-env`] : [`${first}-env`, `my-${first}`];
  const free = candidates.map(async (candidate) => {
    const numbered = [candidate, ...numberedNames(candidate)];
    const taken = await context.services.namesTaken(numbered);
    return numbered.find((name) => !taken.includes(name)) ?? candidate;
  });
  return (await Promise.all(free)).filter(isName);
}

/** An environment of that name, or a build that this person asked for under it. */
async function isKnownTo(name: string, { services, user }: CommandContext): Promise<boolean> {
  if ((await services.environmentsNamed([name])).length > 0) return true;
  const builds = await services.builds({ environment: name, limit: 20 });
  return builds.some((build) => build.requester.user === user);
}

/** Whether a word is a package of the channels; null where they cannot be asked. */
async function packagesOf(
  channels: readonly string[],
  { services }: CommandContext,
): Promise<((word: string) => boolean) | null> {
  const { settings } = services;
  const contents = await services.channels.read(channelsOf({ channels }, settings), []);
  if (contents === null) return null;
  return (word) => contents.some((content) => content.has(specOf(word)?.name ?? word));
}

async function reviewPackages(
  { request: typed, insists, mistakes, repaired }: CreateDraft,
  context: CommandContext,
): Promise<FerryError | null> {
  const { settings } = context.services;
  const request = repaired ?? typed;
  const channels = channelsFor(request, context.services);
  const names = channelsOf(request, settings);
  const sparks = await context.services.sparks(edgesOf(request, settings)).catch(() => []);
  const missing =
    (await missingPackages(request.specs, names, channels, (name, versions) =>
      runnable(name, versions, sparks),
    )) ?? [];
  // Mistakes in the words alone are told as they are.
  if (missing.length === 0) return null;
  const specs = repairSpecs(request.specs, missing);
  // Without the rows of a file that cannot be had, the request is what is left of it.
  const isWhole = repaired !== null || mistakes.every(({ code }) => code === ROWS_REFUSED);
  const repairs =
    specs !== null && isWhole
      ? [
          {
            label: `Build ${specs.map(formatSpec).join(' ')}`,
            command: createCommand({ ...request, specs }, insists),
          },
        ]
      : [];
  const all = [...mistakes, missingError(missing, names)];
  return userError({
    code: all[0]?.code ?? 'package-not-found',
    message: sentences(all.map(({ message }) => message)),
    suggestion: sentences(all.map(({ suggestion }) => suggestion)),
    repairs,
    parts: [...mistakes, ...missingParts(missing, names)],
  });
}

function sentences(texts: readonly (string | null)[]): string {
  return [...new Set(texts.filter((text) => text !== null))].join(' ');
}

function specOf(text: string): Spec | null {
  try {
    return parseSpec(text);
  } catch (error) {
    if (error instanceof FerryError) return null;
    throw error;
  }
}
