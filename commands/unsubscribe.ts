import { watchedInWords } from '../src/domain/subscription.ts';
import { defineCommand, requesterOf } from './command.ts';
import { WATCHED, wantedOf } from './subscribe/arguments.ts';

export const unsubscribe = defineCommand({
  name: 'unsubscribe',
  group: 'share',
  aliases: ['unwatch'],
  summary: 'hear no more of what `subscribe` began',
  usage: 'unsubscribe [NAME|@OWNER] [--edge EDGE] [--here]',
  examples: ['unsubscribe churn', 'unsubscribe churn --here'],
  notes: [
    '`subscriptions` shows what there is. With `--here` anybody in a channel ends what it is told.',
    'Without anything it ends the subscription to everything.',
  ],
  args: WATCHED,
  async run(args, context) {
    const ended = await context.services.unsubscribe(wantedOf(args), requesterOf(context));
    const who = ended.channel === null ? 'You are' : 'This channel is';
    return {
      kind: 'notice',
      tone: 'success',
      text: [`${who} not told of `, ...watchedInWords(ended), ' any more.'],
    };
  },
});
