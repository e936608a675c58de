// Profiles: lists of models under a name that clients may ask for.
import { useState } from 'preact/hooks';
import { Act, Code, Field, Form, Input, Section } from '../parts/basic';
import { confirm } from '../parts/dialog';
import { Order } from '../parts/order';
import { PickModel } from '../parts/pick_model';
import { prefer, preferences } from '../state/preferences';
import { t } from '../strings';

export const Profiles = ({ models }: { models: string[] }) => {
  const [name, setName] = useState('');
  const profiles = preferences.value?.profiles ?? {};
  const others = Object.entries(preferences.value?.in_force?.profiles ?? {}).filter(([key]) => !(key in profiles));
  const words = t().profiles;
  const set = (key: string, change: (list: string[]) => string[]) => prefer((now) => ({ profiles: { ...now.profiles, [key]: change(now.profiles[key] ?? []) } }));
  const away = (key: string) => confirm(words.removeAsk(key), words.removeNote, t().common.remove, () => prefer((now) => {
    const { [key]: _, ...rest } = now.profiles;
    return { profiles: rest };
  }));
  return (
    <Section title={words.title}>
      <div class="stack">
        <p class="quiet">{words.note}</p>
        {Object.entries(profiles).map(([key, list]) => (
          <details key={key} class="panel">
            <summary><b>{key}</b> <span class="quiet">{words.asked} <Code>{`auto:${key}`}</Code>, {words.count(list.length)}</span></summary>
            <div class="stack below">
              <Order label={key} items={list} onChange={(change) => set(key, change)} />
              <PickModel models={models.filter((one) => !list.includes(one))} label={words.addModel} button={t().models.addLast} onPick={(one) => set(key, (now) => [...now.filter((other) => other !== one), one])} />
              <div class="actions"><Act run={async () => away(key)}>{words.remove}</Act></div>
            </div>
          </details>
        ))}
        {others.map(([key, list]) => (
          <p key={key}><b>{key}</b> <span class="quiet">{t().models.fromFile}</span> <span class="mono">{list.join(', ')}</span></p>
        ))}
        <Form class="row" label={words.make} send={async () => {
          const key = name.trim();
          if (key in profiles) throw new Error(words.exists(key));
          await set(key, (now) => (now.length ? now : models.slice(0, 1)));
          setName('');
        }}>
          <Field label={words.name}><Input required pattern="[a-zA-Z0-9._\-]+" title={words.pattern} autocapitalize="off" spellcheck={false} value={name} onText={setName} /></Field>
        </Form>
      </div>
    </Section>
  );
};
