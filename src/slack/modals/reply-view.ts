/** An answer in a modal. */
import type { ModalView } from '@slack/types';
import { worksInViews } from '../../answers/buttons.ts';
import { type ByKind, byKind } from '../../answers/by-kind.ts';
import { buttons, type Document, type Part } from '../../answers/document.ts';
import { line } from '../../answers/outside.ts';
import { blocksOf } from '../blocks.ts';
import { plain, view } from './view.ts';

const MOST_BLOCKS = 100;

/**
 * What a modal shows of each part: the title has the heading, modals know no plan, and of the
 * buttons only those work that say a command or show its lines.
 */
const IN_VIEWS: ByKind<Part, Part[]> = {
  heading: () => [],
  prose: (part) => [part],
  small: (part) => [part],
  code: (part) => [part],
  list: (part) => [part],
  row: (part) => [
    { ...part, button: part.button && worksInViews(part.button) ? part.button : null },
  ],
  tasks: () => [],
  buttons: (part) => buttons(part.buttons.filter(worksInViews)),
  menu: (part) => [part],
  divider: (part) => [part],
};

/** A reply in a modal. */
export function replyView(title: string, document: Document): ModalView {
  const parts = document.parts.flatMap((part) => byKind(IN_VIEWS, part));
  const blocks = blocksOf(parts).slice(0, MOST_BLOCKS);
  return view(
    title,
    blocks.length > 0 ? blocks : [{ type: 'section', text: plain(line(document.summary, 2900)) }],
  );
}
