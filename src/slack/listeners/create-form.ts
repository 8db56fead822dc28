/** The form for a new environment: what its menus offer while one types, and what is submitted. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PlainTextOption } from '@slack/types';
import type { PackagesFile } from '../../../commands/command.ts';
import { FerryError } from '../../domain/errors.ts';
import { refusal } from '../../domain/reply.ts';
import type { Services, Settings } from '../../domain/services.ts';
import { readPackages, unreadable } from '../attachments.ts';
import { ChatError } from '../chat/error.ts';
import type { Chat } from '../chat.ts';
import type { App } from '../connection/bolt.ts';
import { deliveryId } from '../connection/once.ts';
import { CREATE_FORM, type Field, readOrigin } from '../modals/create-form.ts';
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

/** Milliseconds: of Slack's three seconds, the rest is for the way. */
const PATIENCE = 2_300;

export function listenToCreateForm(app: App, listening: Listening): void {
  listenToTyping(app, listening);
  listenToSubmission(app, listening);
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
    return packageOptions(await services.suggest(typed, wanted.length > 0 ? wanted : usual));
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
}

/** What is known of a form once its file is read and the channels are asked. */
interface Looked {
  file: PackagesFile | null;
  /** Why the file cannot be had. */
  unread: FerryError | null;
  errors: FormErrors;
}

function listenToSubmission(app: App, listening: Listening): void {
  const { chat, conversation, isFirst, background } = listening;
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
    background(submit());
  });
}

async function lookAt(
  content: CreateFormContent,
  asking: { user: string; channel: string; team: string | null },
  { commands, services, chat, conversation }: Listening,
): Promise<Looked> {
  const read = await fileOf(content, chat);
  if (read instanceof FerryError) {
    const errors = { ...mistakesIn(content, commands, services.settings), ...content.errors };
    return { file: null, unread: read, errors: { ...errors, file: sentence(read) } };
  }
  const refused = await conversation.review(content.text, { ...asking, file: read });
  const mistakes = refused
    ? errorsOf(refused, content)
    : mistakesIn(content, commands, services.settings, read);
  return { file: read, unread: null, errors: { ...mistakes, ...content.errors } };
}

/** The file of a form, or why Slack does not hand it out. */
async function fileOf(
  { attached, pasted }: CreateFormContent,
  chat: Chat,
): Promise<PackagesFile | null | FerryError> {
  if (attached === null) return pasted;
  try {
    return await readPackages(attached, chat);
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
