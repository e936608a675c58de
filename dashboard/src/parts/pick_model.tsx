// A field for a model's name that knows which there are.
import { useId, useState } from 'preact/hooks';
import { t } from '../strings';
import { Problem, useTry } from './basic';

export const PickModel = ({ models, label, button, onPick }: { models: string[]; label: string; button: string; onPick: (id: string) => Promise<unknown> | void }) => {
  const [text, setText] = useState('');
  const { problem, attempt } = useTry();
  const id = useId();
  const known = models.includes(text.trim());
  const pick = () => {
    if (!known) return;
    void attempt(() => onPick(text.trim()), () => setText(''));
  };
  return (
    <div class="row pick">
      <input class="grow mono" list={id} aria-label={label} placeholder={label} value={text} spellcheck={false} autocapitalize="off" dir="ltr"
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => { if (event.key === 'Enter') { event.preventDefault(); pick(); } }} />
      <datalist id={id}>{models.map((one) => <option key={one} value={one} />)}</datalist>
      <button type="button" class="small" disabled={!known} title={text && !known ? t().models.noSuch : undefined} onClick={pick}>{button}</button>
      <Problem>{problem}</Problem>
    </div>
  );
};
