// A first request, sent from the page: what it is answered, and the trail of attempts as it happens.
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, piece, Problem as Failure, sentence, skew } from '../api';
import { chat, type Heard } from '../chat';
import { milliseconds, number } from '../format';
import { now } from '../state/clock';
import { flights } from '../state/live';
import { to } from '../state/route';
import { t } from '../strings';
import type { RequestDetail, RequestRow } from '../types';
import { Problem } from './basic';
import { Ladder, trail, useFlights } from './request';

const kSlack = 2000; // clocks are compared to a second

// Records are there within about a second of a request's end. The list is asked first: it knows without an error.
export async function recordOf(id: string): Promise<RequestDetail | null> {
  for (let tries = 0; tries < 8; tries++) {
    await new Promise((later) => setTimeout(later, 350));
    try {
      const { requests } = await get<{ requests: RequestRow[] }>('requests?limit=100');
      if (requests.some((one) => one.id === id)) return await get<RequestDetail>(`requests/${piece(id)}`);
    } catch {
      // Figures are an extra; the answer stands without them.
    }
  }
  return null;
}

export const TestRun = ({ onAnswered }: { onAnswered?: () => void }) => {
  const [heard, setHeard] = useState<Heard | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [record, setRecord] = useState<RequestDetail | null>(null);
  const [began, setBegan] = useState(0);
  const stop = useRef<AbortController | null>(null);
  useFlights(busy);
  useEffect(() => () => stop.current?.abort(), []);
  const send = async () => {
    setBusy(true);
    setProblem(null);
    setRecord(null);
    setHeard(null);
    setBegan(Date.now() + skew.value);
    stop.current = new AbortController();
    let id: string | null = null;
    try {
      const whole = await chat({ model: 'auto', messages: [{ role: 'user', content: t().test.prompt }] }, (more) => { id = more.id; setHeard(more); }, stop.current.signal);
      if (whole.text || whole.thought) onAnswered?.();
    } catch (error) {
      if (error instanceof Failure) id = error.request;
      if (!stop.current.signal.aborted) setProblem(sentence(error));
    }
    setBusy(false);
    if (id) setRecord(await recordOf(id));
  };
  // Until there is an answer nobody tells which request is this one: the newest that the page itself sent since.
  const flight = busy && !heard?.queued ? flights.value.find((one) => (heard?.id ? one.id === heard.id : one.client === 'dashboard' && Date.parse(one.time) > began - kSlack)) : undefined;
  const attempts = record?.attempts ?? (flight ? trail(flight) : []);
  const elapsed = flight ? Math.max(0, now.value - Date.parse(flight.time)) : 0;
  return (
    <div class="stack">
      <div class="actions">
        <button class="main" disabled={busy} aria-busy={busy} onClick={() => void send()}>{t().test.send}</button>
        {busy && <button onClick={() => stop.current?.abort()}>{t().common.cancel}</button>}
        <span class="quiet">{t().test.prompt}</span>
      </div>
      <Problem>{problem}</Problem>
      {(heard || attempts.length > 0 || record) && (
        <div class="panel stack" aria-live="polite" aria-busy={busy}>
          {!problem && (heard || busy) && <p class="said">{heard?.text || (heard?.queued ? t().test.queued : busy ? t().test.waiting : t().test.empty)}</p>}
          {record && (
            <p class="quiet figure">
              {record.end === 'answered' && t().test.figures(milliseconds(record.first_content_ms ?? record.total_ms), milliseconds(record.total_ms), number(record.tokens?.completion))}{' '}
              <a href={to('live', record.id)}>{t().test.details}</a>
            </p>
          )}
          {attempts.length > 0 && <Ladder attempts={attempts} total={record?.total_ms ?? elapsed} />}
        </div>
      )}
    </div>
  );
};
