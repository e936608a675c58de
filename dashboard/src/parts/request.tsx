// How a request went: its end, its ladder of attempts, the plan that they followed.
import { useEffect } from 'preact/hooks';
import { milliseconds, number } from '../format';
import { refreshFlights } from '../state/live';
import { t } from '../strings';
import type { Attempt, Flight, Plan, RequestRow } from '../types';
import { Badge, Code, Countdown, type Tone } from './basic';
import { clause, outcome, reason } from './said';
import { Table } from './table';

export const RouteName = ({ provider, model, missing }: { provider: string | null; model: string | null; missing?: string }) =>
  provider ? <span class="mono" dir="ltr">{provider}/{model}</span> : <span class="quiet">{missing ?? t().request.nobody}</span>;

const kEnds: Record<RequestRow['end'], Tone> = { answered: 'good', failed: 'bad', broken: 'bad', cancelled: 'quiet' };
export const End = ({ row }: { row: RequestRow }) => (
  <Badge tone={kEnds[row.end]} title={row.error ?? row.error_code ?? undefined}>{t().request.ends[row.end]}{row.status && row.status !== 200 ? ` ${row.status}` : ''}</Badge>
);
export const FlightState = ({ flight }: { flight: Flight }) => <Badge tone="busy">{t().request.states[flight.state]}</Badge>;

export const attemptsOf = (row: RequestRow) => (Array.isArray(row.attempts) ? row.attempts.length : row.attempts);

// Asks each second what no event tells, as long as somebody looks.
export function useFlights(looking = true) {
  useEffect(() => {
    if (!looking) return;
    const timer = setInterval(() => document.hidden || void refreshFlights().catch(() => {}), 1000);
    return () => clearInterval(timer);
  }, [looking]);
}

// A flight's attempts: those that ended, then the one that is under way since.
export function trail({ attempts, provider, model, key, state }: Flight): Attempt[] {
  if (!provider || !model || (state !== 'asking' && state !== 'answering')) return attempts;
  const started_ms = Math.max(0, ...attempts.map((one) => one.started_ms + (one.duration_ms ?? 0)));
  return [...attempts, { provider, model, key: key ?? '', outcome: 'running', status: null, started_ms, duration_ms: null, evidence: null }];
}

// Each attempt with when it began and how long it took, drawn on the request's own time.
export const Ladder = ({ attempts, total }: { attempts: Attempt[]; total: number }) => {
  const whole = Math.max(total, ...attempts.map((one) => one.started_ms + (one.duration_ms ?? 0)), 1);
  return (
    <ol class="ladder">
      {attempts.map((one, place) => {
        const good = one.outcome === 'answered';
        const running = one.duration_ms === null;
        const tone: Tone = running ? 'busy' : good ? 'good' : one.outcome === 'cancelled' ? 'quiet' : 'bad';
        const from = (one.started_ms / whole) * 100;
        const length = Math.max(((one.duration_ms ?? whole - one.started_ms) / whole) * 100, 0.6);
        return (
          <li key={place}>
            <span>{place + 1}.</span>
            <div class="stack tight">
              <div class="row">
                <RouteName provider={one.provider} model={one.model} />
                <span class="quiet">{one.key}</span>
                <Badge tone={tone}>{running ? t().request.running : outcome(one.outcome)}{one.status ? ` ${one.status}` : ''}</Badge>
                <span class="figure quiet">{t().request.took(milliseconds(one.started_ms), milliseconds(one.duration_ms))}</span>
              </div>
              <svg class="span" viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label={t().request.took(milliseconds(one.started_ms), milliseconds(one.duration_ms))}>
                <rect class="track" x="0" y="2.5" width="100" height="1" />
                <rect class={tone === 'quiet' ? 'track' : tone} x={from} y="0" width={length} height="6" />
              </svg>
              {one.evidence && <small class="mono">{one.evidence}</small>}
            </div>
          </li>
        );
      })}
    </ol>
  );
};

const kFirst = 10;
const Planned = ({ rows }: { rows: Plan['routes'] }) => (
  <Table
    label={t().request.planned}
    rows={rows}
    id={(row) => row.route}
    columns={[
      { name: t().request.place, cell: (row) => number(row.place) },
      { name: t().common.model, cell: (row) => <><RouteName {...row} /> <span class="quiet">{row.key}</span></> },
      { name: t().request.reasons, wide: true, cell: (row) => row.reasons.map(clause).join('; ') },
    ]}
  />
);

export const PlanView = ({ plan }: { plan: Plan }) => (
  <div class="stack">
    <p class="quiet">{t().request.planBy(plan.strategy)}</p>
    <Planned rows={plan.routes.slice(0, kFirst)} />
    {plan.routes.length > kFirst && (
      <details>
        <summary>{t().request.further(plan.routes.length - kFirst)}</summary>
        <Planned rows={plan.routes.slice(kFirst)} />
      </details>
    )}
    {plan.left_out.length > 0 && (
      <details>
        <summary>{t().request.leftOut(plan.left_out.length)}</summary>
        <Table
          label={t().request.leftOut(plan.left_out.length)}
          rows={plan.left_out}
          id={(row) => `${row.provider}/${row.model} ${row.key}`}
          columns={[
            { name: t().common.model, cell: (row) => <><RouteName {...row} /> <span class="quiet">{row.key}</span></> },
            { name: t().common.reason, wide: true, cell: (row) => reason(row) },
            { name: t().request.again, end: true, cell: (row) => (row.until ? <Countdown until={row.until} /> : null) },
          ]}
        />
      </details>
    )}
  </div>
);

export const RequestId = ({ id }: { id: string }) => <Code>{id}</Code>;
