/** What came of an environment, to who subscribed. */
import { describeHeard } from '../../answers/heard.ts';
import type { Notice, Store } from '../../domain/ports.ts';
import { subscriptionKey } from '../../domain/subscription.ts';
import { messageOf } from '../blocks.ts';
import type { Chat } from '../chat.ts';
import type { Delivery } from './delivery.ts';
import { isConversation } from './live-message.ts';
import { isPerson, postQuietly } from './post-once.ts';

export interface HeardOptions {
  store: Pick<Store, 'readBuild' | 'readSubscriptions'>;
  chat: Chat;
}

/** While they still subscribe: it may have ended while Slack was away. */
export async function heardOf(
  notice: Extract<Notice, { kind: 'heard' }>,
  { store, chat }: HeardOptions,
): Promise<Delivery> {
  const { to, happening } = notice;
  if (!isConversation(to) && !isPerson(to)) return 'never';
  const subscription = (await store.readSubscriptions()).find(
    (each) => subscriptionKey(each) === notice.subscription,
  );
  if (subscription === undefined) return 'never';
  const { buildId } = happening;
  const build = buildId === null ? null : await store.readBuild(buildId);
  return async (sending) => {
    const address = build?.message ? await chat.permalink(build.message) : null;
    const message = messageOf(describeHeard(happening, subscription, { build, address }));
    await postQuietly(to, notice, message, chat, sending);
  };
}
