export { createProxy, type ProxyOptions, type ServiceProxy } from './proxy.js';
export {
  type ProxyEndpoint,
  type ProxyService,
  type ProxyServicePort,
  serviceKey,
} from './service.js';
