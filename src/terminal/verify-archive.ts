import { globSync } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { signerOf } from '../adapters/host/signature.ts';
import { revisionLabel } from '../domain/environment.ts';
import { userError } from '../domain/errors.ts';
import { MANIFEST, type Manifest } from '../domain/manifest.ts';
import { isName, printable } from '../domain/names.ts';
import { parseJson } from '../domain/shape.ts';
import { fileDigest } from '../packing/digest.ts';
import { whileShown } from './block.ts';
import {
  JSON_OPTION,
  readArguments,
  readSigners,
  readText,
  type TerminalCommand,
  usageError,
  writeJson,
} from './command.ts';

const OPTIONS = {
  manifest: {
    type: 'string',
    value: 'FILE',
    says: 'its manifest; else the one that lies on the edge',
  },
  signers: {
    type: 'string',
    value: 'FILE',
    says: 'whose signatures count, as ssh-keygen reads it',
  },
  json: JSON_OPTION,
} as const;

const NAME_MANIFEST = 'Name the manifest of the archive with `--manifest`.';
const SIGNATURE_UNREADABLE =
  'It lies beside the manifest: have its owner let you read it, or name a copy of both with `--manifest`.';

/** One thing that was compared. */
interface Finding {
  what: 'bytes' | 'signature';
  status: 'ok' | 'warning' | 'failed';
  text: string;
}

export const command: TerminalCommand = {
  options: OPTIONS,
  notes: () => [
    'The manifest says which bytes an archive has, and from which packages and code it was made. On an edge it lies in `ROOT/manifests/NAME/REVISION.json`, its signature beside it.',
    'Signers are lines such as `conda-ferry ssh-ed25519 AAAA…`: a name and the public key of `signing.keyFile`. ssh alone does the same: `ssh-keygen -Y verify -n conda-ferry -I conda-ferry -f SIGNERS -s 3.json.sig < 3.json`.',
  ],
  async run(words, usage) {
    const { values, positionals } = readArguments(words, OPTIONS, usage);
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) throw usageError('Name one archive.', usage);
    const path = values.manifest ?? (await manifestBeside(file));
    const text = await readText(path, NAME_MANIFEST);
    const manifest = parseJson(text, MANIFEST);
    // Nobody has vouched for its words yet, and they are shown to who reads what is found.
    if (manifest === null || !isName(manifest.environment)) {
      throw noManifest(`\`${path}\` is not the manifest of an archive.`);
    }
    if (values.signers !== undefined) await readSigners(values.signers);
    const findings = [
      await whileShown(`Reading ${file}`, () => compareBytes(file, manifest)),
      await compareSignature(text, `${path}.sig`, values.signers),
    ];
    const { environment, revision } = manifest;
    if (values.json) writeJson({ archive: file, manifest: path, environment, revision, findings });
    else show(`${file} as ${revisionLabel(environment, revision)}`, findings);
    return findings.some(({ status }) => status === 'failed') ? 1 : 0;
  },
};

/** Of an archive that lies on an edge, `ROOT/archives/SHA256/NAME`: the newest manifest that has its digest. */
async function manifestBeside(file: string): Promise<string> {
  const folder = dirname(await realpath(file).catch(() => file));
  const root = join(folder, '..', '..');
  const found = globSync('manifests/*/*.json', { cwd: root })
    .filter((path) => /\/\d+\.json$/.test(path))
    .sort((left, right) => revisionIn(right) - revisionIn(left));
  let unread: unknown = null;
  for (const path of found) {
    const text = await readText(join(root, path), NAME_MANIFEST).catch((error: unknown) => {
      unread ??= error;
      return '';
    });
    if (parseJson(text, MANIFEST)?.archive.sha256 === basename(folder)) return join(root, path);
  }
  // It may be the one that is looked for.
  if (unread !== null) throw unread;
  throw noManifest(`There is no manifest beside \`${file}\`.`);
}

const revisionIn = (path: string): number => Number.parseInt(basename(path), 10);

async function compareBytes(file: string, { archive }: Manifest): Promise<Finding> {
  const [sha256, facts] = await Promise.all([fileDigest(file), stat(file).catch(() => null)]);
  if (sha256 === null || facts === null) {
    return { what: 'bytes', status: 'failed', text: 'it is not there, or cannot be read' };
  }
  const bytes = facts.size;
  if (sha256 === archive.sha256 && bytes === archive.bytes) {
    return { what: 'bytes', status: 'ok', text: `${bytes} bytes with sha256 ${sha256}` };
  }
  return {
    ...{ what: 'bytes', status: 'failed' },
    text: `it has ${bytes} bytes with sha256 ${sha256}; the manifest says ${archive.bytes} with ${printable(archive.sha256)}`,
  };
}

async function compareSignature(
  text: string,
  signature: string,
  signers: string | undefined,
): Promise<Finding> {
  const what = 'signature';
  const isSigned = await access(signature).then(
    () => true,
    () => false,
  );
  // One that is there and cannot be read is none that is missing.
  if (isSigned) await readText(signature, SIGNATURE_UNREADABLE);
  if (signers === undefined) {
    const said = isSigned
      ? 'signed; by whom is looked at with `--signers`'
      : 'the manifest is not signed';
    return { what, status: 'warning', text: said };
  }
  if (!isSigned)
    return { what, status: 'failed', text: `the manifest is not signed: there is no ${signature}` };
  const signer = await signerOf(text, signature, signers);
  return signer === null
    ? { what, status: 'failed', text: `none of ${signers} signed this manifest` }
    : { what, status: 'ok', text: `signed by ${signer}` };
}

const MARKS = { ok: '✓', warning: '!', failed: '✗' } as const;

function show(title: string, findings: readonly Finding[]): void {
  const lines = findings.map(({ what, status, text }) => `${MARKS[status]} ${what}: ${text}`);
  process.stdout.write(`${title}\n${lines.join('\n')}\n`);
}

function noManifest(message: string) {
  return userError({
    code: 'no-manifest',
    message,
    suggestion: 'Name the one of its edge, `ROOT/manifests/NAME/REVISION.json`, with `--manifest`.',
  });
}
