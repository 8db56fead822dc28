import type { Repair } from '../domain/errors.ts';
import { counted } from '../domain/figures.ts';
import { MOST_ENTRIES } from '../domain/pages.ts';
import type { Reply } from '../domain/reply.ts';
import type { Settings } from '../domain/services.ts';
import {
  outcomesInWords,
  type Subscription,
  unsubscribeCommand,
  watchedInWords,
} from '../domain/subscription.ts';
import { sayButtons } from './buttons.ts';
import {
  buttons,
  code,
  type Document,
  heading,
  type Inline,
  list,
  marked,
  prose,
  small,
  user,
  words,
} from './document.ts';
import { andMore, MOST_BUTTONS } from './lists.ts';

/** What somebody hears of, and what the channel is told in which they ask. */
export function describeSubscriptions(
  { subscriptions }: Extract<Reply, { kind: 'subscriptions' }>,
  { command }: Settings,
): Document {
  if (subscriptions.length === 0) {
    const nothing = 'You hear of nothing but your own builds.';
    const how = words(' Watch an environment: ', code(`${command} subscribe churn`));
    return { summary: nothing, parts: [prose(nothing, how)] };
  }
  return {
    summary: counted(subscriptions.length, 'subscription'),
    parts: [
      heading('What is watched'),
      list(subscriptions.slice(0, MOST_ENTRIES).map(row)),
      ...andMore(subscriptions.length - MOST_ENTRIES),
      small('To end one: ', code(`${command} ${ending(subscriptions)}`)),
      ...buttons(sayButtons(subscriptions.slice(0, MOST_BUTTONS).map(unwatch), null)),
    ],
  };
}

function row(subscription: Subscription): Inline[] {
  const { channel, outcomes, user: by } = subscription;
  return words(
    marked(watchedInWords(subscription)),
    `: ${outcomesInWords(outcomes)}, `,
    ...(channel === null ? ['told to you'] : ['told to this channel, for ', user(by)]),
  );
}

const ending = (subscriptions: readonly Subscription[]): string =>
  subscriptions[0] ? unsubscribeCommand(subscriptions[0]) : 'unsubscribe';

/** `Unwatch churn`; people cannot be named on a button. */
export function unwatch(subscription: Subscription): Repair {
  const { environment, edge } = subscription;
  const label = environment ?? (subscription.owner !== null ? 'their environments' : edge);
  return {
    label: label === null ? 'Unwatch' : `Unwatch ${label}`,
    command: unsubscribeCommand(subscription),
  };
}
