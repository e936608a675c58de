// Clients: their keys, what each may use, how much, until when, and what it has used.
import { useState } from 'preact/hooks';
import { patch, piece, post, query, remove } from '../api';
import { kNone, number } from '../format';
import { Badge, Empty, Field, Form, Input, Problem, Section, Select, Time } from '../parts/basic';
import { Connect } from '../parts/connect';
import { confirm, Dialog } from '../parts/dialog';
import { MadeKey } from '../parts/new_client';
import { Table } from '../parts/table';
import { say } from '../parts/toast';
import { now } from '../state/clock';
import { useData } from '../state/data';
import { go, place, to } from '../state/route';
import { t } from '../strings';
import type { Client, Usage } from '../types';

const kDay = 86400000;
const privacies = (): [string, string][] => [['any', t().clients.privacies.any], ['no-training', t().clients.privacies['no-training']]];

const list = (text: string) => text.split(/[\s,]+/).filter(Boolean);
const whole = (text: string) => (text.trim() ? Number(text) : null);
// "2026-12-31" as a person means it: until that day is over, here.
const endOfDay = (day: string) => (day ? new Date(`${day}T23:59:59`).toISOString() : null);
const dayOf = (time: string | null | undefined) => {
  if (!time) return '';
  const at = new Date(time);
  return `${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2, '0')}-${String(at.getDate()).padStart(2, '0')}`;
};

const Editor = ({ client, onDone }: { client: Client | null; onDone: (made: Client) => void }) => {
  const [name, setName] = useState(client?.name ?? '');
  const [models, setModels] = useState((client?.models ?? []).join('\n'));
  const [rpm, setRpm] = useState(String(client?.rpm ?? ''));
  const [tpd, setTpd] = useState(String(client?.tpd ?? ''));
  const [privacy, setPrivacy] = useState(client?.privacy ?? 'any');
  const [expires, setExpires] = useState(dayOf(client?.expires));
  const words = t().clients;
  const send = async () => {
    // An end that was not touched stays at its hour.
    const end = expires === dayOf(client?.expires) ? {} : { expires: endOfDay(expires) };
    const rules = { models: list(models), rpm: whole(rpm), tpd: whole(tpd), privacy, ...end };
    if (client) {
      await patch(`clients/${piece(client.name)}`, rules);
      onDone({ ...client, ...rules });
    } else {
      // What is not stated is left out, as in the configuration.
      const stated = Object.fromEntries(Object.entries(rules).filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0)));
      onDone(await post<Client>('clients', { name: name.trim(), ...stated }));
    }
  };
  return (
    <Form label={client ? t().common.save : t().connect.makeKey} send={send}>
      <div class="fields">
        {!client && <Field label={t().connect.clientName}><Input required autofocus placeholder="laptop" autocapitalize="off" spellcheck={false} value={name} onText={setName} /></Field>}
        <Field label={words.rpm} note={words.emptyNone}><Input type="number" min="1" step="1" inputMode="numeric" value={rpm} onText={setRpm} /></Field>
        <Field label={words.tpd} note={words.emptyNone}><Input type="number" min="1" step="1" inputMode="numeric" value={tpd} onText={setTpd} /></Field>
        <Field label={words.expires} note={words.emptyNever}><Input type="date" value={expires} onText={setExpires} /></Field>
        <Field label={words.privacy} note={words.privacyNote}><Select label={words.privacy} value={privacy} options={privacies()} onPick={setPrivacy} /></Field>
      </div>
      <Field label={words.models} note={words.modelsNote}>
        <textarea rows={3} spellcheck={false} dir="ltr" value={models} onInput={(event) => setModels(event.currentTarget.value)} />
      </Field>
    </Form>
  );
};

const State = ({ one }: { one: Client }) => {
  const words = t().clients;
  if (one.revoked_at) return <Badge tone="quiet">{words.revoked} <Time at={one.revoked_at} /></Badge>;
  if (one.expires && Date.parse(one.expires) <= now.value) return <Badge tone="bad">{words.expired} <Time at={one.expires} /></Badge>;
  if (one.expires) return <Badge tone={Date.parse(one.expires) - now.value < 7 * kDay ? 'warn' : 'good'}>{words.until} <Time at={one.expires} /></Badge>;
  return <Badge tone="good">{words.valid}</Badge>;
};

const monthAgo = () => new Date(now.peek() - 30 * kDay).toISOString();
const useMonth = (by: string) => useData<{ usage: Usage[] }>(`usage 30 d ${by}`, ['request'], 60, () => `usage${query({ by, from: monthAgo() })}`);

const Detail = ({ one, load }: { one: Client; load: () => void }) => {
  const [editing, setEditing] = useState(false);
  const usage = useMonth('client,model,provider');
  const words = t().clients;
  const stored = one.source === 'store' || one.source === 'dashboard';
  const rows = (usage.data.value?.usage ?? []).filter((row) => row.client === one.name).sort((a, b) => b.total_tokens - a.total_tokens);
  const revoke = () => confirm(words.revokeAsk(one.name), words.revokeNote, words.revoke, async () => {
    await remove(`clients/${piece(one.name)}`);
    load();
    go('clients');
  });
  return (
    <>
      <p><a href={to('clients')}>{words.back}</a></p>
      <Section title={one.name} aside={stored && !one.revoked_at && (
        <div class="actions">
          <button class="small" onClick={() => setEditing(true)}>{words.edit}</button>
          <button class="small" onClick={revoke}>{words.revoke}</button>
        </div>
      )}>
        <dl class="pairs">
          <dt>{t().common.state}</dt><dd><State one={one} /></dd>
          <dt>{words.models}</dt><dd class="mono">{one.models.length ? one.models.join(', ') : words.everything}</dd>
          <dt>{words.rpm}</dt><dd>{one.rpm === null ? t().common.unlimited : number(one.rpm)}</dd>
          <dt>{words.tpd}</dt><dd>{one.tpd === null ? t().common.unlimited : number(one.tpd)}</dd>
          <dt>{words.privacy}</dt><dd>{(words.privacies as Record<string, string>)[one.privacy] ?? one.privacy}</dd>
          <dt>{words.used}</dt><dd>{one.used_at ? <Time at={one.used_at} /> : kNone}</dd>
          <dt>{words.source}</dt><dd>{stored ? words.made : words.written} {!stored && <span class="quiet">{words.writtenNote}</span>}</dd>
        </dl>
      </Section>
      <Section title={words.usage}>
        {rows.length === 0 ? <p class="quiet">{words.noUsage}</p> : (
          <Table label={words.usage} rows={rows} id={(row) => `${row.provider}/${row.model}`} columns={[
            { name: t().common.model, wide: true, cell: (row) => <span class="mono">{row.provider ? `${row.provider}/${row.model}` : t().request.nobody}</span> },
            { name: t().common.requests, end: true, cell: (row) => number(row.requests) },
            { name: words.failed, end: true, cell: (row) => number(row.failed + row.broken) },
            { name: words.prompt, end: true, cell: (row) => number(row.prompt_tokens) },
            { name: words.completion, end: true, cell: (row) => number(row.completion_tokens) },
          ]} />
        )}
      </Section>
      {editing && (
        <Dialog title={words.editOf(one.name)} onClose={() => setEditing(false)} wide>
          <Editor client={one} onDone={() => { setEditing(false); say(words.saved); load(); }} />
        </Dialog>
      )}
    </>
  );
};

export const Clients = () => {
  const clients = useData<{ clients: Client[] }>('clients', ['request'], 60);
  const usage = useMonth('client');
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<Client | null>(null);
  const words = t().clients;
  const load = () => void clients.load();
  const all = clients.data.value?.clients ?? [];
  const name = place.value.path[1];
  const chosen = name ? all.find((one) => one.name === name) : undefined;
  if (chosen) return <Detail key={name} one={chosen} load={load} />;
  const used = new Map((usage.data.value?.usage ?? []).map((row) => [row.client, row]));
  return (
    <>
      {made && (
        <Section title={words.newKey} aside={<button class="small" onClick={() => setMade(null)}>{t().common.close}</button>}>
          <div class="stack"><MadeKey client={made} /><Connect clientKey={made.key ?? null} /></div>
        </Section>
      )}
      <Section title={t().nav.clients} aside={<button class="small" onClick={() => setMaking(true)}>{words.make}</button>}>
        <Problem retry={load}>{clients.problem.value}</Problem>
        {all.length === 0 ? clients.data.value && <Empty>{words.none}</Empty> : (
          <Table label={t().nav.clients} rows={all} id={(row) => `${row.name} ${row.created_at}`} onOpen={(row) => go('clients', row.name)} mark={(row) => (row.revoked_at ? 'off' : undefined)} columns={[
            { name: t().common.name, cell: (row) => <a href={to('clients', row.name)}>{row.name}</a> },
            { name: t().common.state, cell: (row) => <State one={row} /> },
            { name: words.models, wide: true, cell: (row) => (row.models.length ? <span class="mono">{row.models.join(', ')}</span> : <span class="quiet">{words.everything}</span>) },
            { name: words.limits, cell: (row) => [row.rpm && words.perMinute(number(row.rpm)), row.tpd && words.perDay(number(row.tpd))].filter(Boolean).join(', ') || <span class="quiet">{t().common.unlimited}</span> },
            { name: words.privacy, cell: (row) => (words.privacies as Record<string, string>)[row.privacy] ?? row.privacy },
            { name: words.requests30, end: true, cell: (row) => number(used.get(row.name)?.requests ?? 0) },
            { name: words.tokens30, end: true, cell: (row) => number(used.get(row.name)?.total_tokens ?? 0) },
            { name: words.used, end: true, cell: (row) => (row.used_at ? <Time at={row.used_at} /> : kNone) },
          ]} />
        )}
      </Section>
      {making && (
        <Dialog title={words.make} onClose={() => setMaking(false)} wide>
          <Editor client={null} onDone={(client) => { setMaking(false); setMade(client); load(); }} />
        </Dialog>
      )}
    </>
  );
};
