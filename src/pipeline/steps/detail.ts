import type { Edge, Progress } from '../../domain/ports.ts';

/** What is said of each edge, beside the others. */
export function detailOf(progress: Progress): (edge: Edge) => Progress['detail'] {
  const details = new Map<string, string>();
  return (edge) => (text) => {
    details.set(edge.name, text);
    progress.detail([...details].map(([name, detail]) => `${name}: ${detail}`).join('; '));
  };
}
