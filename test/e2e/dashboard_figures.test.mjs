// The figures of the dashboard against the admin API's and the simulator's own, and the playground that makes some.
import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';

import {ask, makeAccount, open} from './browser.mjs';
import {eventually, scene} from './harness.mjs';

const scenario = (more = '') => `
[[providers]]
id = "u1"
keys = ["k1"]
models = ["m1"]
${more}
[[providers]]
id = "u2"
keys = ["k2"]
models = ["m2"]
${more}
`;
const CONFIG = `
[routing]
strategy = "priority"
[[providers]]
id = "u1"
base_url = "{u1}"
keys = ["k1"]
models = [{ id = "m1", price = { input = 2000, output = 8000, source = "a list", as_of = "2026-11" } }]
[[providers]]
id = "u2"
base_url = "{u2}"
keys = ["k2"]
models = [{ id = "m2" }]
`;
const WORDS = 30;
const WHOLE = Array.from({length: WORDS}, (_, at) => `w${at}`).join(' ');

scene('the playground compares two models side by side as they stream', async (stage) => {
  const {farm, gateway} = await stage.start({scenario: scenario(`tokens = ${WORDS}\ntoken_rate = 20`), config: CONFIG});
  const {page, trouble, api} = await open(stage, gateway.url);
  await makeAccount(page);
  await page.goto(`${gateway.url}/#/playground`);
  for (const model of ['u1/m1', 'u2/m2']) {
    await page.getByLabel('Model to compare').fill(model);
    await page.getByRole('button', {name: 'Add', exact: true}).click();
    await page.getByRole('article', {name: model}).waitFor();
  }
  await page.getByRole('button', {name: 'Take out auto'}).click();
  await page.getByLabel('Question').fill('Which of you is quicker?');
  await page.getByRole('button', {name: 'Ask all 2'}).click();
  // Both are under way at once, and neither is done.
  await page.waitForFunction((whole) => {
    const said = [...document.querySelectorAll('article .said:not(.question)')].map((one) => one.textContent.trim());
    return said.length === 2 && said.every((text) => text.startsWith('w0 w1') && text.length < whole);
  }, WHOLE.length);
  for (const [provider, model] of [['u1', 'm1'], ['u2', 'm2']]) {
    const column = page.getByRole('article', {name: `${provider}/${model}`});
    await column.locator('.figure').waitFor();
    assert.equal((await column.locator('.said:not(.question)').innerText()).trim(), WHOLE);
    assert.match(await column.locator('.figure').innerText(), new RegExp(`^${provider}/${model} first token .*, ${WORDS} tokens$`));
    assert.equal((await farm.stats(provider)).received, 1);
  }
  assert.deepEqual((await api('requests')).requests.map((one) => [one.client, one.asked ?? one.model]).sort(), [['dashboard', 'u1/m1'], ['dashboard', 'u2/m2']]);
  assert.deepEqual(trouble, []);
});

const csvOf = (text) => {
  const [head, ...rows] = text.trim().split(/\r?\n/).map((line) => line.split(','));
  return rows.map((row) => Object.fromEntries(row.map((value, at) => [head[at], value])));
};
const told = (row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value ?? '')]));

const near = (cost, other) => assert.ok(Math.abs(cost - other) < 1e-12, `${cost}, not ${other}`);
const dollars = (value) =>
  value.toLocaleString('en-US', {style: 'currency', currency: 'USD', ...(value < 0.1 ? {maximumSignificantDigits: 2} : {})});

scene('the figures of usage are the admin API\'s and the simulator\'s, on the page and as CSV', async (stage) => {
  const {farm, gateway} = await stage.start({scenario: scenario(), config: CONFIG});
  const {page, trouble, api} = await open(stage, gateway.url);
  await makeAccount(page);
  for (let more = 0; more < 3; ++more) await ask(gateway, 'u1/m1', undefined, `Words to count ${more}`);
  await farm.set('u1', {script: ['500']});
  for (let more = 0; more < 4; ++more) await ask(gateway, more ? 'u2/m2' : 'auto');
  await eventually(async () => (await api('usage')).usage[0]?.requests === 7, 'seven requests in the usage');

  const truth = await farm.stats();
  const tokens = (provider) => Object.values(truth[provider].keys).flatMap((key) => Object.values(key.models)).map((model) => model.tokens)
    .reduce((sum, one) => ({prompt: sum.prompt + one.prompt, completion: sum.completion + one.completion}), {prompt: 0, completion: 0});
  // Until there is an answer no figure is shown.
  let go;
  const held = new Promise((then) => { go = then; });
  await page.route(/\/usage\?by=hour/, (route) => held.then(() => route.continue()));
  await page.goto(`${gateway.url}/#/usage`);
  await page.getByText('Loading').first().waitFor();
  assert.equal(await page.getByText(/\d answered/).count(), 0);
  go();
  await page.getByText('7 answered, 0 failed, 0 cancelled').waitFor();
  await page.locator('.u-wrap canvas').nth(2).waitFor();
  const rows = page.getByRole('table', {name: 'By provider, model, client or hour'}).getByRole('row');
  await rows.nth(2).waitFor();
  const heads = await rows.first().getByRole('columnheader').allInnerTexts();
  const {usage} = await api('usage?by=provider');
  const {measures} = await api('measures?by=provider');
  assert.deepEqual(usage.map((one) => one.provider).sort(), ['u1', 'u2']);
  for (const one of usage) {
    const cells = await rows.filter({hasText: one.provider}).getByRole('cell').allInnerTexts();
    const shown = (name) => cells[heads.findIndex((head) => head.replace(/ [↑↓]$/, '') === name)].trim();
    const measure = measures.find((other) => other.provider === one.provider);
    assert.deepEqual([one.prompt_tokens, one.completion_tokens], Object.values(tokens(one.provider)), 'usage is what the provider counted');
    assert.deepEqual([one.attempts, measure.answered], [truth[one.provider].received, one.answered]);
    assert.equal(shown('Requests'), String(one.requests));
    assert.equal(shown('Success'), `${measure.success * 100}%`);
    assert.equal(shown('Attempts').replace(/\s+/g, ' '), one.failed_attempts ? `${one.attempts} ${one.failed_attempts} failed` : String(one.attempts));
    assert.equal(shown('Prompt'), one.prompt_tokens.toLocaleString('en-US'));
    assert.equal(shown('Completion'), one.completion_tokens.toLocaleString('en-US'));
    if (one.provider === 'u1') near(one.cost_usd, (one.prompt_tokens * 2000 + one.completion_tokens * 8000) / 1e6);
    else assert.deepEqual([one.cost_usd, one.unpriced_tokens], [null, one.total_tokens]);
    assert.equal(shown('Would have cost'), one.provider === 'u1' ? dollars(one.cost_usd) : '–');
    assert.match(shown('First token p50'), new RegExp(`^${Math.round(measure.ttft_p50_ms)}\\s?ms$`));
  }
  assert.equal(usage.find((one) => one.provider === 'u1').failed_attempts, 1);
  // All of it, with how much of it is known; then by prices of one's own.
  const saved = page.locator('section', {hasText: 'What the same tokens would have cost'});
  const [u1, u2] = ['u1', 'u2'].map((name) => usage.find((one) => one.provider === name));
  const share = (u1.total_tokens / (u1.total_tokens + u2.total_tokens)).toLocaleString('en-US', {style: 'percent', maximumFractionDigits: 1});
  assert.match(await saved.innerText(), new RegExp(`${dollars(u1.cost_usd).replace('$', '\\$')}\\s+by the list prices of the providers themselves; ${share} of the tokens`));
  await saved.getByLabel('Prompt, $ a million').fill('1000');
  await saved.getByLabel('Completion, $ a million').fill('0');
  await saved.getByText(dollars((u1.prompt_tokens + u2.prompt_tokens) / 1e3), {exact: true}).waitFor();
  await page.getByRole('combobox', {name: 'By provider, model, client or hour'}).selectOption('model');
  await rows.filter({hasText: 'u1/m1'}).getByText(dollars(u1.cost_usd)).waitFor();
  await page.getByRole('combobox', {name: 'By provider, model, client or hour'}).selectOption('provider');
  await rows.filter({hasNotText: '/m1'}).nth(2).waitFor();

  for (const [button, what, truth] of [['Usage as CSV', 'usage', usage], ['Measures as CSV', 'measures', measures]]) {
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', {name: button}).click()]);
    assert.equal(file.suggestedFilename(), `freeway-${what}-provider.csv`);
    assert.deepEqual(csvOf(await readFile(await file.path(), 'utf8')), truth.map(told));
  }
  await page.goto(`${gateway.url}/#/models/u1%2Fm1`);
  await page.getByText(/\$2,000\.00 prompt, \$8,000\.00 completion, for a million tokens\s*a list, 2026-11/).waitFor();
  assert.deepEqual(trouble, []);
});
