// Models: search, what they can, which are the same weights, how they do now; their order, on and off, profiles.
import { useEffect, useState } from 'preact/hooks';
import { query } from '../api';
import { milliseconds, number, percent, tokens } from '../format';
import { Badge, Countdown, Empty, Input, Problem, Section, Select, useTry } from '../parts/basic';
import { Order } from '../parts/order';
import { PickModel } from '../parts/pick_model';
import { reason } from '../parts/said';
import { Table, sorted, type Column, type Sorting } from '../parts/table';
import { now } from '../state/clock';
import { useData } from '../state/data';
import { listen } from '../state/live';
import { isOff, loadPreferences, prefer, preferences, preferencesProblem, turn } from '../state/preferences';
import { go, place, to } from '../state/route';
import { t } from '../strings';
import type { Measure, Model } from '../types';
import { ModelPage } from './model';
import { Profiles } from './profiles';

const kAbilities = ['tools', 'vision', 'json', 'reasoning'] as const;
export const Abilities = ({ model }: { model: Model }) => (
  <span class="tags">{kAbilities.filter((one) => model[one]).map((one) => <span key={one} class="tag">{t().models.abilities[one]}</span>)}</span>
);

export const trains = (model: Model) => {
  const words = t().models.trains as Record<string, string>;
  return words[String(model.trains_on_prompts)] ?? String(model.trains_on_prompts);
};

export const ModelState = ({ model }: { model: Model }) =>
  isOff(model.id) ? <Badge tone="quiet">{t().models.off}</Badge>
  : model.available ? <Badge tone="good">{t().models.open}</Badge>
  : <Badge tone="warn" title={reason(model) ?? undefined}>{t().models.closed}</Badge>;

const Toggle = ({ id }: { id: string }) => {
  const provider = id.slice(0, id.indexOf('/'));
  const byProvider = (preferences.value?.off ?? []).includes(provider);
  const { problem, attempt } = useTry();
  return (
    <>
      <input type="checkbox" aria-label={t().models.use(id)} title={byProvider ? t().models.providerOff(provider) : t().models.use(id)}
        disabled={!preferences.value || byProvider} checked={!isOff(id)} onChange={({ currentTarget: { checked } }) => void attempt(() => turn(id, checked))} />
      <Problem>{problem}</Problem>
    </>
  );
};

// How a model did in the last day, by the request log.
type Did = Map<string, Measure>;
const dayAgo = () => new Date(now.peek() - 86400000).toISOString();

function columns(did: Did): Column<Model>[] {
  const words = t().models;
  return [
    { name: words.on, cell: (row) => <Toggle id={row.id} /> },
    { name: t().common.model, wide: true, order: (row) => row.id, cell: (row) => <><a class="mono" dir="ltr" href={to('models', row.id)}>{row.id}</a>{row.family && <small>{row.family}</small>}</> },
    { name: t().common.state, order: (row) => String(row.available), cell: (row) => <><ModelState model={row} />{!row.available && !isOff(row.id) && row.until && <small><Countdown until={row.until} /></small>}</> },
    { name: words.rank, end: true, order: (row) => row.rank, cell: (row) => number(row.rank) },
    { name: words.can, cell: (row) => <Abilities model={row} /> },
    { name: words.context, end: true, order: (row) => row.context, cell: (row) => <span title={row.context ? number(row.context) : undefined}>{tokens(row.context)}</span> },
    { name: words.success, end: true, order: (row) => did.get(row.id)?.success ?? null, cell: (row) => <span title={words.samples(did.get(row.id)?.requests ?? 0)}>{percent(did.get(row.id)?.success)}</span> },
    { name: words.first, end: true, order: (row) => did.get(row.id)?.ttft_p50_ms ?? null, cell: (row) => milliseconds(did.get(row.id)?.ttft_p50_ms) },
    { name: words.speed, end: true, order: (row) => did.get(row.id)?.tokens_per_s_p50 ?? null, cell: (row) => number(did.get(row.id)?.tokens_per_s_p50) },
    { name: words.training, order: (row) => trains(row), cell: (row) => trains(row) },
  ];
}

const Families = ({ models }: { models: Model[] }) => {
  const families = new Map<string, Model[]>();
  for (const one of models) families.set(one.family ?? one.id, [...(families.get(one.family ?? one.id) ?? []), one]);
  const rows = [...families].sort((a, b) => b[1].length - a[1].length || a[0].localeCompare(b[0]));
  const words = t().models;
  return (
    <Table label={words.families} rows={rows} id={([name]) => name} columns={[
      { name: words.family, cell: ([name]) => <b>{name}</b> },
      { name: words.rank, end: true, cell: ([, all]) => number(Math.max(...all.map((one) => one.rank ?? 0)) || null) },
      { name: words.providers, wide: true, cell: ([, all]) => <span class="row">{all.map((one) => <span key={one.id} class="nowrap"><ModelState model={one} /> <a href={to('models', one.id)}>{one.provider}</a></span>)}</span> },
    ]} />
  );
};

const Providers = ({ models }: { models: Model[] }) => {
  const off = preferences.value?.off ?? [];
  const all = [...new Set(models.map((one) => one.provider))].sort();
  const { problem, attempt } = useTry();
  return (
    <Section title={t().models.byProvider}>
      <Problem>{problem}</Problem>
      <ul class="choices">
        {all.map((one) => (
          <li key={one}>
            <label class="check">
              <input type="checkbox" disabled={!preferences.value} checked={!off.includes(one)} onChange={({ currentTarget: { checked } }) => void attempt(() => turn(one, checked))} /> {one}
              <span class="quiet figure">{number(models.filter((model) => model.provider === one).length)}</span>
            </label>
          </li>
        ))}
      </ul>
    </Section>
  );
};

type Shown = 'models' | 'families';
const kShown = 30;

const List = ({ models }: { models: Model[] }) => {
  const [text, setText] = useState('');
  const [needs, setNeeds] = useState<Set<string>>(new Set());
  const [shown, setShown] = useState<Shown>('models');
  const [sorting, setSorting] = useState<Sorting>({ by: t().models.rank, down: true });
  const [all, setAll] = useState(false);
  const words = t().models;
  const terms = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = models.filter((one) =>
    [...needs].every((need) => (need === 'open' ? one.available && !isOff(one.id) : one[need as (typeof kAbilities)[number]]))
    && terms.every((term) => `${one.id} ${one.family ?? ''} ${one.name ?? ''} ${one.kind}`.toLowerCase().includes(term)));
  const measures = useData<{ measures: Measure[] }>('measures 24 h provider,model', ['request'], 60, () => `measures${query({ by: 'provider,model', from: dayAgo() })}`);
  const shape = columns(new Map((measures.data.value?.measures ?? []).map((one) => [`${one.provider}/${one.model}`, one])));
  const rows = sorted(found, shape, sorting);
  const flip = (need: string) => {
    const next = new Set(needs);
    if (!next.delete(need)) next.add(need);
    setNeeds(next);
  };
  return (
    <Section title={words.all} aside={words.count(number(found.length), number(models.length))}>
      <div class="tools">
        <Input type="search" aria-label={t().common.search} placeholder={words.search} value={text} onText={setText} />
        {([...kAbilities, 'open'] as const).map((one) => (
          <label key={one} class="check"><input type="checkbox" checked={needs.has(one)} onChange={() => flip(one)} /> {one === 'open' ? words.onlyOpen : words.abilities[one]}</label>
        ))}
        <Select<Shown> label={words.show} value={shown} onPick={setShown} options={[['models', words.oneByOne], ['families', words.families]]} />
      </div>
      {found.length === 0 ? <p class="quiet">{words.noMatch}</p>
        : shown === 'families' ? <Families models={found} />
        : <Table label={words.all} rows={all ? rows : rows.slice(0, kShown)} id={(row) => row.id} columns={shape} sorting={sorting} onSort={setSorting}
            onOpen={(row) => go('models', row.id)} mark={(row) => (isOff(row.id) ? 'off' : undefined)} />}
      {shown === 'models' && !all && rows.length > kShown && <div class="below"><button class="small" onClick={() => setAll(true)}>{t().common.showAll(number(rows.length))}</button></div>}
    </Section>
  );
};

export const Models = () => {
  const models = useData<{ models: Model[] }>('models', ['bench', 'lifted', 'request'], 60);
  // Another tab may have changed them while nobody looked at this one.
  useEffect(() => {
    void loadPreferences();
    return listen((name) => name === 'hello' && void loadPreferences());
  }, []);
  const words = t().models;
  const all = models.data.value?.models ?? [];
  const id = place.value.path.slice(1).join('/');
  const chosen = id ? all.find((one) => one.id === id) : undefined;
  if (chosen) return <ModelPage key={id} model={chosen} models={all} />;
  const chosenOrder = preferences.value?.order ?? [];
  const fileOrder = preferences.value?.in_force?.order ?? [];
  const ids = all.map((one) => one.id);
  return (
    <>
      <Problem retry={() => void models.load()}>{models.problem.value}</Problem>
      <Problem retry={() => void loadPreferences()}>{preferencesProblem.value}</Problem>
      {models.data.value && all.length === 0 ? <Empty>{words.none} <a href={to('keys')}>{t().keys.add}</a></Empty> : <List models={all} />}
      {preferences.value && (
        <>
          <Section title={words.order}>
            <div class="stack">
              <p class="quiet">{chosenOrder.length ? words.orderNote : words.orderEmpty}</p>
              {chosenOrder.length === 0 && fileOrder.length > 0 && <p>{words.fromFile} <span class="mono">{fileOrder.join(', ')}</span></p>}
              <Order label={words.order} items={chosenOrder} onChange={(change) => prefer(({ order }) => ({ order: change(order) }))} />
              <PickModel models={ids.filter((one) => !chosenOrder.includes(one))} label={words.addToOrder} button={words.addLast} onPick={(one) => prefer(({ order }) => ({ order: [...order.filter((other) => other !== one), one] }))} />
            </div>
          </Section>
          <Profiles models={ids} />
          <Providers models={all} />
        </>
      )}
    </>
  );
};
