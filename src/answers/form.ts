import type { Reply } from '../domain/reply.ts';
import type { Settings } from '../domain/services.ts';
import { openButton } from './buttons.ts';
import { block, bold, buttons, code, type Document, prose, small } from './document.ts';

/** Where a form can be opened it is; elsewhere its button, or the words to type. */
export function describeForm(
  { initial }: Extract<Reply, { kind: 'form' }>,
  settings: Settings,
): Document {
  const sentence = 'Name the environment and its packages.';
  return {
    summary: sentence,
    parts: [
      prose(bold(sentence), ' For example:'),
      block(
        `${settings.command} create ${initial.environment ?? 'churn'} python=3.11 numpy pandas`,
      ),
      ...buttons([openButton('open_form', 'Open the form', 'primary')]),
      small('All about it: ', code(`${settings.command} help create`)),
    ],
  };
}
