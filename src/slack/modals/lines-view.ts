/** Lines to copy from, each in a field of its own. */
import type { KnownBlock, ModalView } from '@slack/types';
import { block } from '../../answers/document.ts';
import { lineTitle, textToPaste, warnings } from '../../answers/invocation.ts';
import { clip } from '../../answers/outside.ts';
import type { InvocationLine } from '../../domain/reply.ts';
import { blocksOf } from '../blocks.ts';
import { ACTION, LONGEST_FIELD, plain, view } from './view.ts';

/** Nothing is sent when it is closed. */
const LINES_VIEW = 'lines';
const MOST_LINES = 20;

/** Every line in a field of its own, from which it is copied whole: click, select all, copy. */
export function linesView(title: string, lines: readonly InvocationLine[]): ModalView {
  const fields = lines.slice(0, MOST_LINES).flatMap(fieldsOf);
  const blocks = fields.flatMap(({ label, text, entry }, index): KnownBlock[] => {
    // A field holds no more; text in a block can still be selected.
    if (text.length > LONGEST_FIELD) return blocksOf([lineTitle(entry), block(text)]);
    return [
      {
        type: 'input',
        block_id: `line_${index + 1}`,
        label: plain(clip(label, 2000)),
        ...(index === 0
          ? {
              hint: plain(
                'Click into the field, select all (Ctrl+A or ⌘A) and copy (Ctrl+C or ⌘C).',
              ),
            }
          : {}),
        element: {
          type: 'plain_text_input',
          action_id: ACTION,
          multiline: true,
          initial_value: text,
          ...(index === 0 ? { focus_on_load: true } : {}),
        },
      },
    ];
  });
  const hasField = blocks.some(({ type }) => type === 'input');
  return {
    ...view(title, [...blocks, ...blocksOf(warnings(lines))]),
    callback_id: LINES_VIEW,
    // Slack wants a button to send with wherever there is a field.
    ...(hasField ? { submit: plain('Done') } : {}),
  };
}

/** The short line before the whole. */
function fieldsOf(entry: InvocationLine): { label: string; text: string; entry: InvocationLine }[] {
  const title = `${entry.title} on ${entry.edge}`;
  const whole = { text: textToPaste(entry), entry };
  if (entry.short === null) return [{ label: title, ...whole }];
  return [
    { label: title, text: entry.short, entry },
    { label: `${title}, as a whole`, ...whole },
  ];
}
