import type { BuildRequest } from '../request.ts';
import { parseSpec, type Spec } from '../spec.ts';
import type { Mend } from './finding.ts';

/** The same request with what it lacked, and without what it must not have. */
export function mendedRequest(request: BuildRequest, mend: Mend): BuildRequest {
  const wanted = (mend.specs ?? []).map((text) => parseSpec(text));
  const kept = request.specs.filter(({ name }) => !mend.without?.includes(name));
  const replaced = kept.map((spec) => {
    const other = wanted.find(({ name }) => name === spec.name);
    return other === undefined ? spec : replacing(spec, other);
  });
  const names = new Set(kept.map(({ name }) => name));
  const added = wanted.filter(({ name }) => !names.has(name));
  return {
    ...request,
    specs: [...replaced, ...added],
    format: mend.format ?? request.format,
  };
}

/** Where the person took it from stays theirs to say; its build belonged to the old version. */
function replacing(spec: Spec, other: Spec): Spec {
  return other.version === null ? spec : { ...other, channel: other.channel ?? spec.channel };
}
