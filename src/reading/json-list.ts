import { printable } from '../domain/names.ts';
import { parseRequirement } from '../domain/pip.ts';
import type { Rows } from './rows.ts';
import { isMapping } from './tables.ts';
import type { Yaml } from './yaml.ts';

/** What `conda list --json` and `pip list --format json` write: JSON is YAML, too. */
export function readJsonList(rows: Rows, yaml: Yaml): void {
  const ours = rows.settings.platform;
  for (const [index, entry] of (Array.isArray(yaml.content) ? yaml.content : []).entries()) {
    const line = yaml.lineOf([index]) ?? 1;
    const { name, version, build_string: build, channel, platform } = isMapping(entry) ? entry : {};
    if (typeof name !== 'string' || typeof version !== 'string') {
      rows.refuse(line, 'This entry is not a package with `name` and `version`.', null);
    } else if (typeof build !== 'string' || channel === 'pypi') {
      rows.attempt(line, () => rows.pip(parseRequirement(`${name}==${version}`), line));
    } else if (typeof platform === 'string' && platform !== 'noarch' && platform !== ours) {
      rows.refuse(
        line,
        `\`${printable(name)}\` is a package for ${printable(platform)}, not for ${ours}.`,
        `Name it with its version alone: \`${printable(name)}=${printable(version)}\`.`,
      );
    } else {
      const place = typeof channel === 'string' && channel !== '' ? `${channel}::` : '';
      rows.spec(`${place}${name}=${version}=${build}`, line);
    }
  }
}
