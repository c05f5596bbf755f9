import 'react';

declare module 'react' {
  interface CSSProperties {
    /** Variables of the style sheets. */
    readonly [name: `--${string}`]: string | number | undefined;
  }
}
