// What is broken and what mends it: each row has one cause and one thing to do.
import type { ComponentChildren } from 'preact';
import { post } from '../api';
import { Act, Badge, Countdown, Section, type Tone } from '../parts/basic';
import { outcome, why } from '../parts/said';
import { say } from '../parts/toast';
import { useData } from '../state/data';
import { to } from '../state/route';
import { t } from '../strings';
import type { Bench, Key, Model, Status } from '../types';

interface Fault {
  id: string;
  tone: Tone;
  what: ComponentChildren;
  why: ComponentChildren;
  fix: ComponentChildren;
}

export const lift = async (scope: string | null) => {
  const { lifted } = await post<{ lifted: number }>('benches/lift', scope ? { scope } : undefined);
  say(t().broken.lifted(lifted));
};

const Lift = ({ scope }: { scope: string }) => <Act run={() => lift(scope)}>{t().broken.lift}</Act>;
const Signup = ({ href }: { href?: string | null }) =>
  href ? <a href={href} target="_blank" rel="noopener noreferrer">{t().broken.keyPage}</a> : null;

function ofKeys(keys: Key[], status: Status): Fault[] {
  return keys.filter((one) => one.state === 'invalid' || one.state === 'disabled').map((one) => ({
    id: `key ${one.id}`,
    tone: one.state === 'invalid' ? 'bad' : 'warn',
    what: <a href={to('keys', one.id)}>{one.provider} {one.name}</a>,
    why: why(one) ?? t().keyState[one.state],
    fix: one.state === 'invalid'
      ? <><Signup href={status.providers.find((provider) => provider.id === one.provider)?.signup} /> <a href={to('keys')}>{t().broken.pasteNew}</a></>
      : <a href={to('keys', one.id)}>{t().broken.enable}</a>,
  }));
}

// An invalid key has its own row; its bench would say it twice.
function ofBenches(benches: Bench[]): Fault[] {
  return benches.filter((one) => one.reason !== 'invalid_key').map((one) => ({
    id: `bench ${one.scope}`,
    tone: 'warn',
    what: <span class="mono">{one.scope}</span>,
    why: <>{outcome(one.reason)}{one.evidence && <small class="mono">{one.evidence}</small>}</>,
    fix: <>{one.until && <Countdown until={one.until} />} <Lift scope={one.scope} /></>,
  }));
}

function ofProviders(status: Status): Fault[] {
  return status.providers.filter((one) => one.state === 'out_of_quota').map((one) => ({
    id: `provider ${one.id}`,
    tone: 'warn',
    what: one.name ?? one.id,
    why: why(one) ?? t().providerState.out_of_quota,
    fix: one.until ? <>{t().broken.resets} <Countdown until={one.until} /></> : null,
  }));
}

// A model that its provider no longer lists: its successor by the catalog, else the same weights elsewhere.
function ofModels(models: Model[]): Fault[] {
  return models.filter((one) => one.listed === false).map((one) => {
    const next = one.successor ?? models.find((other) => other !== one && other.family && other.family === one.family && other.available && other.listed !== false)?.id;
    return {
      id: `model ${one.id}`,
      tone: 'warn',
      what: <a href={to('models', one.id)}>{one.id}</a>,
      why: t().broken.gone,
      fix: next ? <>{t().broken.successor} <a href={to('models', next)}>{next}</a></> : t().broken.noSuccessor,
    };
  });
}

function ofServer(status: Status): Fault[] {
  const { configuration, log, journal } = status;
  const settings = <a href={to('settings')}>{t().nav.settings}</a>;
  const all: [string, string | null | undefined][] = [
    [t().broken.reload, configuration.last_reload_error],
    [t().broken.log, log.trouble],
    [t().broken.catalog, configuration.catalog.trouble],
    [t().broken.journal, journal.state === 'ok' || journal.state === 'off' ? null : journal.state],
  ];
  return all.filter(([, why]) => why).map(([what, why]) => ({ id: what, tone: 'bad', what, why, fix: settings }));
}

export const Broken = ({ status }: { status: Status }) => {
  const keys = useData<{ keys: Key[] }>('keys', ['bench', 'lifted'], 60);
  const benches = useData<{ benches: Bench[] }>('benches', ['bench', 'lifted'], 30);
  const models = useData<{ models: Model[] }>('models', [], 300);
  const faults = [
    ...ofServer(status),
    ...ofKeys(keys.data.value?.keys ?? [], status),
    ...ofBenches(benches.data.value?.benches ?? []),
    ...ofProviders(status),
    ...ofModels(models.data.value?.models ?? []),
  ];
  const lists = (benches.data.value?.benches.length ?? 0) > 1;
  return (
    <Section title={t().home.broken} aside={lists ? <Act run={() => lift(null)}>{t().broken.liftAll}</Act> : undefined}>
      {faults.length === 0 ? <p><Badge tone="good">{t().broken.nothing}</Badge></p> : (
        <ul class="faults">
          {faults.map((one) => (
            <li key={one.id}>
              <div><Badge tone={one.tone}>{one.what}</Badge></div>
              <div class="why">{one.why}</div>
              <div class="row fix">{one.fix}</div>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
};
