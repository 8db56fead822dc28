import { userError } from './errors.ts';
import { listInWords, type Person } from './phrase.ts';
import { type BuildRequest, createCommand } from './request.ts';

/** Nothing new is staged on an edge, or on any, until somebody thaws it. */
export interface Freeze {
  /** Null: every edge. */
  edge: string | null;
  why: string;
  user: string;
  at: number;
}

/**
 * Throws `edge-frozen` where one of the edges is, with who froze it, when and why; a request for
 * several edges is offered for those that are not.
 */
export function requireThawed(
  freezes: readonly Freeze[],
  edges: readonly string[],
  request: BuildRequest,
): void {
  const frozen = edges.filter((name) => freezeOf(freezes, name) !== null);
  const [first] = frozen.map((name) => freezeOf(freezes, name));
  if (!first) return;
  const open = edges.filter((name) => !frozen.includes(name));
  const command = createCommand({ ...request, edges: open });
  throw userError({
    code: 'edge-frozen',
    message: [
      `Nothing new is staged on ${listInWords(
        frozen.map((name) => `\`${name}\``),
        'and',
      )}: `,
      ...frozenBy(first),
    ],
    suggestion:
      'Retry once it is thawed; `freeze` shows what is frozen. What is staged stays usable.',
    repairs: open.length === 0 ? [] : [{ label: `Build for ${listInWords(open, 'and')}`, command }],
  });
}

function freezeOf(freezes: readonly Freeze[], name: string): Freeze | null {
  return freezes.find(({ edge }) => edge === null || edge === name) ?? null;
}

/** `@U024BE7LH froze it at 2026-03-02 09:00 UTC: Quarter end` */
export function frozenBy({ edge, user, at, why }: Freeze): (string | Person)[] {
  const when = new Date(at).toISOString().slice(0, 16).replace('T', ' ');
  const what = edge === null ? 'every edge' : 'it';
  return [
    { person: user },
    ` froze ${what} at ${when} UTC: ${why}${/[.!?…]$/.test(why) ? '' : '.'}`,
  ];
}
