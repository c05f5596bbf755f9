/** What a terminal is opened in. */
export type TerminalTarget =
  | {
      readonly kind: 'container';
      readonly namespace: string;
      readonly pod: string;
      readonly container: string;
    }
  | { readonly kind: 'node'; readonly node: string };

/** The name on a terminal's tab. */
export function titleOf(target: TerminalTarget): string {
  return target.kind === 'node' ? target.node : `${target.pod}/${target.container}`;
}
