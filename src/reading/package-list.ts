import { printable } from '../domain/names.ts';
import { normalName } from '../domain/pip.ts';
import type { Rows } from './rows.ts';

const EXPORTED = /^([A-Za-z0-9_][\w.-]*)=([^=\s]+)=([^=\s]+)$/;
const TABLE = /^([A-Za-z0-9_][\w.-]*)\s+(\S+)\s+(\S+)(?:\s+(\S+))?$/;

/** Comments, and what stands around the rows where mamba writes them. */
export const FRAME = /^(?:#|List of packages in|Name\s+Version\s+Build\b|[─-]{3,})/;

/** `conda list --export`, `name=version=build`, and the columns of `conda list` itself. */
export function readPackageList(rows: Rows): void {
  for (const [index, typed] of rows.lines.entries()) {
    const line = index + 1;
    const text = typed.trim();
    const platform = /^#\s*platform:\s*(\S+)/.exec(text)?.[1];
    if (platform !== undefined && platform !== rows.settings.platform) {
      rows.refuse(
        line,
        `The list is for ${printable(platform)}, not for ${rows.settings.platform}: its builds are not there.`,
        'Name the packages with their versions alone: `conda env export --no-builds`.',
      );
      return;
    }
    if (text !== '' && !FRAME.test(text)) readRow(rows, text, line);
  }
}

function readRow(rows: Rows, text: string, line: number): void {
  const match = EXPORTED.exec(text) ?? TABLE.exec(text);
  if (!match) {
    // A row without its build is a spec as any.
    rows.spec(text, line);
    return;
  }
  const [, name = '', version = '', build = '', channel] = match;
  if (channel === 'pypi' || /^(?:pypi_\d+|<pip>)$/.test(build)) {
    rows.attempt(line, () =>
      rows.pip(
        {
          ...{ name: normalName(name), extras: [], specifier: `==${version}` },
          ...{ marker: null, url: null, hashes: [] },
        },
        line,
      ),
    );
  } else {
    rows.spec(`${channel ? `${channel}::` : ''}${name}=${version}=${build}`, line);
  }
}
