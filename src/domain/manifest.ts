import type { Archive } from './archive.ts';
import { number, object, type Shape, string } from './shape.ts';

/** What is read again of the manifest that lies on an edge for each revision; it holds the lock, too. */
export interface Manifest {
  environment: string;
  revision: number;
  fingerprint: string;
  archive: Pick<Archive, 'name' | 'sha256' | 'bytes'>;
  /** Milliseconds since the epoch. */
  builtAt: number;
}

export const MANIFEST: Shape<Manifest> = object<Manifest>({
  ...{ environment: string, revision: number, fingerprint: string, builtAt: number },
  archive: object<Manifest['archive']>({ name: string, sha256: string, bytes: number }),
});

/** What an edge was told of the record of an environment, and when: its manifests say the rest. */
export interface RecordPapers {
  json: string;
  'json.sig': string;
}

/**
 * Texts that lie on an edge for a revision, by the ending of their file in `manifests/ENVIRONMENT/REVISION`: the
 * manifest, from which the catalogue can be rebuilt; its signature, empty where there is no key; and the
 * packages as a bill of materials. Each ends with a line break.
 */
export interface Papers extends RecordPapers {
  'cdx.json': string;
}
