// Dialogs are the browser's own: the focus stays inside, Escape closes, what is behind is inert.
import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Closed, Problem as Failure } from '../api';
import { confirmPassword } from '../state/session';
import { t } from '../strings';
import { Act, Field, Form, Input } from './basic';

export const Dialog = ({ title, onClose, children, wide }: { title: string; onClose: () => void; children: ComponentChildren; wide?: boolean }) => {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    box.current?.showModal();
    return () => before?.focus?.();
  }, []);
  return (
    <dialog
      ref={box}
      class={wide ? 'wide' : undefined}
      aria-label={title}
      onClose={onClose}
      onClick={(event) => event.target === box.current && box.current?.close()}
    >
      <div class="dialog">
        <header>
          <h2>{title}</h2>
          <button class="small" type="button" onClick={() => box.current?.close()}>{t().common.close}</button>
        </header>
        {children}
      </div>
    </dialog>
  );
};

const open = signal<ComponentChildren>(null);
export const shut = () => void (open.value = null);
export const Dialogs = () => <>{open.value}</>;

// Asks before something that can't be undone.
export function confirm(question: string, detail: string, yes: string, run: () => Promise<unknown>) {
  open.value = (
    <Dialog title={question} onClose={shut}>
      <p>{detail}</p>
      <div class="actions"><Act class="danger" run={run} onDone={shut}>{yes}</Act></div>
    </Dialog>
  );
}

const Password = ({ why, done, left }: { why: string; done: () => void; left: () => void }) => {
  const [password, setPassword] = useState('');
  return (
    <Dialog title={t().confirm.title} onClose={() => { shut(); left(); }}>
      <p>{why}</p>
      <Form label={t().confirm.go} send={async () => { await confirmPassword(password); done(); shut(); }}>
        <Field label={t().signIn.password}>
          <Input type="password" autocomplete="current-password" required autofocus value={password} onText={setPassword} />
        </Field>
      </Form>
    </Dialog>
  );
};

// Runs what needs a fresh look at the password: asks for it when the server does, then runs it again. Throws Closed when the
// question is closed.
export async function afterPassword<T>(why: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'confirm_needed') throw error;
    await new Promise<void>((done, failed) => {
      open.value = <Password why={why} done={done} left={() => failed(new Closed())} />;
    });
    return run();
  }
}
