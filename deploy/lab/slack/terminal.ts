import { isObject, type JsonObject, objectsIn } from './json.ts';
import type { Block, Message } from './workspace.ts';

const STATUS: Readonly<Record<string, string>> = {
  pending: '·',
  in_progress: '…',
  complete: '✔',
  error: '✖',
};

/** A message as lines for a terminal: what a person reads, without the buttons' fine print. */
export function terminalLines(message: Message): string[] {
  const blocks = (message.blocks ?? []) as Block[];
  const lines = blocks.length > 0 ? blocks.flatMap(linesOf) : [String(message.text ?? '')];
  return lines.flatMap((line) => line.split('\n')).filter((line) => line.trim() !== '');
}

function linesOf(block: JsonObject): string[] {
  switch (block.type) {
    case 'plan':
      return [
        textOf(block.title),
        ...objectsIn(block.tasks).map((task) => {
          const detail = [task.details, task.output].map(textOf).filter(Boolean).join(' ');
          return `  ${STATUS[String(task.status)] ?? ' '} ${textOf(task.title)}${detail ? `: ${detail}` : ''}`;
        }),
      ];
    case 'actions':
      return [
        objectsIn(block.elements)
          .map((element) => `[ ${textOf(element.text)} ]`)
          .join(' '),
      ];
    case 'context':
      return [objectsIn(block.elements).map(textOf).join(' ')];
    case 'rich_text':
      return objectsIn(block.elements).map((element) => {
        const text = textOf(element);
        return element.type === 'rich_text_preformatted' ? `    ${text}` : text;
      });
    default:
      return [textOf(block.text), ...objectsIn(block.fields).map(textOf)];
  }
}

/** The words of anything that holds text, inline pieces on one line. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return unescaped(value);
  if (!isObject(value)) return '';
  if (value.type === 'user') return `@${String(value.user_id)}`;
  if (value.type === 'emoji') return `:${String(value.name)}:`;
  if (value.text !== undefined) return textOf(value.text);
  if (value.type === 'rich_text_list')
    return objectsIn(value.elements)
      .map((item) => `• ${textOf(item)}`)
      .join('\n');
  return objectsIn(value.elements).map(textOf).join('');
}

/** Slack escapes three characters in the text of messages; a terminal shows them as they are. */
function unescaped(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
