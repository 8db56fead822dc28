import { FerryError, userError } from '../domain/errors.ts';
import type { Platform } from '../domain/lock.ts';
import { printable } from '../domain/names.ts';
import { meantOf } from '../domain/near-names.ts';
import { condaVersion, type PipRequirement, parseRequirement } from '../domain/pip.ts';
import { holds, pythonsOf } from '../domain/pip-marker.ts';
import { condaName } from '../domain/pip-names.ts';
import { withoutSecrets } from '../domain/secrets.ts';
import { formatSpec, parseSpec, type Spec } from '../domain/spec.ts';
import { packageAddress } from './addresses.ts';
import { channelName, NO_DEFAULTS } from './channel-names.ts';
import type { FileContent, FilePackage, Note, ReadSettings, Refused } from './content.ts';
import { joinRequirements, joinSpecs } from './join.ts';

/** Many times what an environment has: whatever reads on looks at each of them. */
const MOST_PACKAGES = 3_000;
/** What the rows of one package say together; each more is compared with all before it. */
const LONGEST_CONSTRAINT = 500;

/** What a format's reader finds in a file, row by row, and `content` makes of it. */
export class Rows {
  readonly settings: ReadSettings;
  name: string | null = null;
  /** Whether the file names packages with their addresses. */
  isLock = false;
  readonly lines: readonly string[];
  readonly #channels = new Set<string>();
  readonly #specs = new Map<string, Spec>();
  readonly #pip: { requirement: PipRequirement; line: number }[] = [];
  readonly #packages = new Map<string, FilePackage>();
  readonly #refused: Refused[] = [];
  readonly #notes: Note[] = [];

  constructor(source: string, settings: ReadSettings) {
    this.lines = source.split('\n');
    this.settings = settings;
  }

  /** `isSetting`: the row sets something that may be a secret by its name. */
  refuse(
    line: number,
    message: string,
    suggestion: string | null = null,
    { isSetting = false } = {},
  ): void {
    const text = this.lines[line - 1]?.trim() ?? '';
    this.#refused.push({
      line,
      text: withoutSecrets(text, isSetting ? 'quote' : 'log'),
      message: withoutSecrets(message, 'log'),
      suggestion: suggestion === null ? null : withoutSecrets(suggestion, 'log'),
    });
  }

  note(line: number, text: string): void {
    this.#notes.push({ line, text: withoutSecrets(text, 'log') });
  }

  /** A channel by name or address. */
  channel(text: string, line: number): void {
    if (text.trim() === NO_DEFAULTS) return;
    const name = this.#configuredAt(text) ?? channelName(text);
    if (name === null) {
      this.refuse(
        line,
        `\`${printable(text)}\` is not the name of a channel.`,
        'Name a channel such as `conda-forge`; addresses are configured by the operator.',
      );
    } else if (this.#isConfigured(name, line)) this.#channels.add(name);
  }

  /** A spec as conda writes it. */
  spec(text: string, line: number): void {
    try {
      this.addSpec(parseSpec(addressAsName(text)), line);
    } catch (error) {
      this.#refuseError(error, line);
    }
  }

  addSpec(spec: Spec, line: number): void {
    if (spec.channel !== null && !this.#isConfigured(spec.channel, line)) return;
    const before = this.#specs.get(spec.name);
    const joined = before ? joinSpecs(before, spec) : spec;
    if (isTooLong(joined?.version)) this.#refuseOften(spec.name, line);
    else if (joined !== null) this.#specs.set(spec.name, joined);
    else {
      this.refuse(
        line,
        `\`${formatSpec(spec)}\` contradicts \`${formatSpec(before as Spec)}\`, which stands before it.`,
        'Keep one of the two.',
      );
    }
  }

  /** A requirement of pip; whether its marker holds is known when the whole file is read. */
  pip(requirement: PipRequirement, line: number): void {
    if (requirement.name === 'python') {
      const version = condaVersion(requirement.specifier) ?? '';
      this.refuse(
        line,
        '`python` is not a package that pip can install.',
        `Ask conda for it: \`python${version}\`.`,
      );
      return;
    }
    this.#pip.push({ requirement, line });
  }

  /** What `read` throws for a row is refused; defects are not. */
  attempt(line: number, read: () => void): void {
    try {
      read();
    } catch (error) {
      this.#refuseError(error, line);
    }
  }

  /** A package of a lock by its address; one for another platform is refused. */
  package(url: string, digests: { sha256: string | null; md5: string | null }, line: number): void {
    const address = packageAddress(url);
    const configured = address && this.#configuredAt(address.url);
    const channel = configured ?? address?.channel ?? null;
    const { platform } = this.settings;
    if (url.startsWith('file:') && configured === null) {
      this.refuse(
        line,
        `\`${printable(url)}\` is a path on the machine the list was made on.`,
        'Name the package with its version, as a channel has it.',
      );
    } else if (address === null || channel === null) {
      this.refuse(
        line,
        `\`${printable(url)}\` is not the address of a conda package.`,
        'Addresses look like `https://conda.anaconda.org/conda-forge/linux-64/NAME-VERSION-BUILD.conda`.',
      );
    } else if (address.subdir !== 'noarch' && address.subdir !== platform) {
      this.refuse(
        line,
        `\`${printable(address.name)}\` is a package for ${address.subdir}, not for ${platform}.`,
        `Make the list on a machine of ${platform}, or name the packages you need.`,
      );
    } else if (this.#packages.has(address.name)) {
      this.refuse(
        line,
        `\`${printable(address.name)}\` is in the list already.`,
        'Keep one of the two.',
      );
    } else if (this.#isConfigured(channel, line)) {
      this.attempt(line, () => {
        const { name, version, build } = address;
        const spec = parseSpec(`${name}==${version}[build=${build}]`);
        // Without a sha256 a solver looks for it; it can at least be told which bytes.
        const md5 = digests.sha256 === null ? digests.md5 : null;
        this.addSpec(md5 === null ? spec : { ...spec, md5 }, line);
        this.#packages.set(name, { ...address, channel, ...digests });
        this.#channels.add(channel);
      });
    }
  }

  /** A package of pip's in a lock: this version, and where its file is. */
  lockedPip(
    locked: { name: string; version: string; url: string | null; sha256: string | null },
    line: number,
  ): void {
    this.attempt(line, () => {
      const { name, version, url, sha256 } = locked;
      const address = url === null ? null : withoutSecrets(url, 'log');
      const hashes = sha256 === null ? [] : [`sha256:${sha256}`];
      if (address !== null && !/^https?:\/\//.test(address)) {
        this.refuse(
          line,
          `\`${printable(address)}\` is not an address that packages come from.`,
          'Install it as a project: `--project REPOSITORY@REF`, or attach a wheel.',
        );
      } else this.pip({ ...parseRequirement(`${name}==${version}`), url: address, hashes }, line);
    });
  }

  /** Throws `file-too-large` where it is more than anybody can build. */
  content(format: string): FileContent {
    const pip = this.#settledPip();
    const count = this.#specs.size + pip.length;
    if (count > MOST_PACKAGES) {
      throw userError({
        code: 'file-too-large',
        message: `The ${format} names ${count} packages; at most ${MOST_PACKAGES} are read.`,
        suggestion: 'Name those that are needed; what they need comes along.',
      });
    }
    const platform: Platform = this.settings.platform;
    return {
      format,
      name: this.name,
      channels: [...this.#channels],
      specs: [...this.#specs.values()],
      pip,
      lock: this.isLock ? { platform, packages: [...this.#packages.values()] } : null,
      refused: this.#refused.sort((left, right) => left.line - right.line),
      notes: this.#notes.sort((left, right) => left.line - right.line),
    };
  }

  /** The name of the configured channel with this address, or with one that contains it. */
  #configuredAt(text: string): string | null {
    const within = `${text.replace(/\/+$/, '')}/`;
    const found = this.settings.channels?.find(
      ({ url }) => url !== null && within.startsWith(`${url.replace(/\/+$/, '')}/`),
    );
    return found?.name ?? null;
  }

  #isConfigured(channel: string, line: number): boolean {
    const { channels } = this.settings;
    if (channels === null || channels.some(({ name }) => name === channel)) return true;
    this.refuse(
      line,
      `There is no channel \`${printable(channel)}\` configured.`,
      meantOf(
        channel,
        channels.map(({ name }) => name),
      ).suggestion,
    );
    return false;
  }

  #refuseOften(name: string, line: number): void {
    this.refuse(line, `\`${name}\` is asked for too often.`, 'Join its constraints in one row.');
  }

  #refuseError(error: unknown, line: number): void {
    if (!(error instanceof FerryError)) throw error;
    this.refuse(line, error.message, error.suggestion);
  }

  /** Markers judged, packages that conda has moved to it, and one requirement for each package. */
  #settledPip(): PipRequirement[] {
    const pythons = pythonsOf(this.#specs.get('python')?.version ?? null);
    const settled = new Map<string, PipRequirement>();
    for (const { requirement, line } of this.#pip) {
      const { name, marker } = requirement;
      const isWanted = marker === null || holds(marker, this.settings.platform, pythons);
      if (isWanted === false) {
        this.note(
          line,
          `\`${name}\` is left out: \`${printable(marker ?? '')}\` does not hold here.`,
        );
        continue;
      }
      const here = isWanted === true ? { ...requirement, marker: null } : requirement;
      if (!this.#movedToConda(here, line)) this.#settle(settled, here, line);
    }
    return [...settled.values()];
  }

  #settle(settled: Map<string, PipRequirement>, requirement: PipRequirement, line: number): void {
    const { name, marker } = requirement;
    const key = JSON.stringify([name, marker]);
    const before = settled.get(key);
    if (before === undefined) {
      settled.set(key, requirement);
      return;
    }
    const joined = joinRequirements(before, requirement);
    if (isTooLong(joined?.specifier)) this.#refuseOften(name, line);
    else if (joined !== null) settled.set(key, joined);
    else {
      this.refuse(
        line,
        `\`${name}${requirement.specifier ?? ''}\` contradicts \`${name}${before.specifier ?? ''}\`, which stands before it.`,
        'Keep one of the two.',
      );
    }
  }

  /** Only what is the same package there: an extra or an address names something else. */
  #movedToConda({ name, extras, specifier, marker, url }: PipRequirement, line: number): boolean {
    const { has } = this.settings;
    if (has === null || extras.length > 0 || marker !== null || url !== null) return false;
    const conda = condaName(name, has);
    if (conda === null) return false;
    this.spec(`${conda}${condaVersion(specifier) ?? ''}`, line);
    return true;
  }
}

/** `https://conda.anaconda.org/conda-forge::numpy` as `conda-forge::numpy`. */
function addressAsName(text: string): string {
  const [, address, rest] = /^(https?:\/\/\S+?)::(.*)$/s.exec(text) ?? [];
  const channel = address === undefined ? null : channelName(address);
  return channel === null ? text : `${channel}::${rest}`;
}

function isTooLong(constraint: string | null | undefined): boolean {
  return (constraint?.length ?? 0) > LONGEST_CONSTRAINT;
}
