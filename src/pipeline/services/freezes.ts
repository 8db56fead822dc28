import { userError } from '../../domain/errors.ts';
import type { Freezes } from '../../domain/services/freezes.ts';
import type { ServicePorts } from './ports.ts';

/** Freezes as the store has them; whoever stages something asks there, too. */
export function freezes({ store, clock }: ServicePorts): Freezes {
  return {
    freezes: () => store.readFreezes(),
    async freeze(edge, why, { user }) {
      const freeze = { edge, why, user, at: clock.now() };
      await store.writeFreeze(freeze);
      return freeze;
    },
    async thaw(edge) {
      const known = await store.readFreezes();
      const ended = known.find((freeze) => freeze.edge === edge);
      if (ended === undefined || !(await store.removeFreeze(edge))) throw notFrozen(edge, known);
      return ended;
    },
  };
}

function notFrozen(edge: string | null, known: readonly { edge: string | null }[]) {
  const all = known.some((freeze) => freeze.edge === null);
  const others = known.map((freeze) => `\`thaw${freeze.edge === null ? '' : ` ${freeze.edge}`}\``);
  return userError({
    code: 'not-frozen',
    message:
      edge === null
        ? 'There is no freeze of every edge.'
        : `\`${edge}\` is not frozen by itself${all ? '; every edge is' : ''}.`,
    suggestion: others.length === 0 ? 'Nothing is frozen.' : `There is ${others.join(', ')}.`,
  });
}
