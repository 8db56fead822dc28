/**
 * The workspace: people, channels, messages, views and files, in the form Slack's Web API shows
 * them (same field names). A plain mutable model; `changed()` tells the page and waiting tests.
 */
import { randomBytes } from 'node:crypto';
import type { JsonObject } from './json.ts';

export type Block = { type: string; block_id?: string; [field: string]: unknown };

export type User = {
  id: string;
  name: string;
  real_name: string;
  title: string;
  email: string;
  is_admin: boolean;
  is_bot: boolean;
  /** Hexadecimal colour of the avatar, without `#`. */
  color: string;
};

export type Channel = {
  id: string;
  name: string;
  kind: 'public' | 'private' | 'im';
  /** User ids, the bot's among them when the app is in the channel. */
  members: string[];
  topic: string;
  purpose: string;
  /** Seconds since 1970. */
  created: number;
};

export type Usergroup = { id: string; handle: string; name: string; users: string[] };

export type Reaction = { name: string; count: number; users: string[] };

export type Message = {
  type: 'message';
  subtype?: string;
  channel: string;
  ts: string;
  user: string;
  text: string;
  team: string;
  bot_id?: string;
  app_id?: string;
  blocks?: Block[];
  attachments?: JsonObject[];
  thread_ts?: string;
  parent_user_id?: string;
  edited?: { user: string; ts: string };
  metadata?: { event_type: string; event_payload: JsonObject };
  files?: string[];
  reactions?: Reaction[];
  reply_broadcast?: boolean;
  /** Set when only this user sees the message. */
  ephemeral_to?: string;
  /**
   * Set on an ephemeral message that Slack took and shows to nobody: "Ephemeral messages in threads
   * are only shown if there is already an active thread" (reference page of chat.postEphemeral).
   */
  unseen?: true;
  /** Set while `chat.startStream` has not been followed by `chat.stopStream`. */
  streaming?: boolean;
};

export type View = JsonObject & {
  id: string;
  type: 'modal' | 'home';
  blocks: Block[];
  hash: string;
  callback_id: string;
  external_id: string;
  private_metadata: string;
  root_view_id: string | null;
  previous_view_id: string | null;
  state: { values: Record<string, Record<string, JsonObject>> };
};

export type SharedFile = {
  id: string;
  name: string;
  title: string;
  mimetype: string;
  filetype: string;
  size: number;
  user: string;
  /** Seconds since 1970. */
  created: number;
  content: Buffer;
  channels: string[];
  /** False between `files.getUploadURLExternal` and the upload. */
  uploaded: boolean;
};

export type Team = { id: string; domain: string; name: string };

/** Words for things found missing: what was asked for and what there is instead. */
function missing(kind: string, asked: string, have: string[]): Error {
  return new Error(`no ${kind} "${asked}"; there are: ${have.join(', ') || 'none'}`);
}

export class Workspace {
  readonly team: Team;
  readonly users: User[];
  readonly channels: Channel[];
  readonly usergroups: Usergroup[];
  readonly bot: User;
  readonly appId = 'A0FERRYAPP';
  readonly botId = 'B0FERRYBOT';
  /** Every message anyone can see, ephemerals last in time order with the rest. */
  readonly messages: Message[] = [];
  readonly files: SharedFile[] = [];
  /** Modals by user: the last one is on top. */
  readonly modals = new Map<string, View[]>();
  readonly homes = new Map<string, View>();
  readonly #now: () => number;
  readonly #listeners = new Set<() => void>();
  #lastMicros = 0;

  constructor(options: {
    team: Team;
    users: User[];
    channels: Channel[];
    usergroups: Usergroup[];
    bot: User;
    now: () => number;
  }) {
    this.team = options.team;
    this.users = options.users;
    this.channels = options.channels;
    this.usergroups = options.usergroups;
    this.bot = options.bot;
    this.#now = options.now;
  }

  /** Milliseconds since 1970 by the emulator's clock. */
  now(): number {
    return this.#now();
  }

  /** Calls `listener` after every change; the answer stops it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  /** A new message timestamp, `seconds.micros`, later than every one before it. */
  nextTs(): string {
    this.#lastMicros = Math.max(this.#now() * 1000, this.#lastMicros + 1);
    const seconds = Math.floor(this.#lastMicros / 1_000_000);
    return `${seconds}.${String(this.#lastMicros % 1_000_000).padStart(6, '0')}`;
  }

  /** A new id in Slack's form: a letter and ten capitals or digits. */
  newId(letter: string): string {
    const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZ0123456789';
    return `${letter}0${[...randomBytes(9)].map((byte) => alphabet[byte % alphabet.length]).join('')}`;
  }

  /** The user with this id or name; throws with the names there are. */
  user(idOrName: string): User {
    const name = idOrName.replace(/^@/, '');
    const found = this.users.find((user) => user.id === name || user.name === name);
    if (!found)
      throw missing(
        'user',
        idOrName,
        this.users.map((user) => user.name),
      );
    return found;
  }

  /** The channel with this id or name; throws with the names there are. */
  channel(idOrName: string): Channel {
    const found = this.findChannel(idOrName);
    if (!found)
      throw missing(
        'channel',
        idOrName,
        this.channels.map(({ id, name }) => name || id),
      );
    return found;
  }

  findChannel(idOrName: string): Channel | undefined {
    const name = idOrName.replace(/^#/, '');
    return this.channels.find(
      (channel) => channel.id === name || (channel.name !== '' && channel.name === name),
    );
  }

  /** The direct conversation between the app and `user`, made when it is not there yet. */
  directChannel(user: User): Channel {
    const members = [user.id, this.bot.id];
    const found = this.channels.find(
      ({ kind, members: of }) => kind === 'im' && members.every((id) => of.includes(id)),
    );
    if (found) return found;
    const channel: Channel = {
      id: `D${user.id.slice(1)}`,
      name: '',
      kind: 'im',
      members,
      topic: '',
      purpose: '',
      created: Math.floor(this.#now() / 1000),
    };
    this.channels.push(channel);
    return channel;
  }

  /** The channels that `user`, an id, can look into. */
  channelsOf(user: string): Channel[] {
    return this.channels.filter(({ kind, members }) => members.includes(user) || kind === 'public');
  }

  /** The message everyone sees at `ts`. */
  findMessage(channel: string, ts: string): Message | undefined {
    return this.messages.find(
      (message) => message.channel === channel && message.ts === ts && !message.ephemeral_to,
    );
  }

  /** The messages `user` sees in `channel`, oldest first. */
  visibleTo(user: string, channel: string): Message[] {
    return this.messages.filter(
      (message) =>
        message.channel === channel &&
        !message.unseen &&
        (!message.ephemeral_to || message.ephemeral_to === user),
    );
  }

  add(message: Omit<Message, 'ts' | 'type' | 'team'> & { ts?: string }): Message {
    const stored: Message = {
      type: 'message',
      team: this.team.id,
      ts: message.ts ?? this.nextTs(),
      ...message,
    };
    const parent = stored.thread_ts
      ? this.findMessage(stored.channel, stored.thread_ts)
      : undefined;
    if (stored.ephemeral_to && stored.thread_ts) {
      // It makes no thread of its own, and is lost where there is none.
      if (this.replies(stored.channel, stored.thread_ts).length === 0) stored.unseen = true;
    } else if (parent) {
      stored.parent_user_id = parent.user;
      parent.thread_ts = parent.ts;
    }
    this.messages.push(stored);
    this.changed();
    return stored;
  }

  remove(message: Message): void {
    const index = this.messages.indexOf(message);
    if (index >= 0) this.messages.splice(index, 1);
    this.changed();
  }

  /** The replies below `ts`, oldest first, without the parent. */
  replies(channel: string, ts: string): Message[] {
    return this.messages.filter(
      (message) =>
        message.channel === channel &&
        message.thread_ts === ts &&
        message.ts !== ts &&
        !message.ephemeral_to,
    );
  }

  /** Every open modal and Home tab, with whose screen it is on. */
  *views(): Generator<{ user: string; view: View }> {
    for (const [user, stack] of this.modals) for (const view of stack) yield { user, view };
    for (const [user, view] of this.homes) yield { user, view };
  }

  findView(matches: (view: View) => boolean): { user: string; view: View } | undefined {
    for (const found of this.views()) if (matches(found.view)) return found;
    return undefined;
  }
}
