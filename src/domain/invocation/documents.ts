import { shellLine } from './line.ts';
import type { Invocation, Plan } from './plan.ts';
import { refuse } from './refusal.ts';
import type { Purpose } from './request.ts';

function later(plan: Plan): never {
  return refuse('purpose', `${plan.request.for} is not served.`, 'Use the shell.');
}

/** How an answer is written, by purpose. */
export const DOCUMENTS: Readonly<Record<Purpose, (plan: Plan) => Invocation>> = {
  shell: shellLine,
  jupyter: later,
  livy: later,
  'spark-defaults': later,
  connect: later,
};
