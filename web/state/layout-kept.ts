import { createContext } from 'react';
import type { Pins } from '../model/layout.js';
import type { Slots } from '../model/slots.js';

/** Where machines and pods were put. */
export interface PlacesKept {
  readonly pins: Pins;
  readonly slots: Slots;
}

/**
 * The places of the drawing that is shown, so that the same picture can be made elsewhere. Where a recording is played
 * they are there before anything is drawn.
 */
export const LayoutKept = createContext<{ current: PlacesKept | undefined }>({
  current: undefined,
});
