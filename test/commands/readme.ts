/**
 * Writes `commands/README.md` anew from the registry, as help is made of it: `node test/commands/readme.ts`.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandHelp } from '../../commands/registry.ts';
import { TITLES } from '../../src/answers/help.ts';
import type { CommandHelp } from '../../src/domain/reply.ts';

export const FILE = join(import.meta.dirname, '../../commands/README.md');

const ABOUT = `# What can be said

After \`/conda-env\` in Slack, after a mention of the bot in a thread, and in a terminal after
\`conda-ferry exec --\`. In Slack \`help NAME\` says the same of one command, and an operator may have given the
slash command another name. A command is one file here, from which this page is made
(\`node test/commands/readme.ts\`); a test keeps it true.
`;

/** The page as it has to be: a table of all of them, then each by itself, in the groups of help. */
export function readme(): string {
  const groups = Object.entries(TITLES).map(([group, title]) => ({
    title,
    members: commandHelp
      .filter((entry) => entry.group === group)
      .sort((one, other) => (one.name < other.name ? -1 : 1)),
  }));
  const rows = groups.flatMap(({ title, members }) =>
    members.map(({ name, summary, whoCanUse }, index) =>
      row([index === 0 ? title : '', `[\`${name}\`](#${name})`, summary, whoCanUse]),
    ),
  );
  const table = [row(['', 'command', 'does', 'for']), row(['---', '---', '---', '---']), ...rows];
  const sections = groups.flatMap(({ members }) => members.map(section));
  return `${[ABOUT, table.join('\n'), ...sections].join('\n')}\n`;
}

const row = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

function section({ name, aliases, summary, usage, examples, ...rest }: CommandHelp): string {
  const { whoCanUse, options, notes } = rest;
  const also = aliases.map((alias) => `\`${alias}\``).join(', ');
  const paragraphs = [
    `\n## ${name}`,
    `${summary[0]?.toUpperCase()}${summary.slice(1)}. For ${whoCanUse}.${also ? ` Also: ${also}.` : ''}`,
    `\`\`\`\n${usage}\n\`\`\``,
    options.map((option) => `- \`${option.flags}\`: ${option.summary}`).join('\n'),
    notes.join('\n'),
    examples.length > 0 ? `\`\`\`\n${examples.join('\n')}\n\`\`\`` : '',
  ];
  return paragraphs.filter(Boolean).join('\n\n');
}

if (import.meta.main) writeFileSync(FILE, readme());
