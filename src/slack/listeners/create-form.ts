/** The form for a new environment: what its menus offer while one types, and what is submitted. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PlainTextOption } from '@slack/types';
import type { PackagesFile } from '../../../commands/command.ts';
import { type RequestArguments, requestOf } from '../../../commands/create/arguments.ts';
import { parseCommand } from '../../../commands/grammar/parse.ts';
import { edgesSaid, forRequest, readAhead } from '../../../commands/packages-file.ts';
import { FerryError, partsOf } from '../../domain/errors.ts';
import { refusal } from '../../domain/reply.ts';
import type { BuildRequest } from '../../domain/request.ts';
import type { Services, Settings } from '../../domain/services.ts';
import { readPackages, unreadable } from '../attachments.ts';
import { readCommand } from '../button-values.ts';
import { ChatError } from '../chat/error.ts';
import type { App, BlockAction } from '../connection/bolt.ts';
import { deliveryId } from '../connection/once.ts';
import { CREATE_FORM, FILL_IN, type Field, offerIn, readOrigin } from '../modals/create-form.ts';
import {
  type CreateFormContent,
  errorsOf,
  mistakesIn,
  readCreateForm,
  sentence,
} from '../modals/read-create-form.ts';
import { nameOptions, packageOptions } from '../modals/suggested-options.ts';
import { chosenIn, type FormErrors, type FormState } from '../modals/view.ts';
import { offeredTo } from '../offered.ts';
import { isDirect, placeOf } from '../place.ts';
import type { Listening } from './listening.ts';
import { createRedraw, type Redraw } from './redraw-form.ts';

/** Milliseconds: of Slack's three seconds, the rest is for the way. */
const PATIENCE = 2_300;

export function listenToCreateForm(app: App, listening: Listening): void {
  const redraw = createRedraw(listening);
  listenToTyping(app, listening);
  listenToPresses(app, listening, redraw);
  listenToSubmission(app, listening, redraw);
}

/** Menus whose options depend on what is typed, and where they come from. */
const TYPED_INTO: Partial<
  Record<
    Field,
    (
      typed: string,
      state: FormState,
      offered: Settings,
      services: Services,
    ) => PlainTextOption[] | Promise<PlainTextOption[]>
  >
> = {
  chosen: async (typed, state, offered, services) => {
    const names = offered.channels.map(({ name }) => name);
    const wanted = chosenIn(state, 'channels').filter((name) => names.includes(name));
    const usual = offered.channels.filter((channel) => channel.default).map(({ name }) => name);
    const there = offered.edges.map(({ name }) => name);
    const edges = chosenIn(state, 'edges').filter((name) => there.includes(name));
    const channels = wanted.length > 0 ? wanted : usual;
    return packageOptions(await services.suggest(typed, channels, edges));
  },
  channels: (typed, _state, offered) => nameOptions(typed, offered.channels),
  edges: (typed, _state, offered) => nameOptions(typed, offered.edges),
};

function listenToTyping(app: App, { services }: Listening): void {
  for (const [field, optionsFor] of Object.entries(TYPED_INTO)) {
    app.options<'block_suggestion'>({ block_id: field }, async ({ ack, body }) => {
      const state: FormState = body.view?.state?.values ?? {};
      const offered = await offeredTo(body.user.id, services);
      await ack({ options: await optionsFor(body.value, state, offered, services) });
    });
  }
  // A menu of an earlier version must not hang.
  const others = new RegExp(`^(?!(?:${Object.keys(TYPED_INTO).join('|')})$)`);
  app.options<'block_suggestion'>({ block_id: others }, async ({ ack }) => ack({ options: [] }));
}

/** Other edges are chosen, or what is offered is taken: the form is drawn anew. */
function listenToPresses(app: App, listening: Listening, redraw: Redraw): void {
  app.action<BlockAction>(/.*/, async ({ body, action }) => {
    const { view } = body;
    if (view?.callback_id !== CREATE_FORM) return;
    const isTaken = action.action_id === FILL_IN && 'value' in action;
    const taken = isTaken ? requestIn(readCommand(action.value ?? null), listening) : null;
    const offer = taken ? null : offerIn(view.blocks);
    listening.lane.add(() => redraw(view, body.user.id, { taken, offer }));
  });
}

/** The request of a command that is offered; null where it is none any more. */
function requestIn(command: string | null, { commands, services }: Listening): BuildRequest | null {
  const parsed = parseCommand(command ?? '', commands, services.settings);
  if (parsed.kind !== 'command' || parsed.command.name !== 'create') return null;
  // The parser fills exactly what the grammar of the command names.
  return requestOf(parsed.arguments as RequestArguments);
}

/** What is known of a form once its file is read and the channels are asked. */
interface Looked {
  file: PackagesFile | null;
  /** Why the file cannot be had. */
  unread: FerryError | null;
  errors: FormErrors;
  /** The command that would go through instead. */
  offer: string | null;
}

function listenToSubmission(app: App, listening: Listening, redraw: Redraw): void {
  const { chat, conversation, isFirst, lane } = listening;
  app.view(CREATE_FORM, async ({ ack, view, body }) => {
    const content = readCreateForm(view.state.values);
    const { channel, thread } = readOrigin(view.private_metadata);
    const user = body.user.id;
    const team = body.team?.id ?? null;
    const looking = lookAt(content, { user, channel: channel ?? '', team }, listening);
    const looked = await inTime(looking);
    const errors = looked?.errors ?? content.errors;
    if (Object.keys(errors).length > 0) {
      await ack({ response_action: 'errors', errors });
      const offer = looked?.offer ?? null;
      if (offer !== offerIn(view.blocks)) {
        lane.add(() => redraw(view, user, { taken: null, offer }));
      }
      return;
    }
    await ack();
    if (!(await isFirst(deliveryId(body)))) return;
    const submit = async (): Promise<void> => {
      const place = placeOf(user, {
        way: 'form',
        channel: channel ?? (await chat.openDirect(user)),
        team,
        thread,
        open: channel === null || isDirect(channel),
      });
      const { file, unread } = await looking;
      if (unread) await conversation.answer(refusal(unread, null), place);
      else await conversation.say(content.text, { ...place, file });
    };
    lane.add(submit);
  });
}

async function lookAt(
  content: CreateFormContent,
  asking: { user: string; channel: string; team: string | null },
  listening: Listening,
): Promise<Looked> {
  const { commands, services, conversation } = listening;
  const read = await fileOf(content, listening);
  if (read instanceof FerryError) {
    const errors = { ...mistakesIn(content, commands, services.settings), ...content.errors };
    return { file: null, unread: read, errors: { ...errors, file: sentence(read) }, offer: null };
  }
  const refused = await conversation.review(content.text, { ...asking, file: read });
  const mistakes = refused
    ? errorsOf(refused, content)
    : mistakesIn(content, commands, services.settings, read);
  const errors = { ...mistakes, ...content.errors };
  return { file: read, unread: null, errors, offer: offerOf(content, refused, read) };
}

/** What would go through instead: of what is wrong by itself, a name alone is mended in the command. */
function offerOf(
  { text, errors }: CreateFormContent,
  refused: FerryError | null,
  file: PackagesFile | null,
): string | null {
  const wrong = Object.keys(errors);
  if (wrong.some((field) => field !== 'name')) return null;
  if (refused === null) return wrong.length > 0 && file === null ? text : null;
  // Words that are mended are mended without what the file says.
  const isWhole = file === null || partsOf(refused).every(({ position }) => position === null);
  return isWhole ? (refused.repairs[0]?.command ?? null) : null;
}

/** The file of a form, read for its request, or why Slack does not hand it out. */
async function fileOf(
  { text, attached, pasted }: CreateFormContent,
  { chat, services }: Listening,
): Promise<PackagesFile | null | FerryError> {
  if (attached === null) return pasted;
  try {
    return await readAhead(
      await readPackages(attached, chat),
      forRequest(services.settings, edgesSaid(text)),
    );
  } catch (error) {
    if (!(error instanceof ChatError)) throw error;
    return unreadable(error, 'paste its text instead');
  }
}

/** Slack waits three seconds for what is wrong; null when more is needed, and it is told later. */
async function inTime<T>(work: Promise<T>): Promise<T | null> {
  const late = new AbortController();
  const timeout = sleep(PATIENCE, null, { signal: late.signal, ref: false }).catch(() => null);
  try {
    return await Promise.race([work, timeout]);
  } finally {
    late.abort();
  }
}
