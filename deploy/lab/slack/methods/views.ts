/** views.*: modals in a stack of at most three, and the Home tab. */
import { randomBytes } from 'node:crypto';
import { viewFaults, viewTooLarge } from '../block-kit/surfaces.ts';
import { parsed, withIds } from '../content.ts';
import { elementsIn } from '../elements.ts';
import { isObject, isTrue, type JsonObject, stringOr } from '../json.ts';
import { ApiError, refusedBecause, type Slack } from '../slack.ts';
import { viewObject } from '../wire.ts';
import type { View } from '../workspace.ts';
import { type Methods, required } from './method.ts';

/** Slack's page on modals: a stack holds three views. */
const STACK_LIMIT = 3;

const newHash = (): string =>
  `${Math.floor(Date.now() / 1000)}.${randomBytes(6).toString('base64url')}`;

/** The person behind the trigger, in Slack's (undocumented) words when it is of no use. */
function triggeredBy(args: JsonObject, slack: Slack): string {
  const used = slack.triggers.use(
    required(args, args.interactivity_pointer ? 'interactivity_pointer' : 'trigger_id'),
  );
  if ('user' in used) return used.user;
  if (used.refused === 'exchanged') throw new ApiError('exchanged_trigger_id');
  if (used.refused === 'unknown') throw new ApiError('invalid_trigger_id');
  throw refusedBecause('invalid_arguments', [
    '[ERROR] `trigger_id` expired [json-pointer:/trigger_id]',
  ]);
}

/** The view an app sent, checked; throws `invalid_arguments` with sentences, or `view_too_large`. */
export function checkedView(value: unknown, surface: 'modal' | 'home', slack: Slack): JsonObject {
  const view = parsed(value, 'invalid_arguments');
  if (!isObject(view))
    throw refusedBecause('invalid_arguments', ['[ERROR] missing required field: view']);
  const faults = viewFaults(view, surface);
  if (faults.length > 0) throw refusedBecause('invalid_arguments', faults);
  if (viewTooLarge(view)) throw new ApiError('view_too_large');
  slack.record('view', view);
  return view;
}

/** A view as Slack keeps it: every field there, values of the earlier state kept where they still fit. */
function storedView(sent: JsonObject, slack: Slack, earlier: Partial<View> = {}): View {
  const { workspace } = slack;
  const id = earlier.id ?? workspace.newId('V');
  const blocks = withIds(sent.blocks);
  const kept = keptState(blocks, earlier.state?.values ?? {});
  return {
    id,
    team_id: workspace.team.id,
    type: sent.type === 'home' ? 'home' : 'modal',
    title: sent.title ?? { type: 'plain_text', text: 'View Title', emoji: true },
    submit: sent.submit ?? null,
    close: sent.close ?? null,
    blocks,
    private_metadata: stringOr(sent.private_metadata, ''),
    callback_id: stringOr(sent.callback_id, ''),
    external_id: stringOr(sent.external_id, ''),
    state: { values: kept },
    hash: newHash(),
    clear_on_close: isTrue(sent.clear_on_close),
    notify_on_close: isTrue(sent.notify_on_close),
    submit_disabled: isTrue(sent.submit_disabled),
    root_view_id: earlier.root_view_id ?? id,
    previous_view_id: earlier.previous_view_id ?? null,
    app_id: workspace.appId,
    app_installed_team_id: workspace.team.id,
    bot_id: workspace.botId,
  };
}

/** What was entered into elements that are still there: another id is another element. */
function keptState(
  blocks: View['blocks'],
  values: View['state']['values'],
): View['state']['values'] {
  const kept: View['state']['values'] = {};
  for (const { block, element } of elementsIn(blocks)) {
    const [blockId, actionId] = [String(block.block_id), String(element.action_id)];
    const entered = values[blockId]?.[actionId];
    if (entered) kept[blockId] = { ...kept[blockId], [actionId]: entered };
  }
  return kept;
}

function refuseTakenExternalId(sent: JsonObject, slack: Slack, except?: string): void {
  const external = stringOr(sent.external_id, '');
  if (
    external &&
    slack.workspace.findView((view) => view.external_id === external && view.id !== except)
  )
    throw new ApiError('duplicate_external_id');
}

/** Puts `sent` on top of what `user` sees. */
export function pushView(sent: JsonObject, user: string, slack: Slack): View {
  refuseTakenExternalId(sent, slack);
  const stack = slack.workspace.modals.get(user) ?? [];
  const below = stack.at(-1);
  if (stack.length >= STACK_LIMIT) throw new ApiError('push_limit_reached');
  const view = storedView(
    sent,
    slack,
    below ? { root_view_id: below.root_view_id, previous_view_id: below.id } : {},
  );
  slack.workspace.modals.set(user, [...stack, view]);
  slack.workspace.changed();
  return view;
}

/** Replaces the open view `view` by `sent`; it keeps its id and its place in the stack. */
export function replaceView(sent: JsonObject, view: View, slack: Slack): View {
  refuseTakenExternalId(sent, slack, view.id);
  const next = storedView(sent, slack, view);
  for (const key of Object.keys(view)) delete view[key];
  Object.assign(view, next);
  slack.workspace.changed();
  return view;
}

export const views: Methods = {
  'views.open': {
    scopes: [],
    run: (args, slack) => {
      const sent = checkedView(args.view, 'modal', slack);
      const user = triggeredBy(args, slack);
      slack.workspace.modals.delete(user);
      return { view: viewObject(pushView(sent, user, slack)) };
    },
  },
  'views.push': {
    scopes: [],
    run: (args, slack) => {
      const sent = checkedView(args.view, 'modal', slack);
      const user = triggeredBy(args, slack);
      if (!slack.workspace.modals.get(user)?.length) throw new ApiError('not_found');
      return { view: viewObject(pushView(sent, user, slack)) };
    },
  },
  'views.update': {
    scopes: [],
    run: (args, slack) => {
      const id = stringOr(args.view_id, '');
      const external = stringOr(args.external_id, '');
      if (!id && !external) required(args, 'view_id');
      const found = slack.workspace.findView((view) =>
        id ? view.id === id : view.external_id === external,
      );
      if (found?.view.type !== 'modal') throw new ApiError('not_found');
      const sent = checkedView(args.view, 'modal', slack);
      if (stringOr(args.hash, found.view.hash) !== found.view.hash)
        throw new ApiError('hash_conflict');
      return { view: viewObject(replaceView(sent, found.view, slack)) };
    },
  },
  'views.publish': {
    scopes: [],
    run: (args, slack) => {
      const { workspace } = slack;
      const user = workspace.users.find(({ id }) => id === required(args, 'user_id'));
      if (!user) throw new ApiError('user_not_found');
      const sent = checkedView(args.view, 'home', slack);
      const earlier = workspace.homes.get(user.id);
      if (earlier && stringOr(args.hash, earlier.hash) !== earlier.hash)
        throw new ApiError('hash_conflict');
      const view = storedView(sent, slack, earlier ?? {});
      workspace.homes.set(user.id, view);
      workspace.changed();
      return { view: viewObject(view) };
    },
  },
};
