import { isRemote } from '../archive.ts';
import { archiveWarnings, checkApplication } from '../line.ts';
import type { Invocation, Plan } from '../plan.ts';
import { refuse } from '../refusal.ts';
import { STARTS_NOTHING } from './common.ts';

/**
 * The body of Livy's `POST /batches`, or of `POST /sessions` when there is no application. Livy
 * uploads nothing, so both archive and application have to be in HDFS.
 */
export function livyRequest(plan: Plan): Invocation {
  const { request } = plan;
  if (request.cluster.manager !== 'yarn') {
    refuse(
      'livy-unsupported',
      'Livy is served for YARN only.',
      'Use `--for shell`, or an edge whose cluster runs YARN.',
    );
  }
  if (!isRemote(plan.archives)) {
    refuse(
      'livy-needs-hdfs',
      'Livy does not upload files, and this archive is on the edge only.',
      'An operator can set `hdfs` for this edge node; the next revision is then in HDFS too. Until then use `--for shell`.',
    );
  }
  const { application } = request;
  if (application !== null) {
    checkApplication(application);
    if (!isRemote(application)) {
      refuse(
        'application-unreachable',
        `Livy does not upload files, and \`${application}\` is no URL it can read.`,
        'Put the application into HDFS and give its `hdfs://` URL.',
      );
    }
  } else if (request.arguments.length > 0) {
    refuse(
      'application-required',
      'There are arguments but no application to give them to.',
      'Set `application` to the `hdfs://` URL of your Python file.',
    );
  }
  const shared = { archives: plan.archives.split(','), conf: Object.fromEntries(plan.settings) };
  const body =
    application === null
      ? { kind: 'pyspark', ...shared }
      : { file: application, args: request.arguments, ...shared };
  return {
    ...STARTS_NOTHING,
    text: `${JSON.stringify(body, null, 2)}\n`,
    format: 'json',
    warnings: [
      {
        id: 'livy-cluster-mode',
        text: "Livy must start drivers in cluster mode (`livy.spark.deploy-mode = cluster`): in client mode the driver runs on Livy's host, where this Python is not.",
      },
      {
        id: 'livy-not-run',
        text: 'No Livy server was asked: what is proven here is proven by spark-submit.',
      },
      ...archiveWarnings(plan),
    ],
    destination: `POST ${application === null ? '/sessions' : '/batches'} on the Livy server`,
  };
}
