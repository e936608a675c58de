// Requests as they happen, and those that ended; #/live/<id> is one of them.
import { useState } from 'preact/hooks';
import { get, piece, post, query, sentence } from '../api';
import { kNone, milliseconds, number } from '../format';
import { Act, Empty, Input, Problem, Section, Select, Time } from '../parts/basic';
import { attemptsOf, End, FlightState, RouteName, useFlights } from '../parts/request';
import { outcome } from '../parts/said';
import { Table, type Column } from '../parts/table';
import { now } from '../state/clock';
import { flights, recent } from '../state/live';
import { go, place, to } from '../state/route';
import { t } from '../strings';
import type { Flight, RequestRow } from '../types';
import { RequestPage } from './request';

export const cancel = (id: string) => post(`requests/${piece(id)}/cancel`);

const Trail = ({ flight }: { flight: Flight }) => {
  const last = flight.attempts.at(-1);
  if (!last) return <span class="quiet">{t().live.firstTry}</span>;
  return <>{t().live.tries(flight.attempts.length)} <small>{last.provider}: {outcome(last.outcome)}</small></>;
};

const InFlight = () => {
  useFlights();
  const rows = flights.value;
  const words = t().live;
  return (
    <Section title={words.inFlight} aside={number(rows.length)}>
      {rows.length === 0 ? <p class="quiet">{words.nothingInFlight}</p> : (
        <Table
          label={words.inFlight}
          rows={rows}
          id={(row) => row.id}
          onOpen={(row) => go('live', row.id)}
          columns={[
            { name: words.since, cell: (row) => <a class="figure nowrap" href={to('live', row.id)}>{milliseconds(Math.max(0, now.value - Date.parse(row.time)))}</a> },
            { name: t().common.state, cell: (row) => <FlightState flight={row} /> },
            { name: t().common.client, cell: (row) => row.client ?? kNone },
            { name: words.asked, wide: true, cell: (row) => <span class="mono">{row.asked ?? kNone}</span> },
            { name: words.route, wide: true, cell: (row) => <RouteName provider={row.provider} model={row.model} missing={kNone} /> },
            { name: words.trail, cell: (row) => <Trail flight={row} /> },
            { name: words.ttft, end: true, cell: (row) => milliseconds(row.first_content_ms) },
            { name: words.speed, end: true, cell: (row) => number(row.tokens_per_s, 1) },
            { name: t().common.tokens, end: true, cell: (row) => number(row.tokens) },
            { name: t().common.cancel, end: true, cell: (row) => <Act run={() => cancel(row.id)}>{t().common.cancel}</Act> },
          ]}
        />
      )}
    </Section>
  );
};

export function requestColumns(): Column<RequestRow>[] {
  const words = t().live;
  return [
    { name: t().common.time, cell: (row) => <a class="nowrap" href={to('live', row.id)}><Time at={row.time} /></a> },
    { name: words.end, cell: (row) => <End row={row} /> },
    { name: t().common.client, cell: (row) => row.client ?? kNone },
    { name: words.asked, wide: true, cell: (row) => <span class="mono">{row.asked ?? kNone}</span> },
    { name: words.route, wide: true, cell: (row) => <RouteName provider={row.provider} model={row.model} /> },
    { name: words.attempts, end: true, cell: (row) => number(attemptsOf(row)) },
    { name: words.ttft, end: true, cell: (row) => milliseconds(row.first_content_ms) },
    { name: words.total, end: true, cell: (row) => milliseconds(row.total_ms) },
    { name: t().common.tokens, end: true, cell: (row) => <span title={words.tokensTitle}>{number(row.tokens?.prompt ?? row.prompt_tokens ?? 0)} + {number(row.tokens?.completion ?? row.completion_tokens ?? 0)}</span> },
  ];
}

const Ended = () => {
  const [text, setText] = useState('');
  const [end, setEnd] = useState<'' | RequestRow['end']>('');
  const [still, setStill] = useState<RequestRow[] | null>(null);
  const [older, setOlder] = useState<RequestRow[]>([]);
  const [next, setNext] = useState<string | null | undefined>(undefined);
  const [problem, setProblem] = useState<string | null>(null);
  const words = t().live;
  const newest = still ?? recent.value;
  const seen = new Set(newest.map((one) => one.id));
  const all = [...newest, ...older.filter((one) => !seen.has(one.id))];
  const rows = all.filter((one) => (!end || one.end === end) && (!text || [one.id, one.client, one.asked, one.provider, one.model].join(' ').toLowerCase().includes(text.toLowerCase())));
  const more = async () => {
    try {
      // The first older pages overlap what is shown; the cursor is the log's. On to one that has something new.
      const shown = new Set(all.map((one) => one.id));
      let cursor = next ?? null;
      let fresh: RequestRow[];
      do {
        const page = await get<{ requests: RequestRow[]; next: string | null }>(`requests${query({ limit: 200, before: cursor, end })}`);
        fresh = page.requests.filter((one) => !shown.has(one.id));
        cursor = page.next;
      } while (fresh.length === 0 && cursor !== null);
      setOlder((before) => [...before, ...fresh]);
      setNext(cursor);
      setProblem(null);
    } catch (error) {
      setProblem(sentence(error));
    }
  };
  return (
    <Section title={words.ended} aside={<button class="small" aria-pressed={still !== null} onClick={() => setStill(still ? null : recent.value)}>{still ? words.follow : words.hold}</button>}>
      <div class="tools">
        <Input type="search" aria-label={t().common.search} placeholder={words.search} value={text} onText={setText} />
        <Select label={words.end} value={end} onPick={(value) => { setEnd(value); setOlder([]); setNext(undefined); }}
          options={[['', words.anyEnd], ...(['answered', 'failed', 'broken', 'cancelled'] as const).map((one): [RequestRow['end'], string] => [one, t().request.ends[one]])]} />
      </div>
      <Problem>{problem}</Problem>
      {all.length === 0 ? <Empty>{words.nothingEnded} <a href={to()}>{t().nav.home}</a></Empty>
        : rows.length === 0 ? <p class="quiet">{words.noMatch}</p>
        : <Table label={words.ended} rows={rows} id={(row) => row.id} onOpen={(row) => go('live', row.id)} columns={requestColumns()} />}
      {next !== null && all.length >= 100 && <div class="actions below"><Act run={more}>{words.older}</Act></div>}
    </Section>
  );
};

export const Live = () => {
  const id = place.value.path[1];
  if (id) return <RequestPage key={id} id={id} />;
  return (
    <>
      <InFlight />
      <Ended />
    </>
  );
};
