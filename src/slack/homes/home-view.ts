/** The App Home: what is mine, and what happened lately. */
import type { HomeView } from '@slack/types';
import { buildLine, menuOfBuild } from '../../answers/builds.ts';
import { cancelButton, openButton } from '../../answers/buttons.ts';
import { code, heading, type Part, prose, row, small, words } from '../../answers/document.ts';
import { environmentLine, menuOf } from '../../answers/environments.ts';
import { shortLinesOf } from '../../answers/invocation.ts';
import type { Build } from '../../domain/build.ts';
import { defaultRevision, type Environment } from '../../domain/environment.ts';
import type { Reader } from '../../domain/reply.ts';
import type { Settings } from '../../domain/services.ts';
import { blocksOf } from '../blocks.ts';

/** How many of somebody's are shown. */
export const MOST_ENTRIES = 10;

/** `mine`: some of the reader's environments, of so many there are. `builds`: theirs, newest first. */
export function homeView(
  reader: Reader,
  mine: { environments: readonly Environment[]; count: number },
  builds: readonly Build[],
  settings: Settings,
): HomeView {
  const parts: Part[] = [
    heading('Conda Ferry'),
    prose('Conda environments for PySpark: name the packages, paste the line.'),
    {
      kind: 'buttons',
      buttons: [
        openButton('open_form', 'New environment', 'primary'),
        openButton('open_diagnose', 'A job failed', null),
        openButton('open_help', 'Help', null),
      ],
    },
    { kind: 'divider' },
    heading('My environments'),
    ...(mine.count > 0
      ? mine.environments
          .slice(0, MOST_ENTRIES)
          .map((each) => environmentRow(each, reader, settings))
      : [
          prose(
            'None yet. Press New environment, or type ',
            code(`${settings.command} create churn python=3.11 numpy pandas`),
            '.',
          ),
        ]),
    ...hidden(mine.count, `${settings.command} list --mine`),
    { kind: 'divider' },
    heading('My recent builds'),
    ...(builds.length > 0 ? builds.slice(0, MOST_ENTRIES).map(buildRow) : [prose('None yet.')]),
    ...hidden(builds.length, `${settings.command} status`),
  ];
  return { type: 'home', blocks: blocksOf(parts) };
}

/** What it is, the line that starts it, and what can be done with it. */
function environmentRow(environment: Environment, reader: Reader, settings: Settings): Part {
  const revision = defaultRevision(environment);
  const [short] = revision ? shortLinesOf(revision) : [];
  const line = short === undefined ? [] : words('\n', code(short, 160));
  return row([...environmentLine(environment), ...line], {
    menu: menuOf(environment, reader, settings),
  });
}

/** One at work can be stopped, one that ended can be looked at. */
function buildRow(build: Build): Part {
  const cancel = cancelButton(build);
  return row(buildLine(build), cancel ? { button: cancel } : { menu: menuOfBuild(build) });
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
