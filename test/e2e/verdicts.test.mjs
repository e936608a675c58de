// What providers really say when they refuse (test/corpus), said by the simulator: the verdict, and what follows from it.
import assert from 'node:assert/strict';
import {existsSync, readFileSync} from 'node:fs';
import path from 'node:path';

import {chat, scenes} from './harness.mjs';

const CORPUS = path.resolve(import.meta.dirname, '../corpus/error_bodies.jsonl');

// What the built-in catalog knows of a provider's errors, as rules of a configured one.
function rulesOf(id) {
  const file = path.resolve(import.meta.dirname, `../../catalog/${id}.toml`);
  if (!existsSync(file)) return '';
  const rules = readFileSync(file, 'utf8').match(/^\[\[errors\]\]\n(?:.+\n)*/gm) ?? [];
  return rules.join('').replaceAll('[[errors]]', '[[providers.errors]]');
}

scenes('G11 G9 every known refusal: the right verdict, another route answers, and only who is to blame rests', async (stage) => {
  const rows = readFileSync(CORPUS, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
  const said = (row) => ({kind: 'status', status: row.status, headers: row.headers, body: row.body});
  const ids = rows.map((_, i) => `p${i}`);
  const {farm, gateway} = await stage.start({
    scenario: [...ids, 'good']
      .map((id) => `[[providers]]\nid = "${id}"\nmodels = ${JSON.stringify(id === 'good' ? ids : [id])}\n`)
      .join(''),
    config: [...ids, 'good']
      .map((id, i) => {
        const rules = id === 'good' ? '' : rulesOf(rows[i].provider);
        const models = (id === 'good' ? ids : [id]).map((model) => `[[providers.models]]\nid = "${model}"\n`);
        return `[[providers]]\nid = "${id}"\nbase_url = "{${id}}"\n${models.join('')}${rules}`;
      })
      .join(''),
  });
  for (const [i, row] of rows.entries()) await farm.set(`p${i}`, {fault: said(row)});

  const wrong = [];
  for (const [i, row] of rows.entries()) {
    const what = `${row.provider} ${row.status} ${row.body.slice(0, 200)}`;
    const first = await gateway.ask(chat(`p${i}`));
    if (first.status !== 200 || first.headers['x-routed-via'] !== `good/p${i}`) wrong.push(`${first.status} for ${what}`);
    const trail = first.headers['x-fallback-trail'];
    if (!trail?.endsWith(`=${row.reason}`)) wrong.push(`${trail}, not ${row.reason}, for ${what}`);
    const second = await gateway.ask(chat(`p${i}`));
    const asked = second.headers['x-fallback-attempts'] === '1';
    const rests = row.bench !== 'none';
    if (asked === rests) wrong.push(`${asked ? '' : 'not '}asked again, blame ${row.blame}: ${what}`);
  }
  assert.deepEqual(wrong, []);
});
