/** What people do, and what they see come of it. Users and channels are given by id or by name. */
import { showAnswer } from './answers.ts';
import { suggestionFaults } from './block-kit/surfaces.ts';
import { withIds } from './content.ts';
import type { Acknowledgement, Delivery } from './delivery.ts';
import {
  elementsIn,
  type Found,
  findElement,
  inputErrors,
  optionsOf,
  stateOf,
  valueIn,
} from './elements.ts';
import { isObject, type JsonObject, objectsIn } from './json.ts';
import { newFile } from './methods/files.ts';
import { checkedView, pushView, replaceView } from './methods/views.ts';
import {
  blockSuggestion,
  homeOpened,
  messageAction,
  messageEvent,
  messageShortcut,
  slashCommand,
  viewAction,
  viewClosed,
  viewSubmission,
} from './payloads.ts';
import { ApiError, type Slack } from './slack.ts';
import { composedElements, escapedText } from './typed-text.ts';
import { fileObject } from './wire.ts';
import type { Message, User, View } from './workspace.ts';

/** A value for an element: text, an option's value, several of them, or a whole option. */
export type Entered = string | number | readonly string[] | JsonObject | null;
/** Values by block id and action id. */
export type EnteredValues = Record<string, Record<string, Entered>>;

/** `status`: HTTP status of the acknowledgement, null without one. `error`: the words Slack shows, or null. */
export type Outcome = { status: number | null; error: string | null };

export type Submission = {
  errors: Record<string, string> | null;
  closed: boolean;
  updated: boolean;
  pushed: boolean;
  error: string | null;
};

type OnMessage = { channel: string; ts: string };
type OnView = { viewId: string };
type Where = OnMessage | OnView;

const TROUBLE = 'We had some trouble connecting. Try again?';
/** A press on what an edit took away meanwhile: Slack sends the app nothing. */
const GONE = 'This action is not there any more: the message has changed.';

export class Person {
  readonly #slack: Slack;
  readonly #delivery: Delivery;
  readonly #commands: readonly string[];
  readonly #shouldEscape: boolean;
  /** Options an app offered for an external menu, so that they can be chosen by value. */
  readonly #offered = new Map<string, JsonObject[]>();

  constructor(
    slack: Slack,
    delivery: Delivery,
    commands: readonly string[],
    shouldEscape: boolean,
  ) {
    this.#slack = slack;
    this.#delivery = delivery;
    this.#commands = commands;
    this.#shouldEscape = shouldEscape;
  }

  /** Types a slash command. The acknowledgement's body is shown as the answer; its failure as Slackbot's words. */
  async slash(input: {
    user: string;
    channel: string;
    command?: string;
    text: string;
  }): Promise<Outcome & { ackBody: unknown }> {
    const { workspace } = this.#slack;
    const user = workspace.user(input.user);
    const channel = workspace.channel(input.channel);
    const command = input.command ?? this.#commands[0] ?? '';
    if (!this.#commands.includes(command))
      return { status: null, ackBody: null, error: `\`${command}\` is not a valid command.` };
    const text = this.#shouldEscape
      ? escapedText(workspace, input.text.trim(), 'command')
      : input.text.trim();
    const acknowledgement = await this.#delivery.request(
      'slash_commands',
      slashCommand(this.#slack, user, channel, command, text),
    );
    const failed = (status: number | null, error: string): Outcome & { ackBody: unknown } => {
      const words = `${command} failed with the error "${error}"`;
      workspace.add({ channel: channel.id, user: 'USLACKBOT', text: words, ephemeral_to: user.id });
      return { status, ackBody: null, error: words };
    };
    if (!acknowledgement.acked) return failed(acknowledgement.status, acknowledgement.error);
    const { body, status } = acknowledgement;
    if (body === null || body === '') return { status, ackBody: null, error: null };
    try {
      showAnswer(this.#slack, { channel: channel.id, user: user.id, original: null }, body);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return failed(status, error.code);
    }
    return { status, ackBody: body, error: null };
  }

  /**
   * Uses an element of a message the person sees, or of the view on top: a button, or a menu with
   * `value` chosen. `value` also tells buttons apart that share an action id. `values` is what the
   * person has entered elsewhere on the surface.
   */
  async click(
    input: {
      user: string;
      actionId: string;
      blockId?: string;
      value?: Entered;
      values?: EnteredValues;
    } & Where,
  ): Promise<Outcome> {
    const user = this.#slack.workspace.user(input.user);
    const surface = this.#surface(user, input);
    const blocks = 'view' in surface ? surface.view.blocks : (surface.message.blocks ?? []);
    const twins = [...elementsIn(blocks)].filter(
      ({ element, block }) =>
        element.action_id === input.actionId &&
        (input.blockId === undefined || block.block_id === input.blockId),
    );
    // Whoever names the block has seen it: an edit took it away while they were looking.
    if (twins.length === 0 && input.blockId !== undefined) return { status: null, error: GONE };
    const { block, element } =
      twins.find(
        ({ element: twin }) =>
          twin.type === 'button' && input.value !== undefined && twin.value === input.value,
      ) ?? findElement(blocks, input.actionId, input.blockId);
    const chosen =
      element.type === 'button'
        ? {}
        : this.#valueOf(input, { block, element }, input.value ?? null);
    const action: JsonObject = {
      type: element.type,
      action_id: element.action_id,
      block_id: block.block_id,
      ...(element.type === 'button'
        ? { text: element.text, ...(element.value === undefined ? {} : { value: element.value }) }
        : chosen),
      ...(element.url === undefined ? {} : { url: element.url }),
      ...(element.style === undefined ? {} : { style: element.style }),
      ...(element.placeholder === undefined ? {} : { placeholder: element.placeholder }),
      ...(element.confirm === undefined ? {} : { confirm: element.confirm }),
    };
    const entered = this.#enter(input, blocks, input.values ?? {});
    if (element.type !== 'button' && element.type !== 'overflow')
      entered[String(block.block_id)] = {
        ...entered[String(block.block_id)],
        [String(element.action_id)]: { type: element.type, ...chosen },
      };
    if ('view' in surface) {
      surface.view.state = { values: entered };
      return outcome(
        await this.#delivery.request(
          'interactive',
          viewAction(this.#slack, user, surface.view, action),
        ),
      );
    }
    return outcome(
      await this.#delivery.request(
        'interactive',
        messageAction(this.#slack, user, surface.message, action, entered),
      ),
    );
  }

  /** Chooses an option of a menu; the same as `click` with a value. */
  selectOption(
    input: {
      user: string;
      actionId: string;
      blockId?: string;
      value: Entered;
      values?: EnteredValues;
    } & Where,
  ): Promise<Outcome> {
    return this.click(input);
  }

  /** What an external menu offers for the text typed into it. Too short a text asks nobody. */
  async optionsFor(
    input: { user: string; actionId: string; blockId?: string; query: string } & Where,
  ): Promise<Outcome & { options: JsonObject[]; groups: JsonObject[] }> {
    const user = this.#slack.workspace.user(input.user);
    const surface = this.#surface(user, input);
    const blocks = 'view' in surface ? surface.view.blocks : (surface.message.blocks ?? []);
    const { block, element } = findElement(blocks, input.actionId, input.blockId);
    const none = { options: [], groups: [] };
    if (!EXTERNAL.has(String(element.type)))
      throw new Error(`"${input.actionId}" is a ${String(element.type)}: its options are its own`);
    if (input.query.length < Number(element.min_query_length ?? 3))
      return { status: null, error: null, ...none };
    const acknowledgement = await this.#delivery.request(
      'interactive',
      blockSuggestion(
        this.#slack,
        user,
        surface,
        String(block.block_id),
        input.actionId,
        input.query,
      ),
    );
    if (!acknowledgement.acked) return { ...outcome(acknowledgement), ...none };
    const { status, body } = acknowledgement;
    const faults = suggestionFaults(body);
    if (faults.length > 0) return { status, error: faults.join('; '), ...none };
    const answer = isObject(body) ? body : {};
    const options = optionsOf(answer);
    // What an earlier text found can still be chosen beside it.
    const key = offerKey(input, block, element);
    this.#offered.set(key, [...options, ...(this.#offered.get(key) ?? [])]);
    return { status, error: null, options, groups: objectsIn(answer.option_groups) };
  }

  /** Submits the view on top with `values` entered; empty required fields are refused before the app is asked. */
  async submitView(input: {
    user: string;
    viewId: string;
    values?: EnteredValues;
  }): Promise<Submission> {
    const user = this.#slack.workspace.user(input.user);
    const view = this.#topView(user, input.viewId);
    if (!view.submit) throw new Error(`view ${view.id} has no submit button`);
    const result = { errors: null, closed: false, updated: false, pushed: false, error: null };
    view.state = { values: this.#enter(input, view.blocks, input.values ?? {}) };
    const errors = inputErrors(view.blocks, view.state.values);
    if (Object.keys(errors).length > 0) return { ...result, errors };
    const acknowledgement = await this.#delivery.request(
      'interactive',
      viewSubmission(this.#slack, user, view),
    );
    if (!acknowledgement.acked) return { ...result, error: TROUBLE };
    try {
      return { ...result, ...this.#afterSubmission(user, view, acknowledgement.body) };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return { ...result, error: `${TROUBLE} (${error.code}: ${JSON.stringify(error.details)})` };
    }
  }

  /** Closes the view on top, or with `all` the whole stack; the app hears of it when it asked to. */
  async closeView(input: { user: string; viewId: string; all?: boolean }): Promise<void> {
    const { workspace } = this.#slack;
    const user = workspace.user(input.user);
    const view = this.#topView(user, input.viewId);
    const stack = workspace.modals.get(user.id) ?? [];
    const cleared = input.all === true || view.clear_on_close === true;
    const closing = cleared ? [...stack] : [view];
    workspace.modals.set(
      user.id,
      stack.filter((open) => !closing.includes(open)),
    );
    workspace.changed();
    for (const closed of closing.filter((gone) => gone.notify_on_close === true))
      await this.#delivery.request('interactive', viewClosed(this.#slack, user, closed, cleared));
  }

  /** Runs a message shortcut. */
  async shortcut(input: {
    user: string;
    channel: string;
    ts: string;
    callbackId: string;
  }): Promise<Outcome> {
    const user = this.#slack.workspace.user(input.user);
    const message = this.#messageSeen(user, input);
    return outcome(
      await this.#delivery.request(
        'interactive',
        messageShortcut(this.#slack, user, message, input.callbackId),
      ),
    );
  }

  /**
   * Writes a message. The app hears of it in a direct conversation, and in a channel it is in when
   * it is mentioned (`@name` or `<@U…>`).
   */
  async say(input: {
    user: string;
    channel: string;
    text: string;
    threadTs?: string;
    files?: string[];
  }): Promise<Outcome & { message: Message }> {
    const { workspace } = this.#slack;
    const user = workspace.user(input.user);
    const channel = workspace.channel(input.channel);
    const elements = composedElements(workspace, input.text);
    const message = workspace.add({
      channel: channel.id,
      user: user.id,
      text: escapedText(workspace, input.text, 'message'),
      ...(elements.length > 0
        ? {
            blocks: withIds([
              { type: 'rich_text', elements: [{ type: 'rich_text_section', elements }] },
            ]),
          }
        : {}),
      ...(input.threadTs ? { thread_ts: input.threadTs } : {}),
      ...(input.files ? { subtype: 'file_share', files: input.files } : {}),
    });
    const inside = channel.members.includes(workspace.bot.id);
    const heard =
      channel.kind === 'im'
        ? 'message'
        : inside && message.text.includes(`<@${workspace.bot.id}>`)
          ? 'app_mention'
          : null;
    if (heard === null) return { status: null, error: null, message };
    const acknowledgement = await this.#delivery.event(messageEvent(this.#slack, message, heard));
    return { ...outcome(acknowledgement), message };
  }

  /** Mentions the app in a channel, whether or not the text names it. */
  mention(input: {
    user: string;
    channel: string;
    text: string;
    threadTs?: string;
  }): Promise<Outcome & { message: Message }> {
    const { bot } = this.#slack.workspace;
    const named = [`<@${bot.id}>`, `@${bot.name}`, `@${bot.real_name}`].some((name) =>
      input.text.includes(name),
    );
    return this.say({ ...input, text: named ? input.text : `<@${bot.id}> ${input.text}` });
  }

  /** Writes to the app in its direct conversation. */
  directMessage(input: {
    user: string;
    text: string;
    threadTs?: string;
  }): Promise<Outcome & { message: Message }> {
    const { workspace } = this.#slack;
    return this.say({ ...input, channel: workspace.directChannel(workspace.user(input.user)).id });
  }

  /** Shares a file, with a text beside it. */
  async shareFile(input: {
    user: string;
    channel: string;
    name: string;
    content: string | Buffer;
    text?: string;
    threadTs?: string;
  }): Promise<Outcome & { message: Message; fileId: string }> {
    const { workspace } = this.#slack;
    const { fileId } = this.uploadFile(input);
    workspace.files
      .find(({ id }) => id === fileId)
      ?.channels.push(workspace.channel(input.channel).id);
    const said = await this.say({ ...input, text: input.text ?? '', files: [fileId] });
    return { ...said, fileId };
  }

  /** Uploads a file for a `file_input`; its id is the value to enter there. Nobody sees it yet. */
  uploadFile(input: { user: string; name: string; content: string | Buffer }): { fileId: string } {
    const file = newFile(this.#slack, this.#slack.workspace.user(input.user).id, input.name);
    file.content = Buffer.from(input.content);
    file.size = file.content.length;
    file.uploaded = true;
    return { fileId: file.id };
  }

  /** Opens the app's Home tab. */
  async openHome(input: { user: string }): Promise<Outcome> {
    const { workspace } = this.#slack;
    const user = workspace.user(input.user);
    return outcome(
      await this.#delivery.event(homeOpened(this.#slack, user, workspace.directChannel(user))),
    );
  }

  #afterSubmission(user: User, view: View, body: unknown): Partial<Submission> {
    const { workspace } = this.#slack;
    const answer = isObject(body) ? body : {};
    const handlers: Record<string, () => Partial<Submission>> = {
      errors: () => {
        const errors = isObject(answer.errors) ? answer.errors : {};
        const ids = view.blocks
          .filter(({ type }) => type === 'input')
          .map(({ block_id }) => String(block_id));
        const strange = Object.keys(errors).filter((id) => !ids.includes(id));
        if (strange.length > 0 || Object.keys(errors).length === 0)
          return { error: `${TROUBLE} (errors for no input block: ${strange.join(', ')})` };
        return {
          errors: Object.fromEntries(
            Object.entries(errors).map(([id, words]) => [id, String(words)]),
          ),
        };
      },
      update: () => {
        replaceView(checkedView(answer.view, 'modal', this.#slack), view, this.#slack);
        return { updated: true };
      },
      push: () => {
        pushView(checkedView(answer.view, 'modal', this.#slack), user.id, this.#slack);
        return { pushed: true };
      },
      clear: () => {
        workspace.modals.delete(user.id);
        workspace.changed();
        return { closed: true };
      },
    };
    if (answer.response_action === undefined) {
      const stack = workspace.modals.get(user.id) ?? [];
      workspace.modals.set(
        user.id,
        stack.filter((open) => open !== view),
      );
      workspace.changed();
      return { closed: true };
    }
    const action = String(answer.response_action);
    const handler = Object.hasOwn(handlers, action) ? handlers[action] : undefined;
    return handler ? handler() : { error: `${TROUBLE} (unknown response_action "${action}")` };
  }

  /** The state of a surface after `values` were entered on it. Throws on a block or action that is not there. */
  #enter(
    where: Where | OnView,
    blocks: View['blocks'],
    values: EnteredValues,
  ): View['state']['values'] {
    const earlier =
      'viewId' in where
        ? this.#slack.workspace.findView(({ id }) => id === where.viewId)?.view.state.values
        : {};
    const entered: View['state']['values'] = structuredClone(earlier ?? {});
    for (const [blockId, actions] of Object.entries(values))
      for (const [actionId, value] of Object.entries(actions)) {
        if (!blocks.some(({ block_id }) => block_id === blockId))
          throw new Error(
            `no block "${blockId}"; there are: ${blocks.map(({ block_id }) => block_id).join(', ')}`,
          );
        const found = findElement(blocks, actionId, blockId);
        entered[blockId] = {
          ...entered[blockId],
          [actionId]: {
            type: found.element.type,
            ...this.#valueOf(where, found, value),
          },
        };
      }
    return stateOf(blocks, entered);
  }

  #valueOf(where: Where, { block, element }: Found, value: Entered): JsonObject {
    if (element.type !== 'file_input') {
      const offered = this.#offered.get(offerKey(where, block, element));
      return valueIn(element, value, offered ?? []);
    }
    const { workspace, baseUrl } = this.#slack;
    const chosen = workspace.files.filter(
      ({ id, uploaded }) => uploaded && Array.isArray(value) && value.includes(id),
    );
    return { files: chosen.map((file) => fileObject(workspace, baseUrl(), file)) };
  }

  #surface(user: User, where: Where): { message: Message } | { view: View } {
    if (!('viewId' in where)) return { message: this.#messageSeen(user, where) };
    const home = this.#slack.workspace.homes.get(user.id);
    return { view: home?.id === where.viewId ? home : this.#topView(user, where.viewId) };
  }

  #messageSeen(user: User, { channel, ts }: OnMessage): Message {
    const { workspace } = this.#slack;
    const seen = workspace.visibleTo(user.id, workspace.channel(channel).id);
    const message = seen.find((candidate) => candidate.ts === ts);
    if (!message) throw new Error(`${user.name} sees no message ${ts} in ${channel}`);
    return message;
  }

  #topView(user: User, viewId: string): View {
    const stack = this.#slack.workspace.modals.get(user.id) ?? [];
    const top = stack.at(-1);
    if (top?.id === viewId) return top;
    throw new Error(
      `view ${viewId} is not on top for ${user.name}; open: ${stack.map(({ id }) => id).join(', ') || 'none'}`,
    );
  }
}

const EXTERNAL = new Set(['external_select', 'multi_external_select']);

/** Offers are those of one menu on one surface: two blocks may each have an element of the same id. */
const offerKey = (where: Where, block: JsonObject, element: JsonObject): string =>
  `${'viewId' in where ? where.viewId : where.ts} ${block.block_id} ${element.action_id}`;

const outcome = (acknowledgement: Acknowledgement): Outcome => ({
  status: acknowledgement.status,
  error: acknowledgement.acked ? null : acknowledgement.error,
});
