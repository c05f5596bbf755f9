/** Tables and the words in them. */

export { ageOf, humanDuration } from './duration.js';
export { type PodWords, podWords } from './pod-status.js';
export {
  type IncludeObject,
  renderTable,
  type Table,
  type TableTextOptions,
  tableText,
} from './table.js';
