import { mendedRequest } from '../diagnosis/mend.ts';
import type { Repair } from '../errors.ts';
import { type BuildRequest, createCommand } from '../request.ts';
import { parseSpec } from '../spec.ts';

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
  const asked = [...request.specs, ...request.pip].map(({ name }) => name);
  const left = without.filter((name) => asked.includes(name));
  // What a channel is to bring instead cannot come from pip as well.
  const moved = [...without, ...specs.map((text) => parseSpec(text).name)];
  const pip = request.pip.filter(({ name }) => !moved.includes(name));
  const mended = { ...mendedRequest(request, { specs, without }), pip, edges };
  if (mended.specs.length === 0) return null;
  const command = createCommand(mended);
  if (command === createCommand(request)) return null;
  const parts = [
    ...(specs.length > 0 ? [`with ${specs.join(' ')}`] : []),
    ...(left.length > 0 ? [`without ${left.join(' ')}`] : []),
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
