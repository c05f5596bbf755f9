import { useMemo } from 'react';
import type { PictureField } from '../../server/contract/journey.js';
import type { Frame } from '../model/playback.js';
import { usePage } from '../page.js';
import { PacketView } from './packet-panel.js';
import { type StepPacketsState, useStepPackets } from './use-step-packets.js';
import { COMPARE, PACKET } from './words.js';

/** A step of one of the two traces; no frame where it has none. */
interface End {
  readonly id: string;
  readonly frame: Frame | undefined;
}

interface Props {
  readonly left: End;
  readonly right: End;
  readonly onClose: () => void;
}

/** Fields that are another from packet to packet by chance or by counting: their difference says nothing. */
const CHANCE: ReadonlySet<string> = new Set([
  'identification',
  'header checksum',
  'checksum',
  'sequence number',
  'acknowledgment number',
  'option timestamps',
  'identifier',
]);

/** The first of Linux's ephemeral ports, net.ipv4.ip_local_port_range. */
const FIRST_EPHEMERAL = 32768;

function isChance({ name, value }: PictureField, other: string): boolean {
  if (CHANCE.has(name)) return true;
  return (
    name.endsWith('port') && Number(value) >= FIRST_EPHEMERAL && Number(other) >= FIRST_EPHEMERAL
  );
}

/** Headers and octets of two packets at the same step, side by side. */
export function ComparePackets({ left, right, onClose }: Props) {
  const { store } = usePage();
  const leftState = useStepPackets(store, left.id, left.frame);
  const rightState = useStepPackets(store, right.id, right.frame);
  const sides = useMemo(
    () =>
      [
        { key: 'left', end: left, state: leftState, other: rightState, word: COMPARE.otherRight },
        { key: 'right', end: right, state: rightState, other: leftState, word: COMPARE.otherLeft },
      ] as const,
    [left, right, leftState, rightState],
  );
  const both = left.frame !== undefined && right.frame !== undefined;
  return (
    <section className="compare-packets" aria-label={PACKET.title}>
      {sides.map(({ key, end, state, other, word }) => (
        <div key={key}>
          {end.frame === undefined ? (
            <p className="muted">{COMPARE.missing}</p>
          ) : (
            <>
              <p className="muted">
                {end.frame.hop.place} · {end.frame.step.component} {end.frame.step.action}
              </p>
              <Side state={state} other={both ? other : {}} word={word} />
            </>
          )}
        </div>
      ))}
      <button type="button" className="quiet" title={COMPARE.closeOctets} onClick={onClose}>
        ✕
      </button>
    </section>
  );
}

interface SideProps {
  readonly state: StepPacketsState;
  readonly other: StepPacketsState;
  readonly word: string;
}

function Side({ state: { packets, error }, other, word }: SideProps) {
  const words = useMemo(() => ({ alone: COMPARE.alone, other: `${word}:` }), [word]);
  if (packets === undefined)
    return <p className={error === undefined ? 'muted' : 'error'}>{error ?? PACKET.loading}</p>;
  return (
    <PacketView
      shown={packets.after}
      other={other.packets?.after}
      words={words}
      isChance={isChance}
    />
  );
}
