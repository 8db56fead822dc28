/**
 * What the pipeline needs from the outside, as small interfaces. `src/adapters` implements them
 * over real parts; tests may implement them over nothing but memory.
 */

export type * from './ports/channels.ts';
export type * from './ports/clock.ts';
export type * from './ports/edge.ts';
export type * from './ports/notice.ts';
export type * from './ports/packer.ts';
export type * from './ports/progress.ts';
export type * from './ports/projects.ts';
export type * from './ports/queue.ts';
export type * from './ports/store.ts';
export type * from './ports/workspace.ts';
