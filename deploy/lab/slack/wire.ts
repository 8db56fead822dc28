/** The workspace as Slack's Web API and payloads spell it. */
import type { JsonObject } from './json.ts';
import type {
  Channel,
  Message,
  SharedFile,
  User,
  Usergroup,
  View,
  Workspace,
} from './workspace.ts';

export function userObject(workspace: Workspace, user: User): JsonObject {
  return {
    id: user.id,
    team_id: workspace.team.id,
    name: user.name,
    deleted: false,
    color: user.color,
    real_name: user.real_name,
    tz: 'Europe/Madrid',
    tz_label: 'Central European Time',
    tz_offset: 3600,
    profile: {
      title: user.title,
      phone: '',
      skype: '',
      real_name: user.real_name,
      real_name_normalized: user.real_name,
      display_name: user.name,
      display_name_normalized: user.name,
      status_text: '',
      status_emoji: '',
      status_expiration: 0,
      avatar_hash: user.color,
      ...(user.email ? { email: user.email } : {}),
      ...(user.is_bot ? { bot_id: workspace.botId, api_app_id: workspace.appId } : {}),
      team: workspace.team.id,
    },
    is_admin: user.is_admin,
    is_owner: false,
    is_primary_owner: false,
    is_restricted: false,
    is_ultra_restricted: false,
    is_bot: user.is_bot,
    is_app_user: false,
    updated: 1_700_000_000,
    is_email_confirmed: true,
    who_can_share_contact_card: 'EVERYONE',
  };
}

export function channelObject(workspace: Workspace, channel: Channel): JsonObject {
  const about = (value: string): JsonObject => ({ value, creator: '', last_set: 0 });
  const common = {
    id: channel.id,
    created: channel.created,
    context_team_id: workspace.team.id,
    is_archived: false,
  };
  if (channel.kind === 'im')
    return {
      ...common,
      is_im: true,
      is_org_shared: false,
      user: channel.members.find((id) => id !== workspace.bot.id) ?? '',
      is_open: true,
      priority: 0,
    };
  return {
    ...common,
    name: channel.name,
    name_normalized: channel.name,
    is_channel: true,
    is_group: false,
    is_im: false,
    is_mpim: false,
    is_private: channel.kind === 'private',
    is_general: channel.name === 'general',
    is_shared: false,
    is_org_shared: false,
    is_ext_shared: false,
    is_member: channel.members.includes(workspace.bot.id),
    creator: workspace.users[0]?.id ?? '',
    topic: about(channel.topic),
    purpose: about(channel.purpose),
    num_members: channel.members.length,
  };
}

export const usergroupObject = (workspace: Workspace, group: Usergroup): JsonObject => ({
  id: group.id,
  team_id: workspace.team.id,
  is_usergroup: true,
  name: group.name,
  description: '',
  handle: group.handle,
  is_external: false,
  users: group.users,
  user_count: group.users.length,
});

export function fileObject(workspace: Workspace, baseUrl: string, file: SharedFile): JsonObject {
  // Where it is shared stands in three lists, by what the conversations are.
  const sharedIn = (kind: Channel['kind']) =>
    file.channels.filter((id) => workspace.channel(id).kind === kind);
  const address = `${baseUrl}/files-pri/${workspace.team.id}-${file.id}`;
  return {
    id: file.id,
    created: file.created,
    timestamp: file.created,
    name: file.name,
    title: file.title,
    mimetype: file.mimetype,
    filetype: file.filetype,
    pretty_type: file.filetype,
    user: file.user,
    user_team: workspace.team.id,
    editable: false,
    size: file.size,
    mode: 'hosted',
    is_external: false,
    external_type: '',
    is_public: sharedIn('public').length > 0,
    public_url_shared: false,
    display_as_bot: false,
    username: '',
    url_private: `${address}/${encodeURIComponent(file.name)}`,
    url_private_download: `${address}/download/${encodeURIComponent(file.name)}`,
    permalink: `${baseUrl}/files/${file.user}/${file.id}/${encodeURIComponent(file.name)}`,
    permalink_public: `${baseUrl}/files-pub/${workspace.team.id}-${file.id}`,
    channels: sharedIn('public'),
    groups: sharedIn('private'),
    ims: sharedIn('im'),
    comments_count: 0,
    is_starred: false,
    has_rich_preview: false,
    file_access: 'visible',
  };
}

export function messageObject(
  workspace: Workspace,
  baseUrl: string,
  message: Message,
  { metadata = true } = {},
): JsonObject {
  const {
    channel: _channel,
    metadata: data,
    files,
    streaming: _streaming,
    ephemeral_to: _to,
    unseen: _unseen,
    ...rest
  } = message;
  const replies = workspace.replies(message.channel, message.ts);
  const last = replies.at(-1);
  const users = [...new Set(replies.map(({ user }) => user))];
  return {
    ...rest,
    ...(message.bot_id ? { bot_profile: botProfile(workspace) } : {}),
    ...(files
      ? {
          files: workspace.files
            .filter(({ id }) => files.includes(id))
            .map((file) => fileObject(workspace, baseUrl, file)),
        }
      : {}),
    ...(metadata && data ? { metadata: data } : {}),
    ...(last
      ? {
          thread_ts: message.ts,
          reply_count: replies.length,
          reply_users_count: users.length,
          latest_reply: last.ts,
          reply_users: users,
          is_locked: false,
          subscribed: users.includes(workspace.bot.id),
        }
      : {}),
  };
}

export const botProfile = (workspace: Workspace): JsonObject => ({
  id: workspace.botId,
  deleted: false,
  name: workspace.bot.name,
  updated: 1_700_000_000,
  app_id: workspace.appId,
  icons: { image_36: '', image_48: '', image_72: '' },
  team_id: workspace.team.id,
});

export const viewObject = (view: View): JsonObject => ({ ...view });
