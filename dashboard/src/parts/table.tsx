// A table that becomes a list of cards where the page is narrow: each cell then carries its column's name. Roles are spelt out,
// since browsers drop them from tables that are laid out otherwise. The up and down keys go from row to row.
import type { ComponentChildren } from 'preact';

export interface Column<T> {
  name: string;
  cell: (row: T) => ComponentChildren;
  end?: boolean; // figures stand at the line's end
  wide?: boolean; // may take what room is left
  order?: (row: T) => string | number | null; // makes the column's head a button that sorts
}

export interface Sorting {
  by: string;
  down: boolean;
}

function step(event: KeyboardEvent) {
  const from = event.target as HTMLElement;
  if ((event.key !== 'ArrowDown' && event.key !== 'ArrowUp') || event.altKey || !from.matches('a, button')) return;
  const row = from.closest('tr');
  const next = event.key === 'ArrowDown' ? row?.nextElementSibling : row?.previousElementSibling;
  const aim = next?.querySelector<HTMLElement>('a, button');
  if (!aim) return;
  event.preventDefault();
  aim.focus();
}

export const Table = <T,>({
  label, columns, rows, id, onOpen, sorting, onSort, mark,
}: {
  label: string;
  columns: Column<T>[];
  rows: T[];
  id: (row: T) => string;
  onOpen?: (row: T) => void;
  sorting?: Sorting;
  onSort?: (next: Sorting) => void;
  mark?: (row: T) => string | undefined;
}) => (
  <div class="table">
    <table role="table" aria-label={label} onKeyDown={step}>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((one) => {
            const mine = sorting?.by === one.name;
            return (
              <th key={one.name} role="columnheader" scope="col" class={one.end ? 'end' : undefined} aria-sort={mine ? (sorting.down ? 'descending' : 'ascending') : undefined}>
                {one.order && onSort ? (
                  <button class="link" onClick={() => onSort({ by: one.name, down: mine ? !sorting.down : Boolean(one.end) })}>
                    {one.name}
                    <span aria-hidden="true">{mine ? (sorting.down ? ' ↓' : ' ↑') : ''}</span>
                  </button>
                ) : one.name}
              </th>
            );
          })}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr
            key={id(row)}
            role="row"
            class={[onOpen ? 'opens' : '', mark?.(row) ?? ''].join(' ').trim() || undefined}
            onClick={onOpen ? (event) => {
              // A click on something of its own, or one that ends a selection, opens nothing.
              if (!(event.target as Element).closest('a,button,input,select,label,summary') && !getSelection()?.toString()) onOpen(row);
            } : undefined}
          >
            {columns.map((one) => (
              <td key={one.name} role="cell" data-name={one.name} class={[one.end ? 'end figure' : '', one.wide ? 'wide' : ''].join(' ').trim() || undefined}>
                <div>{one.cell(row)}</div>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

export function sorted<T>(rows: T[], columns: Column<T>[], { by, down }: Sorting): T[] {
  const order = columns.find((one) => one.name === by)?.order;
  if (!order) return rows;
  const of = (row: T) => order(row);
  return [...rows].sort((a, b) => {
    const [x, y] = [of(a), of(b)];
    if (x === y) return 0;
    if (x === null) return 1; // what is unknown comes last either way
    if (y === null) return -1;
    return (x < y ? -1 : 1) * (down ? -1 : 1);
  });
}
