import type { ComponentProps, ReactNode } from 'react';
import type { DraftField } from './draft.js';
import { FORM } from './words.js';

type InputProps = Omit<ComponentProps<'input'>, 'name' | 'id' | 'className' | 'onChange'>;

interface Props extends InputProps {
  readonly id: string;
  readonly name: DraftField;
  readonly className: string;
  /** What is wrong with it, in words. */
  readonly error: string | undefined;
  readonly onChange: (value: string) => void;
  /** Stands beside the input. */
  readonly children?: ReactNode;
}

/** A line of the trace form: its name, what is written, and below it what is wrong with that. */
export function Field({ id, name, className, error, onChange, children, ...input }: Props) {
  const errorId = `error-${name}`;
  return (
    <div className={className}>
      <label htmlFor={id}>{FORM[name]}</label>
      <input
        id={id}
        name={name}
        autoComplete="off"
        aria-invalid={error !== undefined}
        aria-describedby={error === undefined ? undefined : errorId}
        onChange={(event) => onChange(event.target.value)}
        {...input}
      />
      {children}
      {error === undefined ? null : (
        <p className="error field-error" id={errorId} role="alert">
          {error}
        </p>
      )}
    </div>
  );
}
