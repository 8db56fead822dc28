/**
 * From findings to what one person does about them: the line of their own environment in the form
 * that failed, and the build that would mend it, of packages that a channel has.
 */

import { channelsOf, withoutDefaultEdges } from './defaults.ts';
import {
  type DiagnosisContext,
  type Finding,
  type Mend,
  type MissingModule,
  mendedRequest,
  type ShownForm,
  worded,
} from './diagnosis.ts';
import { channelsFor } from './edge-platforms.ts';
import { latestRevision, type Revision, revisionLabel } from './environment.ts';
import { FerryError, type Repair } from './errors.ts';
import {
  invocationRequest,
  type LineOptions,
  latestVerification,
  lineFor,
  type StagedRevision,
} from './lines.ts';
import { everyPackage } from './lock.ts';
import { condaNames, meantBy } from './nearest-package.ts';
import type { Meant } from './own-environment.ts';
import type { ChannelContent, Channels } from './ports.ts';
import type { InvocationLine, OwnEnvironment } from './reply.ts';
import { type BuildRequest, createCommand } from './request.ts';
import type { Settings } from './services.ts';
import { formatSpec, meetsVersion, newestFirst, parseSpec, type Spec } from './spec.ts';

/** What is known beside the log. */
export interface Knowledge {
  settings: Settings;
  channels: Channels;
  packagesOf(module: string): readonly string[];
}

const MOST_FINDINGS = 3;
const MOST_REPAIRS = 2;

/** The findings worded for one environment, and the environment with what mends them. */
export async function remedyFor(
  findings: readonly Finding[],
  form: ShownForm,
  meant: Meant,
  knowledge: Knowledge,
): Promise<{ findings: Finding[]; own: OwnEnvironment }> {
  const { environment, revision } = meant;
  const newest = latestRevision(environment) ?? revision;
  const { settings, packagesOf } = knowledge;
  const { line, options, command } = lineIn(form, environment.name, revision);
  const subject = stagedIn(revision);
  const context: DiagnosisContext = {
    invocationRequest: subject && line ? invocationRequest(subject, options) : null,
    build: withoutDefaultEdges(newest.request, settings),
    bot: settings.command,
    spark: subject?.staging.cluster.spark ?? null,
    packagesOf,
  };
  const subjectCase: Case = {
    name: environment.name,
    ...{ revision, newest, context, knowledge },
    lineText: line?.text ?? `${settings.command} ${command}`,
    request: withoutDefaultEdges(newest.request, settings),
  };
  const weighed = await Promise.all(
    findings.map((finding, index) =>
      index < MOST_FINDINGS
        ? weigh(worded(finding, context), subjectCase)
        : { finding: worded(finding, context), repair: null },
    ),
  );
  const repairs = weighed.flatMap(({ repair }) => repair ?? []);
  return {
    findings: weighed.map(({ finding }) => finding),
    own: {
      environment: environment.name,
      owner: environment.owner,
      revision: revision.number,
      newest: newest.number,
      ...{ by: meant.by, logLine: meant.logLine, notes: meant.notes },
      ...{ line, lineCommand: command },
      repairs: [...new Map(repairs.map((repair) => [repair.command, repair])).values()].slice(
        0,
        MOST_REPAIRS,
      ),
    },
  };
}

/** One environment beside one log. */
interface Case {
  name: string;
  revision: Revision;
  newest: Revision;
  /** Of the newest revision: what the next one begins from. */
  request: BuildRequest;
  context: DiagnosisContext;
  knowledge: Knowledge;
  lineText: string;
}

interface Weighed {
  finding: Finding;
  repair: Repair | null;
}

/** What of a mend is true of this environment: it may have what is missing, or no channel may. */
function weigh(finding: Finding, subject: Case): Weighed | Promise<Weighed> {
  const { mend } = finding;
  if (mend === undefined) return { finding, repair: null };
  if (finding.missing) return weighModule(finding, finding.missing, subject);
  if (mend.specs !== undefined) return weighVersions(finding, mend.specs.map(parsed), subject);
  if (mend.without !== undefined) return weighRemoval(finding, mend.without, subject);
  if (mend.format !== undefined) return weighFormat(finding, mend, subject);
  if (mend.project === true) return { finding, repair: null };
  return built(finding, mend, `Build ${subject.name} again`, subject);
}

async function weighModule(
  finding: Finding,
  missing: MissingModule,
  subject: Case,
): Promise<Weighed> {
  const { module } = missing;
  const { name, revision, newest } = subject;
  const label = revisionLabel(name, revision.number);
  const candidates = packagesOf(missing);
  const held = holderIn(revision, module, candidates);
  if (held !== null) {
    const part = module.includes('.') ? `, or that version has no \`${module}\`` : '';
    const fix = `\`${label}\` has ${held}: this job did not run in it${part}. Start it with the line of \`${label}\`.`;
    return { finding: { ...finding, fix, command: subject.lineText }, repair: null };
  }
  const later = newest === revision ? null : holderIn(newest, module, candidates);
  if (later !== null) {
    const next = revisionLabel(name, newest.number);
    const command = `run ${next}`;
    const fix = `\`${label}\` has no \`${module}\`; \`${next}\` has ${later}. Start the job with the line of \`${next}\`.`;
    return {
      finding: { ...finding, fix, command: `${subject.context.bot} ${command}` },
      repair: { label: `Line of ${next}`, command },
    };
  }
  const spec = await inChannels(module, candidates, subject);
  if (spec === null) {
    const without = `\`${label}\` does not have it`;
    if (missing.packages.length > 0) {
      const names = missing.packages.map((each) => `\`${each}\``).join(' or ');
      const fix = `${without}, and no configured channel has ${names}, where \`${module}\` comes from. Ask the operator for a channel that has it.`;
      return { finding: { ...finding, fix, command: '' }, repair: null };
    }
    const fix = `${without}, and no configured channel has a package for \`${module}\`. If it is your own code, build it into the environment with --project.`;
    const own = worded(finding, { ...subject.context, packagesOf: () => [] });
    return { finding: { ...own, fix }, repair: null };
  }
  const asks = candidates.length === 0 ? ' If it is your own code, use --project instead.' : '';
  const fix = `\`${label}\` has no \`${spec.name}\`: build the next revision with it, and start the job with its line.${asks}`;
  const mend = { specs: [formatSpec(spec)] };
  return built({ ...finding, fix }, mend, `Build it with ${spec.name}`, subject);
}

/** Every package that may have the module: what is known of it, then conda's other names for it. */
function packagesOf(missing: MissingModule): readonly string[] {
  const top = missing.module.split('.')[0] ?? '';
  return [...new Set([...missing.packages, ...condaNames(top.toLowerCase())])];
}

/** `scikit-learn` 1.5.2, where the revision has it. */
function holderIn(
  revision: Revision,
  module: string,
  candidates: readonly string[],
): string | null {
  const top = module.split('.')[0] ?? '';
  const recorded = Object.entries(revision.imports).find(([, modules]) => modules.includes(top));
  // Of a namespace, as `google`, each package has its own part.
  const names = candidates.length > 0 ? candidates : recorded ? [recorded[0]] : [];
  const locked = everyPackage(revision.lock).find(({ name }) => names.includes(name));
  if (locked) return `\`${locked.name}\` ${locked.version}`;
  const project = revision.projects.find(({ name }) => name === recorded?.[0] || name === top);
  return project ? `your \`${project.name}\`` : null;
}

/** The package of the first channel that has one; unchecked where the channels cannot be asked. */
async function inChannels(
  module: string,
  candidates: readonly string[],
  { request, knowledge }: Case,
): Promise<Spec | null> {
  const top = (module.split('.')[0] ?? '').toLowerCase();
  const wanted = [...new Set([...candidates, top.replaceAll('_', '-'), top])];
  const { settings } = knowledge;
  const channels = channelsFor(request, knowledge);
  const asked = channelsOf(request, settings);
  const all = [...new Set([...asked, ...settings.channels.map(({ name }) => name)])];
  const contents = (await channels.read(all, wanted)) ?? (await channels.read(asked, wanted));
  if (contents === null) return candidates[0] === undefined ? null : parsed(candidates[0]);
  for (const name of wanted) {
    const content = contents.find((each) => each.has(name));
    if (content) return specFrom(name, content, asked);
  }
  for (const content of contents) {
    const near = meantBy(top, new Set(content.names())).find((each) => isSameWord(each.name, top));
    if (near) return specFrom(near.name, content, asked);
  }
  return null;
}

/** A channel that the environment does not use is named with the package. */
function specFrom(name: string, content: ChannelContent, asked: readonly string[]): Spec {
  return { ...parsed(name), channel: asked.includes(content.name) ? null : content.name };
}

/** `python-dateutil` for `dateutil`: a slip of the keys is no reason to propose a package. */
function isSameWord(name: string, module: string): boolean {
  const bare = (text: string) => text.replace(/[^a-z0-9]/g, '');
  return bare(name).includes(bare(module));
}

async function weighVersions(
  finding: Finding,
  specs: readonly Spec[],
  subject: Case,
): Promise<Weighed> {
  const { name, revision, request, knowledge } = subject;
  const label = revisionLabel(name, revision.number);
  const locked = new Map(everyPackage(revision.lock).map((entry) => [entry.name, entry.version]));
  const isWrong = (spec: Spec) => {
    const version = locked.get(spec.name);
    // Of several packages that may be meant, one that is not there is not the one.
    return version === undefined ? specs.length === 1 : !meetsVersion(version, spec.version);
  };
  const wrong = specs.filter(isWrong);
  const has = specs
    .filter((spec) => locked.has(spec.name))
    .map((spec) => `\`${spec.name}\` ${locked.get(spec.name)}`);
  if (wrong.length === 0 && has.length > 0) {
    const fix = `\`${label}\` has ${has.join(', ')}, which fits: this job did not run in it. Start it with the line of \`${label}\`.`;
    return { finding: { ...finding, fix, command: subject.lineText }, repair: null };
  }
  const asked = channelsOf(request, knowledge.settings);
  const contents = await channelsFor(request, knowledge).read(
    asked,
    wrong.map((spec) => spec.name),
  );
  const there = wrong.map((spec) => versionThere(spec, contents));
  const lacking = wrong.filter((_spec, index) => there[index] === null);
  const said = has.length > 0 ? ` \`${label}\` has ${has.join(', ')}.` : '';
  if (lacking.length > 0) {
    const none = lacking.map((spec) => `\`${formatSpec(spec)}\``).join(', ');
    const fix = `${finding.fix}${said} No channel of it has ${none}.`;
    return { finding: { ...finding, fix }, repair: null };
  }
  const chosen = there.filter((spec) => spec !== null).map(formatSpec);
  const fix = `${finding.fix}${said}`;
  return built(
    { ...finding, fix },
    { specs: chosen },
    `Build it with ${chosen.join(' ')}`,
    subject,
  );
}

/** The spec, where a channel has a version that meets it; of Python the newest minor version. */
function versionThere(spec: Spec, contents: readonly ChannelContent[] | null): Spec | null {
  if (contents === null) return spec;
  const versions = contents.find(({ has }) => has(spec.name))?.versions(spec.name) ?? [];
  const [newest] = newestFirst(versions.filter((each) => meetsVersion(each, spec.version)));
  if (newest === undefined) return null;
  if (spec.name !== 'python') return spec;
  return { ...spec, version: `=${newest.split('.').slice(0, 2).join('.')}` };
}

function weighRemoval(finding: Finding, without: readonly string[], subject: Case): Weighed {
  const asked = subject.request.specs.filter(({ name }) => without.includes(name));
  if (asked.length === 0 || asked.length === subject.request.specs.length) {
    return { finding, repair: null };
  }
  const names = asked.map(({ name }) => name).join(' ');
  return built(finding, { without }, `Build it without ${names}`, subject, finding.command);
}

function weighFormat(finding: Finding, mend: Mend, subject: Case): Weighed {
  const { name, revision } = subject;
  if (revision.archive.format !== mend.format) {
    return built(finding, mend, `Build it as .${mend.format}`, subject);
  }
  const label = revisionLabel(name, revision.number);
  const fix = `\`${label}\` is a .${mend.format} already: this job used another archive. Start it with the line of \`${label}\`.`;
  return { finding: { ...finding, fix, command: subject.lineText }, repair: null };
}

function built(
  finding: Finding,
  mend: Mend,
  label: string,
  { request, context }: Case,
  shown?: string,
): Weighed {
  const command = createCommand(mendedRequest(request, mend));
  return {
    finding: { ...finding, mend, command: shown ?? `${context.bot} ${command}` },
    repair: { label, command },
  };
}

/** The line in the form that failed, else in the nearest that can be made, and the command for it. */
function lineIn(
  form: ShownForm,
  name: string,
  revision: Revision,
): { line: InvocationLine | null; options: LineOptions; command: string } {
  const subject = stagedIn(revision);
  const label = revisionLabel(name, revision.number);
  const shell: LineOptions = {
    ...(form.tool ? { tool: form.tool } : {}),
    ...(form.mode ? { mode: form.mode } : {}),
    ...(form.layout ? { layout: form.layout } : {}),
  };
  const forms: LineOptions[] = [
    ...(form.purpose ? [{ ...shell, for: form.purpose }] : []),
    shell,
    { tool: 'spark-submit' },
  ];
  for (const options of forms) {
    if (!subject) break;
    try {
      const verification = latestVerification(revision.verifications, subject.staging.edge);
      const line = lineFor(subject, verification, options);
      return { line, options, command: runCommand(label, options) };
    } catch (error) {
      if (!(error instanceof FerryError)) throw error;
    }
  }
  return { line: null, options: {}, command: `run ${label}` };
}

function runCommand(label: string, { tool, mode, for: purpose, layout }: LineOptions): string {
  return [
    `run ${label}`,
    ...(tool ? [tool] : []),
    ...(mode === 'cluster' ? ['--mode cluster'] : []),
    ...(purpose ? [`--for ${purpose}`] : []),
    ...(layout ? [`--layout ${layout}`] : []),
  ].join(' ');
}

function stagedIn(revision: Revision): StagedRevision | null {
  const [staging] = revision.stagings;
  if (!staging) return null;
  const packages = everyPackage(revision.lock).map(({ name }) => name);
  return { staging, packages };
}

const parsed = (text: string): Spec => parseSpec(text);
