// One request: how it ended, its ladder of attempts, and the plan behind it.
import { useEffect } from 'preact/hooks';
import { kNone, milliseconds, number } from '../format';
import { piece } from '../api';
import { Act, Code, Copy, Figure, Problem, Section, Time } from '../parts/basic';
import { End, FlightState, Ladder, PlanView, RequestId, RouteName, trail, useFlights } from '../parts/request';
import { now } from '../state/clock';
import { useData } from '../state/data';
import { flights, recent } from '../state/live';
import { to } from '../state/route';
import { t } from '../strings';
import type { Flight, RequestDetail } from '../types';
import { cancel } from './live';

const Running = ({ flight }: { flight: Flight }) => {
  const words = t().live;
  const elapsed = Math.max(0, now.value - Date.parse(flight.time));
  const attempts = trail(flight);
  useFlights();
  return (
    <>
      <Section title={words.now} aside={<Act run={() => cancel(flight.id)}>{words.cancelIt}</Act>}>
        <div class="stack">
          <p class="row verdict"><FlightState flight={flight} /> <RouteName provider={flight.provider} model={flight.model} missing="" /></p>
          <dl class="facts">
            <Figure name={words.since}>{milliseconds(elapsed)}</Figure>
            <Figure name={words.ttft}>{milliseconds(flight.first_content_ms)}</Figure>
            <Figure name={t().common.tokens} note={words.estimated}>{number(flight.tokens)}</Figure>
            <Figure name={words.speed}>{number(flight.tokens_per_s, 1)}</Figure>
          </dl>
        </div>
      </Section>
      <Section title={words.ladder}>
        {attempts.length ? <Ladder attempts={attempts} total={elapsed} /> : <p class="quiet">{words.noAttempt}</p>}
      </Section>
    </>
  );
};

const Ended = ({ one }: { one: RequestDetail }) => {
  const words = t().live;
  const speed = one.tokens && one.first_content_ms != null && one.total_ms > one.first_content_ms
    ? one.tokens.completion / ((one.total_ms - one.first_content_ms) / 1000) : null;
  return (
    <>
      <Section title={words.how}>
        <div class="stack">
          <p class="row verdict"><End row={one} /> <RouteName provider={one.provider} model={one.model} /></p>
          {(one.error ?? one.error_code) && <p>{words.told}: {one.error && <bdi>{one.error}</bdi>} {one.error_code && <Code>{one.error_code}</Code>}</p>}
          <dl class="facts">
            <Figure name={words.total}>{milliseconds(one.total_ms)}</Figure>
            <Figure name={words.ttft} note={one.streamed ? undefined : words.notStreamed}>{milliseconds(one.first_content_ms)}</Figure>
            <Figure name={words.waited}>{milliseconds(one.waited_ms)}</Figure>
            <Figure name={t().common.tokens} note={words.tokenSplit(number(one.tokens?.prompt), number(one.tokens?.completion), number(one.tokens?.reasoning)) + (one.tokens?.estimated ? `; ${words.estimated}` : '')}>
              {number((one.tokens?.prompt ?? 0) + (one.tokens?.completion ?? 0))}
            </Figure>
            <Figure name={words.speed} note={words.speedNote}>{number(speed, 1)}</Figure>
          </dl>
          <dl class="pairs">
            <dt>{t().common.client}</dt><dd>{one.client ? <a href={to('clients', one.client)}>{one.client}</a> : kNone}</dd>
            <dt>{words.asked}</dt><dd class="mono">{one.asked ?? kNone}</dd>
            <dt>{words.surface}</dt><dd>{one.surface}{one.streamed ? `, ${words.streamed}` : ''}</dd>
            <dt>{t().common.time}</dt><dd><Time at={one.time} /></dd>
            <dt>{t().common.key}</dt><dd>{one.key ?? kNone}</dd>
            <dt>{words.strategy}</dt><dd>{one.strategy ?? kNone}</dd>
          </dl>
        </div>
      </Section>
      <Section title={words.ladder}>
        {one.attempts.length ? <Ladder attempts={one.attempts} total={one.total_ms} /> : <p class="quiet">{words.refused}</p>}
      </Section>
      <Section title={words.plan}>
        {one.plan ? <PlanView plan={one.plan} /> : <p class="quiet">{words.planGone}</p>}
      </Section>
    </>
  );
};

export const RequestPage = ({ id }: { id: string }) => {
  const detail = useData<RequestDetail>(`requests/${piece(id)}`);
  const flight = flights.value.find((one) => one.id === id);
  const over = recent.value.some((one) => one.id === id);
  // The record is written about a second after the end.
  useEffect(() => {
    if (!over || detail.data.value) return;
    const timers = [400, 1200, 2500].map((after) => setTimeout(() => void detail.load(), after));
    return () => timers.forEach(clearTimeout);
  }, [over]);
  const one = detail.data.value;
  return (
    <>
      <p class="row"><a href={to('live')}>{t().live.back}</a> <RequestId id={id} /> <Copy text={id} /></p>
      {one ? <Ended one={one} /> : flight ? <Running flight={flight} /> : <Problem retry={() => void detail.load()}>{detail.problem.value}</Problem>}
    </>
  );
};
