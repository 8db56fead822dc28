/** What lists have in common, those of builds and of environments above all. */
import type { BuildState } from '../domain/build.ts';
import type { Settings } from '../domain/services.ts';
import { openButton } from './buttons.ts';
import { code, type Document, marked, type Part, prose, small } from './document.ts';

/** A row with more buttons is no help any more. */
export const MOST_BUTTONS = 3;

export const STATE_ICONS: Readonly<Record<BuildState, string>> = {
  queued: '🕓',
  running: '⏳',
  ready: '✅',
  failed: '❌',
  cancelled: '⏹️',
};

/** How many of a list are not shown; nothing where all are. */
export function andMore(hidden: number, told = `${hidden} more`): Part[] {
  return hidden > 0 ? [small(`and ${told}`)] : [];
}

export function more(hidden: number): Part[] {
  return andMore(hidden, `${hidden} more; name one to see it`);
}

export function nothing(sentence: string, settings: Settings): Document {
  return {
    summary: sentence,
    parts: [
      prose(
        marked(sentence),
        ' Make one: ',
        code(`${settings.command} create churn python=3.11 numpy pandas`),
      ),
      { kind: 'buttons', buttons: [openButton('open_form', 'New environment', 'primary')] },
    ],
  };
}
