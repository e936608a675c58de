// Usage: how much, how well, how quick, by provider, model, client and hour; what it would have cost; how far the free
// allowance is used.
import { useMemo, useState } from 'preact/hooks';
import { ask, query } from '../api';
import { hourOf, kNone, milliseconds, money, number, percent } from '../format';
import { Act, Empty, Field, Figure, Input, Problem, Section, Select } from '../parts/basic';
import type { ChartProperties, Line } from '../parts/chart';
import { save } from '../parts/download';
import { lazy } from '../parts/lazy';
import { Table, sorted, type Column, type Sorting } from '../parts/table';
import { keep, kept } from '../state/choices';
import { now } from '../state/clock';
import { useData } from '../state/data';
import { to } from '../state/route';
import { t } from '../strings';
import type { Measure, Pool, Usage as UsageRow } from '../types';

const Chart = lazy<ChartProperties>(() => import('../parts/chart').then((made) => made.Chart));

const kHour = 3600;
const kSpans = { day: 24 * kHour, week: 7 * 24 * kHour, month: 30 * 24 * kHour };
type Span = keyof typeof kSpans;
type By = 'provider' | 'model' | 'client' | 'hour';

const fromOf = (span: Span) => new Date(Math.floor(now.peek() / 1000 / kHour) * kHour * 1000 - (kSpans[span] - kHour) * 1000).toISOString();

interface Told {
  measures: Measure[];
  complete: boolean;
}

const sum = (rows: UsageRow[], of: (row: UsageRow) => number) => rows.reduce((all, row) => all + of(row), 0);

// How many of the tokens are of models whose price is known; null of no tokens.
const pricedShare = (rows: UsageRow[]) => {
  const all = sum(rows, (row) => row.prompt_tokens + row.completion_tokens);
  return all ? 1 - sum(rows, (row) => row.unpriced_tokens) / all : null;
};

// Every hour of the span (every day of a long one) that was, also those in which nothing happened.
function overTime(rows: UsageRow[], measures: Measure[], span: Span) {
  const step = span === 'month' ? 24 * kHour : kHour;
  const last = Math.floor(now.peek() / 1000 / step) * step;
  const first = Math.floor(Date.parse(fromOf(span)) / 1000 / step) * step;
  const times: number[] = [];
  for (let at = first; at <= last; at += step) times.push(at);
  const place = (time: string | undefined) => (time ? Math.floor((Date.parse(time) / 1000 - first) / step) : -1);
  const zeros = () => times.map(() => 0);
  const all = zeros(), bad = zeros(), both = zeros(), completion = zeros();
  for (const row of rows) {
    const at = place(row.time);
    if (at < 0 || at >= times.length) continue;
    all[at] += row.requests;
    bad[at] += row.failed + row.broken;
    both[at] += row.prompt_tokens + row.completion_tokens;
    completion[at] += row.completion_tokens;
  }
  const middle: (number | null)[] = times.map(() => null), high: (number | null)[] = times.map(() => null);
  for (const row of measures) {
    const at = place(row.time);
    if (at < 0 || at >= times.length) continue;
    middle[at] = row.ttft_p50_ms;
    high[at] = row.ttft_p95_ms;
  }
  return { step, times, all, bad, both, completion, middle, high };
}

const Charts = ({ rows, measures, span }: { rows: UsageRow[]; measures: Measure[]; span: Span }) => {
  const words = t().usage;
  const made = useMemo(() => {
    const { step, times, all, bad, both, completion, middle, high } = overTime(rows, measures, span);
    const plain = (value: number | null) => number(value);
    const line = (name: string, values: (number | null)[], show: Line['show'], ink: Line['ink']): Line => ({ name, values, show, ink });
    return {
      step, times,
      requests: [line(words.allRequests, all, plain, 'ink-1'), line(words.failed, bad, plain, 'ink-2')],
      tokens: [line(words.allTokens, both, plain, 'ink-1'), line(words.completion, completion, plain, 'ink-3')],
      first: [line(words.p50, middle, milliseconds, 'ink-1'), line(words.p95, high, milliseconds, 'ink-3')],
      measured: middle.some((one) => one !== null),
    };
  }, [rows, measures, span, t()]);
  const each = span === 'month' ? words.eachDay : words.eachHour;
  return (
    <div class="split">
      <figure><figcaption>{words.requestsOver(each)}</figcaption><Chart label={words.requestsOver(each)} times={made.times} lines={made.requests} step={made.step} bars /></figure>
      <figure><figcaption>{words.tokensOver(each)}</figcaption><Chart label={words.tokensOver(each)} times={made.times} lines={made.tokens} step={made.step} bars /></figure>
      {made.measured && span !== 'month' && <figure><figcaption>{words.firstOver}</figcaption><Chart label={words.firstOver} times={made.times} lines={made.first} step={made.step} /></figure>}
    </div>
  );
};

// What a thing used, with how it went; the two come from two tables of the store.
interface Row extends UsageRow {
  name: string;
  measure: Measure | undefined;
}

const nameOf = (row: { provider?: string | null; model?: string | null; client?: string | null; time?: string }, by: By) =>
  by === 'hour' ? row.time : by === 'model' ? (row.provider ? `${row.provider}/${row.model}` : null) : row[by];
const groupsOf = (by: By) => (by === 'model' ? 'provider,model' : by);

const ByThing = ({ span }: { span: Span }) => {
  const [by, setBy] = useState<By>('provider');
  const [sorting, setSorting] = useState<Sorting>({ by: t().common.requests, down: true });
  const words = t().usage;
  const usage = useData<{ usage: UsageRow[] }>(`usage ${span} ${by}`, ['request'], 60, () => `usage${query({ by: groupsOf(by), from: fromOf(span) })}`);
  const measures = useData<Told>(`measures ${span} ${by}`, ['request'], 60, () => `measures${query({ by: groupsOf(by), from: fromOf(span) })}`);
  const found = new Map((measures.data.value?.measures ?? []).map((one) => [nameOf(one, by), one]));
  const all = (usage.data.value?.usage ?? []).map((one): Row => {
    const name = nameOf(one, by) ?? null;
    return { ...one, name: name ?? words.nobody, measure: found.get(name) };
  });
  const columns: Column<Row>[] = [
    { name: by === 'hour' ? words.hour : t().common[by], wide: true, order: (row) => row.name, cell: (row) => <span class={by === 'model' ? 'mono' : undefined}>{by === 'hour' ? hourOf(new Date(row.name)) : row.name}</span> },
    { name: t().common.requests, end: true, order: (row) => row.requests, cell: (row) => number(row.requests) },
    { name: words.success, end: true, order: (row) => row.measure?.success ?? null, cell: (row) => percent(row.measure?.success) },
    { name: words.attempts, end: true, order: (row) => row.attempts, cell: (row) => <>{number(row.attempts)}{row.failed_attempts > 0 && <small>{words.failedOf(number(row.failed_attempts))}</small>}</> },
    { name: words.first50, end: true, order: (row) => row.measure?.ttft_p50_ms ?? null, cell: (row) => milliseconds(row.measure?.ttft_p50_ms) },
    { name: words.first95, end: true, order: (row) => row.measure?.ttft_p95_ms ?? null, cell: (row) => milliseconds(row.measure?.ttft_p95_ms) },
    { name: words.total50, end: true, order: (row) => row.measure?.total_p50_ms ?? null, cell: (row) => milliseconds(row.measure?.total_p50_ms) },
    { name: words.total95, end: true, order: (row) => row.measure?.total_p95_ms ?? null, cell: (row) => milliseconds(row.measure?.total_p95_ms) },
    { name: words.prompt, end: true, order: (row) => row.prompt_tokens, cell: (row) => number(row.prompt_tokens) },
    { name: words.completion, end: true, order: (row) => row.completion_tokens, cell: (row) => number(row.completion_tokens) },
    { name: words.wouldCost, end: true, order: (row) => row.cost_usd, cell: (row) => <>{money(row.cost_usd)}{row.cost_usd !== null && row.unpriced_tokens > 0 && <small>{words.pricedPart(percent(pricedShare([row])))}</small>}</> },
  ];
  const csv = async (what: 'usage' | 'measures') =>
    save(await (await ask('GET', `${what}${query({ by: groupsOf(by), from: fromOf(span), format: 'csv' })}`)).text(), `freeway-${what}-${by}.csv`, 'text/csv');
  return (
    <Section title={words.byWhat} aside={
      <>
        <Select<By> label={words.byWhat} value={by} onPick={setBy} options={[['provider', t().common.provider], ['model', t().common.model], ['client', t().common.client], ['hour', words.hour]]} />
        <Act run={() => csv('usage')}>{words.csvUsage}</Act>
        <Act run={() => csv('measures')}>{words.csvMeasures}</Act>
      </>
    }>
      <Problem>{usage.problem.value ?? measures.problem.value}</Problem>
      {measures.data.value && !measures.data.value.complete && <p class="quiet">{words.incomplete}</p>}
      {all.length === 0 ? <p class="quiet">{usage.data.value ? words.nothing : t().common.loading}</p>
        : <Table label={words.byWhat} rows={sorted(all, columns, sorting)} id={(row) => row.name} columns={columns} sorting={sorting} onSort={setSorting} />}
    </Section>
  );
};

// Per provider: what today's own windows (of a day) have given, against what they allow.
const Utilisation = () => {
  const pools = useData<{ pools: Pool[] }>('pools', ['request'], 30);
  const words = t().usage;
  const daily = (pools.data.value?.pools ?? []).filter((one) => one.limit && /\bday\b/.test(one.window) && one.used > 0);
  const rows = daily.map((one) => ({ ...one, share: one.used / one.limit! })).sort((a, b) => b.share - a.share);
  return (
    <Section title={words.allowance} aside={words.allowanceNote}>
      {rows.length === 0 ? <p class="quiet">{pools.data.value ? words.allowanceNone : t().common.loading}</p> : (
        <Table label={words.allowance} rows={rows} id={(row) => row.name} columns={[
          { name: t().pools.pool, wide: true, cell: (row) => <>{row.provider}{row.model ? `/${row.model}` : ''} <small>{row.key} · {row.pool} · {row.window}</small></> },
          { name: words.utilised, end: true, cell: (row) => percent(row.share) },
          { name: t().pools.used, end: true, cell: (row) => <>{t().common.of(number(row.used), number(row.limit))}<small>{(t().pools.units as Record<string, string>)[row.unit] ?? row.unit}</small></> },
        ]} />
      )}
    </Section>
  );
};

const rate = (text: string) => {
  const value = Number(text.replace(',', '.'));
  return text.trim() && Number.isFinite(value) && value >= 0 ? value : null;
};
// What all of it would have cost: by the providers' list prices, and by prices of one's own.
const Saved = ({ rows, prompt, completion }: { rows: UsageRow[]; prompt: number; completion: number }) => {
  const [input, setInput] = useState(kept('price.input') ?? '');
  const [output, setOutput] = useState(kept('price.output') ?? '');
  const words = t().usage;
  const share = pricedShare(rows);
  const priced = rows.filter((row) => row.cost_usd !== null);
  const rates = [rate(input), rate(output)];
  const worth = rates[0] !== null && rates[1] !== null ? (prompt * rates[0] + completion * rates[1]) / 1e6 : null;
  const set = (name: string, then: (text: string) => void) => (text: string) => { then(text); keep(name, text); };
  return (
    <Section title={words.cost}>
      <div class="stack">
        {priced.length === 0 ? <p class="quiet">{words.listNone}</p>
          : <dl class="facts"><Figure name={words.wouldCost} note={words.listNote(percent(share))}>{money(sum(priced, (row) => row.cost_usd ?? 0))}</Figure></dl>}
        <p class="quiet">{words.costNote}</p>
        <div class="fields">
          <Field label={words.priceIn}><Input inputMode="decimal" placeholder="0.00" value={input} onText={set('price.input', setInput)} /></Field>
          <Field label={words.priceOut}><Input inputMode="decimal" placeholder="0.00" value={output} onText={set('price.output', setOutput)} /></Field>
          <dl><Figure name={words.worth} note={words.worthNote(number(prompt), number(completion))}>{worth === null ? kNone : money(worth)}</Figure></dl>
        </div>
      </div>
    </Section>
  );
};

export const Usage = () => {
  const [span, setSpan] = useState<Span>('day');
  const words = t().usage;
  const hours = useData<{ usage: UsageRow[] }>(`usage ${span} hour`, ['request'], 60, () => `usage${query({ by: 'hour', from: fromOf(span) })}`);
  const whole = useData<Told>(`measures ${span}`, ['request'], 60, () => `measures${query({ from: fromOf(span) })}`);
  const measures = useData<Told>(`measures ${span} hour`, ['request'], 60, () => `measures${query({ by: 'hour', from: fromOf(span) })}`);
  const rows = hours.data.value?.usage ?? [];
  const told = whole.data.value?.measures[0];
  const [prompt, completion] = [sum(rows, (row) => row.prompt_tokens), sum(rows, (row) => row.completion_tokens)];
  return (
    <>
      <Section title={words.span} aside={<Select<Span> label={words.span} value={span} onPick={setSpan} options={[['day', words.day], ['week', words.week], ['month', words.month]]} />}>
        <Problem retry={() => void hours.load()}>{hours.problem.value}</Problem>
        {!hours.data.value ? !hours.problem.value && <p class="quiet">{t().common.loading}</p>
          : sum(rows, (row) => row.requests + row.attempts) === 0 ? <Empty>{words.nothing} <a href={to()}>{t().nav.home}</a></Empty> : (
          <div class="stack">
            <dl class="facts">
              <Figure name={t().common.requests} note={words.ends(number(sum(rows, (row) => row.answered)), number(sum(rows, (row) => row.failed + row.broken)), number(sum(rows, (row) => row.cancelled)))}>{number(sum(rows, (row) => row.requests))}</Figure>
              <Figure name={words.success}>{percent(told?.requests ? told.success : null)}</Figure>
              <Figure name={t().common.tokens} note={words.split(number(prompt), number(completion))}>{number(prompt + completion)}</Figure>
              <Figure name={words.firstToken} note={words.p95Note(milliseconds(told?.ttft_p95_ms))}>{milliseconds(told?.ttft_p50_ms)}</Figure>
              <Figure name={words.wholeAnswer} note={words.p95Note(milliseconds(told?.total_p95_ms))}>{milliseconds(told?.total_p50_ms)}</Figure>
            </dl>
            <Charts rows={rows} measures={measures.data.value?.measures ?? []} span={span} />
          </div>
        )}
      </Section>
      <ByThing span={span} />
      <Utilisation />
      <Saved rows={rows} prompt={prompt} completion={completion} />
    </>
  );
};
