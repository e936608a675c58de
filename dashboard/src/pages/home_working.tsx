// Is it working: who serves now, how the last 15 minutes went, the last failure with its reason.
import { clock, milliseconds, number, percent } from '../format';
import { Badge, Countdown, Figure, Section, Time, type Tone } from '../parts/basic';
import { why } from '../parts/said';
import { Table } from '../parts/table';
import { line } from '../state/live';
import { to } from '../state/route';
import { t } from '../strings';
import type { Provider, Status } from '../types';

export const providerTone: Record<Provider['state'], Tone> = { serving: 'good', benched: 'warn', out_of_quota: 'warn', no_key: 'quiet', idle: 'quiet' };

const Failure = ({ one }: { one: NonNullable<NonNullable<Status['recent']>['last_failure']> }) => (
  <div class="row">
    <Badge tone="bad">{t().home.lastFailure}</Badge>
    <a href={to('live', one.id)}><Time at={one.time} /></a>
    <span class="grow">
      <span class="mono">{one.provider ? `${one.provider}/${one.model}` : one.asked}</span> {one.evidence ?? one.error ?? one.error_code ?? one.status}
    </span>
  </div>
);

const used = (one: Provider) => one.state !== 'no_key' && one.state !== 'idle';

// What doubts that all is well: words for it, and how grave it is. `answered` is when the newest answered request came: '' if
// none did, null while nobody knows.
function doubt(status: Status, serving: number, known: number, answered: string | null): [Tone, string | null] {
  const words = t().home;
  const { recent } = status;
  const lastFailed = recent?.last_failure && answered !== null && recent.last_failure.time > answered;
  if (line.value === 'lost') return ['bad', words.asOf(clock(new Date(Date.parse(status.started_at) + status.uptime_s * 1000).toISOString()))];
  if (status.state !== 'ready' || serving === 0) return ['bad', null];
  if (recent && recent.failed > 0 && recent.answered === 0) return ['bad', words.allFailed];
  if (lastFailed) return ['warn', words.lastFailed];
  return [serving < known / 2 ? 'warn' : 'good', null];
}

export const Working = ({ status, answered }: { status: Status; answered: string | null }) => {
  const words = t().home;
  const known = status.providers.filter(used);
  const serving = known.filter((one) => one.state === 'serving').length;
  const sum = status.recent;
  const [tone, but] = doubt(status, serving, known.length, answered);
  const verdict = status.state === 'draining' ? words.draining : known.length === 0 ? words.noProvider : serving ? words.serving(serving, known.length) : words.notServing;
  return (
    <Section title={words.working}>
      <div class="stack">
        <p class="verdict"><Badge tone={tone}><span>{verdict}{but && <> {but}</>}</span></Badge></p>
        <dl class="facts">
          <Figure name={words.success} note={sum?.requests ? words.successNote(number(sum.answered), number(sum.answered + sum.failed)) : words.noRequests}>
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
        {sum?.last_failure ? <Failure one={sum.last_failure} /> : sum && <p class="quiet">{words.lastFailure}: {words.noFailure}</p>}
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
                { name: words.why, wide: true, cell: (row) => why(row) },
                { name: words.until, end: true, cell: (row) => (row.until ? <Countdown until={row.until} /> : null) },
              ]}
            />
          </details>
        )}
      </div>
    </Section>
  );
};
