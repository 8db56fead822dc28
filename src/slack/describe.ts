/** Every kind of reply as a document: a table with one describer per kind. */
import type { Reply } from '../domain/reply.ts';
import type { Settings } from '../domain/services.ts';
import { describeBuild } from './describe/build.ts';
import { describeBuilds, describeEnvironment, describeEnvironments } from './describe/catalogue.ts';
import { describeFindings } from './describe/findings.ts';
import { describeHelp, describeWelcome } from './describe/help.ts';
import { describeInvocation } from './describe/invocation.ts';
import { describeLog } from './describe/log.ts';
import { describeForm, describeNotice, describeRefusal } from './describe/short.ts';
import type { Document } from './document.ts';

type ReplyOf<K extends Reply['kind']> = Extract<Reply, { kind: K }>;
type Describers = { [K in Reply['kind']]: (reply: ReplyOf<K>, settings: Settings) => Document };

const DESCRIBERS: Describers = {
  build: describeBuild,
  invocation: describeInvocation,
  builds: describeBuilds,
  environments: describeEnvironments,
  environment: describeEnvironment,
  log: describeLog,
  findings: describeFindings,
  help: describeHelp,
  welcome: describeWelcome,
  form: describeForm,
  notice: describeNotice,
  refusal: describeRefusal,
};

export function describe(reply: Reply, settings: Settings): Document {
  const describer = DESCRIBERS[reply.kind] as (reply: Reply, settings: Settings) => Document;
  return describer(reply, settings);
}
