import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { useKeys } from '../../keys/use-keys.js';
import type { AskedQuestion } from '../../state/playback.js';
import { PREDICT } from '../words.js';
import { predictions } from './predict-store.js';
import './predict.css';

/** What happens next? A question with choices; then what is true, and why. */
export function PredictCard({ asked }: { readonly asked: AskedQuestion }) {
  return <Card key={asked.question.key} asked={asked} />;
}

function Card({ asked }: { readonly asked: AskedQuestion }) {
  const { question, answer } = asked;
  const {
    mode,
    right,
    asked: total,
  } = useSyncExternalStore(predictions.subscribe, () => predictions.state);
  const isClass = mode === 'class';
  const [hands, setHands] = useState<readonly number[]>(() => question.choices.map(() => 0));
  const open = answer === undefined;
  const onward = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!open) onward.current?.focus();
  }, [open]);

  function choose(choice: number) {
    if (!open || choice >= question.choices.length) return;
    if (isClass)
      setHands((before) => before.map((count, at) => (at === choice ? count + 1 : count)));
    else asked.choose(choice);
  }
  function reveal() {
    if (!open) return;
    const all = hands.reduce((sum, count) => sum + count, 0);
    if (isClass && all > 0) predictions.score(hands[question.right] ?? 0, all);
    asked.showMe();
  }
  useKeys('player', {
    choice: ({ key }) => choose(Number(key) - 1),
    reveal,
    skip: () => {
      if (open) asked.goOn();
    },
  });

  return (
    <section className={`predict-card ${mode}`} aria-label={PREDICT.title}>
      <div className="predict-head">
        <h3>{PREDICT.title}</h3>
        <span className="predict-score">
          {total === 0
            ? isClass
              ? PREDICT.noHands
              : PREDICT.noScore
            : PREDICT.score(right, total)}
        </span>
        <span className="spacer" />
        {total === 0 ? null : (
          <button type="button" className="quiet" onClick={() => predictions.startAnew()}>
            {PREDICT.startAnew}
          </button>
        )}
      </div>
      <p className="predict-prompt">{question.prompt}</p>
      <ol className="predict-choices">
        {question.choices.map((text, index) => (
          <li key={text}>
            <Choice
              text={text}
              number={index + 1}
              state={stateOf(asked, index)}
              hands={isClass ? (hands[index] ?? 0) : undefined}
              onChoose={() => choose(index)}
            />
          </li>
        ))}
      </ol>
      <div className="predict-end" aria-live="polite">
        {open ? null : (
          <p>
            <b className={answer === question.right ? 'good' : ''}>{verdictOf(asked)}:</b>{' '}
            {question.reason}
          </p>
        )}
        <span className="spacer" />
        {open ? (
          <>
            <button type="button" onClick={asked.goOn} title={`${PREDICT.skip} (k)`}>
              {PREDICT.skip}
            </button>
            <button type="button" onClick={reveal} title={`${PREDICT.showMe} (r)`}>
              {isClass ? PREDICT.reveal : PREDICT.showMe}
            </button>
          </>
        ) : (
          <button ref={onward} type="button" className="primary" onClick={asked.goOn}>
            {PREDICT.goOn}
          </button>
        )}
      </div>
    </section>
  );
}

function verdictOf({ answer, question }: AskedQuestion): string {
  if (answer === 'shown') return PREDICT.shown;
  return answer === question.right ? PREDICT.right : PREDICT.wrong;
}

type ChoiceState = 'open' | 'true' | 'missed' | 'idle';

function stateOf({ answer, question }: AskedQuestion, index: number): ChoiceState {
  if (answer === undefined) return 'open';
  if (index === question.right) return 'true';
  return index === answer ? 'missed' : 'idle';
}

interface ChoiceProps {
  readonly text: string;
  readonly number: number;
  readonly state: ChoiceState;
  /** Of a class; undefined where one person answers. */
  readonly hands: number | undefined;
  readonly onChoose: () => void;
}

const SIGNS: Readonly<Record<ChoiceState, string>> = { open: '', true: '✔', missed: '✘', idle: '' };

function Choice({ text, number, state, hands, onChoose }: ChoiceProps) {
  const note = state === 'true' ? PREDICT.true : state === 'missed' ? PREDICT.yours : '';
  return (
    <button
      type="button"
      className={`predict-choice ${state}`}
      disabled={state !== 'open'}
      title={hands === undefined ? undefined : PREDICT.addHand(number)}
      onClick={onChoose}
    >
      <kbd>{number}</kbd>
      <span className="predict-text">{text}</span>
      {note === '' ? null : (
        <span className="predict-note">
          {SIGNS[state]} {note}
        </span>
      )}
      {hands === undefined || hands === 0 ? null : (
        <span className="predict-hands">{PREDICT.hands(hands)}</span>
      )}
    </button>
  );
}
