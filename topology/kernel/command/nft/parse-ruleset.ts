import { fail, ok, type Result } from '../../../base/index.js';
import type { NftFamily, NftSetSpec, NftTableRef, NftThing, NftVerb } from '../../nft.js';
import { NFT_FAMILIES } from '../../nft.js';
import type { NftCommand, NftKnown, NftSpans } from './commands.js';
import { Cursor, type NftError, NftSyntaxError, spanning } from './cursor.js';
import { type Span, type Token, tokenize } from './lexer.js';
import { parseRule } from './parse-chain.js';
import type { RuleScope } from './parse-expression.js';
import { checkIntervals, parseSet } from './parse-set.js';
import { addRule, readChainBody, type Surroundings, TableBlock } from './parse-table.js';
import { parseElements } from './parse-value.js';
import { SetScope } from './set-scope.js';

/**
 * Reads nft's text: `nft -f FILE`, or the words of a command line joined by spaces. Fails with one error of form, or
 * with all parts that make no sense.
 *
 * Fidelity: nft goes on after an error of form and may find more of them.
 */
export function parseNft(
  text: string,
  known?: NftKnown,
): Result<readonly NftCommand[], readonly NftError[]> {
  const reader = new Reader(new Cursor(tokenize(text)), known);
  try {
    const commands = reader.run();
    return reader.problems.length === 0 ? ok(commands) : fail(reader.problems);
  } catch (thrown) {
    if (thrown instanceof NftSyntaxError) return fail([thrown.error]);
    throw thrown;
  }
}

const VERBS: readonly NftVerb[] = [
  'add',
  'create',
  'insert',
  'replace',
  'delete',
  'destroy',
  'flush',
  'rename',
];

class Reader implements Surroundings {
  private readonly cursor: Cursor;
  private readonly commands: NftCommand[] = [];
  private readonly sets: SetScope;
  readonly problems: NftError[] = [];

  constructor(cursor: Cursor, known: NftKnown | undefined) {
    this.cursor = cursor;
    this.sets = new SetScope(known);
  }

  run(): readonly NftCommand[] {
    const { cursor } = this;
    cursor.skipSeparators();
    while (cursor.peek.kind !== 'end') {
      const before = this.commands.length;
      cursor.attempt(this.problems, () => this.statement());
      this.stretchTo(cursor.peek.at, before);
      if (!cursor.ended || cursor.is('}')) {
        cursor.unexpected('end of file or newline or semicolon');
      }
      cursor.skipSeparators();
    }
    this.problems.push(...this.sets.missing());
    return this.commands.map((command) => this.sets.grown(command));
  }

  /** A command of its own reaches to the end of its line, which nft counts as a part of it. */
  private stretchTo(end: Span, index: number): void {
    const command = this.commands[index];
    if (command === undefined || this.commands.length !== index + 1) return;
    const at = { ...command.at, whole: spanning(command.at.whole, end) };
    this.commands[index] = { ...command, at };
  }

  private statement(): void {
    const { cursor } = this;
    const from = cursor.peek.at;
    if (cursor.is('define') || cursor.is('redefine')) this.define();
    else if (cursor.skip('undefine')) cursor.undefine(cursor.name().text);
    else if (cursor.is('include')) cursor.fail('include is not modelled by podnet', from);
    else if (cursor.skip('list')) this.list(from);
    else {
      const verb = VERBS.find((name) => cursor.is(name));
      if (verb !== undefined) cursor.take();
      this.object(verb, from);
    }
  }

  private define(): void {
    const { cursor } = this;
    cursor.take();
    const name = cursor.name().text;
    cursor.expect('=');
    const tokens: Token[] = [];
    for (let depth = 0; ; ) {
      const { kind, text } = cursor.peek;
      if (kind === 'end' || (depth === 0 && (kind === 'newline' || text === ';'))) break;
      if (text === '{') depth++;
      if (text === '}') depth--;
      const token = cursor.take();
      if (token.kind !== 'newline') tokens.push(token);
    }
    cursor.define(name, tokens);
  }

  /** A thing after its verb; without a verb things are added. */
  private object(verb: NftVerb | undefined, from: Span): void {
    const { cursor } = this;
    const word = cursor.peek.text;
    switch (word) {
      case 'table':
        cursor.take();
        this.table(verb ?? 'add', from);
        return;
      case 'chain':
        cursor.take();
        this.chainCommand(verb ?? 'add', from);
        return;
      case 'rule':
        cursor.take();
        this.ruleCommand(verb ?? 'add', from);
        return;
      case 'set':
      case 'map':
        cursor.take();
        this.setCommand(verb ?? 'add', from, word);
        return;
      case 'element':
        cursor.take();
        this.elementCommand(verb ?? 'add', from);
        return;
      case 'ruleset': {
        if (verb !== 'flush') cursor.unexpected();
        cursor.take();
        const family = this.optionalFamily();
        this.change(
          'flush',
          { what: 'ruleset', ...(family === undefined ? {} : { family }) },
          { whole: from },
        );
        return;
      }
      case 'counter':
      case 'quota':
      case 'limit':
      case 'flowtable':
      case 'secmark':
      case 'synproxy':
        cursor.fail(`${word} objects are not modelled by podnet`, cursor.peek.at);
        return;
      default:
        // `add ip t c accept` adds a rule; a word that no command begins with is taken for that too.
        if (verb === undefined && this.peekFamily() === undefined && cursor.peek.kind === 'word') {
          cursor.take();
          cursor.unexpected('string');
        }
        this.ruleCommand(verb ?? 'add', from);
    }
  }

  private table(verb: NftVerb, from: Span): void {
    const { cursor } = this;
    if (verb === 'delete' && cursor.ahead(1).text === 'handle') {
      const family = this.optionalFamily() ?? 'ip';
      cursor.take();
      const handle = cursor.number();
      this.change(
        'delete',
        { what: 'table', family, table: '', handle },
        {
          whole: from,
          handle: cursor.last,
        },
      );
      return;
    }
    const { ref, at } = this.tableRef();
    const spans: NftSpans = { whole: spanning(from, cursor.last), table: at };
    if (!cursor.is('{')) {
      this.change(verb, { what: 'table', ...ref }, spans);
      return;
    }
    const block = new TableBlock(this.cursor, ref, this);
    const { comment, dormant } = block.read();
    this.change(
      verb,
      {
        what: 'table',
        ...ref,
        ...(comment === undefined ? {} : { comment }),
        ...(dormant ? { dormant } : {}),
      },
      spans,
    );
    // As nft sends it: what rules refer to comes before the rules.
    for (const command of [...block.chains, ...block.sets, ...block.rules]) {
      this.commands.push(command);
    }
  }

  private chainCommand(verb: NftVerb, from: Span): void {
    const { cursor } = this;
    const { ref, at } = this.tableRef();
    const name = cursor.name();
    const spans = { table: at, chain: name.at };
    if (verb === 'rename') {
      const to = cursor.name().text;
      this.change(verb, { what: 'chain', ...ref, chain: name.text, to }, { whole: from, ...spans });
      return;
    }
    if (!cursor.is('{')) {
      this.change(
        verb,
        { what: 'chain', ...ref, chain: name.text },
        {
          whole: spanning(from, cursor.last),
          ...spans,
        },
      );
      return;
    }
    const body = readChainBody(this.scope(ref), this.problems);
    const whole = spanning(from, cursor.last);
    this.change(
      verb,
      { what: 'chain', ...ref, chain: name.text, ...body.spec },
      { whole, ...spans },
    );
    for (const rule of body.rules) this.commands.push(addRule(ref, name, rule));
  }

  private ruleCommand(verb: NftVerb, from: Span): void {
    const { cursor } = this;
    const { ref, at } = this.tableRef();
    const name = cursor.name();
    const spans = { table: at, chain: name.at };
    let place: { handle?: number; index?: number } = {};
    let handleAt: Span | undefined;
    if (cursor.skip('handle') || cursor.skip('position')) {
      place = { handle: cursor.number() };
      handleAt = cursor.last;
    } else if (cursor.skip('index')) place = { index: cursor.number() };
    const where = handleAt === undefined ? {} : { handle: handleAt };
    const thing = { what: 'rule', ...ref, chain: name.text, ...place } as const;
    if (verb === 'delete' || verb === 'destroy') {
      if (place.handle === undefined) cursor.unexpected('handle');
      this.change(verb, thing, { whole: spanning(from, cursor.last), ...spans, ...where });
      return;
    }
    const parsed = parseRule(this.scope(ref));
    this.change(
      verb,
      { ...thing, rule: parsed.rule },
      {
        whole: spanning(from, cursor.last),
        ...spans,
        ...where,
        statements: parsed.spans,
      },
    );
  }

  private setCommand(verb: NftVerb, from: Span, kind: 'set' | 'map'): void {
    const { cursor } = this;
    const { ref, at } = this.tableRef();
    const name = cursor.name();
    const spans = { whole: spanning(from, name.at), table: at, set: name.at };
    if (!cursor.is('{')) {
      if (verb === 'add' || verb === 'create') cursor.unexpected("'{'");
      const set: NftSetSpec = { name: name.text, key: [], flags: [] };
      this.change(verb, { what: 'set', ...ref, set }, spans);
      return;
    }
    const parsed = parseSet(cursor, name.text, { kind, family: ref.family, at: name.at });
    this.declare(ref, parsed.set);
    this.change(verb, { what: 'set', ...ref, set: parsed.set }, spans);
    if (parsed.elements.length === 0) return;
    const thing = { what: 'element', ...ref, set: name.text, elements: parsed.elements } as const;
    this.change('add', thing, { ...spans, elements: parsed.spans });
  }

  private elementCommand(verb: NftVerb, from: Span): void {
    const { cursor } = this;
    const { ref, at } = this.tableRef();
    const name = cursor.name();
    const set = this.sets.find(ref, name.text) ?? cursor.fail('No such file or directory', name.at);
    const elements: Span[] = [];
    const written = parseElements(cursor, set.key, set.data, elements);
    checkIntervals(cursor, {
      flags: set.flags,
      autoMerge: set.autoMerge === true,
      elements: written,
      spans: elements,
    });
    const whole = spanning(from, cursor.last);
    const thing = { what: 'element', ...ref, set: name.text, elements: written } as const;
    this.change(verb, thing, { whole, table: at, set: name.at, elements });
  }

  private list(from: Span): void {
    const { cursor } = this;
    const word = cursor.peek;
    const plural = (['ruleset', 'tables', 'chains', 'sets', 'maps'] as const).find((name) =>
      cursor.is(name),
    );
    if (plural !== undefined) {
      cursor.take();
      const family = this.optionalFamily();
      const listing = { what: plural, ...(family === undefined ? {} : { family }) };
      this.commands.push({ kind: 'list', listing, at: { whole: spanning(from, cursor.last) } });
      return;
    }
    const single =
      (['table', 'chain', 'set', 'map'] as const).find((name) => name === word.text) ??
      cursor.unexpected();
    cursor.take();
    const { ref, at } = this.tableRef();
    const name = single === 'table' ? undefined : cursor.name();
    const part =
      name === undefined ? {} : single === 'chain' ? { chain: name.at } : { set: name.at };
    this.commands.push({
      kind: 'list',
      listing: { what: single, ...ref, ...(name === undefined ? {} : { name: name.text }) },
      at: { whole: spanning(from, cursor.last), table: at, ...part },
    });
  }

  private tableRef(): { readonly ref: NftTableRef; readonly at: Span } {
    const family = this.optionalFamily() ?? 'ip';
    const name = this.cursor.name();
    return { ref: { family, table: name.text }, at: name.at };
  }

  private peekFamily(): NftFamily | undefined {
    const { kind, text } = this.cursor.peek;
    return kind === 'word' ? NFT_FAMILIES.find((family) => family === text) : undefined;
  }

  private optionalFamily(): NftFamily | undefined {
    const family = this.peekFamily();
    if (family !== undefined) this.cursor.take();
    return family;
  }

  private change(verb: NftVerb, thing: NftThing, at: NftSpans): void {
    this.commands.push({ kind: 'change', verb, thing, at });
  }

  /** What a rule of a table may refer to. */
  scope(ref: NftTableRef): RuleScope {
    return {
      cursor: this.cursor,
      family: ref.family,
      noteSet: (name, at, grows) => this.sets.use({ table: ref, name, at, grows }),
      findSet: (name) => this.sets.find(ref, name),
    };
  }

  /** Remembers a set that the text declares. */
  declare(ref: NftTableRef, set: NftSetSpec): void {
    this.sets.declare(ref, set);
  }
}
