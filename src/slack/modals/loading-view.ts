import type { ModalView } from '@slack/types';
import { plain, view } from './view.ts';

/** What a modal shows until its answer is there. */
export function loadingView(title: string): ModalView {
  return view(title, [{ type: 'section', text: plain('One moment…') }]);
}
