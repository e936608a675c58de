// Makes a key for a client; the one time that the key is told.
import { useState } from 'preact/hooks';
import { post } from '../api';
import { t } from '../strings';
import type { Client } from '../types';
import { Code, Copy, Form, Input, Field } from './basic';

export const QuickClient = ({ onMade }: { onMade: (client: Client) => void }) => {
  const [name, setName] = useState('');
  return (
    <Form class="row" label={t().connect.makeKey} send={async () => { onMade(await post<Client>('clients', { name: name.trim() })); setName(''); }}>
      <Field label={t().connect.clientName}>
        <Input required placeholder="laptop" autocapitalize="off" spellcheck={false} value={name} onText={setName} />
      </Field>
    </Form>
  );
};

export const MadeKey = ({ client }: { client: Client }) => (
  <div class="panel stack" role="status">
    <p><b>{t().connect.made(client.name)}</b> {t().connect.once}</p>
    <div class="row"><Code>{client.key}</Code> <Copy text={client.key ?? ''} /></div>
  </div>
);
