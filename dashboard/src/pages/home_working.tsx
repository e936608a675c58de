// Is it working: who serves now, how the last 15 minutes went, the last failure with its reason.
import { get, piece, query } from '../api';
import { milliseconds, number, percent } from '../format';
import { Badge, Countdown, Figure, Section, Time, type Tone } from '../parts/basic';
import { outcome } from '../parts/request';
import { Table } from '../parts/table';
import { now } from '../state/clock';
import { useData } from '../state/data';
import { listen, recent } from '../state/live';
import { to } from '../state/route';
import { t } from '../strings';
import type { Measure, Provider, RequestDetail, RequestRow, Status } from '../types';
import { useEffect, useState } from 'preact/hooks';

const kSpan = 15 * 60 * 1000;
export const measured = (parameters: Record<string, string>) => `measures${query(parameters)}`;
const lately = () => measured({ from: new Date(now.peek() - kSpan).toISOString() });

export const providerTone: Record<Provider['state'], Tone> = { serving: 'good', benched: 'warn', out_of_quota: 'warn', no_key: 'quiet', idle: 'quiet' };

// The newest request that failed. With a filter a page of the log may hold nothing and still have a next one.
async function lastFailure(): Promise<RequestDetail | null> {
  const found: RequestRow[] = [];
  for (const end of ['failed', 'broken']) {
    let before: string | null = null;
    for (let pages = 0; pages < 5; pages++) {
      const page: { requests: RequestRow[]; next: string | null } = await get(`requests${query({ end, limit: 1, before })}`);
      if (page.requests[0]) {
        found.push(page.requests[0]);
        break;
      }
      if (!page.next) break;
      before = page.next;
    }
  }
  const newest = found.sort((a, b) => (a.time < b.time ? 1 : -1))[0];
  return newest ? get<RequestDetail>(`requests/${piece(newest.id)}`) : null;
}

function useLastFailure() {
  const [failure, setFailure] = useState<RequestDetail | null>(null);
  useEffect(() => {
    let here = true;
    const look = () => lastFailure().then((one) => here && setFailure(one)).catch(() => {});
    void look();
    // The record is written a moment after the event.
    const stop = listen((name, data) => void (name === 'request' && (data.end === 'failed' || data.end === 'broken') && setTimeout(look, 1500)));
    return () => { here = false; stop(); };
  }, []);
  return failure;
}

const Failure = ({ one }: { one: RequestDetail }) => {
  const last = one.attempts.at(-1);
  const why = last ? `${last.provider}: ${last.evidence ?? outcome(last.outcome)}` : t().home.refused(one.status ?? 0);
  return (
    <div class="row">
      <Badge tone="bad">{t().home.lastFailure}</Badge>
      <a href={to('live', one.id)}><Time at={one.time} /></a>
      <span class="grow">{why}</span>
    </div>
  );
};

const used = (one: Provider) => one.state !== 'no_key' && one.state !== 'idle';

export const Working = ({ status }: { status: Status }) => {
  const measures = useData<{ measures: Measure[] }>('measures 15 min', ['request'], 30, lately);
  const failure = useLastFailure();
  const words = t().home;
  const known = status.providers.filter(used);
  const serving = known.filter((one) => one.state === 'serving').length;
  const sum = measures.data.value?.measures[0];
  const good = status.state === 'ready' && serving > 0;
  const verdict = status.state === 'draining' ? words.draining : known.length === 0 ? words.noProvider : serving ? words.serving(serving, known.length) : words.notServing;
  return (
    <Section title={words.working}>
      <div class="stack">
        <p class="verdict"><Badge tone={good ? 'good' : 'bad'}>{verdict}</Badge></p>
        <dl class="facts">
          <Figure name={words.success} note={sum?.requests ? words.successNote(number(sum.answered), number(sum.requests)) : words.noRequests}>
            {percent(sum?.requests ? sum.success : null)}
          </Figure>
          <Figure name={words.ttft} note={sum?.ttft_p50_ms == null ? words.ttftNone : words.ttftNote(milliseconds(sum.ttft_p95_ms))}>
            {milliseconds(sum?.ttft_p50_ms)}
          </Figure>
          <Figure name={words.openRoutes} note={words.routesNote(status.routes.benched, status.routes.out_of_quota)}>
            {t().common.of(number(status.routes.open), number(status.routes.total))}
          </Figure>
          <Figure name={words.inFlight} note={words.waiting(status.waiting)}>
            <a href={to('live')}>{number(status.requests_in_flight)}</a>
          </Figure>
        </dl>
        {failure ? <Failure one={failure} /> : recent.value.length > 0 && <p class="quiet">{words.lastFailure}: {words.noFailure}</p>}
        {known.length > 0 && (
          <details>
            <summary>{words.providers(known.length)}</summary>
            <Table
              label={words.providers(known.length)}
              rows={known}
              id={(row) => row.id}
              columns={[
                { name: t().common.provider, cell: (row) => <span title={row.id}>{row.name ?? row.id}</span> },
                { name: t().common.state, cell: (row) => <Badge tone={providerTone[row.state]}>{t().providerState[row.state]}</Badge> },
                { name: words.open, end: true, cell: (row) => t().common.of(number(row.open), number(row.routes)) },
                { name: words.why, wide: true, cell: (row) => row.why },
                { name: words.until, end: true, cell: (row) => (row.until ? <Countdown until={row.until} /> : null) },
              ]}
            />
          </details>
        )}
      </div>
    </Section>
  );
};
