import { usePage } from '../page.js';
import { Menu } from '../panel/menu.js';
import { StatesMenu } from './states-menu.js';
import { STATES } from './words.js';

/** Opens the menu of snapshots and faults. */
export function StatesButton() {
  const { store, undo, tell } = usePage();
  return (
    <Menu button={`${STATES.button} ▾`} label={STATES.title} className="states">
      {(close) => <StatesMenu store={store} undo={undo} onTell={tell} onClose={close} />}
    </Menu>
  );
}
