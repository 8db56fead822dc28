import { userError } from '../src/domain/errors.ts';
import type { BuildRequest } from '../src/domain/request.ts';
import type { Spec } from '../src/domain/spec.ts';
import { type Arguments, defineCommand, type Grammar, type Incomplete } from './command.ts';
import { recognizeCreate, reviewCreate } from './create/review.ts';

const ARGS = {
  positionals: {
    // With -n or -p every plain word is a package, as in conda.
    environment: { kind: 'environment', required: true, givenBy: ['name', 'prefix'] },
    specs: { kind: 'spec', many: true, required: true },
  },
  options: {
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

type CreateArguments = Arguments<typeof ARGS>;

export const create = defineCommand({
  name: 'create',
  group: 'use',
  aliases: ['build'],
  summary: 'build an environment, ship it to the cluster and get the line that uses it',
  usage: 'create NAME PACKAGE… [options]',
  examples: [
    'create my-local-env python=3.11 numpy scipy pandas',
    'create churn python=3.11 "numpy>=1.26,<2" pandas --layout global',
  ],
  notes: [
    'With no arguments a form opens.',
    'Packages without a name are asked back; `-n numpy` and `-p numpy` say that `numpy` is the name.',
    'Packages are conda specs: `numpy`, `python=3.11`, `numpy >=1.26,<2`, `conda-forge::pandas=2.2`, `numpy[build=py311*]`; with spaces, commas or line breaks between them.',
    'As in conda `python=3.11` is any 3.11, and `python 3.11` is 3.11 exactly.',
    'The same packages again give the same archive at once; other packages make the next revision.',
    'The article’s own words work too: `create -n my-global-env --copy -y …` is the global layout, `create -p my-local-env --yes …` the local one.',
    'Eggs (`--py-files x.egg`) are not offered: compiled code in an egg has to be unpacked on every node, often into a home that is not writable. Use `--project`.',
  ],
  args: ARGS,
  async review({ arguments: args, mistakes, words, repaired }, context) {
    const insists = args.name !== null || args.prefix !== null;
    const mended = repaired && draftOf(repaired.arguments);
    const draft = { request: draftOf(args), insists, mistakes, words, repaired: mended };
    return reviewCreate(draft, context);
  },
  recognize: recognizeCreate,
  async run(args, context) {
    const request = requestOf(args);
    const { build, joined } = await context.services.create(request, {
      user: context.user,
      channel: context.channel,
      team: context.team,
    });
    const audience = joined ? 'requester' : 'channel';
    return { kind: 'build', build, audience };
  },
});

/** What is right of a request; where there is no name, the mistakes say so. */
function draftOf(args: Incomplete<CreateArguments>): BuildRequest {
  return requestOf({ ...args, environment: args.environment ?? '' });
}

function requestOf(args: CreateArguments): BuildRequest {
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
    channels: [...new Set(args.channel)],
    projects: args.project,
    edges: [...new Set(args.edge)],
    layout: args.layout ?? (args.name !== null ? 'global' : 'local'),
    format: args.format ?? 'auto',
    packer: args.packer ?? 'segments',
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
