// Small pieces that every page uses.
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Closed, sentence } from '../api';
import { exact, kNone, relative, span } from '../format';
import { now } from '../state/clock';
import { t } from '../strings';

export type Tone = 'good' | 'warn' | 'bad' | 'quiet' | 'busy';
const kGlyphs: Record<Tone, string> = { good: '●', warn: '▲', bad: '✕', quiet: '○', busy: '◐' };

// A state: a glyph of its own shape and a word; colour says nothing that they don't.
export const Badge = ({ tone, title, children }: { tone: Tone; title?: string; children: ComponentChildren }) => (
  <span class={`badge ${tone}`} title={title}>
    <span class="glyph" aria-hidden="true">{kGlyphs[tone]}</span>
    {children}
  </span>
);

export const Time = ({ at }: { at: string | null | undefined }) =>
  at ? <time dateTime={at} title={exact(at)}>{relative(at, now.value)}</time> : <>{kNone}</>;

// Ticks down to a time; then says that it is due.
export const Countdown = ({ until }: { until: string | null | undefined }) => {
  if (!until) return <>{kNone}</>;
  const left = (Date.parse(until) - now.value) / 1000;
  return <time class="figure" dateTime={until} title={exact(until)}>{left > 0 ? t().common.inTime(span(left)) : t().common.due}</time>;
};

export const Problem = ({ children, retry }: { children: ComponentChildren; retry?: () => void }) =>
  children ? (
    <p class="problem" role="alert">
      <span aria-hidden="true">✕ </span>
      {children}
      {retry && <> <button class="link" onClick={retry}>{t().common.retry}</button></>}
    </p>
  ) : null;

export const Empty = ({ children }: { children: ComponentChildren }) => <div class="empty">{children}</div>;

export const Section = ({ title, aside, id, children }: { title: ComponentChildren; aside?: ComponentChildren; id?: string; children: ComponentChildren }) => (
  <section id={id}>
    <header class="section">
      <h2>{title}</h2>
      {aside && <div class="aside">{aside}</div>}
    </header>
    {children}
  </section>
);

// A figure with its name, its unit and where it comes from.
export const Figure = ({ name, note, children }: { name: ComponentChildren; note?: ComponentChildren; children: ComponentChildren }) => (
  <div class="fact">
    <dt>{name}</dt>
    <dd>
      <b class="figure">{children}</b>
      {note && <small>{note}</small>}
    </dd>
  </div>
);

export const Code = ({ children }: { children: ComponentChildren }) => <code dir="ltr">{children}</code>;

export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without TLS and not on loopback a browser has no clipboard for pages; the old way works from a click. What is behind an
    // open dialog can't be selected.
    const before = document.activeElement as HTMLElement | null;
    const field = document.createElement('textarea');
    field.value = text;
    (document.querySelector('dialog[open]') ?? document.body).append(field);
    field.select();
    const done = document.activeElement === field && document.execCommand('copy');
    field.remove();
    before?.focus?.();
    return done;
  }
}

export const Copy = ({ text, label }: { text: string | (() => string); label?: string }) => {
  const [done, setDone] = useState<boolean | null>(null);
  useEffect(() => {
    if (done === null) return;
    const timer = setTimeout(() => setDone(null), 1600);
    return () => clearTimeout(timer);
  }, [done]);
  return (
    <button
      type="button"
      class="small"
      aria-live="polite"
      onClick={async () => setDone(await copy(typeof text === 'string' ? text : text()))}
    >
      {done === null ? (label ?? t().common.copy) : done ? t().common.copied : t().common.notCopied}
    </button>
  );
};

// Lines to copy, such as a command.
export const Snippet = ({ text, label }: { text: string; label?: string }) => (
  <div class="snippet">
    <pre dir="ltr" tabIndex={0} aria-label={label}>{text}</pre>
    <Copy text={text} />
  </div>
);

// Runs what takes a moment and keeps what goes wrong, to be shown beside what began it.
export function useTry() {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const here = useRef(true);
  useEffect(() => () => void (here.current = false), []);
  const attempt = async (run: () => Promise<unknown> | void, onDone?: () => void) => {
    setBusy(true);
    setProblem(null);
    try {
      await run();
      onDone?.();
    } catch (error) {
      if (here.current && !(error instanceof Closed)) setProblem(sentence(error));
    }
    if (here.current) setBusy(false);
  };
  return { busy, problem, attempt };
}

// A button whose work takes a moment: it can't be pressed twice, and what goes wrong stands beside it.
export const Act = ({
  run, children, onDone, class: kind, disabled, title,
}: { run: () => Promise<unknown>; children: ComponentChildren; onDone?: () => void; class?: string; disabled?: boolean; title?: string }) => {
  const { busy, problem, attempt } = useTry();
  return (
    <>
      <button
        type="button"
        class={kind ?? 'small'}
        disabled={busy || disabled}
        aria-busy={busy}
        title={title}
        onClick={() => void attempt(run, onDone)}
      >
        {children}
      </button>
      {problem && <span class="problem inline" role="alert">{problem}</span>}
    </>
  );
};

export const Field = ({ label, note, children }: { label: ComponentChildren; note?: ComponentChildren; children: ComponentChildren }) => (
  <label class="field">
    <span>{label}</span>
    {children}
    {note && <small>{note}</small>}
  </label>
);

type InputProperties = Omit<JSX.IntrinsicElements['input'], 'onInput' | 'value'> & { value: string; onText: (text: string) => void };
export const Input = ({ onText, ...rest }: InputProperties) => (
  <input {...(rest as object)} value={rest.value} onInput={(event) => onText((event.currentTarget as HTMLInputElement).value)} />
);

export const Select = <T extends string>({ value, options, onPick, label }: { value: T; options: [T, string][]; onPick: (value: T) => void; label: string }) => (
  <select aria-label={label} value={value} onChange={(event) => onPick((event.currentTarget as HTMLSelectElement).value as T)}>
    {options.map(([name, words]) => <option key={name} value={name} selected={name === value}>{words}</option>)}
  </select>
);

// A form whose sending takes a moment; Enter sends it.
export const Form = ({ send, label, children, class: kind }: { send: () => Promise<unknown>; label: string; children: ComponentChildren; class?: string }) => {
  const { busy, problem, attempt } = useTry();
  return (
    <form
      class={kind}
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) void attempt(send);
      }}
    >
      {children}
      <Problem>{problem}</Problem>
      <div class="actions"><button class="main" disabled={busy} aria-busy={busy}>{label}</button></div>
    </form>
  );
};
