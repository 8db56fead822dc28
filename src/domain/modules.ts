/** A package with the paths in a prefix that its record lists. */
export interface PackageFiles {
  name: string;
  files: readonly string[];
}

const MODULE = /site-packages\/([A-Za-z_][A-Za-z0-9_]*)(?:\/__init__\.py|\.py|(?:\.[^/]+)?\.so)$/;

/** As many modules of a package as are told. */
const MOST_TOLD = 5;

/**
 * What can be imported of a package: what lies directly in site-packages. One with no module of its
 * own to import, such as python itself, has none.
 */
export function modulesIn(files: readonly string[]): string[] {
  return allModules(files)
    .filter((name) => !name.startsWith('__'))
    .slice(0, MOST_TOLD);
}

/** Module → the packages that have it. */
export function packagesByModule(packages: readonly PackageFiles[]): Record<string, string[]> {
  const modules = new Map<string, string[]>();
  for (const { name, files } of packages) {
    for (const module of allModules(files).filter((each) => !each.startsWith('_'))) {
      modules.set(module, [...(modules.get(module) ?? []), name]);
    }
  }
  return Object.fromEntries(modules);
}

function allModules(files: readonly string[]): string[] {
  return [...new Set(files.flatMap((file) => MODULE.exec(file)?.[1] ?? []))];
}
