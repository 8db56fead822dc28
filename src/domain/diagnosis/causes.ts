import { isName } from '../names.ts';
import type { FailureCause } from './causes/cause.ts';
import { ENVIRONMENT_CAUSES } from './causes/environment.ts';
import { NODE_CAUSES } from './causes/nodes.ts';
import { SHIPPING_CAUSES } from './causes/shipping.ts';
import { SUPPORT_CAUSES } from './causes/support.ts';
import type { FailureId } from './finding.ts';

export { type FailureCause, type Known, ownLine } from './causes/cause.ts';

/** Everything this product can diagnose, by id; that none is missing is for the tests to say, not for types. */
export const FAILURE_CAUSES: Readonly<Record<FailureId, FailureCause>> = Object.fromEntries(
  [...SHIPPING_CAUSES, ...ENVIRONMENT_CAUSES, ...SUPPORT_CAUSES, ...NODE_CAUSES].map((cause) => [
    cause.id,
    cause,
  ]),
) as Record<FailureId, FailureCause>;

/** `./churn_zip/churn/bin/python` names the environment it is of. */
export function environmentOf(subject: string | null): string | null {
  const name = /^\.\/[^/]+\/([^/]+)\/bin\/python[\d.]*$/.exec(subject ?? '')?.[1];
  return name !== undefined && isName(name) ? name : null;
}
