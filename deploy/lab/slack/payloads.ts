/** What Slack sends to an app, key by key. */
import { randomBytes } from 'node:crypto';
import type { JsonObject } from './json.ts';
import type { Slack } from './slack.ts';
import { fileObject, messageObject, viewObject } from './wire.ts';
import type { Channel, Message, User, View } from './workspace.ts';

/** The deprecated verification token, still in every payload. */
const VERIFICATION_TOKEN = 'verification-token';

const team = ({ workspace }: Slack): JsonObject => ({
  id: workspace.team.id,
  domain: workspace.team.domain,
});

/** What a person is shown as in interaction payloads. */
const actor = ({ workspace }: Slack, user: User): JsonObject => ({
  id: user.id,
  username: user.name,
  name: user.name,
  team_id: workspace.team.id,
});

/** Payloads call a direct conversation `directmessage`. */
const nameOf = (channel: Channel): string =>
  channel.kind === 'im'
    ? 'directmessage'
    : channel.kind === 'private'
      ? 'privategroup'
      : channel.name;

const place = (channel: Channel): JsonObject => ({ id: channel.id, name: nameOf(channel) });

const common = (slack: Slack): JsonObject => ({
  team: team(slack),
  enterprise: null,
  is_enterprise_install: false,
  api_app_id: slack.workspace.appId,
  token: VERIFICATION_TOKEN,
});

/** Seconds with micros, as Slack stamps actions. */
const actionTs = ({ workspace }: Slack): string => {
  const micros = workspace.now() * 1000;
  return `${Math.floor(micros / 1_000_000)}.${String(micros % 1_000_000).padStart(6, '0')}`;
};

export function slashCommand(
  slack: Slack,
  user: User,
  channel: Channel,
  command: string,
  text: string,
): JsonObject {
  const { workspace } = slack;
  return {
    token: VERIFICATION_TOKEN,
    team_id: workspace.team.id,
    team_domain: workspace.team.domain,
    channel_id: channel.id,
    channel_name: nameOf(channel),
    user_id: user.id,
    user_name: user.name,
    command,
    text,
    api_app_id: workspace.appId,
    is_enterprise_install: 'false',
    response_url: slack.responseUrls.create('commands', {
      channel: channel.id,
      user: user.id,
      original: null,
    }),
    trigger_id: slack.triggers.create(user.id),
  };
}

export function messageAction(
  slack: Slack,
  user: User,
  message: Message,
  action: JsonObject,
  state: JsonObject,
): JsonObject {
  const channel = slack.workspace.channel(message.channel);
  return {
    type: 'block_actions',
    user: actor(slack, user),
    ...common(slack),
    container: {
      type: 'message',
      message_ts: message.ts,
      channel_id: channel.id,
      is_ephemeral: message.ephemeral_to !== undefined,
      ...(message.thread_ts && message.thread_ts !== message.ts
        ? { thread_ts: message.thread_ts }
        : {}),
    },
    trigger_id: slack.triggers.create(user.id),
    channel: place(channel),
    // Slack does not send the content of ephemeral messages back.
    ...(message.ephemeral_to
      ? {}
      : { message: messageObject(slack.workspace, slack.baseUrl(), message) }),
    state: { values: state },
    response_url: slack.responseUrls.create('actions', {
      channel: channel.id,
      user: user.id,
      original: message,
    }),
    actions: [{ ...action, action_ts: actionTs(slack) }],
  };
}

export const viewAction = (
  slack: Slack,
  user: User,
  view: View,
  action: JsonObject,
): JsonObject => ({
  type: 'block_actions',
  user: actor(slack, user),
  ...common(slack),
  container: { type: 'view', view_id: view.id },
  trigger_id: slack.triggers.create(user.id),
  view: viewObject(view),
  actions: [{ ...action, action_ts: actionTs(slack) }],
});

export const viewSubmission = (slack: Slack, user: User, view: View): JsonObject => ({
  type: 'view_submission',
  ...common(slack),
  user: actor(slack, user),
  trigger_id: slack.triggers.create(user.id),
  view: viewObject(view),
  response_urls: responseUrlsOf(slack, user, view),
});

/** One URL per conversation menu with `response_url_enabled`, for the conversation chosen in it. */
function responseUrlsOf(slack: Slack, user: User, view: View): JsonObject[] {
  return view.blocks.flatMap((block) => {
    const element = block.element;
    if (typeof element !== 'object' || element === null || !('response_url_enabled' in element))
      return [];
    const actionId = 'action_id' in element ? String(element.action_id) : '';
    const chosen = view.state.values[String(block.block_id)]?.[actionId];
    const channel = chosen?.selected_conversation ?? chosen?.selected_channel;
    if (element.response_url_enabled !== true || typeof channel !== 'string') return [];
    return [
      {
        block_id: block.block_id,
        action_id: actionId,
        channel_id: channel,
        response_url: slack.responseUrls.create('actions', {
          channel,
          user: user.id,
          original: null,
        }),
      },
    ];
  });
}

export const viewClosed = (
  slack: Slack,
  user: User,
  view: View,
  isCleared: boolean,
): JsonObject => ({
  type: 'view_closed',
  ...common(slack),
  user: actor(slack, user),
  view: viewObject(view),
  is_cleared: isCleared,
});

export function blockSuggestion(
  slack: Slack,
  user: User,
  where: { view: View } | { message: Message },
  blockId: string,
  actionId: string,
  value: string,
): JsonObject {
  const inMessage = 'message' in where ? where.message : null;
  return {
    type: 'block_suggestion',
    user: actor(slack, user),
    ...common(slack),
    container: inMessage
      ? {
          type: 'message',
          message_ts: inMessage.ts,
          channel_id: inMessage.channel,
          is_ephemeral: inMessage.ephemeral_to !== undefined,
        }
      : { type: 'view', view_id: 'view' in where ? where.view.id : '' },
    action_id: actionId,
    block_id: blockId,
    value,
    ...('view' in where ? { view: viewObject(where.view) } : {}),
    ...(inMessage
      ? {
          channel: place(slack.workspace.channel(inMessage.channel)),
          message: messageObject(slack.workspace, slack.baseUrl(), inMessage),
        }
      : {}),
  };
}

export function messageShortcut(
  slack: Slack,
  user: User,
  message: Message,
  callbackId: string,
): JsonObject {
  const channel = slack.workspace.channel(message.channel);
  const { username: _username, ...who } = actor(slack, user);
  const { api_app_id: _app, ...shared } = common(slack);
  return {
    type: 'message_action',
    ...shared,
    user: who,
    callback_id: callbackId,
    trigger_id: slack.triggers.create(user.id),
    response_url: slack.responseUrls.create('actions', {
      channel: channel.id,
      user: user.id,
      original: message,
    }),
    message_ts: message.ts,
    channel: place(channel),
    message: messageObject(slack.workspace, slack.baseUrl(), message),
    action_ts: actionTs(slack),
  };
}

/** The envelope every event travels in. */
function eventCallback(slack: Slack, event: JsonObject): JsonObject {
  const { workspace } = slack;
  return {
    token: VERIFICATION_TOKEN,
    team_id: workspace.team.id,
    context_team_id: workspace.team.id,
    context_enterprise_id: null,
    api_app_id: workspace.appId,
    event,
    type: 'event_callback',
    event_id: `Ev0${randomBytes(6).toString('hex').toUpperCase()}`,
    event_time: Math.floor(workspace.now() / 1000),
    authorizations: [
      {
        enterprise_id: null,
        team_id: workspace.team.id,
        user_id: workspace.bot.id,
        is_bot: true,
        is_enterprise_install: false,
      },
    ],
    is_ext_shared_channel: false,
    event_context: randomBytes(12).toString('base64url'),
  };
}

/** `app_mention`, or `message` in a direct conversation, for something a person wrote. */
export function messageEvent(
  slack: Slack,
  message: Message,
  type: 'app_mention' | 'message',
): JsonObject {
  const { workspace } = slack;
  const channel = workspace.channel(message.channel);
  return eventCallback(slack, {
    ...(message.subtype ? { subtype: message.subtype } : {}),
    user: message.user,
    type,
    ts: message.ts,
    client_msg_id: crypto.randomUUID(),
    text: message.text,
    team: workspace.team.id,
    ...(message.thread_ts ? { thread_ts: message.thread_ts } : {}),
    ...(message.parent_user_id ? { parent_user_id: message.parent_user_id } : {}),
    ...(message.blocks ? { blocks: message.blocks } : {}),
    ...(message.files
      ? {
          files: workspace.files
            .filter(({ id }) => message.files?.includes(id))
            .map((file) => fileObject(workspace, slack.baseUrl(), file)),
        }
      : {}),
    channel: channel.id,
    event_ts: message.ts,
    ...(type === 'message' ? { channel_type: channel.kind === 'im' ? 'im' : 'channel' } : {}),
  });
}

export function homeOpened(slack: Slack, user: User, channel: Channel): JsonObject {
  const view = slack.workspace.homes.get(user.id);
  return eventCallback(slack, {
    type: 'app_home_opened',
    user: user.id,
    channel: channel.id,
    tab: 'home',
    ...(view ? { view: viewObject(view) } : {}),
    event_ts: actionTs(slack),
  });
}
