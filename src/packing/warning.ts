/** What somebody should know of an archive that is made all the same. */
export interface PackWarning {
  id: string;
  text: string;
  path?: string;
}
