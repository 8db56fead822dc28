import { createHash } from 'node:crypto';
import { canonicalLock, type LockedPackage, type LockedWheel } from '../lock.ts';
import type { ProjectPin } from '../request.ts';
import type { LockSubject } from './subject.ts';

/**
 * What is installed, as a bill of materials: CycloneDX 1.6 in JSON, with package URLs of the types `conda`,
 * `pypi` and `generic`. The same revision gives the same text, so it holds no time. What an sdist was built with
 * is not installed, and not in it.
 */
export function cyclonedx(subject: LockSubject): string[] {
  const { packages, wheels = [] } = canonicalLock(subject.lock);
  const components = [
    ...packages.map(ofConda),
    ...wheels.map(ofPip),
    ...subject.projects.map(ofProject),
  ];
  const [name = subject.name, version = ''] = subject.label.split('@');
  const document = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify([subject.label, components]))}`,
    version: 1,
    metadata: {
      component: { type: 'application', 'bom-ref': subject.label, name, version },
      properties: [{ name: 'conda-ferry:platform', value: subject.lock.platform }],
    },
    components,
  };
  return JSON.stringify(document, null, 2).split('\n');
}

/** The type `conda` of the package URL specification: build, channel, subdir and type tell packages apart. */
function ofConda({ name, version, build, channel, subdir, url, sha256 }: LockedPackage) {
  const type = url.endsWith('.conda') ? 'conda' : 'tar.bz2';
  const purl = packageUrl('conda', name, version, { build, channel, subdir, type });
  return component({ type: 'library', name, version, purl, sha256, url });
}

function ofPip({ name, version, url, sha256 }: LockedWheel) {
  const file = decodeURIComponent(url.split('/').at(-1) ?? '');
  const purl = packageUrl('pypi', name, version, { file_name: file });
  return component({ type: 'library', name, version, purl, sha256, url });
}

/** People's own code: where it lies on the build host is nobody's business. */
function ofProject({ name, sha256 }: ProjectPin) {
  const purl = packageUrl('generic', name, null, { checksum: `sha256:${sha256}` });
  return component({ type: 'application', name, version: null, purl, sha256, url: null });
}

function component(of: {
  type: 'library' | 'application';
  name: string;
  version: string | null;
  purl: string;
  sha256: string;
  url: string | null;
}) {
  const { type, name, version, purl, sha256, url } = of;
  return {
    ...{ type, 'bom-ref': purl, name, ...(version === null ? {} : { version }) },
    hashes: [{ alg: 'SHA-256', content: sha256 }],
    purl,
    ...(url === null ? {} : { externalReferences: [{ type: 'distribution', url }] }),
  };
}

/** Qualifiers come sorted by their names; a colon in one needs no quoting. */
function packageUrl(
  type: string,
  name: string,
  version: string | null,
  qualifiers: Readonly<Record<string, string>>,
): string {
  const quote = (text: string) =>
    encodeURIComponent(text)
      .replaceAll('%3A', ':')
      .replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
  const named = Object.entries(qualifiers)
    .filter(([, value]) => value !== '')
    .map(([key, value]) => `${key}=${quote(value)}`);
  const at = version === null ? '' : `@${quote(version)}`;
  return `pkg:${type}/${quote(name)}${at}?${named.sort().join('&')}`;
}

/** A UUID of a content (RFC 9562, version 8). */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
