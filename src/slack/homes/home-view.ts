/** The App Home: what is mine, and what happened lately. */
import type { HomeView } from '@slack/types';
import { buildLine } from '../../answers/builds.ts';
import { freeButton, sayButtons } from '../../answers/buttons.ts';
import { buttons, code, heading, list, type Part, prose, small } from '../../answers/document.ts';
import { environmentLine, lineButton } from '../../answers/environments.ts';
import type { Build } from '../../domain/build.ts';
import { type Environment, isLetGo } from '../../domain/environment.ts';
import type { Settings } from '../../domain/services.ts';
import { blocksOf } from '../blocks.ts';

const MOST_ENTRIES = 10;

/** `environments`: all there are; only those of `user` are shown. `builds`: theirs, newest first. */
export function homeView(
  user: string,
  environments: readonly Environment[],
  builds: readonly Build[],
  settings: Settings,
): HomeView {
  const mine = environments.filter((each) => each.owner === user && !isLetGo(each));
  const parts: Part[] = [
    heading('Conda Ferry'),
    prose('Conda environments for PySpark: name the packages, paste the line.'),
    {
      kind: 'buttons',
      buttons: [
        freeButton('open_form', 'New environment', 'primary'),
        freeButton('open_diagnose', 'A job failed', null),
        freeButton('open_help', 'Help', null),
      ],
    },
    { kind: 'divider' },
    heading('My environments'),
    ...(mine.length > 0
      ? [list(mine.slice(0, MOST_ENTRIES).map(environmentLine))]
      : [
          prose(
            'None yet. Press New environment, or type ',
            code(`${settings.command} create churn python=3.11 numpy pandas`),
            '.',
          ),
        ]),
    ...hidden(mine.length, `${settings.command} list --mine`),
    ...buttons(sayButtons(mine.flatMap(lineButton), null)),
    { kind: 'divider' },
    heading('My recent builds'),
    ...(builds.length > 0
      ? [list(builds.slice(0, MOST_ENTRIES).map(buildLine))]
      : [prose('None yet.')]),
    ...hidden(builds.length, `${settings.command} status`),
  ];
  return { type: 'home', blocks: blocksOf(parts) };
}

/** The Home tab while the store is away. */
export function unavailableHome(): HomeView {
  return {
    type: 'home',
    blocks: blocksOf([
      heading('Conda Ferry'),
      prose(
        'The record of environments and builds does not answer right now. Open this tab again in a minute.',
      ),
    ]),
  };
}

function hidden(count: number, command: string): Part[] {
  return count > MOST_ENTRIES ? [small(`and ${count - MOST_ENTRIES} more: `, code(command))] : [];
}
