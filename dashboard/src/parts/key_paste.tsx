// Paste anything with keys in it: what each line is, what it unlocks, and then, checked at once, that it was added.
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, post, sentence } from '../api';
import { number } from '../format';
import { t } from '../strings';
import type { PreviewRow, Status } from '../types';
import { Act, Badge, Problem, Select, type Tone } from './basic';
import { Table } from './table';
import { say } from './toast';

interface Added {
  id: string;
  provider: string;
  name: string;
  hint: string;
  check: string | { result: string; message: string | null } | null;
}
interface Outcome {
  added: Added[];
  refused: { line: number; message: string }[];
}

const kTones: Record<PreviewRow['state'], Tone> = { new: 'good', known: 'quiet', doubtful: 'warn', unknown: 'warn', bad: 'bad' };
// Whose these are, a person has to say.
const unsure = (one: PreviewRow) => one.state === 'doubtful' || one.state === 'unknown';
const resultOf = (check: Added['check']) => (check && typeof check === 'object' ? check.result : check);

const Done = ({ outcome }: { outcome: Outcome }) => {
  const words = t().paste;
  return (
    <div class="stack" role="status">
      <ul>
        {outcome.added.map((one) => {
          const result = resultOf(one.check);
          return (
            <li key={one.id} class="row">
              <Badge tone={result === 'valid' ? 'good' : result === 'invalid' ? 'bad' : 'quiet'}>{one.provider} {one.name}</Badge>
              <span class="mono quiet">{one.hint}</span>
              <span>{result ? ((words.checks as Record<string, string>)[result] ?? result) : words.added}</span>
              {result !== 'valid' && one.check && typeof one.check === 'object' && one.check.message && <small>{one.check.message}</small>}
            </li>
          );
        })}
        {outcome.refused.map((one) => <li key={one.line}><Badge tone="bad">{words.line(one.line)}</Badge> {one.message}</li>)}
      </ul>
    </div>
  );
};

// Those that it may be come first.
function likely(providers: [string, string][], rows: PreviewRow[]): [string, string][] {
  const guessed = new Set(rows.flatMap((row) => row.candidates ?? []));
  return [...providers].sort((a, b) => Number(guessed.has(b[0])) - Number(guessed.has(a[0])));
}

export const KeyPaste = ({ onAdded }: { onAdded?: () => void }) => {
  const [text, setText] = useState('');
  const [rows, setRows] = useState<PreviewRow[]>([]);
  const [skipped, setSkipped] = useState<Set<number>>(new Set());
  const [passed, setPassed] = useState<{ line: number; message: string }[]>([]);
  const [provider, setProvider] = useState('');
  const [providers, setProviders] = useState<[string, string][]>([]);
  const [problem, setProblem] = useState<string | null>(null);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const turn = useRef(0);
  const words = t().paste;

  useEffect(() => {
    const mine = ++turn.current;
    if (!text.trim()) {
      setRows([]);
      setPassed([]);
      setProblem(null);
      return;
    }
    const timer = setTimeout(async () => {
      try {
        const { rows, passed_over } = await post<{ rows: PreviewRow[]; passed_over?: { line: number; message: string }[] }>('keys/preview', { text });
        if (mine !== turn.current) return;
        setRows(rows);
        setPassed(passed_over ?? []);
        setProblem(null);
        if (rows.some(unsure)) {
          const { providers } = await get<Status>('status');
          setProviders(providers.map((one): [string, string] => [one.id, one.name ?? one.id]).sort((a, b) => a[1].localeCompare(b[1])));
        }
      } catch (error) {
        if (mine === turn.current) setProblem(sentence(error));
      }
    }, 250);
    return () => clearTimeout(timer);
  }, [text]);

  const takes = (one: PreviewRow) => one.state === 'new' || (unsure(one) && provider !== '');
  const going = rows.filter((one) => takes(one) && !skipped.has(one.line));
  const add = async () => {
    const skip = rows.filter((one) => !going.includes(one)).map((one) => one.line);
    const made = await post<Outcome>('keys/import', { text, check: true, skip, ...(provider ? { provider } : {}) });
    // What was refused stays to be mended, and is told by the lines that it has then.
    const stay = [...new Set(made.refused.map((one) => one.line))].sort((a, b) => a - b);
    setOutcome({ ...made, refused: made.refused.map((one) => ({ ...one, line: stay.indexOf(one.line) + 1 })) });
    setText(text.split('\n').filter((_, at) => stay.includes(at + 1)).join('\n'));
    setRows([]);
    setSkipped(new Set());
    if (made.added.length) say(words.count(made.added.length));
    onAdded?.();
  };
  const flip = (line: number) => {
    const next = new Set(skipped);
    if (!next.delete(line)) next.add(line);
    setSkipped(next);
  };
  return (
    <div class="stack">
      <label class="field">
        <span>{words.label}</span>
        <textarea
          rows={4} spellcheck={false} autocomplete="off" autocapitalize="off" dir="ltr" placeholder={words.hint} value={text}
          onInput={(event) => { setText(event.currentTarget.value); setOutcome(null); }}
          onDragOver={(event) => event.preventDefault()}
          onDrop={async (event) => {
            const file = event.dataTransfer?.files[0];
            if (!file) return;
            event.preventDefault();
            setText(await file.text());
          }}
        />
      </label>
      <Problem>{problem}</Problem>
      {rows.length > 0 && (
        <Table
          label={words.found}
          rows={rows}
          id={(row) => `${row.line} ${row.hint}`}
          mark={(row) => (takes(row) && !skipped.has(row.line) ? undefined : 'off')}
          columns={[
            { name: words.take, cell: (row) => <input type="checkbox" aria-label={words.takeLine(row.line)} disabled={!takes(row)} checked={takes(row) && !skipped.has(row.line)} onChange={() => flip(row.line)} /> },
            { name: t().common.provider, cell: (row) => (unsure(row) ? <Select label={t().common.provider} value={provider} options={[['', words.choose], ...likely(providers, rows)]} onPick={setProvider} /> : (row.provider ?? '–')) },
            { name: t().common.key, cell: (row) => <><span class="mono">{row.hint}</span>{row.name && <small>{row.name}</small>}</> },
            { name: t().common.state, cell: (row) => <><Badge tone={kTones[row.state]}>{words.states[row.state]}</Badge>{row.message && <small>{row.message}</small>}</> },
            {
              name: words.unlocks, wide: true,
              cell: (row) => (row.unlocks.length ? <details><summary>{words.models(number(row.unlocks.length), row.unlocks.length)}</summary><span class="mono">{row.unlocks.join(', ')}</span></details> : null),
            },
          ]}
        />
      )}
      {passed.length > 0 && <ul class="quiet">{passed.map((one) => <li key={one.line}>{words.line(one.line)}: {one.message}</li>)}</ul>}
      {rows.length > 0 && <div class="actions"><Act class="main" run={add} disabled={going.length === 0}>{words.add(going.length)}</Act></div>}
      {outcome && <Done outcome={outcome} />}
    </div>
  );
};
