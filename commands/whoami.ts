import { counted } from '../src/domain/figures.ts';
import type { Phrase } from '../src/domain/phrase.ts';
import { defineCommand } from './command.ts';

export const whoami = defineCommand({
  name: 'whoami',
  group: 'more',
  summary: 'who you are here, and what you may do',
  usage: 'whoami',
  examples: ['whoami'],
  args: {},
  async run(_args, { user, services }) {
    const { operators } = services.settings;
    const own = (await services.environments()).filter(({ owner }) => owner === user);
    const owned = own.length === 0 ? 'no environment yet' : counted(own.length, 'environment');
    const text: Phrase = operators.includes(user)
      ? [
          'You are ',
          { person: user },
          `, an operator: you may build under every name, and cancel, retry and rebuild everybody’s builds. You own ${owned}.`,
        ]
      : [
          'You are ',
          { person: user },
          `. You own ${owned}. You may build under every name that is free or yours, cancel, retry and rebuild what you asked for, and look at and verify everything.`,
          ...(operators.length > 0 ? [' Operators may do the rest: '] : []),
          ...operators.flatMap((operator, index) => [index > 0 ? ', ' : '', { person: operator }]),
        ];
    return { kind: 'notice', tone: 'information', text };
  },
});
