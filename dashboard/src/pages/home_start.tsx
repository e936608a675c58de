// The way from nothing to a first answer: providers without a key, a first key, a first request, a first client.
import { useState } from 'preact/hooks';
import { post } from '../api';
import { Act, Badge, Section } from '../parts/basic';
import { Connect } from '../parts/connect';
import { KeyPaste } from '../parts/key_paste';
import { MadeKey, QuickClient } from '../parts/new_client';
import { TestRun } from '../parts/test_run';
import { useData } from '../state/data';
import { to } from '../state/route';
import { t } from '../strings';
import type { Client, Key, Provider, Status } from '../types';

const Step = ({ done, title, children }: { done: boolean; title: string; children: preact.ComponentChildren }) => (
  <li class="step">
    <h3><Badge tone={done ? 'good' : 'quiet'} title={done ? t().start.done : t().start.open}>{title}</Badge></h3>
    <div class="stack">{children}</div>
  </li>
);

const Keyless = ({ status, keys }: { status: Status; keys: Key[] }) => {
  const words = t().start;
  const serving = status.providers.filter((one) => one.state === 'serving');
  const offered = status.providers.filter((one) => one.keyless && one.state === 'no_key');
  const free = keys.filter((one) => one.id.startsWith('keyless:') || one.state === 'serving');
  return (
    <Step done={serving.length > 0} title={words.keyless}>
      <p>{serving.length > 0 ? words.serves(serving.map((one) => one.name ?? one.id).join(', ')) : free.length === 0 ? words.nothingServes : null}</p>
      {offered.map((one) => (
        <div class="row" key={one.id}>
          <span>{words.offer(one.name ?? one.id)}</span>
          <Act run={() => post('keys', { provider: one.id, value: '' })}>{words.switchOn}</Act>
        </div>
      ))}
      {offered.length > 0 && <p class="quiet">{words.keylessNote}</p>}
    </Step>
  );
};

// Where keys are made, of a few providers that have none here yet.
const kSome = 8;
const Places = ({ providers }: { providers: Provider[] }) => {
  const some = providers.filter((one) => one.signup && !one.keyless && one.state === 'no_key').slice(0, kSome);
  return some.length === 0 ? null : (
    <p class="row">
      <span>{t().keys.get}:</span>
      {some.map((one) => <a key={one.id} href={one.signup!} target="_blank" rel="noopener noreferrer">{one.name ?? one.id}</a>)}
      <a href={to('keys')}>{t().keys.more}</a>
    </p>
  );
};

export const Start = ({ status, onDone }: { status: Status; onDone: () => void }) => {
  const keys = useData<{ keys: Key[] }>('keys', ['reload']);
  const clients = useData<{ clients: Client[] }>('clients', ['request']);
  const [made, setMade] = useState<Client | null>(null);
  const [answered, setAnswered] = useState(false);
  const words = t().start;
  const held = (keys.data.value?.keys ?? []).filter((one) => one.hint);
  const connected = (clients.data.value?.clients ?? []).some((one) => one.used_at);
  return (
    <Section title={words.title} aside={<button class="small" onClick={onDone}>{answered ? words.finish : words.skip}</button>}>
      <ol class="steps">
        <Keyless status={status} keys={keys.data.value?.keys ?? []} />
        <Step done={answered} title={words.ask}><TestRun onAnswered={() => setAnswered(true)} /></Step>
        <Step done={held.length > 0} title={words.key}>
          <p>{words.keyNote}</p>
          <Places providers={status.providers} />
          <KeyPaste onAdded={() => void keys.load()} />
        </Step>
        <Step done={connected || made !== null} title={words.client}>
          {made ? <><MadeKey client={made} /><Connect clientKey={made.key ?? null} /></> : <QuickClient onMade={setMade} />}
        </Step>
      </ol>
    </Section>
  );
};
