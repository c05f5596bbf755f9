import type { NftSetSpec, NftTableRef, NftThing } from '../../nft.js';
import type { NftCommand } from './commands.js';
import type { Cursor, NftError } from './cursor.js';
import type { Token } from './lexer.js';
import { type ParsedRule, parseHookSpec, parsePolicy, parseRule } from './parse-chain.js';
import type { RuleScope } from './parse-expression.js';
import { parseSet } from './parse-set.js';

/** What a block needs of the text around it. */
export interface Surroundings {
  readonly problems: NftError[];
  scope(ref: NftTableRef): RuleScope;
  /** Remembers a set that the text declares. */
  declare(ref: NftTableRef, set: NftSetSpec): void;
}

/** The body of `table FAMILY NAME { ... }`, taken apart into commands. */
export class TableBlock {
  readonly chains: NftCommand[] = [];
  readonly sets: NftCommand[] = [];
  readonly rules: NftCommand[] = [];
  private readonly cursor: Cursor;
  private readonly ref: NftTableRef;
  private readonly around: Surroundings;

  constructor(cursor: Cursor, ref: NftTableRef, around: Surroundings) {
    this.cursor = cursor;
    this.ref = ref;
    this.around = around;
  }

  read(): { readonly comment: string | undefined; readonly dormant: boolean } {
    const { cursor } = this;
    let comment: string | undefined;
    let dormant = false;
    cursor.expect('{');
    cursor.skipSeparators();
    while (!cursor.is('}')) {
      if (cursor.skip('comment')) comment = cursor.name().text;
      else if (cursor.skip('flags')) {
        cursor.expect('dormant');
        dormant = true;
      } else if (cursor.skip('chain')) this.chain();
      else if (cursor.is('set') || cursor.is('map'))
        this.set(cursor.take().text === 'map' ? 'map' : 'set');
      else cursor.unexpected();
      if (!cursor.ended) cursor.unexpected();
      cursor.skipSeparators();
    }
    cursor.expect('}');
    return { comment, dormant };
  }

  private chain(): void {
    const name = this.cursor.name();
    const body = readChainBody(this.around.scope(this.ref), this.around.problems);
    this.chains.push({
      kind: 'change',
      verb: 'add',
      thing: { what: 'chain', ...this.ref, chain: name.text, ...body.spec },
      at: { whole: name.at, chain: name.at },
    });
    for (const rule of body.rules) this.rules.push(addRule(this.ref, name, rule));
  }

  private set(kind: 'set' | 'map'): void {
    const name = this.cursor.name();
    const place = { kind, family: this.ref.family, at: name.at };
    const { set, elements, spans } = parseSet(this.cursor, name.text, place);
    this.around.declare(this.ref, set);
    const at = { whole: name.at, set: name.at };
    this.sets.push({ kind: 'change', verb: 'add', thing: { what: 'set', ...this.ref, set }, at });
    if (elements.length === 0) return;
    const thing = { what: 'element', ...this.ref, set: set.name, elements } as const;
    this.sets.push({ kind: 'change', verb: 'add', thing, at: { ...at, elements: spans } });
  }
}

/** The command that adds a rule of a block. */
export function addRule(
  ref: NftTableRef,
  name: Token,
  { rule, spans, at }: ParsedRule,
): NftCommand {
  return {
    kind: 'change',
    verb: 'add',
    thing: { what: 'rule', ...ref, chain: name.text, rule },
    at: { whole: at, statements: spans },
  };
}

type ChainSpec = Pick<Extract<NftThing, { readonly what: 'chain' }>, 'base' | 'comment'>;

/** Reads the body of a chain: its hook, its comment and its rules. */
export function readChainBody(
  scope: RuleScope,
  problems: NftError[],
): { spec: ChainSpec; rules: readonly ParsedRule[] } {
  const { cursor, family } = scope;
  let spec: ChainSpec = {};
  const rules: ParsedRule[] = [];
  cursor.expect('{');
  cursor.skipSeparators();
  while (!cursor.is('}')) {
    if (cursor.is('type')) spec = { ...spec, base: parseHookSpec(cursor, family) };
    else if (cursor.is('policy')) {
      const at = cursor.peek.at;
      const policy = parsePolicy(cursor);
      if (spec.base === undefined) return cursor.fail('Policy is only for base chains', at);
      spec = { ...spec, base: { ...spec.base, policy } };
    } else if (cursor.is('comment') && rules.length === 0) {
      cursor.take();
      spec = { ...spec, comment: cursor.name().text };
    } else cursor.attempt(problems, () => rules.push(parseRule(scope)));
    if (!cursor.ended || cursor.is('}')) cursor.unexpected('newline or semicolon');
    cursor.skipSeparators();
  }
  cursor.expect('}');
  return { spec, rules };
}
