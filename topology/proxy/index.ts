export { createProxy, type Proxy, type ProxyOptions } from './proxy.js';
export {
  type ProxyEndpoint,
  type ProxyService,
  type ProxyServicePort,
  serviceKey,
} from './service.js';
