import { FerryError, userError } from '../src/domain/errors.ts';
import type { LineOptions } from '../src/domain/lines.ts';
import { everyPackage } from '../src/domain/lock.ts';
import { requireThere } from '../src/domain/reference.ts';
import { type BuildRequest, createCommand } from '../src/domain/request.ts';
import { parseSpec } from '../src/domain/spec.ts';
import { defineCommand } from './command.ts';

export const run = defineCommand({
  name: 'run',
  group: 'use',
  onFirstPage: true,
  aliases: ['line', 'use'],
  summary: 'the line that runs PySpark on an environment',
  usage: 'run NAME[@REVISION|:TAG] [pyspark|spark-submit] [options] [-- app.py arguments…]',
  examples: [
    'run churn',
    'run churn@3 spark-submit --mode cluster -- app.py --date 2026-01-31',
    'run churn:prod',
    'run churn --for jupyter',
  ],
  notes: [
    'Everything after `--` is your application and its arguments, quoted for the shell.',
    'Eggs (`--py-files x.egg`) are not offered: install your code into the environment with `create NAME PACKAGE… --project REPOSITORY@REF`.',
  ],
  args: {
    positionals: {
      revision: { kind: 'revision', required: true },
      tool: { kind: 'tool' },
    },
    options: {
      mode: { kind: 'mode', value: 'client|cluster', summary: 'where the driver runs' },
      for: {
        kind: 'purpose',
        value: 'shell|jupyter|livy|spark-defaults|connect',
        summary: 'what the line is pasted into',
      },
      layout: {
        kind: 'layout',
        value: 'local|global',
        summary: 'another layout than it was built for',
      },
      edge: { kind: 'edge', value: 'NAME', summary: 'only the line for this edge node' },
      conf: { kind: 'conf', many: true, value: 'KEY=VALUE', summary: 'a further Spark setting' },
    },
    rest: true,
  },
  reads: true,
  async run(args, context) {
    const { environment, revision: number } = args.revision;
    const revision = await context.services.findRevision(environment, number);
    requireThere(environment, revision);
    const [application = null, ...rest] = args.rest;
    const tool =
      args.tool ?? (application === null && args.mode !== 'cluster' ? 'pyspark' : 'spark-submit');
    const stagings = revision.stagings.filter(
      (staging) => args.edge === null || staging.edge === args.edge,
    );
    if (stagings.length === 0) {
      throw userError({
        code: 'not-staged',
        message: `\`${environment}@${revision.number}\` is not on ${args.edge ? `\`${args.edge}\`` : 'any edge node'}.`,
        suggestion: `It is on: ${revision.stagings.map((staging) => `\`${staging.edge}\``).join(', ') || 'none'}.`,
      });
    }
    const packages = everyPackage(revision.lock).map(({ name }) => name);
    const options: LineOptions = {
      tool,
      mode: args.mode ?? 'client',
      for: args.for ?? 'shell',
      ...(args.layout === null ? {} : { layout: args.layout }),
      application,
      arguments: rest,
      conf: Object.fromEntries(args.conf.map(({ key, value }) => [key, value])),
    };
    const { latestVerification, lineFor } = await import('../src/domain/lines.ts');
    try {
      const lines = stagings.map((staging) =>
        lineFor(
          { staging, packages },
          latestVerification(revision.verifications, staging.edge),
          options,
        ),
      );
      return { kind: 'invocation', environment, revision: revision.number, lines };
    } catch (error) {
      throw withMissingPackage(error, revision.request, context.services.settings.command);
    }
  },
});

/** Refusals that one more package would lift: code → the package. */
const LIFTED_BY: Readonly<Record<string, string>> = { 'ipykernel-missing': 'ipykernel' };

/** The same refusal, with the build that would lift it. */
function withMissingPackage(error: unknown, request: BuildRequest, bot: string): unknown {
  if (!(error instanceof FerryError)) return error;
  const name = LIFTED_BY[error.code];
  if (name === undefined) return error;
  const { code, message } = error;
  const command = createCommand({ ...request, specs: [...request.specs, parseSpec(name)] });
  return userError({
    code,
    message,
    suggestion: `Build the next revision with it: \`${bot} ${command}\`.`,
    repairs: [{ label: `Build it with ${name}`, command }],
  });
}
