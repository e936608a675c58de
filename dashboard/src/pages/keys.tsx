// Providers' keys: add by pasting, see their health, mend them; reveal and export after the password.
import { useState } from 'preact/hooks';
import { ask, piece, post, remove } from '../api';
import { kNone, number } from '../format';
import { Act, Badge, Copy, Countdown, Empty, Input, Problem, Section, Select, Time, type Tone } from '../parts/basic';
import { afterPassword, confirm, Dialog } from '../parts/dialog';
import { save } from '../parts/download';
import { KeyPaste } from '../parts/key_paste';
import { outcome, why } from '../parts/said';
import { Table, sorted, type Column, type Sorting } from '../parts/table';
import { say } from '../parts/toast';
import { useData } from '../state/data';
import { go, place, to } from '../state/route';
import { t } from '../strings';
import type { Bench, Key, Model, Pool, Status } from '../types';
import { lift } from './home_broken';
import { left, poolColumns } from './home_left';

export const keyTone: Record<Key['state'], Tone> = { serving: 'good', out_of_quota: 'warn', benched: 'warn', invalid: 'bad', disabled: 'quiet', unused: 'quiet' };
const KeyState = ({ one }: { one: Key }) => <Badge tone={keyTone[one.state]}>{t().keyState[one.state]}</Badge>;

export const concerns = (bench: Bench, key: Key) =>
  bench.scope === `${key.provider} ${key.name}` || (bench.scope.startsWith(`${key.provider}/`) && bench.scope.endsWith(` ${key.name}`));

async function check(key: Key) {
  const told = await post<{ result: string; message: string | null }>(`keys/${piece(key.id)}/check`);
  say(`${key.provider} ${key.name}: ${(t().paste.checks as Record<string, string>)[told.result] ?? told.result}${told.message ? ` ${told.message}` : ''}`);
}

const Actions = ({ one, load }: { one: Key; load: () => void }) => {
  const words = t().keys;
  const path = `keys/${piece(one.id)}`;
  const away = () => confirm(words.removeAsk(`${one.provider} ${one.name}`), words.removeNote, t().common.remove, async () => {
    await remove(path);
    load();
    go('keys');
  });
  return (
    <div class="actions">
      <Act run={() => check(one)} onDone={load}>{words.check}</Act>
      {one.state === 'disabled'
        ? <Act run={() => post(`${path}/enable`)} onDone={load}>{words.enable}</Act>
        : <Act run={() => post(`${path}/disable`, { reason: words.disabledReason })} onDone={load}>{words.disable}</Act>}
      {one.source === 'store' && <button class="small" onClick={away}>{t().common.remove}</button>}
    </div>
  );
};

interface Revealed {
  provider: string;
  name: string;
  value: string;
}
const RevealAll = () => {
  const [shown, setShown] = useState<Revealed[] | null>(null);
  const [format, setFormat] = useState<'env' | 'json' | 'csv'>('env');
  const words = t().keys;
  const reveal = async () => setShown((await afterPassword(words.revealWhy, () => post<{ keys: Revealed[] }>('keys/reveal'))).keys);
  const exported = async () => {
    const answer = await afterPassword(words.exportWhy, () => ask('POST', 'keys/export', { format }));
    save(await answer.text(), `freeway-keys.${format === 'env' ? 'env' : format}`, 'text/plain');
  };
  return (
    <>
      <Act run={reveal}>{words.reveal}</Act>
      <Select label={words.format} value={format} onPick={setFormat} options={[['env', '.env'], ['json', 'JSON'], ['csv', 'CSV']]} />
      <Act run={exported}>{words.export}</Act>
      {shown && (
        <Dialog title={words.revealed} onClose={() => setShown(null)} wide>
          {shown.length === 0 ? <p>{words.noneStored}</p> : (
            <Table label={words.revealed} rows={shown} id={(row) => `${row.provider} ${row.name}`} columns={[
              { name: t().common.provider, cell: (row) => row.provider },
              { name: t().common.name, cell: (row) => row.name },
              { name: t().common.key, wide: true, cell: (row) => <span class="mono" dir="ltr">{row.value}</span> },
              { name: t().common.copy, end: true, cell: (row) => <Copy text={row.value} /> },
            ]} />
          )}
        </Dialog>
      )}
    </>
  );
};

const Detail = ({ one, benches, load }: { one: Key; benches: Bench[]; load: () => void }) => {
  const pools = useData<{ pools: Pool[] }>(`pools?provider=${piece(one.provider)}`, ['request'], 15);
  const models = useData<{ models: Model[] }>(`models?provider=${piece(one.provider)}`);
  const mine = benches.filter((bench) => concerns(bench, one));
  const own = (pools.data.value?.pools ?? []).filter((pool) => pool.key === one.name);
  const unlocked = models.data.value?.models ?? [];
  const words = t().keys;
  return (
    <>
      <p><a href={to('keys')}>{words.back}</a></p>
      <Section title={`${one.provider} ${one.name}`} aside={<Actions one={one} load={load} />}>
        <dl class="pairs">
          <dt>{t().common.state}</dt><dd><KeyState one={one} /> {why(one)} {one.until && <Countdown until={one.until} />}</dd>
          <dt>{t().common.key}</dt><dd class="mono">{one.hint}</dd>
          <dt>{words.source}</dt><dd>{(words.sources as Record<string, string>)[one.source] ?? one.source}{one.from ? ` (${one.from})` : ''}</dd>
          <dt>{words.account}</dt><dd>{one.account ?? kNone}{one.proxied ? `, ${words.proxied}` : ''}</dd>
          <dt>{words.lastCheck}</dt><dd>{one.last_check ?? kNone} {one.checked_at && <Time at={one.checked_at} />}</dd>
          <dt>{words.added}</dt><dd><Time at={one.created_at} /></dd>
        </dl>
      </Section>
      {mine.length > 0 && (
        <Section title={words.benches}>
          <Table label={words.benches} rows={mine} id={(row) => row.scope} columns={[
            { name: words.scope, cell: (row) => <span class="mono">{row.scope}</span> },
            { name: t().common.reason, wide: true, cell: (row) => <>{outcome(row.reason)}{row.evidence && <small class="mono">{row.evidence}</small>}</> },
            { name: words.until, end: true, cell: (row) => (row.until ? <Countdown until={row.until} /> : words.untilChange) },
            { name: t().broken.lift, end: true, cell: (row) => <Act run={() => lift(row.scope)} onDone={load}>{t().broken.lift}</Act> },
          ]} />
        </Section>
      )}
      <Section title={words.remaining}>
        {own.length ? <Table label={words.remaining} rows={own} id={(row) => row.name} columns={poolColumns()} /> : <p class="quiet">{t().pools.none}</p>}
      </Section>
      <Section title={words.unlocks} aside={number(unlocked.length)}>
        <ul class="tags">{unlocked.map((model) => <li key={model.id}><a class="tag" href={to('models', model.id)}>{model.id}</a></li>)}</ul>
      </Section>
    </>
  );
};

// The tightest allowance of a key: the smallest share that is left.
function tightest(pools: Pool[], key: Key): Pool | null {
  const mine = pools.filter((pool) => pool.provider === key.provider && pool.key === key.name && pool.limit && pool.used > 0);
  const share = (pool: Pool) => (left(pool) ?? 0) / pool.limit!;
  return mine.sort((a, b) => share(a) - share(b))[0] ?? null;
}

const More = ({ status, load }: { status: Status; load: () => void }) => {
  const words = t().keys;
  const rows = status.providers.filter((one) => one.state === 'no_key' || one.state === 'idle');
  if (rows.length === 0) return null;
  return (
    <Section title={words.more} aside={number(rows.length)}>
      <details>
        <summary>{words.moreNote}</summary>
        <Table label={words.more} rows={rows} id={(row) => row.id} mark={(row) => (row.state === 'idle' ? 'off' : undefined)} columns={[
          { name: t().common.provider, cell: (row) => row.name ?? row.id },
          { name: t().nav.models, end: true, cell: (row) => number(row.models) },
          { name: words.why, wide: true, cell: (row) => (row.state !== 'idle' && row.env?.length ? words.variable(row.env.join(', ')) : why(row)) },
          {
            name: words.get, cell: (row) => (
              <div class="row">
                {row.signup && <a href={row.signup} target="_blank" rel="noopener noreferrer">{words.keyPage}</a>}
                {row.keyless && row.state === 'no_key' && <Act run={() => post('keys', { provider: row.id, value: '' })} onDone={load}>{words.keyless}</Act>}
              </div>
            ),
          },
        ]} />
      </details>
    </Section>
  );
};

export const Keys = () => {
  const keys = useData<{ keys: Key[] }>('keys', ['bench', 'lifted', 'request'], 30);
  const benches = useData<{ benches: Bench[] }>('benches', ['bench', 'lifted']);
  const pools = useData<{ pools: Pool[] }>('pools', ['request'], 30);
  const status = useData<Status>('status', []);
  const [text, setText] = useState('');
  const [sorting, setSorting] = useState<Sorting>({ by: '', down: false });
  const words = t().keys;
  const all = keys.data.value?.keys ?? [];
  const load = () => {
    for (const one of [keys, benches, status]) void one.load();
  };
  const id = place.value.path[1];
  const chosen = id ? all.find((one) => one.id === id) : undefined;
  if (chosen) return <Detail key={id} one={chosen} benches={benches.data.value?.benches ?? []} load={load} />;
  const columns: Column<Key>[] = [
    { name: t().common.provider, order: (row) => row.provider, cell: (row) => <a href={to('keys', row.id)}>{row.provider}</a> },
    { name: t().common.key, order: (row) => row.name, cell: (row) => <>{row.name} <span class="mono quiet">{row.hint}</span></> },
    { name: t().common.state, order: (row) => row.state, cell: (row) => <KeyState one={row} /> },
    { name: words.why, wide: true, cell: (row) => row.why && <>{why(row)}{row.until && <small><Countdown until={row.until} /></small>}</> },
    { name: words.open, end: true, order: (row) => row.open, cell: (row) => t().common.of(number(row.open), number(row.routes)) },
    {
      name: words.tightest, end: true,
      cell: (row) => {
        const pool = tightest(pools.data.value?.pools ?? [], row);
        return pool ? <span title={pool.name}>{t().common.of(number(left(pool)), number(pool.limit))} <small>{pool.pool}</small></span> : null;
      },
    },
    { name: words.lastCheck, order: (row) => row.checked_at, cell: (row) => (row.last_check ? <>{row.last_check} <small><Time at={row.checked_at} /></small></> : null) },
    { name: words.source, order: (row) => row.source, cell: (row) => (words.sources as Record<string, string>)[row.source] ?? row.source },
  ];
  const rows = sorted(all.filter((one) => `${one.provider} ${one.name} ${one.state}`.toLowerCase().includes(text.toLowerCase())), columns, sorting);
  return (
    <>
      <Section title={words.add}><KeyPaste onAdded={load} /></Section>
      <Section title={words.all} aside={<RevealAll />}>
        <Problem retry={load}>{keys.problem.value}</Problem>
        {all.length === 0 ? keys.data.value && <Empty>{words.none}</Empty> : (
          <>
            <div class="tools"><Input type="search" aria-label={t().common.search} placeholder={t().common.search} value={text} onText={setText} /></div>
            <Table label={words.all} rows={rows} id={(row) => row.id} columns={columns} sorting={sorting} onSort={setSorting} onOpen={(row) => go('keys', row.id)} />
          </>
        )}
      </Section>
      {status.data.value && <More status={status.data.value} load={load} />}
    </>
  );
};
