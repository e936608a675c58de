// Every page of the dashboard against the rules of WCAG 2, levels A and AA, in light and dark, with something on each.
import assert from 'node:assert/strict';

import axe from 'axe-core';

import {PASSWORD, ask, makeAccount, open} from './browser.mjs';
import {eventually, scene} from './harness.mjs';

const SCENARIO = `
[[providers]]
id = "u1"
keys = ["k1"]
faults = ["503 key=k1"]
models = ["m1"]
[[providers]]
id = "u2"
keys = ["k2"]
models = ["m2"]
limits = { rpm = 50, rpd = 100 }
[[providers]]
id = "u3"
keys = ["k3"]
faults = ["401"]
models = ["m3"]
`;
const CONFIG = `
[routing]
strategy = "priority"
[[providers]]
id = "u3"
base_url = "{u3}"
keys = ["k3"]
models = [{ id = "m3", context = 32768 }]
[[providers]]
id = "u1"
base_url = "{u1}"
keys = ["k1"]
models = [{ id = "m1", context = 32768, family = "f" }]
[[providers]]
id = "u2"
base_url = "{u2}"
keys = ["k2"]
models = [{ id = "m2", context = 32768, family = "f", limits = { rpm = 50, rpd = 100 } }]
[[providers]]
id = "u4"
base_url = "{u2}"
enabled = false
models = [{ id = "m2", context = 32768 }]
`;
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

// What breaks a rule in what is shown now, in light and in dark.
async function violations(page, where) {
  const found = [];
  await page.evaluate(axe.source);
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({colorScheme, reducedMotion: 'reduce'});
    const broken = await page.evaluate(async (values) => {
      const {violations} = await globalThis.axe.run(document, {runOnly: {type: 'tag', values}, resultTypes: ['violations']});
      return violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 200)} ${node.failureSummary}`));
    }, TAGS);
    found.push(...broken.map((one) => `${where}, ${colorScheme}: ${one}`));
  }
  return found;
}

scene('no page breaks a rule of WCAG, with something on it and with nothing', async (stage) => {
  const {gateway} = await stage.start({scenario: SCENARIO, config: CONFIG});
  const {page, api} = await open(stage, gateway.url);
  await page.getByLabel('Password').waitFor();
  const found = await violations(page, 'the first account');
  await makeAccount(page);
  await page.getByRole('heading', {name: 'First steps'}).waitFor();
  found.push(...await violations(page, 'first steps'));
  await page.goto(`${gateway.url}/#/live`);
  await page.getByText('Nothing is in flight.').waitFor();
  found.push(...await violations(page, 'live, empty'));

  for (let more = 0; more < 4; ++more) await ask(gateway);
  await gateway.admin('clients', {method: 'POST', body: {name: 'desk', rpm: 10}});
  await eventually(async () => (await api('requests')).requests.length === 4, 'the record of the requests');
  const {benches} = await api('benches');
  assert.ok(benches.length > 0, 'something is benched');
  const [{id: request}] = (await api('requests')).requests;
  const [{id: key}] = (await api('keys')).keys;
  const shown = {
    '': 'What is broken?', live: 'Ended', keys: 'More providers', models: 'All models', clients: 'Clients', playground: 'Models side by side', usage: 'Free allowance used',
    settings: 'Changes', [`live/${request}`]: 'The plan behind it', [`keys/${key}`]: 'Unlocks', 'models/u2%2Fm2': 'Routes', 'clients/desk': 'Usage, 30 days',
  };
  for (const [name, heading] of Object.entries(shown)) {
    await page.goto(`${gateway.url}/#/${name}`);
    await page.getByRole('heading', {name: heading}).first().waitFor();
    if (name === 'usage') await page.locator('.u-wrap canvas').first().waitFor();
    await page.evaluate(() => document.querySelectorAll('main details').forEach((one) => (one.open = true)));
    found.push(...await violations(page, name || 'home'));
  }
  assert.deepEqual(found, []);
});

scene('dialogs, the palette, the answers of the playground and the login break no rule of WCAG', async (stage) => {
  const {gateway} = await stage.start({scenario: SCENARIO, config: CONFIG});
  const {page} = await open(stage, gateway.url);
  await makeAccount(page);
  await page.keyboard.press('Control+k');
  await page.getByRole('option').first().waitFor();
  const found = await violations(page, 'the palette');
  await page.getByRole('combobox').fill('nothing has this name');
  found.push(...await violations(page, 'the palette, empty'));
  await page.keyboard.press('Escape');

  await page.goto(`${gateway.url}/#/keys`);
  await page.getByRole('button', {name: 'Reveal'}).click();
  await page.getByRole('dialog').getByLabel('Password').waitFor();
  found.push(...await violations(page, 'the password again'));
  await page.getByRole('button', {name: 'Close'}).click();
  await page.getByRole('textbox', {name: 'Keys'}).fill('U1_API_KEY=sk-one-of-u1-0123456789abcdef\nsk-whose-is-this-0123456789abcdef');
  await page.getByRole('table', {name: 'What was found'}).waitFor();
  found.push(...await violations(page, 'keys that were pasted'));

  await page.goto(`${gateway.url}/#/playground`);
  await page.getByLabel('Question').fill('Hello');
  await page.getByRole('button', {name: 'Ask'}).click();
  await page.getByRole('article').locator('.figure').waitFor();
  found.push(...await violations(page, 'an answer'));

  await page.goto(`${gateway.url}/#/settings`);
  await page.getByRole('button', {name: 'Sign out'}).click();
  await page.getByText('Sign in to this gateway.').waitFor();
  await page.getByLabel('Password').fill(`not ${PASSWORD}`);
  await page.keyboard.press('Enter');
  await page.getByRole('alert').waitFor();
  found.push(...await violations(page, 'the login'));
  assert.deepEqual(found, []);
});
