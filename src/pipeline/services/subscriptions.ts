import type { Requester } from '../../domain/build.ts';
import type { Subscriptions, Wanted } from '../../domain/services/subscriptions.ts';
import {
  isSameWatched,
  notSubscribed,
  OUTCOME_NAMES,
  placeOf,
  requireRoom,
  type Subscription,
  subscriptionKey,
} from '../../domain/subscription.ts';
import { lookup } from './lookup.ts';
import type { ServicePorts } from './ports.ts';

/** Subscriptions as the store has them; `pipeline/telling.ts` asks there whom to tell. */
export function subscriptions(ports: ServicePorts): Subscriptions {
  const { store, clock } = ports;
  return {
    async subscriptions({ user, channel }) {
      const all = await store.readSubscriptions();
      return all.filter((each) => [user, channel].includes(placeOf(each)));
    },
    async subscribe(wanted, requester) {
      const { environment, owner, edge } = wanted;
      if (environment !== null) await lookup(ports).findEnvironment(environment);
      const subscription: Subscription = {
        ...{ environment, owner, edge, ...told(wanted, requester), at: clock.now() },
        outcomes: OUTCOME_NAMES.filter(
          (name) => wanted.outcomes.length === 0 || wanted.outcomes.includes(name),
        ),
      };
      const all = await store.readSubscriptions();
      const key = subscriptionKey(subscription);
      const before = all.find((each) => subscriptionKey(each) === key) ?? null;
      if (before === null) requireRoom(all.filter(({ user }) => user === requester.user));
      await store.writeSubscription(subscription);
      return { subscription, before };
    },
    async unsubscribe(wanted, requester) {
      const { user, channel } = told(wanted, requester);
      const place = channel ?? user;
      const known = (await store.readSubscriptions()).filter((each) => placeOf(each) === place);
      const ended = known.find((each) => isSameWatched(each, wanted));
      if (!ended || !(await store.removeSubscription(subscriptionKey(ended)))) {
        throw notSubscribed({ ...wanted, channel }, known);
      }
      return ended;
    },
  };
}

function told({ here }: Pick<Wanted, 'here'>, { user, channel }: Requester) {
  return { user, channel: here ? channel : null };
}
