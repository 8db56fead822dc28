import { listOf, number, object, or, type Shape, string } from './shape.ts';

/**
 * Failures whose suggestion is for who runs the edges, the build hosts and the configuration: by
 * their codes, as a record of an older version has them, too.
 */
export const OPERATORS_CODES: ReadonlySet<string> = new Set([
  ...['edge-denied', 'edge-tool-missing', 'edge-unreachable', 'edge-answer-lost'],
  ...['kerberos', 'hdfs-denied'],
  ...['host-key-unknown', 'host-key-mismatch', 'cluster-unknown', 'cluster-silent', 'not-ours'],
  ...['edge-other-platform'],
  ...['upload-corrupt', 'bad-config', 'engine-missing', 'resolver-missing', 'program-missing'],
  ...['python-missing', 'venv-missing', 'python-packages', 'sandbox-missing'],
  ...['errand-unreadable', 'record-unreadable'],
]);

/** Those that operators are told of by themselves; with a full disk it is often the person who makes room. */
export const CALLING_CODES: ReadonlySet<string> = new Set([...OPERATORS_CODES, 'disk-full']);

/** Those that are gone as soon as a program can be run on the edge. */
export const GONE_WHEN_REACHED: ReadonlySet<string> = new Set([
  ...['edge-unreachable', 'host-key-unknown', 'host-key-mismatch'],
]);

/** What builds failed for that only operators can mend. Times are milliseconds since the epoch. */
export interface Fault {
  code: string;
  edges: string[];
  /** What a build failed with, and what to do. */
  text: string;
  buildId: string;
  /** When a build failed for it last. */
  seenAt: number;
  toldAt: number;
  /** When it was gone; null while it is not. */
  goneAt: number | null;
}

export const FAULTS: Shape<Fault[]> = listOf(
  object<Fault>({
    ...{ code: string, edges: listOf(string), text: string, buildId: string },
    ...{ seenAt: number, toldAt: number, goneAt: or(number, null) },
  }),
);

/** The same one happens with the same code on the same edges. */
export function faultKey({ code, edges }: Pick<Fault, 'code' | 'edges'>): string {
  return [code, ...edges].join('.');
}
