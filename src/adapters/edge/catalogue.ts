import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { isNumber, ownerIn } from '../../domain/catalogue-papers.ts';
import type { Staging } from '../../domain/environment.ts';
import { isName, parseName } from '../../domain/names.ts';
import type { NumbersFound, PaperFound, Progress, RecoverRequest } from '../../domain/ports.ts';
import { putIntoHdfs } from './hdfs.ts';
import { launch } from './launching.ts';
import type { EdgeProfile } from './profile.ts';
import { checkOurs } from './removing.ts';
import type { ScriptOutput } from './script.ts';
import type { Session } from './session.ts';
import { archivePathOf, type StagePlace, stagingOf } from './staging.ts';

/** What lies on an edge of the catalogue. Whatever stands there was written by whoever can write there. */

/** Bytes of a paper that are read; the longest locks have some 200 kB. */
const MOST_BYTES = 2_500_000;

/** What `Edge.numbers` promises. */
export async function findNumbers(
  session: Session,
  root: string,
  name: string,
): Promise<NumbersFound> {
  const environment = parseName(name, 'environment name');
  const { facts, stdout } = await session.script({
    name: 'numbers',
    variables: { root, environment, most: MOST_BYTES },
  });
  const numbers = (stdout.match(/(?<=^number )\d{1,6}$/gm) ?? []).map(Number).filter(isNumber);
  const papers = { record: facts.get('record') ?? null, first: facts.get('first') ?? null };
  return { numbers, owner: ownerIn(papers, environment) };
}

/** What `Edge.environments` promises. */
export async function findEnvironments(session: Session, root: string): Promise<string[]> {
  const { stdout } = await papers(session, root);
  return (stdout.match(/(?<=^environment ).+$/gm) ?? []).filter(isName);
}

/** What `Edge.papers` promises; they come as the edge lists them. */
export async function* findPapers(
  session: Session,
  root: string,
  name: string,
): AsyncGenerator<PaperFound> {
  const environment = parseName(name, 'environment name');
  const { stdout } = await papers(session, root, environment);
  for (const batch of batchesOf(stdout, environment, session.settings.log)) {
    const files = batch.map(({ file }) => file);
    const texts = await readTexts((await papers(session, root, environment, files)).stdout);
    for (const { file, ...place } of batch) {
      const json = texts.get(file);
      if (json !== undefined) yield { ...place, json, signature: texts.get(`${file}.sig`) ?? '' };
    }
  }
}

function papers(
  session: Session,
  root: string,
  environment = '',
  files: readonly string[] = [],
): Promise<ScriptOutput> {
  return session.script({
    name: 'papers',
    variables: { root, environment, files: files.join('\n'), most: MOST_BYTES },
    deadlineSeconds: 300,
  });
}

/** A paper by the name of its file: `churn/3.json`, `churn/3-0123456789ab.json`, `churn/record.json`. */
const PAPER = /^([^/]+)\/(?:record|((\d{1,6})(?:-[0-9a-f]{12})?))\.json$/;

type Listed = Pick<PaperFound, 'environment' | 'revision' | 'folder'> & { file: string };

/** Those of a list that have the name of a paper, as many together as may be read at a time. */
function* batchesOf(
  list: string,
  wanted: string,
  log: (line: string) => void,
): Generator<Listed[]> {
  let batch: Listed[] = [];
  let bytes = 0;
  for (const [, size, file = ''] of list.matchAll(/^paper (\d+) (\S+)$/gm)) {
    const [, environment = '', folder = null, number] = PAPER.exec(file) ?? [];
    const revision = number === undefined ? null : Number(number);
    if (environment !== wanted || (revision !== null && !isNumber(revision))) continue;
    if (Number(size) > MOST_BYTES) {
      log(`the paper ${file} is longer than any of ours, and is left out`);
      continue;
    }
    if (batch.length > 0 && bytes + Number(size) > MOST_BYTES) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    bytes += Number(size);
    batch.push({ environment, revision, folder, file });
  }
  if (batch.length > 0) yield batch;
}

/** By file; one that does not unpack, or to too much, is none. */
async function readTexts(stdout: string): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (const [, file = '', packed = ''] of stdout.matchAll(/^(\S+) ([A-Za-z0-9+/=]+)$/gm)) {
    try {
      const bytes = await unpack(Buffer.from(packed, 'base64'), { maxOutputLength: MOST_BYTES });
      texts.set(file, bytes.toString('utf8'));
    } catch {
      texts.delete(file);
    }
  }
  return texts;
}

const unpack = promisify(gunzip);

/** What `Edge.recover` promises. */
export async function recoverStaging(
  session: Session,
  place: StagePlace,
  request: RecoverRequest,
  { cluster, kerberos }: EdgeProfile,
  progress: Progress,
): Promise<Staging | null> {
  const { environment, revision, folder, archive } = request;
  const { edge, root } = place;
  parseName(environment, 'environment name');
  const archivePath = archivePathOf(root, archive);
  const driverPrefix = `${root}/envs/${environment}/${folder}`;
  const lying = { edge, environment, revision, archive, archivePath, driverPrefix, hdfs: null };
  checkOurs(root, lying);
  const { facts } = await session.script({
    name: 'recover',
    variables: {
      ...{ root, environment, sha: archive.sha256, name: archive.name, bytes: archive.bytes },
      prefix: driverPrefix,
    },
    deadlineSeconds: 120,
  });
  if (facts.get('here') !== 'yes') return null;
  const base = place.hdfs;
  const hdfs =
    base === null
      ? null
      : await putIntoHdfs(session, { base, root, archive, archivePath, kerberos }, progress);
  const staging = stagingOf(place, request.layout, cluster, lying, facts);
  return launch(session, { ...staging, hdfs });
}
