export { type Allocation, Allocator, type Holder } from './allocator.js';
export {
  HostLocal,
  type HostLocalConfig,
  type HostLocalRequest,
  type IpamAddress,
  type IpamError,
  type IpamRoute,
} from './host-local.js';
export {
  canonicalRange,
  canonicalSet,
  formatRange,
  PodCidrAllocator,
  type Range,
  type RangeConfig,
} from './ranges.js';
export { type Reservation, ReservationStore } from './store.js';
