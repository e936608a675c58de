// Home answers, in this order: is it working, how do I connect, what is broken, what is left today.
import { useState } from 'preact/hooks';
import { Code, Copy, Problem, Section } from '../parts/basic';
import { address, Connect } from '../parts/connect';
import { MadeKey, QuickClient } from '../parts/new_client';
import { TestRun } from '../parts/test_run';
import { useData } from '../state/data';
import { t } from '../strings';
import type { Client, RequestRow, Status } from '../types';
import { Broken } from './home_broken';
import { Left } from './home_left';
import { Start } from './home_start';
import { Working } from './home_working';

const How = () => {
  const [made, setMade] = useState<Client | null>(null);
  return (
    <Section title={t().home.connect} id="connect">
      <div class="stack">
        <dl class="pairs">
          <dt>{t().connect.address}</dt>
          <dd class="row"><Code>{address()}/v1</Code> <Copy text={`${address()}/v1`} /></dd>
          <dt>{t().connect.modelName}</dt>
          <dd class="row"><Code>auto</Code> <span class="quiet">{t().connect.modelNote}</span></dd>
        </dl>
        {made ? <MadeKey client={made} /> : <QuickClient onMade={setMade} />}
        <Connect clientKey={made?.key ?? null} />
        <TestRun />
      </div>
    </Section>
  );
};

export const Home = () => {
  const status = useData<Status>('status', ['bench', 'lifted', 'request'], 15);
  const past = useData<{ requests: RequestRow[] }>('requests?limit=1&end=answered', ['request']);
  const [begun, setBegun] = useState(false);
  const facts = status.data.value;
  if (!facts) return <Problem retry={() => void status.load()}>{status.problem.value}</Problem>;
  // Until something was answered there is little to tell; the way there is shown instead, and stays until it is left.
  const first = begun || past.data.value?.requests.length === 0;
  if (first && !begun) setBegun(true);
  return (
    <>
      <Problem retry={() => void status.load()}>{status.problem.value}</Problem>
      {first && <Start status={facts} onDone={() => setBegun(false)} />}
      <Working status={facts} answered={past.data.value && (past.data.value.requests[0]?.time ?? '')} />
      {!first && <How />}
      <Broken status={facts} />
      <Left />
    </>
  );
};
