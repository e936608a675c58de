// Settings: how the page looks, the account and its sessions, every setting with who set it, and what was changed by whom.
import { useState } from 'preact/hooks';
import { get, piece, post, query, remove } from '../api';
import { bytes, exact, kNone, number, span } from '../format';
import { Act, Badge, Code, Field, Figure, Form, Input, Problem, Section, Select, Time } from '../parts/basic';
import { afterPassword } from '../parts/dialog';
import { Table } from '../parts/table';
import { say } from '../parts/toast';
import { chooseTheme, theme, type Theme } from '../state/choices';
import { useData } from '../state/data';
import { session, signOut } from '../state/session';
import { chooseLanguage, language, languages, t } from '../strings';
import type { AuditRow, Setting, SignIn, Status } from '../types';

const Look = () => (
  <Section title={t().settings.look}>
    <div class="fields">
      <Field label={t().theme.title}>
        <Select<Theme> label={t().theme.title} value={theme.value} onPick={chooseTheme} options={[['system', t().theme.system], ['light', t().theme.light], ['dark', t().theme.dark]]} />
      </Field>
      <Field label={t().language}>
        <Select label={t().language} value={language.value} onPick={(tag) => void chooseLanguage(tag)} options={Object.entries(languages).map(([tag, one]): [string, string] => [tag, one.name])} />
      </Field>
    </div>
  </Section>
);

const kLeast = 10;
const Account = () => {
  const [old, setOld] = useState('');
  const [next, setNext] = useState('');
  const words = t().settings;
  const sessions = useData<{ sessions: SignIn[] }>('sessions', [], 60);
  return (
    <Section title={words.account} aside={<>{session.value?.account} <Act run={signOut}>{t().session.signOut}</Act></>}>
      <div class="stack">
        <Problem retry={() => void sessions.load()}>{sessions.problem.value}</Problem>
        <Table label={words.sessions} rows={sessions.data.value?.sessions ?? []} id={(row) => row.id} columns={[
          { name: words.address, cell: (row) => <>{row.address}{row.current && <small>{words.current}</small>}</> },
          { name: words.agent, wide: true, cell: (row) => row.agent },
          { name: words.seen, end: true, cell: (row) => <Time at={row.seen} /> },
          { name: words.opened, end: true, cell: (row) => <Time at={row.created} /> },
          { name: words.expires, end: true, cell: (row) => <Time at={row.expires} /> },
          { name: words.end, end: true, cell: (row) => (row.current ? null : <Act run={() => remove(`sessions/${piece(row.id)}`)} onDone={() => void sessions.load()}>{words.end}</Act>) },
        ]} />
        <details>
          <summary>{words.password}</summary>
          <Form class="below" label={words.change} send={async () => {
            await post('session/password', { old, new: next });
            setOld('');
            setNext('');
            say(words.changed);
            await sessions.load();
          }}>
            <div class="fields">
              <Field label={words.oldPassword}><Input type="password" autocomplete="current-password" required value={old} onText={setOld} /></Field>
              <Field label={words.newPassword} note={t().signIn.least(kLeast)}><Input type="password" autocomplete="new-password" required minLength={kLeast} value={next} onText={setNext} /></Field>
            </div>
          </Form>
        </details>
      </div>
    </Section>
  );
};

export function spell(value: unknown): string {
  if (value === null || value === undefined) return kNone;
  if (Array.isArray(value)) return value.length ? value.map(spell).join(', ') : '[]';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const kShown = 30;
const Configuration = () => {
  const settings = useData<{ settings: Setting[] }>('settings', ['reload']);
  const [text, setText] = useState('');
  const [own, setOwn] = useState(true);
  const [all, setAll] = useState(false);
  const words = t().settings;
  const rows = (settings.data.value?.settings ?? []).filter((one) =>
    (!own || one.source !== 'default') && `${one.section}.${one.key} ${one.about} ${one.where ?? ''}`.toLowerCase().includes(text.toLowerCase()));
  const reload = async () => {
    const told = await post<{ changed: boolean; warnings: string[] }>('reload');
    say([told.changed ? words.reloaded : words.unchanged, ...told.warnings].join(' '));
  };
  return (
    <Section title={words.configuration} aside={<Act run={reload} onDone={() => void settings.load()}>{words.reload}</Act>}>
      <Problem retry={() => void settings.load()}>{settings.problem.value}</Problem>
      <div class="tools">
        <Input type="search" aria-label={t().common.search} placeholder={t().common.search} value={text} onText={setText} />
        <label class="check"><input type="checkbox" checked={own} onChange={() => setOwn(!own)} /> {words.onlyOwn}</label>
      </div>
      {settings.data.value && rows.length === 0 ? <p class="quiet">{words.noMatch}</p> : (
        <Table label={words.configuration} rows={all ? rows : rows.slice(0, kShown)} id={(row) => `${row.section}.${row.key}`} columns={[
          { name: words.setting, cell: (row) => <><Code>{row.section}.{row.key}</Code>{row.about && <small>{row.about}</small>}</> },
          { name: words.value, wide: true, cell: (row) => <><span class="mono" dir="ltr">{row.secret ? (row.source === 'default' ? kNone : words.secret) : spell(row.value)}</span>{row.source !== 'default' && !row.secret && <small>{words.otherwise(spell(row.default))}</small>}</> },
          { name: words.by, cell: (row) => <>{words.sources[row.source]}{row.where && <small class="mono">{row.where}</small>}</> },
          { name: words.takes, cell: (row) => (row.needs_restart ? words.restart : words.atOnce) },
        ]} />
      )}
      {!all && rows.length > kShown && <div class="below"><button class="small" onClick={() => setAll(true)}>{t().common.showAll(number(rows.length))}</button></div>}
    </Section>
  );
};

const Audit = () => {
  const newest = useData<{ audit: AuditRow[]; next: string | null }>('audit?limit=50', [], 60);
  const [older, setOlder] = useState<AuditRow[]>([]);
  const [next, setNext] = useState<string | null | undefined>(undefined);
  const words = t().settings;
  const cursor = next === undefined ? newest.data.value?.next : next;
  const rows = [...(newest.data.value?.audit ?? []), ...older];
  const more = async () => {
    const page = await get<{ audit: AuditRow[]; next: string | null }>(`audit${query({ limit: 50, before: cursor })}`);
    setOlder([...older, ...page.audit]);
    setNext(page.next);
  };
  return (
    <Section title={words.audit}>
      <Problem retry={() => void newest.load()}>{newest.problem.value}</Problem>
      {newest.data.value && rows.length === 0 ? <p class="quiet">{words.noAudit}</p> : (
        <Table label={words.audit} rows={rows} id={(row) => `${row.time} ${row.action} ${row.subject}`} columns={[
          { name: t().common.time, cell: (row) => <Time at={row.time} /> },
          { name: words.who, cell: (row) => <>{(words.people as Record<string, string>)[row.who] ?? row.who}{row.address && <small>{row.address}</small>}</> },
          { name: words.action, cell: (row) => <Code>{row.action}</Code> },
          { name: words.subject, wide: true, cell: (row) => row.subject },
          { name: words.outcome, cell: (row) => <Badge tone={row.outcome === 'done' ? 'good' : 'bad'}>{words.outcomes[row.outcome]}</Badge> },
        ]} />
      )}
      {cursor && <div class="below"><Act run={more}>{t().common.more}</Act></div>}
    </Section>
  );
};

const Server = () => {
  const status = useData<Status>('status', ['reload'], 15);
  const [path, setPath] = useState('');
  const words = t().settings;
  const one = status.data.value;
  if (!one) return null;
  const { configuration } = one;
  return (
    <Section title={words.server} aside={one.version}>
      <div class="stack">
        <dl class="facts">
          <Figure name={words.uptime} note={exact(one.started_at)}>{span(one.uptime_s)}</Figure>
          <Figure name={words.memory}>{bytes(one.memory_bytes)}</Figure>
          <Figure name={words.log} note={words.logNote(number(one.log.written), number(one.log.dropped))}>{bytes(one.log.bytes)}</Figure>
        </dl>
        <dl class="pairs">
          <dt>{words.file}</dt><dd class="mono">{configuration.path ?? kNone}</dd>
          <dt>{words.data}</dt><dd class="mono">{configuration.data_directory}</dd>
          <dt>{words.catalog}</dt><dd>{configuration.catalog.source}{configuration.catalog.as_of ? `, ${configuration.catalog.as_of}` : ''}</dd>
          <dt>{words.loaded}</dt><dd><Time at={configuration.loaded_at} /></dd>
        </dl>
        {configuration.warnings.length > 0 && <ul>{configuration.warnings.map((warning) => <li key={warning}><Badge tone="warn">{words.warning}</Badge> {warning}</li>)}</ul>}
        <details>
          <summary>{words.backup}</summary>
          <Form class="below" label={words.backupGo} send={async () => {
            const made = await afterPassword(words.backupGo, () => post<{ path: string; bytes: number }>('backup', { path }));
            say(words.backedUp(made.path, bytes(made.bytes)));
          }}>
            <Field label={words.backupPath} note={words.backupNote}><Input required dir="ltr" spellcheck={false} value={path} onText={setPath} /></Field>
          </Form>
        </details>
      </div>
    </Section>
  );
};

export const Settings = () => (
  <>
    <Look />
    <Account />
    <Audit />
    <Server />
    <Configuration />
  </>
);
