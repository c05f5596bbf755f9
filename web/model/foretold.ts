/** What a dry run would do to things that are there, by vertex id. */
export type Foretold = ReadonlyMap<string, 'configured' | 'deleted'>;
