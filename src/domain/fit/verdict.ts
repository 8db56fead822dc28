import { mendedRequest } from '../diagnosis/mend.ts';
import type { Repair } from '../errors.ts';
import { type BuildRequest, createCommand } from '../request.ts';

/** What to ask for instead, as far as a request can say it. */
export interface Remedy {
  specs?: readonly string[];
  without?: readonly string[];
  edges?: readonly string[];
}

/** What does not go together with a cluster. */
export interface Verdict {
  /** Every job breaks, so it is built for those who insist only. */
  isRefusal: boolean;
  text: string;
  /** The likeliest first; none where a request cannot mend it. */
  remedies: readonly Remedy[];
}

/** The request with a remedy in it; null where nothing would be left of it, or nothing changes. */
export function repairOf(request: BuildRequest, remedy: Remedy): Repair | null {
  const { specs = [], without = [], edges = request.edges } = remedy;
  const mended = { ...mendedRequest(request, { specs, without }), edges };
  if (mended.specs.length === 0) return null;
  const command = createCommand(mended);
  if (command === createCommand(request)) return null;
  const parts = [
    ...(specs.length > 0 ? [`with ${specs.join(' ')}`] : []),
    ...(without.length > 0 ? [`without ${without.join(' ')}`] : []),
    ...(remedy.edges ? [`for ${edges.join(' ')}`] : []),
  ];
  return { label: `Build ${parts.join(', ')}`, command };
}

/** Two remedies at once. */
export function joined(one: Remedy, other: Remedy): Remedy {
  const edges = one.edges ?? other.edges;
  return {
    specs: [...new Set([...(one.specs ?? []), ...(other.specs ?? [])])],
    without: [...new Set([...(one.without ?? []), ...(other.without ?? [])])],
    ...(edges && { edges }),
  };
}
