/** A form with menus whose options its app gives, a file, and a field whose changes it hears at once. */
import type bolt from '@slack/bolt';
import type { ModalView, PlainTextOption } from '@slack/types';

const plain = (text: string) => ({ type: 'plain_text', text }) as const;
const option = (text: string): PlainTextOption => ({ text: plain(text), value: text });

/** Two menus share an action id; `note` stands in the form once something is chosen in `edge`. */
export const form = (note: string | null = null): ModalView => ({
  type: 'modal',
  callback_id: 'form',
  title: plain('Form'),
  submit: plain('Send'),
  blocks: [
    {
      type: 'input',
      block_id: 'specs',
      label: plain('Packages'),
      optional: true,
      element: { type: 'multi_external_select', action_id: 'value', min_query_length: 2 },
    },
    {
      type: 'input',
      block_id: 'channel',
      label: plain('Channel'),
      optional: true,
      element: { type: 'external_select', action_id: 'value', min_query_length: 0 },
    },
    {
      type: 'input',
      block_id: 'file',
      label: plain('File'),
      optional: true,
      element: { type: 'file_input', action_id: 'value', filetypes: ['yml'], max_files: 1 },
    },
    {
      type: 'input',
      block_id: 'edge',
      label: plain('Edge'),
      optional: true,
      dispatch_action: true,
      element: {
        type: 'static_select',
        action_id: 'value',
        options: [option('lab'), option('madrid')],
      },
    },
    ...(note ? [{ type: 'context' as const, elements: [plain(note)] }] : []),
  ],
});

/** What the app answers to a text typed into `specs`; null: nothing, ever. */
const ANSWERS: Record<string, object | null> = {
  silent: null,
  groups: {
    option_groups: [
      { label: plain('Releases'), options: [option('numpy=2.2')] },
      { label: plain('Versions'), options: [option('numpy=2.2.6')] },
    ],
  },
  both: { options: [], option_groups: [] },
  long: { options: [option('x'.repeat(76))] },
  many: { options: Array.from({ length: 101 }, (_, index) => option(`n${index}`)) },
  none: { options: [] },
};

/** Opens the form at `/conda-env form`, refuses what is submitted with `specs` empty. */
export function addForm(app: bolt.App): { submitted: object[] } {
  const submitted: object[] = [];
  app.command('/form', async ({ ack, command, client }) => {
    await ack();
    await client.views.open({ trigger_id: command.trigger_id, view: form() });
  });
  app.options<'block_suggestion'>(
    { block_id: 'specs', action_id: 'value' },
    async ({ ack, payload }) => {
      const { value } = payload;
      const answer = value in ANSWERS ? ANSWERS[value] : { options: [option(`${value}=1`)] };
      if (answer) await ack(answer as Parameters<typeof ack>[0]);
    },
  );
  app.options<'block_suggestion'>({ block_id: 'channel', action_id: 'value' }, async ({ ack }) => {
    await ack({ options: [option('conda-forge')] });
  });
  app.action<bolt.BlockAction>(
    { block_id: 'edge', action_id: 'value' },
    async ({ ack, body, client }) => {
      await ack();
      const chosen = body.view?.state.values.edge?.value?.selected_option?.value;
      await client.views.update({
        view_id: body.view?.id ?? '',
        hash: body.view?.hash ?? '',
        view: form(`${chosen} runs Python 3.11`),
      });
    },
  );
  app.view('form', async ({ ack, view }) => {
    submitted.push(view.state.values);
    const { specs } = view.state.values;
    if (specs?.value?.selected_options?.length) await ack();
    else await ack({ response_action: 'errors', errors: { specs: 'no package' } });
  });
  return { submitted };
}
