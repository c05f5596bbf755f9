import { fail, ok, type Result } from '../../../base/index.js';
import type { NftChainView, NftTableView } from '../../nft.js';
import type { NftListing } from './commands.js';
import {
  type NftPrintOptions,
  printChain,
  printNftTable,
  printSetBlock,
  printTableBlock,
} from './print-ruleset.js';

/** What `nft list` prints of the present tables. Fails with the part that is not there. */
export function listNft(
  tables: readonly NftTableView[],
  listing: NftListing,
  options: NftPrintOptions = {},
): Result<string, 'table' | 'chain' | 'set'> {
  const { family } = listing;
  const shown = tables.filter((table) => family === undefined || table.family === family);
  switch (listing.what) {
    case 'ruleset':
      return ok(shown.map((table) => printNftTable(table, options)).join(''));
    case 'tables':
      return ok(shown.map((table) => `table ${table.family} ${table.name}\n`).join(''));
    case 'chains':
      return ok(shown.map((table) => declaredChains(table, options)).join(''));
    case 'sets':
    case 'maps': {
      const maps = listing.what === 'maps';
      return ok(shown.map((table) => setsOf(table, maps, options)).join(''));
    }
    default:
      return listOne(
        shown.find(({ name }) => name === listing.table),
        listing,
        options,
      );
  }
}

function listOne(
  table: NftTableView | undefined,
  { what, name }: NftListing,
  options: NftPrintOptions,
): Result<string, 'table' | 'chain' | 'set'> {
  if (what === 'table')
    return table === undefined ? fail('table') : ok(printNftTable(table, options));
  if (what === 'chain') {
    const chain = table?.chains.find((each) => each.name === name);
    if (table === undefined || chain === undefined)
      return fail(table === undefined ? 'table' : 'chain');
    return ok(printTableBlock(table, [printChain(chain, table.family, options)]));
  }
  const set = table?.sets.find(
    ({ spec }) => spec.name === name && (spec.data === undefined) === (what === 'set'),
  );
  if (table === undefined || set === undefined) return fail(table === undefined ? 'table' : 'set');
  return ok(printTableBlock(table, [printSetBlock(set, options)]));
}

/** Chains without their rules. */
function declaredChains(table: NftTableView, options: NftPrintOptions): string {
  const bare = (chain: NftChainView): NftChainView => ({ ...chain, rules: [] });
  const chains = table.chains.map((chain) => printChain(bare(chain), table.family, options));
  return printTableBlock(table, chains);
}

function setsOf(table: NftTableView, maps: boolean, options: NftPrintOptions): string {
  const sets = table.sets.filter(({ spec }) => (spec.data !== undefined) === maps);
  return printTableBlock(
    table,
    sets.map((set) => printSetBlock(set, options)),
  );
}
