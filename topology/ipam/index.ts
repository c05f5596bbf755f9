export { Allocator, type IpamError, type Reservation } from './allocator.js';
export {
  canonicalRange,
  formatRange,
  PodCidrAllocator,
  type Range,
  type RangeConfig,
} from './ranges.js';
