import { connectSnippet } from './documents/connect.ts';
import { jupyterKernel } from './documents/jupyter.ts';
import { livyRequest } from './documents/livy.ts';
import { sparkDefaults } from './documents/spark-defaults.ts';
import { shellLine } from './line.ts';
import type { Invocation, Plan } from './plan.ts';
import type { Purpose } from './request.ts';

/** How an answer is written, by purpose. */
export const DOCUMENTS: Readonly<Record<Purpose, (plan: Plan) => Invocation>> = {
  shell: shellLine,
  jupyter: jupyterKernel,
  livy: livyRequest,
  'spark-defaults': sparkDefaults,
  connect: connectSnippet,
};
