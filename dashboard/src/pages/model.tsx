// One model: what it can and who says so, the same weights elsewhere, its routes as they stand now.
import { kNone, milliseconds, number, percent, price } from '../format';
import { Act, Copy, Countdown, Section, Time } from '../parts/basic';
import { reason } from '../parts/said';
import { Table } from '../parts/table';
import { piece } from '../api';
import { useData } from '../state/data';
import { preferences, prefer, isOff, turn } from '../state/preferences';
import { to } from '../state/route';
import { t } from '../strings';
import type { Model, Route } from '../types';
import { Abilities, ModelState, trains } from './models';

const Tools = ({ model }: { model: Model }) => {
  const words = t().models;
  const order = preferences.value?.order ?? [];
  const off = isOff(model.id);
  const byProvider = off && !preferences.value?.off.includes(model.id);
  if (!preferences.value) return null;
  return (
    <div class="actions">
      {!order.includes(model.id) ? <Act run={() => prefer((now) => ({ order: [model.id, ...now.order.filter((one) => one !== model.id)] }))}>{words.putFirst}</Act>
        : <Act run={() => prefer((now) => ({ order: now.order.filter((one) => one !== model.id) }))}>{words.outOfOrder}</Act>}
      <Act disabled={byProvider} title={byProvider ? words.providerOff(model.provider) : undefined} run={() => turn(model.id, off)}>{off ? t().keys.enable : t().keys.disable}</Act>
    </div>
  );
};

const Price = ({ model: { price: told } }: { model: Model }) =>
  told ? <>{t().models.priceOf(price(told.input), price(told.output))} <small>{told.source ? t().pools.asOf(told.source, told.as_of ?? kNone) : t().pools.configured}</small></> : <>{t().common.unknown}</>;

export const ModelPage = ({ model, models }: { model: Model; models: Model[] }) => {
  const routes = useData<{ routes: Route[] }>(`routes?provider=${piece(model.provider)}`, ['request', 'bench', 'lifted'], 30);
  const words = t().models;
  const kin = model.family ? models.filter((one) => one.family === model.family && one.id !== model.id) : [];
  const mine = (routes.data.value?.routes ?? []).filter((one) => `${one.provider}/${one.model}` === model.id);
  const told = (value: boolean | null) => (value === null ? t().common.unknown : value ? t().common.yes : t().common.no);
  return (
    <>
      <p><a href={to('models')}>{words.back}</a></p>
      <Section title={<span class="mono" dir="ltr">{model.id}</span>} aside={<><Copy text={model.id} /><Tools model={model} /></>}>
        <dl class="pairs">
          <dt>{t().common.state}</dt><dd><ModelState model={model} /> {reason(model)} {model.until && <Countdown until={model.until} />}</dd>
          {model.name && <><dt>{t().common.name}</dt><dd>{model.name}</dd></>}
          <dt>{words.kind}</dt><dd>{model.kind}</dd>
          <dt>{words.family}</dt><dd>{model.family ?? kNone}</dd>
          <dt>{words.rank}</dt><dd>{number(model.rank)}</dd>
          <dt>{words.can}</dt><dd><Abilities model={model} /></dd>
          <dt>{words.context}</dt><dd>{number(model.context)}</dd>
          <dt>{words.output}</dt><dd>{number(model.max_output)}</dd>
          <dt>{words.training}</dt><dd>{trains(model)}</dd>
          <dt>{words.listed}</dt><dd>{told(model.listed)} {model.listed_at && <Time at={model.listed_at} />}</dd>
          <dt>{words.price}</dt><dd><Price model={model} /></dd>
          <dt>{words.source}</dt><dd>{model.source ?? t().pools.configured}{model.as_of ? `, ${model.as_of}` : ''}</dd>
        </dl>
      </Section>
      <Section title={words.routes} aside={number(mine.length)}>
        {mine.length === 0 ? <p class="quiet">{words.noRoute}</p> : (
          <Table label={words.routes} rows={mine} id={(row) => row.route} columns={[
            { name: t().common.key, cell: (row) => row.key },
            { name: words.place, end: true, cell: (row) => (row.place === null ? kNone : number(row.place + 1)) },
            { name: t().common.reason, wide: true, cell: (row) => row.reason && <>{reason(row)} {row.until && <Countdown until={row.until} />}</> },
            { name: words.estimate, end: true, cell: (row) => <>{percent(row.measures.success, 0)}<small>{words.samples(Math.round(row.measures.samples))}</small></> },
            { name: words.first, end: true, cell: (row) => milliseconds(row.measures.first_content_s === null ? null : row.measures.first_content_s * 1000) },
            { name: words.speed, end: true, cell: (row) => number(row.measures.tokens_per_s) },
          ]} />
        )}
      </Section>
      {kin.length > 0 && (
        <Section title={words.elsewhere}>
          <Table label={words.elsewhere} rows={kin} id={(row) => row.id} columns={[
            { name: t().common.model, wide: true, cell: (row) => <a class="mono" href={to('models', row.id)}>{row.id}</a> },
            { name: t().common.state, cell: (row) => <ModelState model={row} /> },
            { name: words.context, end: true, cell: (row) => number(row.context) },
            { name: words.training, cell: (row) => trains(row) },
          ]} />
        </Section>
      )}
    </>
  );
};
