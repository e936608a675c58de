// Keys in the dashboard: lifted, pasted, shown and exported after the password.
import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';

import {PASSWORD, ask, makeAccount, open} from './browser.mjs';
import {eventually, scene} from './harness.mjs';

const FRESH = 'sk-a-second-key-of-u2-0123456789';
const WRONG = 'sk-that-u2-refuses-0123456789abc';
const SCENARIO = `
[[providers]]
id = "u1"
keys = ["k1"]
models = ["m1"]
script = ["429 retry-after=600"]
[[providers]]
id = "u2"
keys = ["k2", "${FRESH}"]
models = ["m2", "m3"]
`;
const CONFIG = `
[routing]
strategy = "priority"
[[providers]]
id = "u1"
base_url = "{u1}"
keys = ["k1"]
models = [{ id = "m1" }]
[[providers]]
id = "u2"
base_url = "{u2}"
env = ["UTWO_API_KEY"]
keys = ["k2"]
models = [{ id = "m2" }, { id = "m3" }]
`;

scene('a bench that is lifted by its button is over for the next request', async (stage) => {
  const {farm, gateway} = await stage.start({scenario: SCENARIO, config: CONFIG});
  const {page, trouble, api} = await open(stage, gateway.url);
  await makeAccount(page);
  const served = async (times) => {
    await ask(gateway);
    await eventually(async () => (await api('requests')).requests.length === times, 'the record of the request');
    return (await api('requests')).requests[0].provider;
  };
  assert.equal(await served(1), 'u2', 'u1 told to wait');
  assert.equal(await served(2), 'u2', 'and is waited for');
  assert.equal((await farm.stats('u1')).received, 1);
  const {benches: [bench]} = await api('benches');
  await page.getByRole('button', {name: 'Skip these steps'}).click();
  const row = page.locator('.faults li', {hasText: bench.scope});
  await row.getByRole('button', {name: 'Lift the bench'}).click();
  await page.getByText('1 bench lifted.').waitFor();
  await row.waitFor({state: 'detached'});
  assert.deepEqual((await api('benches')).benches, []);
  assert.equal(await served(3), 'u1');
  assert.deepEqual(trouble, []);
});

scene('a pasted .env text is recognised, tells what it unlocks, and is checked', async (stage) => {
  const {farm, gateway} = await stage.start({scenario: SCENARIO, config: CONFIG});
  gateway.hides([FRESH, WRONG]);
  const {page, trouble, api} = await open(stage, gateway.url);
  await makeAccount(page);
  await page.goto(`${gateway.url}/#/keys`);
  await page.getByRole('textbox', {name: 'Keys'}).fill(`# mine\nUTWO_API_KEY=${FRESH}\nDATABASE_URL=postgres://db/x\nUTWO_API_KEY_2=${WRONG}\n`);
  const found = page.getByRole('table', {name: 'What was found'}).getByRole('row');
  await found.nth(2).waitFor();
  assert.equal(await found.count(), 3, 'the head and two keys');
  assert.match(await found.nth(1).innerText(), /u2[^]*new[^]*2 models/);
  await found.nth(1).getByText('2 models').click();
  await found.nth(1).getByText('u2/m2, u2/m3').waitFor();
  await page.getByText(/^Line 3:/).waitFor();
  assert.equal((await api('keys')).keys.length, 2, 'a look changes nothing');

  await page.getByRole('button', {name: 'Add and check 2 keys'}).click();
  await page.getByText('The provider takes it.').waitFor();
  const told = page.locator('main [role=status] li');
  assert.equal(await told.count(), 2);
  assert.match(await told.nth(1).innerText(), /Line 1/, 'the one that u2 refuses, by its line now');
  assert.ok(await page.getByRole('textbox', {name: 'Keys'}).inputValue().then((text) => text.includes(WRONG) && !text.includes(FRESH)), 'what was refused stays to be mended');
  const stored = (await api('keys')).keys.filter((one) => one.source === 'store');
  assert.deepEqual(stored.map((one) => one.provider), ['u2']);
  await page.getByRole('table', {name: 'Keys'}).getByText(stored[0].hint).waitFor();
  for (let more = 0; more < 4; ++more) await ask(gateway, 'u2/m3');
  assert.ok((await farm.stats('u2')).keys[FRESH].models.m3.received > 0, 'it is used');
  assert.deepEqual(trouble, []);
});

scene('keys are shown and exported once the password was given again', async (stage) => {
  const {gateway} = await stage.start({scenario: SCENARIO, config: CONFIG});
  gateway.hides([FRESH]);
  const {page, trouble, api} = await open(stage, gateway.url);
  await makeAccount(page);
  await gateway.admin('keys', {method: 'POST', body: {provider: 'u2', value: FRESH, check: false}});
  await page.goto(`${gateway.url}/#/keys`);
  await page.getByRole('button', {name: 'Export'}).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Exporting keys needs your password.').waitFor();
  await dialog.getByLabel('Password').fill(`not ${PASSWORD}`);
  await page.keyboard.press('Enter');
  await dialog.getByRole('alert').waitFor();
  assert.ok(!(await page.content()).includes(FRESH));
  await dialog.getByLabel('Password').fill(PASSWORD);
  const [file] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
  assert.equal(file.suggestedFilename(), 'freeway-keys.env');
  assert.match(await readFile(await file.path(), 'utf8'), new RegExp(`^UTWO_API_KEY\\w*="?${FRESH}"?$`, 'm'));
  await dialog.waitFor({state: 'detached'});

  await page.getByRole('button', {name: 'Reveal'}).click();
  await dialog.getByRole('table', {name: 'Stored keys'}).getByText(FRESH).waitFor();
  await page.keyboard.press('Escape');
  await page.locator('dialog').waitFor({state: 'detached'});
  assert.ok(!(await page.content()).includes(FRESH), 'what was shown is gone with its dialog');
  const done = (await api('audit')).audit.map((row) => `${row.action} ${row.outcome}`);
  for (const one of ['keys.export refused', 'keys.export done', 'keys.reveal done']) assert.ok(done.includes(one), `${one} in ${done}`);
  assert.deepEqual(trouble, []);
});
