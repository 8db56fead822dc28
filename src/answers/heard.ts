import type { Build } from '../domain/build.ts';
import { revisionLabel } from '../domain/environment.ts';
import { type Happening, OUTCOMES, type Subscription } from '../domain/subscription.ts';
import { sayButtons } from './buttons.ts';
import {
  bold,
  buttons,
  code,
  type Document,
  link,
  marked,
  type Part,
  prose,
  small,
  user,
} from './document.ts';
import { linesOf, shortest } from './invocation.ts';
import { line } from './outside.ts';
import { unwatch } from './subscriptions.ts';

/**
 * What came of an environment, for those who watch it: title, who, a line, and the way to all of it.
 * `build`: the one it came of, as it is now; `address`: of its message, where there is one.
 */
export function describeHeard(
  { outcome, environment, revision, by, text }: Happening,
  subscription: Subscription,
  { build, address }: { build: Build | null; address: string | null },
): Document {
  const label = revision === null ? environment : revisionLabel(environment, revision);
  const { icon, words } = OUTCOMES[outcome];
  const who = by === null ? ['; its time was up'] : [', by ', user(by)];
  return {
    summary: `${label} ${words}.`,
    parts: [
      prose(`${icon} `, bold(label), ` ${words}`, ...who, '.'),
      ...(text === null ? [] : [prose(marked(text, 600))]),
      ...(build === null ? [] : ofBuild(build)),
      ...(address === null ? [] : [small(link(address, 'All of it'))]),
      ...buttons(
        sayButtons([{ label: 'Show', command: `show ${label}` }, unwatch(subscription)], null),
      ),
    ],
  };
}

/** The line of one that is ready, or why it is not. */
function ofBuild(build: Build): Part[] {
  if (build.state === 'failed' && build.failure) {
    return [prose(marked(line(build.failure.message, 400)))];
  }
  const [first] = build.state === 'ready' ? linesOf(build).lines : [];
  return first ? [prose(code(shortest(first), 300))] : [];
}
