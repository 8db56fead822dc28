import { type FerryError, userError } from '../../src/domain/errors.ts';
import { formatRequirement, type PipRequirement } from '../../src/domain/pip.ts';
import type { BuildRequest } from '../../src/domain/request.ts';
import type { Spec } from '../../src/domain/spec.ts';
import type { Arguments, CommandContext, Draft, Grammar, Incomplete } from '../command.ts';
import { reviewCreate } from './review.ts';

/** How a request is said, by every command that takes a whole one. */
export const REQUEST_ARGS = {
  positionals: {
    // With -n or -p every plain word is a package, as in conda.
    environment: { kind: 'environment', required: true, givenBy: ['name', 'prefix'] },
    specs: { kind: 'spec', many: true, required: true },
  },
  options: {
    pip: {
      kind: 'requirement',
      many: true,
      value: 'REQUIREMENT',
      summary: 'a package that pip installs on top, as pip writes it: "requests>=2"',
    },
    channel: {
      kind: 'channel',
      short: '-c',
      many: true,
      value: 'NAME',
      summary: 'a configured channel, highest priority first',
    },
    project: {
      kind: 'project',
      many: true,
      value: 'REPOSITORY@REF',
      summary: 'your own code, built and installed on top',
    },
    edge: { kind: 'edge', many: true, value: 'NAME', summary: 'the edge node to ship to' },
    layout: {
      kind: 'layout',
      value: 'local|global',
      summary: 'local: driver and executors have a path each (default); global: one path for both',
    },
    format: {
      kind: 'format',
      value: 'auto|zip|tar.gz',
      summary: 'auto: zip on YARN, tar.gz elsewhere',
    },
    packer: { kind: 'packer', value: 'segments|archiver', summary: 'how the archive is written' },
    force: { kind: 'flag', summary: 'build what the cluster does not run, too' },
    name: {
      kind: 'environment',
      short: '-n',
      value: 'NAME',
      summary: 'as in `conda create -n`: the global layout',
    },
    prefix: {
      kind: 'environment',
      short: '-p',
      value: 'NAME',
      summary: 'as in `conda create -p`: the local layout',
    },
    copy: {
      kind: 'flag',
      summary: 'accepted as in conda; archives never hold links into a package cache',
    },
    yes: { kind: 'flag', short: '-y', summary: 'accepted as in conda; nothing asks' },
  },
} as const satisfies Grammar;

export type RequestArguments = Arguments<typeof REQUEST_ARGS>;

/** Looks at all of a request before anything is done for it. */
export async function reviewRequest(
  { arguments: args, mistakes, words, repaired }: Draft<Incomplete<RequestArguments>>,
  context: CommandContext,
): Promise<FerryError | null> {
  const insists = args.name !== null || args.prefix !== null;
  const mended = repaired && draftOf(repaired.arguments);
  const draft = { request: draftOf(args), insists, mistakes, words, repaired: mended };
  return reviewCreate(draft, context);
}

/** What is right of a request; where there is no name, the mistakes say so. */
function draftOf(args: Incomplete<RequestArguments>): BuildRequest {
  return requestOf({ ...args, environment: args.environment ?? '' });
}

/** Throws `name-given-twice` and `duplicate-package`. */
export function requestOf(args: RequestArguments): BuildRequest {
  if (args.name !== null && args.prefix !== null) {
    throw userError({
      code: 'name-given-twice',
      message: `The environment is named twice: \`${args.name}\` and \`${args.prefix}\`.`,
      suggestion: 'Give `-n NAME` for the global layout or `-p NAME` for the local one.',
    });
  }
  return {
    environment: args.environment,
    specs: withoutRepeats(args.specs),
    pip: withoutRepeatedRequirements(args.pip),
    channels: [...new Set(args.channel)],
    projects: args.project,
    edges: [...new Set(args.edge)],
    layout: args.layout ?? (args.name !== null ? 'global' : 'local'),
    format: args.format ?? 'auto',
    packer: args.packer ?? 'segments',
    force: args.force === true,
  };
}

/** The same spec twice is harmless; two specs for one package are a mistake worth naming. */
function withoutRepeats(specs: readonly Spec[]): Spec[] {
  const byName = new Map<string, Spec>();
  for (const spec of specs) {
    const other = byName.get(spec.name);
    if (other && JSON.stringify(other) !== JSON.stringify(spec)) {
      throw userError({
        code: 'duplicate-package',
        message: `\`${spec.name}\` is asked for twice, differently.`,
        suggestion: `Join the constraints with a comma: \`${spec.name}>=1.26,<2\`.`,
      });
    }
    byName.set(spec.name, spec);
  }
  return [...byName.values()];
}

/** Several requirements for one package hold together; the same one again says nothing. */
function withoutRepeatedRequirements(requirements: readonly PipRequirement[]): PipRequirement[] {
  return [...new Map(requirements.map((each) => [formatRequirement(each), each])).values()];
}
