import type { ActRequest, ObjectName } from '../../server/contract/acting.js';
import type { FaultRequest } from '../../server/contract/live.js';

/** What can be done to the selected thing. */
export interface Actions {
  fault(request: FaultRequest): void;
  /** Answers what was wrong, or undefined when it was done. */
  act(request: ActRequest): Promise<string | undefined>;
  /** Applies an object that the page wrote; answers what was wrong. */
  create(object: object, label: string): Promise<string | undefined>;
  /** Opens the text of an object. */
  edit(target: ObjectName): void;
  chooseEnd(end: 'from' | 'to', id: string): void;
}
