// A list whose order matters: dragged, or moved by buttons and by Alt with the arrow keys.
import { useRef, useState } from 'preact/hooks';
import { t } from '../strings';
import { Problem, useTry } from './basic';

export const moved = <T,>(list: T[], from: number, to: number): T[] => {
  if (from < 0 || to < 0 || to >= list.length || from === to) return list;
  const next = [...list];
  next.splice(to, 0, ...next.splice(from, 1));
  return next;
};

export const Order = ({ label, items, onChange }: { label: string; items: string[]; onChange: (change: (now: string[]) => string[]) => Promise<unknown> }) => {
  const [dragged, setDragged] = useState<number | null>(null);
  const [over, setOver] = useState<number | null>(null);
  const list = useRef<HTMLOListElement>(null);
  const { problem, attempt } = useTry();
  const words = t().order;
  const move = (from: number, to: number) => {
    if (moved(items, from, to) === items) return;
    // The list may have another shape by then: what is moved goes beside the one whose place it takes.
    void attempt(() => onChange((now) => moved(now, now.indexOf(items[from]), now.indexOf(items[to]))));
    // The focus goes with what was moved.
    requestAnimationFrame(() => list.current?.children[to]?.querySelector<HTMLElement>('.handle')?.focus());
  };
  return (
    <>
      <Problem>{problem}</Problem>
      <ol class="order" ref={list} aria-label={label}>
        {items.map((item, at) => (
          <li
            key={item}
            class={over === at && dragged !== null && dragged !== at ? (dragged < at ? 'after' : 'before') : undefined}
            draggable
            onDragStart={(event) => { setDragged(at); event.dataTransfer!.effectAllowed = 'move'; event.dataTransfer!.setData('text/plain', item); }}
            onDragOver={(event) => { if (dragged !== null) { event.preventDefault(); setOver(at); } }}
            onDrop={(event) => { event.preventDefault(); if (dragged !== null) move(dragged, at); setDragged(null); setOver(null); }}
            onDragEnd={() => { setDragged(null); setOver(null); }}
          >
            <button
              class="small handle"
              aria-label={words.handle(item, at + 1, items.length)}
              title={words.keys}
              onKeyDown={(event) => {
                const step = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0;
                if (!step) return;
                event.preventDefault();
                if (event.altKey) move(at, at + step);
                else list.current?.children[at + step]?.querySelector<HTMLElement>('.handle')?.focus();
              }}
            >
              <span class="figure">{at + 1}</span> <span aria-hidden="true">⠿</span>
            </button>
            <span class="mono grow" dir="ltr">{item}</span>
            <button class="small" disabled={at === 0} aria-label={words.up(item)} onClick={() => move(at, at - 1)}>↑</button>
            <button class="small" disabled={at === items.length - 1} aria-label={words.down(item)} onClick={() => move(at, at + 1)}>↓</button>
            <button class="small" aria-label={words.away(item)} onClick={() => void attempt(() => onChange((now) => now.filter((one) => one !== item)))}>✕</button>
          </li>
        ))}
      </ol>
    </>
  );
};
