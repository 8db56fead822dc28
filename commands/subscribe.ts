import type { Phrase } from '../src/domain/phrase.ts';
import {
  OUTCOME_NAMES,
  outcomesInWords,
  type Subscription,
  unsubscribeCommand,
  watchedInWords,
} from '../src/domain/subscription.ts';
import { type CommandContext, defineCommand, requesterOf } from './command.ts';
import { requireHere, WATCHED, wantedOf } from './subscribe/arguments.ts';

export const subscribe = defineCommand({
  name: 'subscribe',
  group: 'share',
  onFirstPage: true,
  aliases: ['watch', 'subscriptions'],
  summary: 'hear what comes of an environment; without anything, what you hear of',
  usage: 'subscribe [NAME|@OWNER] [--edge EDGE] [--outcome OUTCOME]… [--here]',
  examples: [
    'subscribe churn',
    'subscribe @U024BE7LH --outcome failed --outcome not-proven',
    'subscribe --outcome failed --here',
    'subscriptions',
  ],
  notes: [
    `Outcomes are ${OUTCOME_NAMES.map((name) => `\`${name}\``).join(', ')}; without one you hear of all.`,
    'You are told directly, once, and not of what you pressed yourself. `--here` tells everybody in this channel instead; it is not told what its own builds show anyway.',
    'Said again with other outcomes, those hold. `unsubscribe` with the same words ends it.',
  ],
  args: {
    positionals: WATCHED.positionals,
    options: {
      ...WATCHED.options,
      outcome: { kind: 'outcome', many: true, value: 'OUTCOME', summary: 'only this, or these' },
    },
  },
  async run(args, context) {
    const { services } = context;
    const isBare = args.watched === null && args.edge === null && !args.here;
    if (isBare && args.outcome.length === 0) {
      const subscriptions = await services.subscriptions(requesterOf(context));
      return { kind: 'subscriptions', subscriptions };
    }
    if (args.here) await requireHere(context);
    const wanted = { ...wantedOf(args), outcomes: args.outcome };
    const done = await services.subscribe(wanted, requesterOf(context));
    return { kind: 'notice', tone: 'success', text: saying(done, context) };
  },
});

function saying(
  { subscription, before }: { subscription: Subscription; before: Subscription | null },
  { services }: CommandContext,
): Phrase {
  const who = subscription.channel === null ? 'You are' : 'This channel is';
  const is = `${who} ${isSame(subscription, before) ? 'already ' : ''}told`;
  const ends = endsIt(subscription, services.settings.command);
  const what = watchedInWords(subscription);
  const outcomes = outcomesInWords(subscription.outcomes);
  return [`${is} of `, ...what, `: ${outcomes}.`, ...ends];
}

/** A person is named to who reads it; in a command their id would stand, which nobody knows. */
function endsIt(subscription: Subscription, slash: string): Exclude<Phrase, string> {
  const { environment, owner, edge, channel } = subscription;
  if (owner === null || environment !== null || edge !== null || channel !== null)
    return [` \`${slash} ${unsubscribeCommand(subscription)}\` ends it.`];
  return [` \`${slash} unsubscribe\` with `, { person: owner }, ' behind it ends it.'];
}

function isSame({ outcomes }: Subscription, before: Subscription | null): boolean {
  return before !== null && before.outcomes.join() === outcomes.join();
}
