/** Every command: a line each, and nothing else to do. */
export { audit } from './audit.ts';
export { cancel } from './cancel.ts';
export { create } from './create.ts';
export { diagnose } from './diagnose.ts';
export { freeze } from './freeze.ts';
export { help } from './help.ts';
export { list } from './list.ts';
export { logs } from './logs.ts';
export { plan } from './plan.ts';
export { retry } from './retry.ts';
export { run } from './run.ts';
export { show } from './show.ts';
export { status } from './status.ts';
export { thaw } from './thaw.ts';
export { verify } from './verify.ts';
export { whoami } from './whoami.ts';
