import { counted } from '../src/domain/figures.ts';
import { followedBy, listInWords, type Phrase } from '../src/domain/phrase.ts';
import { ROLE_KINDS } from '../src/domain/roles.ts';
import type { Standing } from '../src/domain/services/roles.ts';
import { defineCommand } from './command.ts';

export const whoami = defineCommand({
  name: 'whoami',
  group: 'lookAfter',
  summary: 'who you are here, and what you may do',
  usage: 'whoami',
  examples: ['whoami'],
  isPrivate: true,
  args: {},
  async run(_args, { user, services }) {
    const { operators } = services.settings;
    const { roles, unknown, withheld } = await services.standing({ user });
    const { there, letGo } = await services.countEnvironments(user);
    const own = there + letGo;
    const owned = own === 0 ? 'no environment yet' : counted(own, 'environment');
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
    const more = [
      ...(roles.length > 0
        ? [`Your roles: ${roles.map((role) => `\`${role}\``).join(', ')}.`]
        : []),
      ...othersOnly(withheld),
      ...(unknown.length > 0
        ? [`Slack has not said lately who is in ${listInWords(unknown, 'and')}.`]
        : []),
    ];
    const whole = more.reduce((told: Phrase, sentence) => followedBy(told, sentence), text);
    return { kind: 'notice', tone: 'information', text: whole };
  },
});

/** `For other roles only: the edge \`production\`.` What is for operators anyway goes without saying. */
function othersOnly(withheld: Standing['withheld']): string[] {
  const { commands: _, ...things } = withheld;
  const named = Object.entries(things).flatMap(([kind, names]) =>
    names.map((name) => `${ROLE_KINDS[kind as keyof typeof things].toLowerCase()} \`${name}\``),
  );
  return named.length === 0 ? [] : [`For other roles only: ${listInWords(named, 'and')}.`];
}
