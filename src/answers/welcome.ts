import type { Reply } from '../domain/reply.ts';
import type { Settings } from '../domain/services.ts';
import { openButton, sayButtons } from './buttons.ts';
import { code, type Document, heading, prose, small } from './document.ts';

/** What most people want first, each a press away; the words below are for those who type. */
export function describeWelcome(
  _reply: Extract<Reply, { kind: 'welcome' }>,
  { command }: Settings,
): Document {
  const sentence =
    'Name the packages; the answer is a line to paste on the edge node, proven on the executors.';
  return {
    summary: `Conda environments for PySpark. ${sentence}`,
    parts: [
      heading('Conda environments for PySpark'),
      {
        kind: 'buttons',
        buttons: [
          openButton('open_form', 'New environment', 'primary'),
          ...sayButtons([{ label: 'My environments', command: 'list --mine' }], null),
          openButton('open_diagnose', 'A job failed', null),
        ],
      },
      prose(sentence),
      small(
        'Or type it: ',
        code(`${command} create churn python=3.11 numpy pandas`),
        ' · all there is: ',
        code(`${command} help`),
      ),
    ],
  };
}
