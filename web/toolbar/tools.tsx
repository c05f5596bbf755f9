import type { ComponentType } from 'react';
import { StatesButton } from '../act/states-button.js';
import { UndoButton } from '../act/undo-button.js';
import { HelpButton } from '../keys/help-button.js';
import { useKeys } from '../keys/use-keys.js';
import { usePage } from '../page.js';
import { ShareMenu } from '../trace/share-menu.js';
import { TrafficSwitch } from '../traffic/traffic-switch.js';
import { Clock } from './clock.js';
import { ThemeMenu } from './theme-menu.js';
import { TOOLBAR } from './words.js';

/**
 * What stands in the toolbar, group by group, in this order. A new tool is one component more in a list: it takes
 * what it needs of the page with `usePage()` and needs no change elsewhere. `watch` is for switches of what is
 * watched (live traffic); overlays of the graph have their menu in the stage bar, predict mode its switch in the player.
 */
export const TOOLS: Readonly<Record<keyof typeof TOOLBAR.groups, readonly ComponentType[]>> = {
  time: [Clock],
  watch: [TrafficSwitch],
  act: [ApplyButton, UndoButton, StatesButton],
  share: [ShareMenu],
  view: [ThemeMenu, HelpButton],
};

function ApplyButton() {
  const { openEditor } = usePage();
  useKeys('page', { apply: openEditor });
  return (
    <button type="button" className="primary" onClick={openEditor}>
      {TOOLBAR.apply}
    </button>
  );
}
