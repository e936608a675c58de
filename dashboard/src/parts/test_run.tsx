// A first request, sent from the page: what it is answered, and the trail of attempts as it happens.
import { useRef, useState } from 'preact/hooks';
import { get, piece, sentence } from '../api';
import { chat, type Heard } from '../chat';
import { milliseconds, number } from '../format';
import { flights } from '../state/live';
import { to } from '../state/route';
import { t } from '../strings';
import type { RequestDetail, RequestRow } from '../types';
import { Problem } from './basic';
import { Ladder } from './request';

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
  const stop = useRef<AbortController | null>(null);
  const send = async () => {
    setBusy(true);
    setProblem(null);
    setRecord(null);
    setHeard(null);
    stop.current = new AbortController();
    let id: string | null = null;
    try {
      const whole = await chat({ model: 'auto', messages: [{ role: 'user', content: t().test.prompt }] }, (now) => { id = now.id; setHeard(now); }, stop.current.signal);
      if (whole.text || whole.thought) onAnswered?.();
    } catch (error) {
      if (!stop.current.signal.aborted) setProblem(sentence(error));
    }
    setBusy(false);
    if (id) setRecord(await recordOf(id));
  };
  const flight = heard?.id ? flights.value.find((one) => one.id === heard.id) : undefined;
  const attempts = record?.attempts ?? flight?.attempts ?? [];
  return (
    <div class="stack">
      <div class="actions">
        <button class="main" disabled={busy} aria-busy={busy} onClick={() => void send()}>{t().test.send}</button>
        {busy && <button onClick={() => stop.current?.abort()}>{t().common.cancel}</button>}
        <span class="quiet">{t().test.prompt}</span>
      </div>
      <Problem>{problem}</Problem>
      {heard && (
        <div class="panel stack" aria-live="polite" aria-busy={busy}>
          <p class="said">{heard.text || (busy ? t().test.waiting : t().test.empty)}</p>
          {record && (
            <p class="quiet figure">
              {t().test.figures(milliseconds(record.first_content_ms ?? record.total_ms), milliseconds(record.total_ms), number(record.tokens?.completion))}{' '}
              <a href={to('live', record.id)}>{t().test.details}</a>
            </p>
          )}
          {attempts.length > 0 && <Ladder attempts={attempts} total={record?.total_ms ?? flight?.elapsed_ms ?? 0} />}
        </div>
      )}
    </div>
  );
};
