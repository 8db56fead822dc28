import type { Repair } from '../domain/errors.ts';
import type { CommandGroup, CommandHelp, Reply } from '../domain/reply.ts';
import type { Settings } from '../domain/services.ts';
import { sayButtons } from './buttons.ts';
import {
  block,
  bold,
  buttons,
  code,
  codes,
  type Document,
  heading,
  type Inline,
  list,
  marked,
  type Part,
  prose,
  small,
  words,
} from './document.ts';
import { line } from './outside.ts';

/** The groups in the order of the overview; in each, commands are in the order of their names. */
export const TITLES: Readonly<Record<CommandGroup, string>> = {
  make: 'Make an environment',
  use: 'Use it',
  change: 'Change it',
  share: 'Share it',
  leave: 'Let it go',
  failure: 'When something fails',
  lookAfter: 'Look after all of them',
};

export function describeHelp(
  reply: Extract<Reply, { kind: 'help' }>,
  _settings: Settings,
): Document {
  return reply.topic ? describeTopic(reply.topic, reply.command) : describeOverview(reply);
}

function describeOverview(reply: Extract<Reply, { kind: 'help' }>): Document {
  const { commands, all, command } = reply;
  const shown = all ? commands : commands.filter(({ onFirstPage }) => onFirstPage);
  const groups = Object.entries(TITLES)
    .map(([group, title]) => ({ title, members: shown.filter((entry) => entry.group === group) }))
    .filter(({ members }) => members.length > 0);
  const isWhole = shown.length === commands.length;
  return {
    summary: `What ${command} can do: ${shown.map(({ name }) => name).join(', ')}`,
    parts: [
      heading('Conda environments for PySpark'),
      ...(all ? [] : introduction(command)),
      ...groups.flatMap(({ title, members }): Part[] => [
        prose(bold(title)),
        list(members.map(overviewLine)),
      ]),
      small(
        'All about one of them: ',
        code(`${command} help create`),
        '. In a thread, mention me instead: ',
        code('@Conda Ferry create churn numpy'),
        '.',
      ),
      ...(isWhole ? [] : buttons(sayButtons([allOf(commands.length)], null))),
    ],
  };
}

function introduction(command: string): Part[] {
  return [
    prose(
      'Say what you need; the answer is a line to paste on the edge node, proven on the executors.',
    ),
    block(`${command} create churn python=3.11 numpy pandas`),
  ];
}

const allOf = (count: number): Repair => ({
  label: `All ${count} commands`,
  command: 'help all',
});

function overviewLine(entry: CommandHelp): Inline[] {
  const { name, summary, whoCanUse } = entry;
  const restricted = whoCanUse === 'everyone' ? '' : ` (${line(whoCanUse, 90)})`;
  return words(code(name, 40), ' ', marked(`${line(summary, 160)}${restricted}`));
}

function describeTopic(topic: CommandHelp, command: string): Document {
  const usage = `${command} ${line(topic.usage, 300)}`;
  const examples = topic.examples.map((example) => `${command} ${line(example, 300)}`);
  const options = topic.options.map(({ flags, summary }) =>
    words(code(flags, 80), ' ', marked(line(summary, 200))),
  );
  return {
    summary: `${usage}: ${line(topic.summary, 200)}`,
    parts: [
      heading(`${topic.name}: ${line(topic.summary, 120)}`),
      block(usage),
      ...(examples.length > 0
        ? [prose(bold(examples.length === 1 ? 'Example' : 'Examples')), block(examples.join('\n'))]
        : []),
      ...(options.length > 0 ? [prose(bold('Options')), list(options)] : []),
      ...(topic.notes.length > 0
        ? [prose(bold('Good to know')), list(topic.notes.map((note) => marked(line(note, 400))))]
        : []),
      small(
        'Who can use it: ',
        marked(line(topic.whoCanUse, 120)),
        topic.aliases.length > 0 ? ' · also called ' : '',
        codes(topic.aliases, 120),
      ),
    ],
  };
}
