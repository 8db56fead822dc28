/** What lists of builds and of environments have in common. */
import type { BuildState } from '../domain/build.ts';
import type { Settings } from '../domain/services.ts';
import { freeButton } from './buttons.ts';
import { code, type Document, marked, type Part, prose, small } from './document.ts';

export const MOST_ENTRIES = 20;

/** A row with more buttons is no help any more. */
export const MOST_BUTTONS = 3;

export const STATE_ICONS: Readonly<Record<BuildState, string>> = {
  queued: '🕓',
  running: '⏳',
  ready: '✅',
  failed: '❌',
  cancelled: '⏹️',
};

export function more(hidden: number): Part[] {
  return hidden > 0 ? [small(`and ${hidden} more; name one to see it`)] : [];
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
      { kind: 'buttons', buttons: [freeButton('open_form', 'New environment', 'primary')] },
    ],
  };
}
