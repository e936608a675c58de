// The keyboard's way everywhere: Ctrl-K or ? opens it, typing narrows, arrows move, Enter goes.
import { signal } from '@preact/signals';
import { useMemo, useState } from 'preact/hooks';
import { get } from '../api';
import { go } from '../state/route';
import { t } from '../strings';
import { Dialog } from './dialog';

export interface Command {
  name: string;
  hint?: string;
  run: () => void;
}

export const paletteOpen = signal(false);
const found = signal<Command[]>([]);

// Names of things, asked for when the palette opens.
async function gather() {
  const [models, keys, clients] = await Promise.allSettled([
    get<{ models: { id: string }[] }>('models'),
    get<{ keys: { id: string; provider: string; name: string }[] }>('keys'),
    get<{ clients: { name: string }[] }>('clients'),
  ]);
  const all: Command[] = [];
  if (keys.status === 'fulfilled')
    for (const one of keys.value.keys) all.push({ name: `${one.provider} ${one.name}`, hint: t().nav.keys, run: () => go('keys', one.id) });
  if (clients.status === 'fulfilled')
    for (const one of clients.value.clients) all.push({ name: one.name, hint: t().nav.clients, run: () => go('clients', one.name) });
  if (models.status === 'fulfilled')
    for (const one of models.value.models) all.push({ name: one.id, hint: t().nav.models, run: () => go('models', one.id) });
  found.value = all;
}

export function openPalette() {
  paletteOpen.value = true;
  void gather();
}

const kShown = 40;
const List = ({ commands }: { commands: Command[] }) => {
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const shown = useMemo(() => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const all = words.length ? [...commands, ...found.value] : commands;
    return all.filter((one) => words.every((word) => `${one.name} ${one.hint ?? ''}`.toLowerCase().includes(word))).slice(0, kShown);
  }, [text, commands, found.value]);
  const here = Math.min(at, shown.length - 1);
  const run = (one?: Command) => {
    if (!one) return;
    paletteOpen.value = false;
    one.run();
  };
  return (
    <>
      <input
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={shown.length ? `palette-${here}` : undefined}
        aria-label={t().palette.title}
        placeholder={t().palette.hint}
        autofocus
        value={text}
        onInput={(event) => { setText(event.currentTarget.value); setAt(0); }}
        onKeyDown={(event) => {
          const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
          if (step && shown.length) {
            event.preventDefault();
            const next = (here + step + shown.length) % shown.length;
            setAt(next);
            document.getElementById(`palette-${next}`)?.scrollIntoView({ block: 'nearest' });
          } else if (event.key === 'Enter') {
            event.preventDefault();
            run(shown[here]);
          }
        }}
      />
      <ul id="palette-list" role="listbox" aria-label={t().palette.title} class="palette">
        {shown.map((one, place) => (
          <li key={`${one.hint}/${one.name}`} id={`palette-${place}`} role="option" aria-selected={place === here} onClick={() => run(one)} onPointerMove={() => setAt(place)}>
            <span>{one.name}</span>
            {one.hint && <small>{one.hint}</small>}
          </li>
        ))}
      </ul>
      {shown.length === 0 && <p class="quiet">{t().palette.nothing}</p>}
    </>
  );
};

export const Palette = ({ commands }: { commands: Command[] }) =>
  paletteOpen.value ? (
    <Dialog title={t().palette.title} onClose={() => (paletteOpen.value = false)}>
      <List commands={commands} />
    </Dialog>
  ) : null;
