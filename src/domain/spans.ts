/**
 * Does `work` as a part of what goes on at the moment, for traces: a command, a step of a build, a program
 * on an edge. Attributes name what it is of, and never hold what people wrote.
 */
export type Span = <Result>(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  work: () => Promise<Result>,
) => Promise<Result>;

/** For processes that nobody traces. */
export const NO_SPANS: Span = (_name, _attributes, work) => work();
