// What is left today: each allowance with what is used and left of it, who says so, when it frees, whether it will last.
import { useState } from 'preact/hooks';
import { clock, exact, kNone, number } from '../format';
import { Badge, Countdown, Empty, Input, Problem, Section } from '../parts/basic';
import { sorted, Table, type Column, type Sorting } from '../parts/table';
import { useData } from '../state/data';
import { t } from '../strings';
import type { Pool } from '../types';

export const left = (pool: Pool): number | null => (pool.limit === null ? null : Math.max(0, pool.limit - pool.used - pool.in_flight));
const share = (pool: Pool) => (pool.limit ? (left(pool) ?? 0) / pool.limit : null);

// What a figure rests on: the provider's own word, a correction learned from it, the person's file, a page of its documentation.
export function sourceOf(pool: Pool): string {
  const words = t().pools;
  if (pool.learned) return words.learned(pool.learned.how);
  if (pool.source) return pool.as_of ? words.asOf(pool.source, pool.as_of) : pool.source;
  return words.configured;
}

const Forecast = ({ pool }: { pool: Pool }) => {
  const words = t().pools;
  if (left(pool) === 0) return <Badge tone="warn">{words.spent}</Badge>;
  const at = pool.forecast?.exhausted_at;
  if (!at) return null;
  return <Badge tone="warn" title={`${exact(at)}; ${pool.forecast?.basis}`}>{words.runsOut(clock(at))}</Badge>;
};

export function poolColumns(): Column<Pool>[] {
  const words = t().pools;
  return [
    { name: words.pool, wide: true, order: (row) => row.name, cell: (row) => <><span dir="ltr">{row.provider}{row.model ? `/${row.model}` : ''}</span> <small>{row.key} · {row.pool} · {row.window}</small></> },
    { name: words.used, end: true, order: (row) => row.used, cell: (row) => <>{number(row.used)}{row.in_flight > 0 && <small>{words.inFlight(number(row.in_flight))}</small>}</> },
    {
      name: words.left, end: true, order: share,
      cell: (row) => <>{row.limit === null ? kNone : t().common.of(number(left(row)), number(row.limit))}<small>{(words.units as Record<string, string>)[row.unit] ?? row.unit}</small></>,
    },
    { name: words.frees, end: true, order: (row) => row.resets_at, cell: (row) => (row.resets_at ? <Countdown until={row.resets_at} /> : null) },
    { name: words.forecast, cell: (row) => <Forecast pool={row} /> },
    { name: words.source, cell: (row) => <small>{sourceOf(row)}</small> },
  ];
}

const kShown = 30;
export const Left = () => {
  const pools = useData<{ pools: Pool[] }>('pools', ['request'], 15);
  const [text, setText] = useState('');
  const [untouched, setUntouched] = useState(false);
  const [all, setAll] = useState(false);
  const [sorting, setSorting] = useState<Sorting>({ by: t().pools.left, down: false });
  const words = t().pools;
  const columns = poolColumns();
  const known = pools.data.value?.pools ?? [];
  const wanted = known.filter((one) => (untouched || one.used > 0 || one.in_flight > 0 || left(one) === 0) && `${one.name} ${one.unit}`.toLowerCase().includes(text.toLowerCase()));
  const rows = sorted(wanted, columns, sorting);
  return (
    <Section title={t().home.left} aside={words.count(number(known.filter((one) => one.used > 0).length), number(known.length))}>
      <Problem retry={() => void pools.load()}>{pools.problem.value}</Problem>
      {known.length === 0 ? pools.data.value && <Empty>{words.none}</Empty> : (
        <>
          <div class="tools">
            <Input type="search" aria-label={t().common.search} placeholder={t().common.search} value={text} onText={setText} />
            <label class="check"><input type="checkbox" checked={untouched} onChange={() => setUntouched(!untouched)} /> {words.untouched}</label>
          </div>
          {rows.length === 0 ? <p class="quiet">{text ? words.noMatch : words.unused}</p> : (
            <Table label={t().home.left} rows={all ? rows : rows.slice(0, kShown)} id={(row) => row.name} columns={columns} sorting={sorting} onSort={setSorting} />
          )}
          {!all && rows.length > kShown && <button class="small" onClick={() => setAll(true)}>{t().common.showAll(number(rows.length))}</button>}
        </>
      )}
    </Section>
  );
};
