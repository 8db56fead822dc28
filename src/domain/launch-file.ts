import { revisionLabel, type Staging } from './environment.ts';
import {
  InvocationRefusal,
  type InvocationRequest,
  launchArguments,
  type Tool,
} from './invocation.ts';
import { invocationRequest } from './lines.ts';
import { quote } from './shell.ts';

/** Where the driver runs and what executes: on the cluster in either mode, or all on the edge. */
const PLACES = ['client', 'cluster', 'local'] as const;
/** As an option of its own, where the command has none. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: shells write variables that way
const ADDED_ALONE = ' ${added:+--archives "${added#,}"}';
const TOOLS: readonly Tool[] = ['pyspark', 'spark-submit'];

/**
 * What the program `run` of an edge reads to start a staging: shell text that replaces the person's
 * arguments by all of a command, for the tool and the place in `$tool` and `$place`. Archives that
 * the person adds are in `$added`, with a `,` first: the option would replace ours.
 */
export function launchFile(staging: Staging): string {
  const label = revisionLabel(staging.environment, staging.revision);
  const arms = TOOLS.flatMap((tool) =>
    PLACES.map((place) => `  ${tool}:${place}) ${start(staging, tool, place)} ;;`),
  );
  return [
    `# What ${staging.root}/run starts for ${label}. Conda Ferry writes this file anew at each staging.`,
    'case $tool:$place in',
    ...arms,
    'esac',
  ].join('\n');
}

function start(staging: Staging, tool: Tool, place: (typeof PLACES)[number]): string {
  const request: InvocationRequest = {
    ...invocationRequest({ staging }),
    // Started in any folder, the driver's Python needs its whole path in the global layout, too.
    layout: 'local',
    alias: staging.aliases[staging.layout],
    tool,
    mode: place === 'cluster' ? 'cluster' : 'client',
  };
  try {
    const words = launchArguments(request, place === 'local')
      .map(quote)
      .join(' ');
    return `set -- ${words}${place === 'local' ? ADDED_ALONE : '"$added"'} "$@"`;
  } catch (error) {
    if (!(error instanceof InvocationRefusal)) throw error;
    return `refuse ${quote(error.message)}`;
  }
}
