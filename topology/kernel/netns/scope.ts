/** Scopes of routes and addresses (RT_SCOPE_*): the higher, the nearer. */
export const SCOPE = { global: 0, link: 253, host: 254 } as const;

/** A key of `SCOPE`. */
export type RouteScope = keyof typeof SCOPE;
