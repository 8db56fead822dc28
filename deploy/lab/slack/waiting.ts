/** Waiting for something to be seen, and saying what was seen instead when it is not. */
import { isObject } from './json.ts';
import type { Message, View, Workspace } from './workspace.ts';

/** Every text a person reads in a message or view, a line each. */
export function visibleText(value: unknown): string {
  const lines: string[] = [];
  const walk = (part: unknown, key: string): void => {
    if (Array.isArray(part)) for (const item of part) walk(item, key);
    else if (isObject(part)) for (const [name, inner] of Object.entries(part)) walk(inner, name);
    else if (
      typeof part === 'string' &&
      ['text', 'title', 'caption', 'fallback', 'alt_text'].includes(key)
    )
      lines.push(part);
  };
  if (isObject(value) && Array.isArray(value.blocks) && value.blocks.length > 0)
    walk(
      {
        title: value.title,
        blocks: value.blocks,
        attachments: value.attachments,
        submit: value.submit,
      },
      '',
    );
  else walk(value, '');
  return lines.join('\n');
}

export const describeMessage = (message: Message): string =>
  `${message.ts} in ${message.channel} by ${message.user}${message.ephemeral_to ? ` (only ${message.ephemeral_to} sees it)` : ''}: ${visibleText(message).replaceAll('\n', ' / ').slice(0, 300)}`;

export const describeView = (view: View): string =>
  `${view.id} ${view.type} ${view.callback_id}: ${visibleText(view).replaceAll('\n', ' / ').slice(0, 300)}`;

/** Resolves with the first of `candidates()` that `matches`, now or after a change; rejects with what was there. */
export function until<T>(
  workspace: Workspace,
  what: string,
  candidates: () => T[],
  matches: (candidate: T) => boolean,
  describe: (candidate: T) => string,
  timeoutMs: number,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const look = (): void => {
    const found = candidates().find(matches);
    if (found !== undefined) resolve(found);
  };
  const stop = workspace.onChange(look);
  const timer = setTimeout(() => {
    const seen = candidates()
      .slice(-10)
      .map((candidate) => `\n  ${describe(candidate)}`);
    reject(
      new Error(`no such ${what} within ${timeoutMs} ms; there were:${seen.join('') || ' none'}`),
    );
  }, timeoutMs);
  look();
  return promise.finally(() => {
    clearTimeout(timer);
    stop();
  });
}
