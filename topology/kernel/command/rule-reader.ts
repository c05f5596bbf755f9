import { type Cidr, formatIp } from '../../addr/index.js';
import type { Match, Rule, Target } from '../ops.js';
import { ExtensionReader, inverted } from './extension.js';
import { readIfname } from './match-basic.js';
import { isEverything, parseBlock, protoOf } from './match-header.js';
import { EXTENSIONS, findMatch, PROTO_EXTENSIONS } from './parse-match.js';
import { findTarget } from './parse-target.js';
import { orderMatches } from './print-rule.js';
import type { RuleDraft } from './rule-draft.js';
import type { Words } from './words.js';

/** Protocols that a rule of ip6tables never sees, as extension headers are skipped (is_exthdr of iptables). */
const IPV6_HEADERS: ReadonlySet<number> = new Set([0, 43, 44, 51, 59, 60]);

/** Options of the header that every rule has, by long name: what follows, and the letter. */
const HEADER: Readonly<Record<string, string>> = {
  protocol: 'p',
  proto: 'p',
  source: 's',
  src: 's',
  destination: 'd',
  dst: 'd',
  'in-interface': 'i',
  'out-interface': 'o',
  fragments: 'f',
  match: 'm',
  jump: 'j',
  goto: 'g',
};

interface Side {
  readonly blocks: readonly Cidr[];
  readonly invert: boolean;
}

/** Reads one rule: its header, extensions and target (do_parse of iptables' xshared.c). */
export class RuleReader {
  /** Words printed on standard error beside a success, without the final newline. */
  readonly warnings: string[] = [];
  private readonly words: Words;
  private readonly family: 'ipv4' | 'ipv6';
  private readonly matches: ExtensionReader<readonly Match[]>[] = [];
  private target: ExtensionReader<Target | undefined> | undefined;
  private chain: { readonly name: string; readonly jump: 'jump' | 'goto' } | undefined;
  private proto: { readonly number: number; readonly invert: boolean } | undefined;
  private protoGiven = false;
  private protoLoaded = false;
  private src: Side | undefined;
  private dst: Side | undefined;
  private readonly header: Match[] = [];
  private readonly given = new Set<string>();

  constructor(words: Words, family: 'ipv4' | 'ipv6') {
    this.words = words;
    this.family = family;
  }

  /** Letters of the header options that were given. */
  get letters(): ReadonlySet<string> {
    return this.given;
  }

  /** Reads an option that was taken, by its name without dashes; false when it is none of a rule. */
  read(option: string, long: boolean, invert: boolean): boolean {
    const letter = long ? HEADER[option] : option;
    if (letter !== undefined && /^[psdiofmjg]$/.test(letter)) {
      this.readHeader(letter, invert);
      return true;
    }
    return long && this.readExtension(option, invert);
  }

  /** The rules that were written: one for each pair of the addresses given. */
  finish(): readonly Rule[] {
    const { words } = this;
    const matches = this.matches.flatMap((reader) => (words.failed ? [] : reader.finish(words)));
    const target = words.failed ? undefined : this.finishTarget();
    for (const match of matches) this.warnOfReversal(match);
    const sources = this.src?.blocks ?? [undefined];
    const destinations = this.dst?.blocks ?? [undefined];
    if ((sources.length > 1 && this.src?.invert) || (destinations.length > 1 && this.dst?.invert)) {
      const message = '! not allowed with multiple source or destination IP addresses';
      words.bad('!', message, 'one address behind !');
    }
    return sources.flatMap((src) =>
      destinations.map((dst): Rule => {
        const ends = [...side('src', src, this.src), ...side('dst', dst, this.dst)];
        const all = orderMatches([...ends, ...this.header, ...this.protoMatch(), ...matches]);
        return { matches: all, ...(target === undefined ? {} : { target }) };
      }),
    );
  }

  private warnOfReversal(match: Match): void {
    if (match.match !== 'iprange') return;
    for (const range of [match.src?.value, match.dst?.value]) {
      if (range === undefined || range.from <= range.to) continue;
      const text = `${formatIp(range.from)}-${formatIp(range.to)}`;
      this.warnings.push(`xt_iprange: range ${text} is reversed and will never match`);
    }
  }

  private protoMatch(): readonly Match[] {
    const { proto } = this;
    if (proto === undefined) return [];
    return [{ match: 'proto', proto: proto.number, ...inverted(proto.invert) }];
  }

  private finishTarget(): Target | undefined {
    if (this.target !== undefined) return this.target.finish(this.words);
    return this.chain === undefined
      ? undefined
      : { target: this.chain.jump, chain: this.chain.name };
  }

  private need(letter: string): string {
    return this.words.need(`a value behind -${letter}`, `option "-${letter}" requires an argument`);
  }

  private readHeader(letter: string, invert: boolean): void {
    const { words } = this;
    if (invert && /^[mjg]$/.test(letter)) {
      words.bad('!', `cannot have ! before -${letter}`, `no ! before -${letter}`);
      return;
    }
    if (/^[psdiof]$/.test(letter)) {
      if (this.given.has(letter)) {
        words.bad(`-${letter}`, `multiple -${letter} flags not allowed`, `one -${letter}`);
        return;
      }
      this.given.add(letter);
    }
    switch (letter) {
      case 'p':
        this.readProto(invert);
        return;
      case 's':
        this.src = this.readSide(letter, invert);
        return;
      case 'd':
        this.dst = this.readSide(letter, invert);
        return;
      case 'i':
      case 'o':
        this.readDevice(letter, invert);
        return;
      case 'f':
        if (this.family === 'ipv6') {
          words.bad('-f', "`-f' is not supported in IPv6, use -m frag instead", 'no -f');
        }
        this.header.push({ match: 'fragment', ...inverted(invert) });
        return;
      case 'm':
        this.load(this.need('m'));
        return;
      case 'j':
        this.readJump();
        return;
      default:
        this.chain = { name: this.need('g'), jump: 'goto' };
    }
  }

  private readProto(invert: boolean): void {
    const word = this.need('p');
    if (this.words.failed) return;
    const number = protoOf(word);
    if (number === undefined) {
      const expected = 'tcp, udp, icmp, sctp, all or a number to 255';
      this.words.bad(word, `unknown protocol "${word.toLowerCase()}" specified`, expected);
      return;
    }
    if (number === 0 && invert) {
      this.words.bad(word, 'rule would never match protocol', 'no ! before all');
    }
    this.protoGiven = true;
    if (this.family === 'ipv6' && !invert && IPV6_HEADERS.has(number) && number !== 0) {
      this.warnings.push(`Warning: never matched protocol: ${word}. use extension match instead.`);
    }
    if (number !== 0) this.proto = { number, invert };
  }

  private readSide(letter: string, invert: boolean): Side {
    const blocks: Cidr[] = [];
    for (const word of this.need(letter).split(',')) {
      if (this.words.failed) break;
      const block = parseBlock(word, this.family);
      if (block.ok) blocks.push(block.value);
      else {
        const near = block.error.startsWith('invalid mask') ? `${word.split('/')[1]}` : word;
        this.words.bad(near, block.error, `an address or network of ${this.family}`);
      }
    }
    return { blocks, invert };
  }

  private readDevice(letter: 'i' | 'o', invert: boolean): void {
    if (!this.words.more) this.need(letter);
    const dev = readIfname(this.words);
    if (/[/ ]/.test(dev)) {
      this.warnings.push(
        `Warning: weird character in interface \`${dev}' ('/' and ' ' are not allowed by the kernel).`,
      );
    }
    const match = letter === 'i' ? 'in' : 'out';
    if (dev !== '+' || invert) this.header.push({ match, dev, ...inverted(invert) });
  }

  private draft(): RuleDraft {
    return { family: this.family, proto: this.proto };
  }

  private load(name: string): void {
    const { words } = this;
    if (words.failed) return;
    const maker = findMatch(name, this.family);
    if (maker === 'unsupported') {
      words.unsupported(name, `one of ${EXTENSIONS.join(', ')}`);
      return;
    }
    if (maker === undefined) {
      const message = `Couldn't load match \`${name}':No such file or directory\n`;
      words.bad(name, message, `one of ${EXTENSIONS.join(', ')}`);
      return;
    }
    const reader = this;
    // What is asked of the rule is asked when an option is read: `-p` may come later.
    const draft: RuleDraft = {
      family: this.family,
      get proto() {
        return reader.draft().proto;
      },
    };
    this.matches.push(new ExtensionReader(maker(draft)));
  }

  private readJump(): void {
    const { words } = this;
    const name = this.need('j');
    if (words.failed) return;
    const maker = findTarget(name, this.family);
    if (maker === 'unsupported') {
      words.unsupported(name, 'ACCEPT, DROP, REJECT, DNAT, SNAT, MASQUERADE, MARK or a chain');
      return;
    }
    if (maker === undefined) {
      this.chain = { name, jump: 'jump' };
      this.target = undefined;
      return;
    }
    this.chain = undefined;
    const reader = this;
    const draft: RuleDraft = {
      family: this.family,
      get proto() {
        return reader.draft().proto;
      },
    };
    this.target = new ExtensionReader(maker(draft));
  }

  /** The extension named last is asked first; getopt_long takes a unique beginning for the whole. */
  private readExtension(option: string, invert: boolean): boolean {
    const readers = [
      ...(this.target === undefined ? [] : [this.target]),
      ...this.matches,
    ].reverse();
    for (const reader of readers) if (reader.read(this.words, option, invert)) return true;
    const begun = readers.flatMap((reader) =>
      [...reader.names].filter((name) => name.startsWith(option)).map((name) => ({ reader, name })),
    );
    const [only] = begun;
    if (
      only !== undefined &&
      begun.every(({ reader }) => reader === only.reader) &&
      begun.length === 1
    ) {
      return only.reader.read(this.words, only.name, invert);
    }
    return this.loadProto() && this.readExtension(option, invert);
  }

  /** `-p tcp --dport` brings the extension of the protocol with it, once. */
  private loadProto(): boolean {
    const name = PROTO_EXTENSIONS[this.proto?.number ?? -1];
    if (!this.protoGiven || this.protoLoaded || name === undefined) return false;
    const maker = findMatch(name, this.family);
    if (maker === undefined || maker === 'unsupported') return false;
    this.protoLoaded = true;
    this.load(name);
    return true;
  }
}

function side(match: 'src' | 'dst', block: Cidr | undefined, from: Side | undefined): Match[] {
  const invert = from?.invert === true;
  // 0.0.0.0/0 matches everything and iptables-save leaves it out.
  if (block === undefined || (isEverything(block) && !invert)) return [];
  return [{ match, block, ...inverted(invert) }];
}
