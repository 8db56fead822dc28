/** What will not work where the archive lands; the same notices that linting gives. */
export const FAULTS = [
  'dead-shebang',
  'placeholder',
  'start-up',
  'run-path',
  'kept-prefix',
] as const;
export type Fault = (typeof FAULTS)[number];
