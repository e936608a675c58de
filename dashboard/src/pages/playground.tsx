// Several models side by side, streamed, with images and tools; each column is a conversation of its own.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Problem as Failure, sentence } from '../api';
import { chat, type Heard } from '../chat';
import { milliseconds, number } from '../format';
import { Act, Field, Input, Problem, Section } from '../parts/basic';
import { PickModel } from '../parts/pick_model';
import { recordOf } from '../parts/test_run';
import { useData } from '../state/data';
import { to } from '../state/route';
import { t } from '../strings';
import type { Model, RequestDetail } from '../types';

interface Turn {
  question: string;
  images: string[];
  heard: Heard | null;
  problem: string | null;
  record: RequestDetail | null;
}
interface Column {
  model: string;
  turns: Turn[];
}

const kMost = 4;
const kBiggest = 8 * 1024 * 1024;
const kTools = JSON.stringify([{
  type: 'function',
  function: { name: 'weather', description: 'The weather of a place', parameters: { type: 'object', properties: { place: { type: 'string' } }, required: ['place'] } },
}], null, 2);

const asUrl = (file: File) => new Promise<string>((done, failed) => {
  const reader = new FileReader();
  reader.onload = () => done(String(reader.result));
  reader.onerror = () => failed(reader.error);
  reader.readAsDataURL(file);
});

const content = ({ question, images }: Turn) =>
  images.length ? [{ type: 'text', text: question }, ...images.map((url) => ({ type: 'image_url', image_url: { url } }))] : question;

function messages(system: string, turns: Turn[]) {
  const all: object[] = system.trim() ? [{ role: 'system', content: system }] : [];
  for (const [at, turn] of turns.entries()) {
    // What failed is not asked again by the way.
    if (at < turns.length - 1 && turn.problem && !turn.heard?.text) continue;
    all.push({ role: 'user', content: content(turn) });
    if (turn.heard?.text) all.push({ role: 'assistant', content: turn.heard.text });
  }
  return all;
}

const Answer = ({ turn }: { turn: Turn }) => {
  const { heard, problem, record } = turn;
  const words = t().playground;
  return (
    <div class="stack tight">
      <p class="said question">{turn.question}</p>
      {turn.images.map((url, at) => <img key={at} class="thumb" src={url} alt={words.image(at + 1)} />)}
      {heard?.thought && <details open={!heard.text && !heard.done}><summary>{words.thinking}</summary><p class="said quiet">{heard.thought}</p></details>}
      {heard?.text && <p class="said">{heard.text}</p>}
      {heard?.calls.map((call, at) => <p key={at} class="mono said">{words.call} {call.name}({call.arguments})</p>)}
      {!problem && !heard?.text && !heard?.calls.length && <p class="quiet">{heard?.done ? t().test.empty : heard?.queued ? t().test.queued : t().test.waiting}</p>}
      <Problem>{problem}</Problem>
      {record && (
        <p class="quiet figure">
          <a href={to('live', record.id)}>{record.provider ? `${record.provider}/${record.model}` : t().request.nobody}</a>{' '}
          {record.end === 'answered' && words.figures(milliseconds(record.first_content_ms ?? record.total_ms), milliseconds(record.total_ms), number(record.tokens?.completion))}
        </p>
      )}
    </div>
  );
};

export const Playground = () => {
  const models = useData<{ models: Model[] }>('models');
  const [columns, setColumns] = useState<Column[]>([{ model: 'auto', turns: [] }]);
  const [question, setQuestion] = useState('');
  const [system, setSystem] = useState('');
  const [images, setImages] = useState<string[]>([]);
  const [tools, setTools] = useState('');
  const [temperature, setTemperature] = useState('');
  const [most, setMost] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const stop = useRef<AbortController | null>(null);
  useEffect(() => () => stop.current?.abort(), []);
  const words = t().playground;
  const ids = ['auto', ...(models.data.value?.models ?? []).filter((one) => one.kind === 'chat').map((one) => one.id)];

  // A column whose model was taken away meanwhile is not written to.
  const last = (model: string, change: Partial<Turn>) => setColumns((all) => all.map((one) => (
    one.model === model && one.turns.length ? { ...one, turns: [...one.turns.slice(0, -1), { ...one.turns.at(-1)!, ...change }] } : one)));

  const one = async (column: Column, body: Record<string, unknown>, signal: AbortSignal) => {
    let id: string | null = null;
    try {
      await chat({ ...body, model: column.model, messages: messages(system, column.turns) }, (heard) => { id = heard.id; last(column.model, { heard }); }, signal);
    } catch (error) {
      if (error instanceof Failure) id = error.request;
      last(column.model, { problem: signal.aborted ? words.stopped : sentence(error) });
    }
    if (id) last(column.model, { record: await recordOf(id) });
  };
  const send = async () => {
    setProblem(null);
    const body: Record<string, unknown> = {};
    try {
      if (tools.trim()) body.tools = JSON.parse(tools);
    } catch {
      setProblem(words.badTools);
      return;
    }
    if (temperature.trim()) body.temperature = Number(temperature);
    if (most.trim()) body.max_tokens = Number(most);
    const asked = columns.map((column) => ({ ...column, turns: [...column.turns, { question, images, heard: null, problem: null, record: null }] }));
    setColumns(asked);
    setQuestion('');
    setImages([]);
    setBusy(true);
    stop.current = new AbortController();
    await Promise.all(asked.map((column) => one(column, body, stop.current!.signal)));
    setBusy(false);
  };
  const attach = async (files: Iterable<File>) => {
    const wanted = [...files].filter((file) => file.type.startsWith('image/'));
    const big = wanted.find((file) => file.size > kBiggest);
    if (big) return setProblem(words.tooBig(big.name));
    const urls = await Promise.all(wanted.map(asUrl));
    setImages((before) => [...before, ...urls]);
  };
  return (
    <>
      <Section title={words.models} aside={<button class="small" disabled={busy} onClick={() => setColumns(columns.map(({ model }) => ({ model, turns: [] })))}>{words.anew}</button>}>
        {columns.length < kMost && <PickModel models={ids.filter((id) => !columns.some((column) => column.model === id))} label={words.addModel} button={words.add} onPick={(model) => setColumns([...columns, { model, turns: [] }])} />}
      </Section>
      <div class="columns">
        {columns.map((column) => (
          <article key={column.model} class="panel stack" aria-label={column.model}>
            <header class="row">
              <b class="mono grow" dir="ltr">{column.model}</b>
              {columns.length > 1 && <button class="small" disabled={busy} aria-label={words.away(column.model)} onClick={() => setColumns(columns.filter((other) => other !== column))}>✕</button>}
            </header>
            {column.turns.map((turn, at) => <Answer key={at} turn={turn} />)}
            {column.turns.length === 0 && <p class="quiet">{words.empty}</p>}
          </article>
        ))}
      </div>
      <form onSubmit={(event) => { event.preventDefault(); if (!busy && question.trim()) void send(); }}>
        <Field label={words.question} note={words.questionNote}>
          <textarea rows={4} required value={question} onInput={(event) => setQuestion(event.currentTarget.value)}
            onPaste={(event) => { const files = event.clipboardData?.files; if (files?.length) { event.preventDefault(); void attach(files); } }}
            onKeyDown={(event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) event.currentTarget.form!.requestSubmit(); }} />
        </Field>
        {images.length > 0 && (
          <div class="row">{images.map((url, at) => (
            <span key={at} class="row"><img class="thumb" src={url} alt={words.image(at + 1)} /> <button type="button" class="small" aria-label={words.imageAway(at + 1)} onClick={() => setImages(images.filter((_, place) => place !== at))}>✕</button></span>
          ))}</div>
        )}
        <Problem>{problem}</Problem>
        <div class="actions">
          <button class="main" disabled={busy || !question.trim()} aria-busy={busy}>{words.send(columns.length)}</button>
          {busy && <button type="button" onClick={() => stop.current?.abort()}>{words.stop}</button>}
          <label class="file">{words.attach}<input type="file" accept="image/*" multiple onChange={(event) => { void attach(event.currentTarget.files ?? []); event.currentTarget.value = ''; }} /></label>
        </div>
        <details>
          <summary>{words.more}</summary>
          <div class="stack below">
            <div class="fields">
              <Field label={words.temperature} note={words.emptyDefault}><Input type="number" min="0" max="2" step="0.1" value={temperature} onText={setTemperature} /></Field>
              <Field label={words.mostTokens} note={words.emptyDefault}><Input type="number" min="1" step="1" value={most} onText={setMost} /></Field>
            </div>
            <Field label={words.system}><textarea rows={2} value={system} onInput={(event) => setSystem(event.currentTarget.value)} /></Field>
            <Field label={words.tools} note={words.toolsNote}><textarea rows={4} spellcheck={false} dir="ltr" value={tools} onInput={(event) => setTools(event.currentTarget.value)} /></Field>
            <div class="actions"><Act run={async () => setTools(kTools)}>{words.exampleTool}</Act></div>
          </div>
        </details>
      </form>
    </>
  );
};
