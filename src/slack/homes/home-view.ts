/** The App Home: what is mine, and what happened lately. */
import type { HomeView } from '@slack/types';
import { buildLine, menuOfBuild } from '../../answers/builds.ts';
import { cancelButton, freeButton } from '../../answers/buttons.ts';
import { code, heading, type Part, prose, row, small, words } from '../../answers/document.ts';
import { environmentLine, menuOf } from '../../answers/environments.ts';
import { shortLinesOf } from '../../answers/invocation.ts';
import type { Build } from '../../domain/build.ts';
import { defaultRevision, type Environment, isLetGo } from '../../domain/environment.ts';
import type { Reader } from '../../domain/reply.ts';
import type { Settings } from '../../domain/services.ts';
import { blocksOf } from '../blocks.ts';

const MOST_ENTRIES = 10;

/** `environments`: all there are; only those of who looks are shown. `builds`: theirs, newest first. */
export function homeView(
  reader: Reader,
  environments: readonly Environment[],
  builds: readonly Build[],
  settings: Settings,
): HomeView {
  const mine = environments.filter((each) => each.owner === reader.user && !isLetGo(each));
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
      ? mine.slice(0, MOST_ENTRIES).map((each) => environmentRow(each, reader, settings))
      : [
          prose(
            'None yet. Press New environment, or type ',
            code(`${settings.command} create churn python=3.11 numpy pandas`),
            '.',
          ),
        ]),
    ...hidden(mine.length, `${settings.command} list --mine`),
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
