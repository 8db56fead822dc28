/** The form for a new environment: what its menus offer while one types, and what is submitted. */
import type { PlainTextOption } from '@slack/types';
import type { Services, Settings } from '../../domain/services.ts';
import type { App } from '../connection/bolt.ts';
import { deliveryId } from '../connection/once.ts';
import { CREATE_FORM, type Field, readOrigin } from '../modals/create-form.ts';
import { errorsOf, mistakesIn, readCreateForm } from '../modals/read-create-form.ts';
import { nameOptions, packageOptions } from '../modals/suggested-options.ts';
import { chosenIn, type FormState } from '../modals/view.ts';
import { offeredTo } from '../offered.ts';
import { isDirect, placeOf } from '../place.ts';
import type { Listening } from './listening.ts';

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

function listenToSubmission(
  app: App,
  { commands, services, chat, conversation, isFirst, background }: Listening,
): void {
  app.view(CREATE_FORM, async ({ ack, view, body }) => {
    const content = readCreateForm(view.state.values);
    const { channel, thread } = readOrigin(view.private_metadata);
    const user = body.user.id;
    const team = body.team?.id ?? null;
    const asking = { user, channel: channel ?? '', team };
    const refused = await conversation.review(content.text, asking);
    const mistakes = refused
      ? errorsOf(refused, content)
      : mistakesIn(content, commands, services.settings);
    const errors = { ...mistakes, ...content.errors };
    if (Object.keys(errors).length > 0) {
      await ack({ response_action: 'errors', errors });
      return;
    }
    await ack();
    if (!(await isFirst(deliveryId(body)))) return;
    const submit = async (): Promise<void> => {
      const place = placeOf(user, {
        channel: channel ?? (await chat.openDirect(user)),
        team,
        thread,
        open: channel === null || isDirect(channel),
      });
      await conversation.say(content.text, place);
    };
    background(submit());
  });
}
