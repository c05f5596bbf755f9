import { useEffect, useMemo, useRef, useState } from 'react';
import type { Journey } from '../../server/contract/journey.js';
import { type Frame, framesOf, isFailure } from '../model/playback.js';
import { type AlignedRow, type Alignment, alignTraces, partingOf } from './align.js';
import { ComparePackets } from './compare-packets.js';
import { COMPARE } from './words.js';

/** One of two traces. */
export type CompareSide = 'left' | 'right';

interface Props {
  readonly left: Journey;
  readonly right: Journey;
  readonly onlyChanges: boolean;
  readonly onGo: (side: CompareSide, frame: Frame) => void;
}

const FILTER = { shown: 'replies', rules: 'deciding' } as const;

/** The steps of two journeys beside each other; what differs first is told on top. */
export function CompareRows({ left, right, onlyChanges, onGo }: Props) {
  const list = useRef<HTMLDivElement>(null);
  const alignment = useMemo(() => alignmentOf(left, right), [left, right]);
  const { rows, first } = alignment;
  const [octetsOf, setOctets] = useState<number>();
  useEffect(() => {
    if (first !== undefined)
      list.current?.querySelector('.compare-row.first')?.scrollIntoView({ block: 'center' });
  }, [first]);

  function nextDifference(from: number) {
    const next = rows.findIndex((row, index) => index > from && row.differs);
    focusCell(list.current, next < 0 ? (first ?? 0) : next);
  }
  function onKeyDown(event: React.KeyboardEvent) {
    const cell = event.target instanceof Element ? event.target.closest('[data-row]') : null;
    const row = Number(cell?.getAttribute('data-row') ?? -1);
    if (event.key === 'n') nextDifference(row);
    else if (event.key === 'o' && row >= 0) setOctets(row === octetsOf ? undefined : row);
    else if (cell === null || !moved(list.current, cell, event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  }
  return (
    <>
      <Parting alignment={alignment} left={left} right={right} />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: arrows go from step to step, which are buttons */}
      <div ref={list} className="compare-rows" onKeyDown={onKeyDown}>
        {rows.map((row, index) =>
          onlyChanges && !row.differs ? null : (
            <Row
              // biome-ignore lint/suspicious/noArrayIndexKey: rows are made anew when the traces change
              key={index}
              row={row}
              index={index}
              first={index === first}
              entry={index === (first ?? 0)}
              open={index === octetsOf}
              onGo={onGo}
              onOctets={() => setOctets(index === octetsOf ? undefined : index)}
            />
          ),
        )}
      </div>
      {octetsOf === undefined ? null : (
        <ComparePackets
          left={{ id: left.id, frame: frameAt(rows, octetsOf, 'left') }}
          right={{ id: right.id, frame: frameAt(rows, octetsOf, 'right') }}
          onClose={() => setOctets(undefined)}
        />
      )}
    </>
  );
}

/** The step of a side at a row; where it has none, the one that it has come to by then. */
function frameAt(rows: readonly AlignedRow[], row: number, side: CompareSide): Frame | undefined {
  return rows.slice(0, row + 1).findLast((one) => one[side] !== undefined)?.[side];
}

function alignmentOf(left: Journey, right: Journey): Alignment {
  const sides = [framesOf(left, FILTER), framesOf(right, FILTER)] as const;
  const alignment = alignTraces(...sides);
  const explained = alignment.first !== undefined || left.disposition === right.disposition;
  return explained ? alignment : alignTraces(...sides, 'told');
}

interface PartingProps {
  readonly alignment: Alignment;
  readonly left: Journey;
  readonly right: Journey;
}

/** How far the traces agree, and what each does then. */
function Parting({ alignment, left, right }: PartingProps) {
  const parting = partingOf(alignment);
  if (parting === undefined) {
    const same = left.disposition === right.disposition;
    return (
      <p className={`compare-parting ${same ? 'good' : ''}`} role="status">
        {same ? `✔ ${COMPARE.same}` : COMPARE.sameSteps(left.disposition, right.disposition)}
      </p>
    );
  }
  return (
    <div className="compare-parting" role="status">
      <b>{COMPARE.parting(alignment.common)}</b>
      <span>{sentenceOf(parting.left)}</span>
      <span>{sentenceOf(parting.right)}</span>
    </div>
  );
}

function sentenceOf(frame: Frame | undefined): string {
  if (frame === undefined) return COMPARE.ends;
  const { hop, step } = frame;
  return `${isFailure(step) ? '✘ ' : ''}${hop.place}: ${step.reason}`;
}

interface RowProps {
  readonly row: AlignedRow;
  readonly index: number;
  readonly first: boolean;
  /** Tab comes here. */
  readonly entry: boolean;
  readonly open: boolean;
  readonly onGo: Props['onGo'];
  readonly onOctets: () => void;
}

function Row({ row, index, first, entry, open, onGo, onOctets }: RowProps) {
  const classes = ['compare-row'];
  if (row.differs) classes.push('differs');
  if (first) classes.push('first');
  const entered: CompareSide = row.left === undefined ? 'right' : 'left';
  const cell = (side: CompareSide) => (
    <Cell
      frame={row[side]}
      row={index}
      side={side}
      entry={entry && side === entered}
      onGo={(frame) => onGo(side, frame)}
    />
  );
  return (
    <div className={classes.join(' ')}>
      {first ? <p className="compare-mark">▼ {COMPARE.first}</p> : null}
      {cell('left')}
      <button
        type="button"
        className={open ? 'compare-octets on' : 'compare-octets'}
        aria-pressed={open}
        title={COMPARE.octetsHint}
        tabIndex={-1}
        onClick={onOctets}
      >
        {COMPARE.octets}
      </button>
      {cell('right')}
    </div>
  );
}

interface CellProps {
  readonly frame: Frame | undefined;
  readonly row: number;
  readonly side: CompareSide;
  readonly entry: boolean;
  readonly onGo: (frame: Frame) => void;
}

function Cell({ frame, row, side, entry, onGo }: CellProps) {
  if (frame === undefined) return <div className="compare-cell missing">{COMPARE.missing}</div>;
  const { hop, step } = frame;
  return (
    <button
      type="button"
      className={`compare-cell ${isFailure(step) ? 'failed' : ''}`}
      data-row={row}
      data-side={side}
      tabIndex={entry ? 0 : -1}
      title={COMPARE.go}
      onClick={() => onGo(frame)}
    >
      <span className="muted">
        {hop.direction === 'reply' ? '←' : '→'} {hop.place} · {step.component} {step.action}{' '}
        {step.device ?? ''}
      </span>
      <span>
        {isFailure(step) ? '✘ ' : ''}
        {step.reason}
      </span>
    </button>
  );
}

/** Gives the keyboard to a step; false when there is none. */
function focusCell(list: Element | null, row: number, side?: string): boolean {
  const cells = list?.querySelectorAll<HTMLElement>(`[data-row="${row}"]`) ?? [];
  const wanted = [...cells].find((cell) => cell.dataset.side === side) ?? cells[0];
  wanted?.scrollIntoView({ block: 'nearest' });
  wanted?.focus();
  return wanted !== undefined;
}

/** Moves the keyboard by arrows from step to step and from side to side; false for other keys. */
function moved(list: Element | null, cell: Element, key: string): boolean {
  const side = cell.getAttribute('data-side') ?? 'left';
  const rows = [...(list?.querySelectorAll<HTMLElement>('[data-row]') ?? [])];
  const at = Number(cell.getAttribute('data-row'));
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowRight':
      return focusCell(list, at, key === 'ArrowLeft' ? 'left' : 'right');
    case 'ArrowDown': {
      const next = rows.find((one) => Number(one.dataset.row) > at);
      return focusCell(list, Number(next?.dataset.row ?? at), side);
    }
    case 'ArrowUp': {
      const before = rows.findLast((one) => Number(one.dataset.row) < at);
      return focusCell(list, Number(before?.dataset.row ?? at), side);
    }
    default:
      return false;
  }
}
