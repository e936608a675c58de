// Before anybody is signed in: the password, or, where there is no account yet, making the first one.
import { useState } from 'preact/hooks';
import { Field, Form, Input } from '../parts/basic';
import { setUp, signIn } from '../state/session';
import { t } from '../strings';

const kLeast = 10;

export const SignIn = ({ setup, codeNeeded }: { setup: boolean; codeNeeded: boolean }) => {
  const [account, setAccount] = useState('admin');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const words = t().signIn;
  return (
    <main class="alone">
      <h1>freeway</h1>
      <p>{setup ? words.setUp : words.welcome}</p>
      <Form
        key={String(setup)}
        label={setup ? words.create : words.go}
        send={() => (setup ? setUp(account, password, codeNeeded ? code.trim() : null) : signIn(account, password))}
      >
        <Field label={words.account}>
          <Input autocomplete="username" autocapitalize="off" spellcheck={false} required value={account} onText={setAccount} />
        </Field>
        <Field label={words.password} note={setup ? words.least(kLeast) : undefined}>
          <Input
            type="password"
            autocomplete={setup ? 'new-password' : 'current-password'}
            minLength={setup ? kLeast : undefined}
            required
            autofocus
            value={password}
            onText={setPassword}
          />
        </Field>
        {setup && codeNeeded && (
          <Field label={words.code} note={words.codeNote}>
            <Input autocomplete="one-time-code" autocapitalize="off" spellcheck={false} required value={code} onText={setCode} />
          </Field>
        )}
      </Form>
    </main>
  );
};
