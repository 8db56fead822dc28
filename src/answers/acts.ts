/** What one does next with an environment, and what of it is offered to whom. */
import type { Environment, Revision } from '../domain/environment.ts';
import { revisionLabel } from '../domain/environment.ts';
import type { Repair } from '../domain/errors.ts';
import { isOwnersOrOperators } from '../domain/policy.ts';
import type { Reader } from '../domain/reply.ts';
import type { Settings } from '../domain/services.ts';

interface Act {
  label: string;
  /** Whose it is: of everybody, or of its owner and operators. */
  whose: 'everyone' | 'owner';
  /** The command by which roles may keep it for others. */
  command: string;
  /** `at`: the revision that is meant, `churn@3`. */
  say(at: string, name: string): string;
}

const ACTS = {
  line: { label: 'Line', whose: 'everyone', command: 'run', say: (at) => `run ${at}` },
  show: { label: 'Show', whose: 'everyone', command: 'show', say: (_, name) => `show ${name}` },
  update: { label: 'Update', whose: 'owner', command: 'create', say: (at) => `update ${at}` },
  lock: { label: 'Lock', whose: 'everyone', command: 'lock', say: (at) => `lock ${at}` },
  tag: { label: 'Tag as prod', whose: 'owner', command: 'tag', say: (at) => `tag ${at} prod` },
  // It shows what would go before it does.
  delete: { label: 'Delete', whose: 'owner', command: 'delete', say: (at) => `delete ${at}` },
} as const satisfies Record<string, Act>;

/** Those of the acts that the reader may do with a revision that is there, in this order. */
export function actsOn(
  environment: Pick<Environment, 'name' | 'owner'>,
  { number }: Pick<Revision, 'number'>,
  acts: readonly (keyof typeof ACTS)[],
  { user, withheld }: Reader,
  settings: Settings,
): Repair[] {
  const { name } = environment;
  const isTheirs = isOwnersOrOperators(environment, user, settings);
  return acts
    .map((act): Act => ACTS[act])
    .filter(
      ({ whose, command }) => (whose === 'everyone' || isTheirs) && !withheld.includes(command),
    )
    .map(({ label, say }) => ({ label, command: say(revisionLabel(name, number), name) }));
}
