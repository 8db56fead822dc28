/**
 * Everything Slack may send, and who hears it. All of it is acknowledged first and done after, in the
 * background.
 */
import { press } from '../actions.ts';
import type { App, BlockAction } from '../connection/bolt.ts';
import { deliveryId } from '../connection/once.ts';
import { misfitOf } from '../connection/payload.ts';
import { decodeSlackText } from '../decode.ts';
import { CREATE_FORM } from '../modals/create-form.ts';
import { isDirect, placeOf } from '../place.ts';
import { listenToForms } from './forms.ts';
import type { Listening } from './listening.ts';
import { listenToMessages } from './messages.ts';
import { replacer, responder } from './respond.ts';

/** It costs no call, which would come too late as well. */
const TOO_MANY = {
  response_type: 'ephemeral',
  text: 'I am asked too much at once, so nothing was done. Ask again in a minute.',
} as const;

/** What Slack calls its deliveries → what we call them; there are more, of which we get none. */
const DELIVERIES: Readonly<Record<string, string>> = {
  event_callback: 'event',
  block_actions: 'button',
  block_suggestion: 'menu',
  view_submission: 'form',
};

function deliveryOf(type: unknown): string {
  return (
    (typeof type === 'string' && Object.hasOwn(DELIVERIES, type) && DELIVERIES[type]) || 'other'
  );
}

export function listen(app: App, listening: Listening): void {
  const { conversation, homes, services, isFirst, lane, log, meters } = listening;

  // Every delivery goes through here first. A submitted form is acknowledged with its errors and a
  // menu with its options; all else at once and with nothing.
  app.use(async ({ body, next, ...rest }) => {
    const arrivedAt = performance.now();
    const noteAcknowledged = () => {
      const labels = { delivery: 'command' in body ? 'command' : deliveryOf(body.type) };
      const seconds = (performance.now() - arrivedAt) / 1000;
      meters.observe('conda_ferry_acknowledge_seconds', labels, seconds);
    };
    // Over a socket it has been looked at by nobody.
    const misfit = misfitOf(body);
    const isAnswered = body.type === 'view_submission' || body.type === 'block_suggestion';
    if (isAnswered && misfit === null) {
      await next();
      return noteAcknowledged();
    }
    const isRefused = misfit === null && lane.isFull();
    if ('command' in rest && isRefused) await rest.ack(TOO_MANY);
    else if ('ack' in rest && typeof rest.ack === 'function') await rest.ack();
    noteAcknowledged();
    if (misfit !== null) log.warn({ why: misfit }, 'a delivery of Slack cannot be read');
    else if (isRefused) log.warn({}, 'a delivery of Slack was refused: there are too many');
    else if (await isFirst(deliveryId(body))) await next();
  });

  // Whatever the command is called in this workspace, it is ours.
  app.command(/.*/, async ({ command, respond }) => {
    const place = placeOf(command.user_id, {
      way: 'slash',
      channel: command.channel_id,
      team: command.team_id,
      open: isDirect(command.channel_id),
      respond: responder(respond),
      trigger: command.trigger_id,
    });
    lane.add(() => conversation.say(decodeSlackText(command.text), place));
  });

  app.action<BlockAction>(/.*/, async ({ body, action, respond }) => {
    if (body.view?.callback_id === CREATE_FORM) return;
    const { thread_ts: thread, message_ts: pressed } = body.container;
    const place = placeOf(body.user.id, {
      way: 'button',
      channel: body.channel?.id ?? '',
      team: body.team?.id ?? null,
      // The message at the head of a thread stands outside of it.
      thread: typeof thread === 'string' && thread !== pressed ? thread : null,
      open: isDirect(body.channel?.id ?? ''),
      respond: body.response_url ? responder(respond) : null,
      replace: body.response_url ? replacer(respond) : null,
      view: body.view?.type === 'modal' ? body.view.id : null,
      trigger: body.trigger_id,
    });
    const chosen = 'selected_option' in action ? action.selected_option : action;
    const value = chosen && 'value' in chosen ? (chosen.value ?? null) : null;
    lane.add(() => press({ action: action.action_id, value, place }, conversation, services));
  });

  app.event('app_home_opened', async ({ event }) => {
    if (event.tab === 'home') lane.add(() => homes.show(event.user));
  });

  listenToForms(app, listening);
  listenToMessages(app, listening);

  app.error(async (error) => {
    log.error({ error: error.stack ?? String(error) }, 'a delivery of Slack failed');
  });
}
