/** How is said what is watched, to begin it and to end it. */
import { userError } from '../../src/domain/errors.ts';
import type { Wanted } from '../../src/domain/services/subscriptions.ts';
import type { CommandContext, Grammar, KindTypes } from '../command.ts';

export const WATCHED = {
  positionals: { watched: { kind: 'watched' } },
  options: {
    edge: { kind: 'edge', value: 'EDGE', summary: 'what is built for this edge' },
    here: { kind: 'flag', summary: 'tell this channel, not you' },
  },
} as const satisfies Grammar;

export function wantedOf(args: {
  watched: KindTypes['watched'] | null;
  edge: string | null;
  here: true | null;
}): Omit<Wanted, 'outcomes'> {
  const { environment = null, owner = null } = args.watched ?? {};
  return { environment, owner, edge: args.edge, here: args.here === true };
}

/** Throws `not-here` where nothing can be told to everybody: at a terminal, in a direct message. */
export async function requireHere({ mayTellHere }: CommandContext): Promise<void> {
  if (await mayTellHere?.()) return;
  throw userError({
    code: 'not-here',
    message: mayTellHere
      ? 'I am not in this channel, so I cannot tell it anything.'
      : 'There is no channel here that could be told.',
    suggestion: mayTellHere
      ? 'Invite me: `/invite @Conda Ferry`. Or leave out `--here`, and you are told directly.'
      : 'Say it in a channel, or leave out `--here`, and you are told directly.',
  });
}
